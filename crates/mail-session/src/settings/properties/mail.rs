//! `mail.properties`: how mail is read and sent.

use super::{
    known::Inert,
    server::{self, Keys},
    table::{Found, Table},
    tell_inert,
};
use crate::settings::{
    AuthType, LoginSource, Mail, NO_PASSWORD, Settings, Severity, findings::Place,
};

/// What is read here or in `server`.
pub(super) const KEYS: &[&str] = &[
    ACCESS,
    TRANSPORT,
    SECONDARY_ACCESS,
    SECONDARY_TRANSPORT,
    SECONDARY_TRANSPORT_OTHERWISE,
    "com.openexchange.mail.loginSource",
    "com.openexchange.mail.secondary.loginSource",
    "com.openexchange.mail.passwordSource",
    "com.openexchange.mail.masterPassword",
    "com.openexchange.mail.secondary.passwordSource",
    "com.openexchange.mail.secondary.masterPassword",
    "com.openexchange.mail.saneLogin",
    "com.openexchange.mail.mailServerSource",
    "com.openexchange.mail.mailServer",
    "com.openexchange.mail.mailStartTls",
    "com.openexchange.mail.transportServerSource",
    "com.openexchange.mail.transportServer",
    "com.openexchange.mail.transportStartTls",
    "com.openexchange.mail.secondary.mailServerSource",
    "com.openexchange.mail.secondary.mailServer",
    "com.openexchange.mail.secondary.mailStartTls",
    "com.openexchange.mail.secondary.transportServerSource",
    "com.openexchange.mail.secondary.transportServer",
    "com.openexchange.mail.secondary.transportStartTls",
    FAILED,
    FAILED_PRIMARY,
];

pub(super) const INERT: &[Inert] = &[
    (
        "com.openexchange.mail.adminMailLoginEnabled",
        Severity::Note,
        "does nothing here: who may sign in is decided where users sign in",
    ),
    (
        "com.openexchange.imap.imapTemporaryDown",
        Severity::Note,
        DOWN,
    ),
    (
        "com.openexchange.imap.primary.imapTemporaryDown",
        Severity::Note,
        DOWN,
    ),
    (
        "com.openexchange.imap.useIMAPStoreCache",
        Severity::Note,
        "does nothing here: connections are kept by whoever asked for them",
    ),
    (
        "com.openexchange.imap.imapAuthEnc",
        Severity::Note,
        "does nothing here: names are sent in UTF-8",
    ),
    (
        "com.openexchange.imap.primary.imapAuthEnc",
        Severity::Note,
        "does nothing here: names are sent in UTF-8",
    ),
];

const DOWN: &str =
    "does nothing here: each login has a deadline, and no server is left out for a while";
const ACCESS: &str = "com.openexchange.mail.authType";
const TRANSPORT: &str = "com.openexchange.mail.transport.authType";
const SECONDARY_ACCESS: &str = "com.openexchange.mail.secondary.authType";
/// There are two spellings of this one, and files have either.
const SECONDARY_TRANSPORT: &str = "com.openexchange.mail.secondary.transport.authType";
const SECONDARY_TRANSPORT_OTHERWISE: &str = "com.openexchange.mail.transport.secondary.authType";
const FAILED: &str = "com.openexchange.imap.failedAuthTimeout";
const FAILED_PRIMARY: &str = "com.openexchange.imap.primary.failedAuthTimeout";

const AUTH: [(&str, AuthType); 4] = [
    ("login", AuthType::Login),
    ("xoauth2", AuthType::XOAuth2),
    ("oauthbearer", AuthType::OAuthBearer),
    // From when there was but one mechanism.
    ("oauth", AuthType::XOAuth2),
];

const LOGIN: [(&str, LoginSource); 3] = [
    ("login", LoginSource::Login),
    ("mail", LoginSource::Mail),
    ("name", LoginSource::Name),
];

pub(super) fn read(table: &Table<'_>, settings: &mut Settings) {
    let transport = table.one(
        auth(table, SECONDARY_TRANSPORT),
        auth(table, SECONDARY_TRANSPORT_OTHERWISE),
    );
    let Settings {
        primary, secondary, ..
    } = settings;
    primary.access = or_login(table, ACCESS, auth(table, ACCESS));
    primary.transport = or_login(table, TRANSPORT, auth(table, TRANSPORT));
    secondary.access = or_login(table, SECONDARY_ACCESS, auth(table, SECONDARY_ACCESS));
    secondary.transport = or_login(table, SECONDARY_TRANSPORT, transport);
    names(table, "com.openexchange.mail.loginSource", primary);
    names(
        table,
        "com.openexchange.mail.secondary.loginSource",
        secondary,
    );
    passwords(
        table,
        "com.openexchange.mail.passwordSource",
        "com.openexchange.mail.masterPassword",
        primary,
    );
    passwords(
        table,
        "com.openexchange.mail.secondary.passwordSource",
        "com.openexchange.mail.secondary.masterPassword",
        secondary,
    );
    primary.imap = server::read(table, &Keys::PRIMARY_ACCESS, primary.access);
    primary.smtp = server::read(table, &Keys::PRIMARY_TRANSPORT, primary.transport);
    secondary.imap = server::read(table, &Keys::SECONDARY_ACCESS, secondary.access);
    secondary.smtp = server::read(table, &Keys::SECONDARY_TRANSPORT, secondary.transport);
    sane_login(table);
    // One memory for all accounts is enough: it is asked for the very token that was refused.
    let failed = table.one(table.millis(FAILED), table.millis(FAILED_PRIMARY));
    if let Some(failed) = failed {
        settings.sessions.failed_login = failed.value;
    }
    tell_inert(table, INERT);
}

fn auth<'t>(table: &'t Table<'_>, key: &'t str) -> Option<Found<'t, AuthType>> {
    let found = table.choice(key, &AUTH)?;
    let word = table.get(key).map_or("", |found| found.value);
    if word.eq_ignore_ascii_case("oauth") {
        table.note(found.at, "an old name of xoauth2: write that");
    }
    if found.value == AuthType::Login {
        table.note(found.at, NO_PASSWORD);
    }
    Some(found)
}

/// App Suite's default; that it is in force should not come as a surprise.
fn or_login(table: &Table<'_>, key: &str, found: Option<Found<'_, AuthType>>) -> AuthType {
    let is_set = table.get(key).is_some();
    match found {
        Some(found) => found.value,
        None => {
            if !is_set {
                table.warning(
                    Place::nowhere(key),
                    "not set, which means login, that is, by a password; a session has none: set it to oauthbearer or xoauth2",
                );
            }
            AuthType::Login
        }
    }
}

fn names(table: &Table<'_>, key: &str, mail: &mut Mail) {
    if let Some(found) = table.choice(key, &LOGIN) {
        mail.login_source = found.value;
    }
}

/// Where a password would come from, which tokens do not care for.
fn passwords(table: &Table<'_>, source: &str, master: &str, mail: &Mail) {
    const SOURCES: [(&str, ()); 3] = [("session", ()), ("global", ()), ("user", ())];
    let tokens = mail.access != AuthType::Login || mail.transport != AuthType::Login;
    let text = if tokens {
        "does nothing where logins are made with a token"
    } else {
        "does nothing here: a session has no password"
    };
    if let Some(found) = table.choice(source, &SOURCES) {
        table.warning(found.at, text);
    }
    if let Some(found) = table.get(master) {
        table.warning(
            found.at,
            alloc::format!("{text}, so this secret need not be in the file"),
        );
    }
}

fn sane_login(table: &Table<'_>) {
    if let Some(found) = table.flag("com.openexchange.mail.saneLogin") {
        if found.value {
            table.warning(
                found.at,
                "does nothing here: a name is sent as it is, and its domain is not turned into A-labels; store it in the form that the server knows",
            );
        }
    }
}
