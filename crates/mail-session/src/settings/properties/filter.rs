//! `mailfilter.properties`: ManageSieve.

use core::time::Duration;

use mail_login_tokio::Security;

use super::{
    known::Inert,
    table::{Found, Table},
    tell_inert,
};
use crate::settings::{
    AuthType, CredentialSource, Filter, NO_PASSWORD, Severity, findings::Place, host,
};

pub(super) const KEYS: &[&str] = &[
    MECHANISM,
    GSSAPI,
    LOGIN_TYPE,
    SERVER,
    PORT,
    CREDENTIAL_SOURCE,
    PASSWORD_SOURCE,
    MASTER_PASSWORD,
    TLS,
    CONNECTION_TIMEOUT,
    AUTH_TIMEOUT,
    PUNYCODE,
    ENCODING,
    CODES,
    CODES_OTHERWISE,
];

const MECHANISM: &str = "com.openexchange.mail.filter.preferredSaslMech";
const GSSAPI: &str = "com.openexchange.mail.filter.preferGSSAPI";
const LOGIN_TYPE: &str = "com.openexchange.mail.filter.loginType";
const SERVER: &str = "com.openexchange.mail.filter.server";
const PORT: &str = "com.openexchange.mail.filter.port";
const CREDENTIAL_SOURCE: &str = "com.openexchange.mail.filter.credentialSource";
const PASSWORD_SOURCE: &str = "com.openexchange.mail.filter.passwordSource";
const MASTER_PASSWORD: &str = "com.openexchange.mail.filter.masterPassword";
const TLS: &str = "com.openexchange.mail.filter.tls";
const CONNECTION_TIMEOUT: &str = "com.openexchange.mail.filter.connectionTimeout";
const AUTH_TIMEOUT: &str = "com.openexchange.mail.filter.authTimeout";
const PUNYCODE: &str = "com.openexchange.mail.filter.punycode";
const ENCODING: &str = "com.openexchange.mail.filter.authenticationEncoding";
const CODES: &str = "com.openexchange.mail.filter.useSIEVEResponseCodes";
const CODES_OTHERWISE: &str = "com.openexchange.mail.filter.useSieveResponseCodes";

pub(super) const INERT: &[Inert] = &[
    (
        "com.openexchange.mail.filter.tls.protocols",
        Severity::Warning,
        "does nothing here: TLS 1.3 and 1.2 are spoken, and nothing older",
    ),
    (
        "com.openexchange.mail.filter.nonRFCCompliantTLSRegex",
        Severity::Note,
        "does nothing here: a server that does not tell its capabilities after STARTTLS is asked for them",
    ),
    (
        "com.openexchange.mail.filter.tempDownTimeout",
        Severity::Note,
        "does nothing here: whether a server that is down is tried again is up to the caller",
    ),
    (
        "com.openexchange.mail.filter.scriptName",
        Severity::Note,
        SCRIPTS,
    ),
    (
        "com.openexchange.mail.filter.vacationDomains",
        Severity::Note,
        SCRIPTS,
    ),
    (
        "com.openexchange.mail.filter.redirectWhitelist",
        Severity::Note,
        SCRIPTS,
    ),
    (
        "com.openexchange.mail.filter.useUTF7FolderEncoding",
        Severity::Note,
        SCRIPTS,
    ),
];

const SCRIPTS: &str = "does nothing here: it is about scripts, not about logins";

/// `None` is what cannot be had.
const MECHANISMS: [(&str, Option<AuthType>); 4] = [
    ("XOAUTH2", Some(AuthType::XOAuth2)),
    ("OAUTHBEARER", Some(AuthType::OAuthBearer)),
    ("PLAIN", Some(AuthType::Login)),
    ("GSSAPI", None),
];

const CREDENTIALS: [(&str, CredentialSource); 4] = [
    ("session", CredentialSource::Session),
    ("session-full-login", CredentialSource::SessionFullLogin),
    ("imapLogin", CredentialSource::ImapLogin),
    ("mail", CredentialSource::Mail),
];

pub(super) fn read(table: &Table<'_>, filter: &mut Filter) {
    filter.mechanism = mechanism(table);
    if let Some(found) = table.choice(CREDENTIAL_SOURCE, &CREDENTIALS) {
        filter.credential_source = found.value;
    }
    passwords(table, filter.mechanism);
    timeout(table, filter);
    server(table, filter);
    habits(table);
    tell_inert(table, INERT);
}

fn mechanism(table: &Table<'_>) -> AuthType {
    let gssapi = table.flag(GSSAPI).filter(|found| found.value);
    let found = table.choice(MECHANISM, &MECHANISMS);
    let is_set = table.get(MECHANISM).is_some();
    if let Some(gssapi) = gssapi {
        if is_set {
            let text = alloc::format!("does nothing beside {MECHANISM}");
            table.note(gssapi.at, text);
        } else {
            table.error(gssapi.at, NO_GSSAPI);
        }
    }
    match found {
        Some(Found {
            value: Some(AuthType::Login),
            at,
        }) => {
            table.note(at, NO_PASSWORD);
            AuthType::Login
        }
        Some(Found {
            value: Some(mechanism),
            ..
        }) => mechanism,
        Some(Found { value: None, at }) => {
            table.error(at, NO_GSSAPI);
            AuthType::Login
        }
        None => {
            if !is_set && gssapi.is_none() {
                table.warning(
                    Place::nowhere(MECHANISM),
                    "not set, which means PLAIN, that is, by a password; a session has none: set it to OAUTHBEARER or XOAUTH2",
                );
            }
            AuthType::Login
        }
    }
}

const NO_GSSAPI: &str =
    "GSSAPI is not spoken here: set preferredSaslMech to OAUTHBEARER or XOAUTH2";

fn passwords(table: &Table<'_>, mechanism: AuthType) {
    const SOURCES: [(&str, bool); 2] = [("session", false), ("global", true)];
    let global = table
        .choice(PASSWORD_SOURCE, &SOURCES)
        .filter(|found| found.value);
    if let Some(global) = global {
        if mechanism == AuthType::Login {
            table.warning(global.at, "does nothing here: a session has no password");
        } else {
            table.error(
                global.at,
                "one password for all and a token of each user exclude each other: set it to session",
            );
        }
    }
    if let Some(found) = table.get(MASTER_PASSWORD) {
        table.warning(
            found.at,
            "does nothing here, so this secret need not be in the file",
        );
    }
}

/// App Suite counts connecting and logging in apart. Here they have one deadline together, so that
/// whoever is let in there in time is so here.
fn timeout(table: &Table<'_>, filter: &mut Filter) {
    let connection = table.millis(CONNECTION_TIMEOUT);
    let login = table.millis(AUTH_TIMEOUT);
    if connection.is_none() && login.is_none() {
        return;
    }
    for found in [&connection, &login].into_iter().flatten() {
        if found.value == Duration::ZERO {
            table.warning(
                found.at,
                "0 would be a login without end, which there is not: the default is taken",
            );
        }
    }
    let or = |found: Option<Found<'_, Duration>>, default| {
        let time = found.map(|found| found.value);
        time.filter(|time| *time > Duration::ZERO)
            .unwrap_or(default)
    };
    let seconds = Duration::from_secs;
    filter.timeout = or(connection, seconds(30)) + or(login, seconds(6));
}

fn server(table: &Table<'_>, filter: &mut Filter) {
    const TYPES: [(&str, bool); 2] = [("user", false), ("global", true)];
    let port = table.number(PORT).and_then(|found| {
        let port = u16::try_from(found.value).ok().filter(|port| *port > 0);
        if port.is_none() {
            table.error(found.at, "the port is no number from 1 to 65535");
        }
        port
    });
    filter.port = port.unwrap_or(filter.port);
    let global = table.choice(LOGIN_TYPE, &TYPES).filter(|found| found.value);
    let name = table.get(SERVER);
    let tls = table.flag(TLS);
    let in_clear = tls.filter(|found| !found.value);
    let Some(global) = global else {
        if let Some(name) = name {
            table.note(
                name.at,
                alloc::format!("does nothing unless {LOGIN_TYPE} is global"),
            );
        }
        if let Some(in_clear) = in_clear {
            // Whose host is not known now is not known to be this machine.
            table.error(in_clear.at, IN_CLEAR);
        }
        return;
    };
    let (name, at) = name.map_or(("localhost", global.at), |found| (found.value, found.at));
    if let Err(why) = host::check(name) {
        table.error(at, why);
        return;
    }
    let security = match in_clear {
        None => Security::StartTls,
        Some(_) if host::is_loopback(name) => Security::InClear,
        Some(found) => {
            table.error(found.at, IN_CLEAR);
            return;
        }
    };
    let server = host::server(name, filter.port, security).timeout(filter.timeout);
    filter.server = Some(server);
}

const IN_CLEAR: &str = "whoever is on the way to the server would read the tokens: set it to true, or leave it out (STARTTLS has to succeed then)";

/// What App Suite asks about and is settled here.
fn habits(table: &Table<'_>) {
    if let Some(found) = table.flag(PUNYCODE).filter(|found| found.value) {
        table.warning(
            found.at,
            "does nothing here: a name is sent as it is, and its domain is not turned into A-labels",
        );
    }
    if let Some(found) = table.get(ENCODING) {
        let is = |name: &str| found.value.eq_ignore_ascii_case(name);
        if !is("UTF-8") && !is("UTF8") && !is("US-ASCII") {
            table.error(
                found.at,
                "names are sent in UTF-8, as the standards want it: set it to UTF-8",
            );
        }
    }
    let codes = table.one(table.flag(CODES), table.flag(CODES_OTHERWISE));
    if let Some(found) = codes.filter(|found| !found.value) {
        table.note(
            found.at,
            "does nothing here: response codes are always read",
        );
    }
}
