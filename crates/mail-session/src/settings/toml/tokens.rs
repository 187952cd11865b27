//! The section about the authorization server.

use alloc::format;
use core::time::Duration;

use token_lifecycle::{InvalidClient, InvalidUrl, Issuer, Scopes, Url};

use super::{PART, Section};
use crate::settings::{ClientAuth, TokenSettings, local};

/// What has no client secret is `None`.
const METHODS: [(&str, Option<ClientAuth>); 3] = [
    ("none", None),
    ("client_secret_basic", Some(ClientAuth::Basic)),
    ("client_secret_post", Some(ClientAuth::Post)),
];

const MINUTE: Duration = Duration::from_secs(60);

const NO_SECRETS: &str = "a secret must not be in this file: put it into a file of its own and name that with client_secret_file, or use client_secret_env";

pub(super) fn read(
    root: &mut Section<'_>,
    name: &'static str,
    needed: bool,
    tokens: &mut TokenSettings,
) {
    let Some(mut section) = root.section(name) else {
        if needed && !root.has(name) {
            root.error(
                name,
                "there is no such section, so nothing says where tokens come from: write it, or set access, transport and mechanism to login",
            );
        }
        return;
    };
    endpoints(&mut section, tokens);
    client(&mut section, tokens);
    if let Some(scope) = section.text("scope") {
        tokens.scopes = Scopes::from(scope);
    }
    tokens.resource = section.text("resource").map(Into::into);
    section.time("early", &mut tokens.early);
    section.time_within(
        "wait",
        &mut tokens.wait,
        "0: every request without a good token would be refused at once",
        (MINUTE, "requests would wait for more than a minute"),
    );
    if let Some(limit) = section.number("refreshes_per_second", 1, 1_000_000) {
        tokens.refreshes_per_second = Some(limit);
    }
    tokens.end_when_misconfigured = section.flag("end_when_misconfigured");
    tokens.password_grant = section.flag("password_grant");
    if tokens.password_grant {
        section.warning(
            "password_grant",
            "users' passwords go through the back end and a second factor cannot be asked for: RFC 9700 rules it out",
        );
    }
    if let Some(part) = section.choice("password_name", &PART) {
        tokens.password_name = part;
        if !tokens.password_grant {
            section.warning("password_name", "does nothing without password_grant");
        }
    }
    section.finish();
}

fn endpoints(section: &mut Section<'_>, tokens: &mut TokenSettings) {
    let loopback = section.flag("allow_http_loopback");
    let url = |section: &mut Section<'_>, key| {
        let text = section.text(key)?;
        let url = if loopback {
            Url::dangerous_loopback(text)
        } else {
            Url::new(text)
        };
        told(section, key, url)
    };
    tokens.authorization_endpoint = url(section, "authorization_endpoint");
    tokens.token_endpoint = url(section, "token_endpoint");
    tokens.revocation_endpoint = url(section, "revocation_endpoint");
    if let Some(text) = section.text("issuer") {
        let issuer = if loopback {
            Issuer::dangerous_loopback(text)
        } else {
            Issuer::new(text)
        };
        tokens.issuer = told(section, "issuer", issuer);
    }
    if !section.has("issuer") && !section.has("token_endpoint") {
        section.error(
            "",
            "nothing says where tokens come from: set issuer, or token_endpoint and the other endpoints",
        );
    }
}

fn told<T>(section: &Section<'_>, key: &str, read: Result<T, InvalidUrl>) -> Option<T> {
    read.map_err(|error| section.error(key, &format!("{error}")))
        .ok()
}

fn client(section: &mut Section<'_>, tokens: &mut TokenSettings) {
    for key in ["client_secret", "password", "access_token", "refresh_token"] {
        section.refuse(key, NO_SECRETS);
    }
    if let Some(id) = section.text("client_id") {
        tokens.client_id = id.into();
    } else if !section.has("client_id") {
        section.error(
            "",
            "there is no client_id in it: set what the authorization server calls this back end",
        );
    }
    let file = section.text("client_secret_file");
    let variable = section.text("client_secret_env");
    if file.is_some() && variable.is_some() {
        section.error(
            "client_secret_env",
            "client_secret_file and client_secret_env exclude each other",
        );
    }
    let (key, secret) = match (file, variable) {
        (Some(name), _) => (
            "client_secret_file",
            local::secret_file(section.reader.file(), name),
        ),
        (None, Some(name)) => ("client_secret_env", local::secret_env(name)),
        (None, None) => ("", Ok(None)),
    };
    match secret {
        Ok(secret) => tokens.client_secret = secret,
        Err(why) => section.error(key, &why),
    }
    method(section, tokens, file.is_some() || variable.is_some());
    if tokens.client_id.is_empty() {
        return;
    }
    if let Err(error) = tokens.client() {
        let about_id = matches!(error, InvalidClient::Id);
        let key = if about_id { "client_id" } else { key };
        section.error(key, &format!("{error}"));
    }
}

fn method(section: &mut Section<'_>, tokens: &mut TokenSettings, secret: bool) {
    match section.choice("client_authentication", &METHODS) {
        Some(None) if secret => section.error(
            "client_authentication",
            "none, but there is a client secret: leave one out",
        ),
        Some(Some(_)) if !secret => section.error(
            "client_authentication",
            "needs client_secret_file or client_secret_env",
        ),
        Some(Some(method)) => tokens.client_auth = method,
        Some(None) | None => {}
    }
}
