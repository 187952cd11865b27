//! Settings in the files of App Suite, as they are.

mod filter;
mod known;
mod lines;
mod mail;
mod server;
mod table;
mod tokens;

use alloc::vec::Vec;

use super::{AuthType, Findings, Settings, findings::Place};
use table::Table;

impl Settings {
    /// Reads App Suite's own files: `mail.properties`, `mailfilter.properties`, and those with the keys
    /// of `com.openexchange.oidc` and `com.openexchange.authentication.oauth`. Each is a name, which
    /// problems carry, and a text; to which file a key belongs does not matter.
    ///
    /// What is not set is as App Suite has it: without `authType`, logins are made by password.
    ///
    /// ```
    /// use mail_session::settings::{AuthType, Settings};
    ///
    /// let mail = "com.openexchange.mail.authType = OAuthBearer\n\
    ///             com.openexchange.mail.transport.authType = xoauth2\n";
    /// let (settings, _) = Settings::from_properties(&[("mail.properties", mail)])?;
    /// assert_eq!(settings.primary.access, AuthType::OAuthBearer);
    /// assert_eq!(settings.secondary.access, AuthType::Login);
    /// # Ok::<(), mail_session::settings::Findings>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All problems of all files, if one of them is an error; then nothing of them is applied.
    pub fn from_properties(files: &[(&str, &str)]) -> Result<(Self, Findings), Findings> {
        let table = Table::read(files);
        let mut settings = Self::default();
        mail::read(&table, &mut settings);
        filter::read(&table, &mut settings.filter);
        tokens::read(&table, &mut settings.tokens);
        check_source(&table, &settings);
        let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
        table.into_findings().with(&names, settings)
    }
}

/// Tokens have to come from somewhere, if there is use for them.
fn check_source(table: &Table<'_>, settings: &Settings) {
    let Settings {
        primary,
        secondary,
        filter,
        tokens,
        sessions: _,
    } = settings;
    let needed = [
        primary.access,
        primary.transport,
        secondary.access,
        secondary.transport,
        filter.mechanism,
    ];
    let needed = needed.iter().any(|auth| *auth != AuthType::Login);
    let nowhere = Place::nowhere("");
    if !needed {
        table.warning(
            nowhere,
            "no login is made with a token: set the keys named authType and preferredSaslMech",
        );
    } else if tokens.issuer.is_none() && tokens.token_endpoint.is_none() {
        table.warning(
            nowhere,
            "nothing says where tokens come from: read the file with opIssuer, opTokenEndpoint or tokenEndpoint as well",
        );
    } else if tokens.client_id.is_empty() {
        table.warning(
            nowhere,
            "nothing says who asks for tokens: clientId is not set",
        );
    }
}

/// Tells of the keys that do nothing here whatever they are set to.
fn tell_inert(table: &Table<'_>, inert: &[known::Inert]) {
    for (key, severity, text) in inert {
        if let Some(found) = table.get(key) {
            table.push(*severity, found.at, text);
        }
    }
}
