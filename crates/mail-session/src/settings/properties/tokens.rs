//! The files about the authorization server: OpenID Connect, and the password grant.

mod keys;

use core::time::Duration;

use sasl_core::Secret;
use token_lifecycle::{InvalidClient, InvalidUrl, Issuer, Scopes, Url};

use super::{
    table::{Found, Table},
    tell_inert,
};
use crate::settings::{NamePart, TokenSettings};
use keys::{
    AUTHORIZATION_ENDPOINT, ISSUER, KEEP_PASSWORD, OAUTH, OIDC, PASSWORD_GRANT, REFRESH_ON_FAILURE,
};
pub(super) use keys::{INERT, KEYS};

pub(super) fn read(table: &Table<'_>, tokens: &mut TokenSettings) {
    endpoints(table, tokens);
    client(table, tokens);
    scopes(table, tokens);
    times(table, tokens);
    password_grant(table, tokens);
    habits(table);
    tell_inert(table, INERT);
}

fn endpoints(table: &Table<'_>, tokens: &mut TokenSettings) {
    let endpoint = table.one(
        table.get(OIDC.token_endpoint),
        table.get(OAUTH.token_endpoint),
    );
    tokens.token_endpoint = url(table, endpoint);
    tokens.authorization_endpoint = url(table, table.get(AUTHORIZATION_ENDPOINT));
    tokens.issuer = checked(
        table,
        table.get(ISSUER),
        Issuer::new,
        Issuer::dangerous_loopback,
    );
}

fn url(table: &Table<'_>, found: Option<Found<'_, &str>>) -> Option<Url> {
    checked(table, found, Url::new, Url::dangerous_loopback)
}

fn checked<T>(
    table: &Table<'_>,
    found: Option<Found<'_, &str>>,
    encrypted: impl FnOnce(&str) -> Result<T, InvalidUrl>,
    loopback: impl FnOnce(&str) -> Result<T, InvalidUrl>,
) -> Option<T> {
    let found = found?;
    match (encrypted(found.value), loopback(found.value)) {
        (Ok(url), _) => Some(url),
        (Err(_), Ok(url)) => {
            table.note(
                found.at,
                "without TLS, which is safe within this machine alone",
            );
            Some(url)
        }
        (Err(error), Err(_)) => {
            table.error(found.at, alloc::format!("{error}"));
            None
        }
    }
}

fn client(table: &Table<'_>, tokens: &mut TokenSettings) {
    let id = table.one(table.get(OIDC.client_id), table.get(OAUTH.client_id));
    let secret = table.one(
        table.get(OIDC.client_secret),
        table.get(OAUTH.client_secret),
    );
    tokens.client_secret = secret.map(|found| Secret::from(found.value));
    let Some(id) = id else {
        return;
    };
    tokens.client_id = id.value.into();
    if let Err(error) = tokens.client() {
        let about_id = matches!(error, InvalidClient::Id);
        let at = secret
            .filter(|_| !about_id)
            .map_or(id.at, |secret| secret.at);
        table.error(at, alloc::format!("{error}"));
    }
}

fn scopes(table: &Table<'_>, tokens: &mut TokenSettings) {
    let read = |key| {
        let Found { value, at } = table.get(key)?;
        let value = Scopes::from(value);
        Some(Found { value, at })
    };
    if let Some(found) = table.one(read(OIDC.scope), read(OAUTH.scope)) {
        tokens.scopes = found.value;
    } else if tokens.issuer.is_some() || tokens.authorization_endpoint.is_some() {
        // App Suite's default of this family.
        tokens.scopes = Scopes::from("openid");
    }
}

/// The same time before the expiry is counted in milliseconds by one family, and in seconds by the other.
fn times(table: &Table<'_>, tokens: &mut TokenSettings) {
    let millis = table.millis(OIDC.early);
    let seconds = table.seconds(OAUTH.early);
    if let Some(found) = &millis {
        if found.value > Duration::ZERO && found.value < Duration::from_secs(1) {
            table.warning(
                found.at,
                "less than a second: this key counts milliseconds, 60000 is a minute",
            );
        }
    }
    if let Some(found) = &seconds {
        if found.value > Duration::from_secs(3600) {
            table.warning(
                found.at,
                "more than an hour: this key counts seconds, 60 is a minute",
            );
        }
    }
    if let Some(found) = table.one(millis, seconds) {
        tokens.early = found.value;
    }
    let wait = table.one(table.seconds(OIDC.wait), table.seconds(OAUTH.wait));
    if let Some(found) = wait {
        tokens.wait = found.value;
        if found.value.is_zero() {
            table.error(
                found.at,
                "0: every request without a good token would be refused at once",
            );
        }
        if found.value > Duration::from_secs(60) {
            table.warning(
                found.at,
                "requests would wait for more than a minute: this key counts seconds",
            );
        }
    }
}

fn password_grant(table: &Table<'_>, tokens: &mut TokenSettings) {
    const WARNING: &str = "users' passwords go through the back end and a second factor cannot be asked for: RFC 9700 rules it out";
    if let Some(found) = table.flag(PASSWORD_GRANT).filter(|found| found.value) {
        tokens.password_grant = true;
        table.warning(found.at, WARNING);
    }
    // There is no other use for this family.
    if let Some(found) = table.get(OAUTH.token_endpoint) {
        tokens.password_grant = true;
        table.warning(
            found.at,
            alloc::format!("with this family users sign in by the password grant: {WARNING}"),
        );
    }
    let part = |key| table.choice(key, &PART);
    if let Some(found) = table.one(part(OIDC.name_part), part(OAUTH.name_part)) {
        tokens.password_name = found.value;
        if !tokens.password_grant {
            table.note(found.at, "does nothing without the password grant");
        }
    }
}

const PART: [(&str, NamePart); 3] = [
    ("full", NamePart::Full),
    ("local-part", NamePart::LocalPart),
    ("domain", NamePart::Domain),
];

/// What App Suite asks about and is settled here.
fn habits(table: &Table<'_>) {
    let recover = table.one(table.flag(OIDC.recover), table.flag(OAUTH.recover));
    if let Some(found) = recover.filter(|found| !found.value) {
        table.warning(
            found.at,
            "this cannot be switched off: before a session ends its stored tokens are always read again, for another node may have refreshed them",
        );
    }
    if let Some(found) = table.flag(REFRESH_ON_FAILURE).filter(|found| !found.value) {
        table.warning(
            found.at,
            "this cannot be switched off: a token that a server refuses is refreshed, and the login is tried once more",
        );
    }
    if let Some(found) = table.flag(KEEP_PASSWORD).filter(|found| found.value) {
        table.warning(
            found.at,
            "does nothing here: a session never has the password",
        );
    }
}
