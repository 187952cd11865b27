//! Settings in a file of our own.

mod mail;
mod section;
mod server;
mod tokens;

use core::time::Duration;

use super::{
    AuthType, CredentialSource, Findings, LoginSource, NamePart, Settings, Times, findings::Place,
    host::Kind, local::LENGTH,
};
use section::{Reader, Section};

/// The sections, in the order of the documentation.
const SECTIONS: [&str; 5] = ["primary", "secondary", "filter", "tokens", "sessions"];

impl Settings {
    /// Reads a file of settings in TOML. All that is not in it is as in [`Settings::default`].
    ///
    /// `file` is the name that problems carry; other files that the text names are relative to it, and
    /// are read here: the client's secret and extra CA certificates.
    ///
    /// ```
    /// use mail_session::settings::{AuthType, Settings};
    ///
    /// let (settings, findings) = Settings::from_toml("mail-session.toml", r#"
    ///     [primary]
    ///     transport = "xoauth2"
    ///     imap = { host = "imap.example.com" }
    ///
    ///     [tokens]
    ///     issuer = "https://id.example.com"
    ///     client_id = "webmail"
    /// "#)?;
    /// assert_eq!(settings.primary.access, AuthType::OAuth);
    /// assert_eq!(settings.primary.transport, AuthType::XOAuth2);
    /// assert_eq!(findings.iter().count(), 0);
    /// # Ok::<(), mail_session::settings::Findings>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All problems of the file, if one of them is an error; then nothing of it is applied.
    pub fn from_toml(file: &str, text: &str) -> Result<(Self, Findings), Findings> {
        let whole = Place {
            file: Some(file),
            line: None,
            key: "",
        };
        let mut findings = Findings::default();
        if text.len() > LENGTH {
            findings.error(whole, "longer than 1 MiB: this is no file of settings");
            return findings.with(&[file], Self::default());
        }
        let reader = Reader::new(file, text);
        let document = match toml_edit::Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                // Never the line itself: somebody may have put a secret there.
                let what = error.message().trim().replace('\n', ", ");
                let line = reader.line(error.span());
                findings.error(Place { line, ..whole }, alloc::format!("no TOML: {what}"));
                return findings.with(&[file], Self::default());
            }
        };
        let mut root = Section::root(&reader, document.as_table());
        let settings = read(&mut root);
        root.finish();
        reader.into_findings().with(&[file], settings)
    }
}

fn read(root: &mut Section<'_>) -> Settings {
    let mut settings = Settings::default();
    let [primary, secondary, filter, tokens, sessions] = SECTIONS;
    mail::read(root, primary, &mut settings.primary);
    mail::read(root, secondary, &mut settings.secondary);
    mail::filter(root, filter, &mut settings.filter);
    let needed = [
        settings.primary.access,
        settings.primary.transport,
        settings.secondary.access,
        settings.secondary.transport,
        settings.filter.mechanism,
    ];
    let needed = needed.iter().any(|auth| *auth != AuthType::Login);
    tokens::read(root, tokens, needed, &mut settings.tokens);
    times(root, sessions, &mut settings.sessions);
    settings
}

fn times(root: &mut Section<'_>, name: &'static str, times: &mut Times) {
    let Some(mut section) = root.section(name) else {
        return;
    };
    section.time("look", &mut times.look);
    if times.look > Duration::from_secs(300) {
        section.warning(
            "look",
            "more than five minutes: who signs out on one node goes on for so long on the others",
        );
    }
    section.time("idle", &mut times.idle);
    if times.idle < Duration::from_secs(1) {
        section.warning(
            "idle",
            "less than a second: every request would read its session anew",
        );
    }
    section.time("keep", &mut times.keep);
    section.time("grave", &mut times.grave);
    section.time("failed_login", &mut times.failed_login);
    if times.idle > times.keep {
        section.error(
            "idle",
            "longer than keep: a session would have to be in memory when it has ended",
        );
    }
    if times.keep == Duration::ZERO {
        section.error("keep", "0: every session would end at once");
    }
    section.finish();
}

const AUTH: [(&str, AuthType); 4] = [
    ("oauth", AuthType::OAuth),
    ("oauthbearer", AuthType::OAuthBearer),
    ("xoauth2", AuthType::XOAuth2),
    ("login", AuthType::Login),
];

const LOGIN: [(&str, LoginSource); 3] = [
    ("login", LoginSource::Login),
    ("mail", LoginSource::Mail),
    ("name", LoginSource::Name),
];

const CREDENTIAL: [(&str, CredentialSource); 4] = [
    ("session", CredentialSource::Session),
    ("session-full-login", CredentialSource::SessionFullLogin),
    ("imap-login", CredentialSource::ImapLogin),
    ("mail", CredentialSource::Mail),
];

const PART: [(&str, NamePart); 3] = [
    ("full", NamePart::Full),
    ("local-part", NamePart::LocalPart),
    ("domain", NamePart::Domain),
];
