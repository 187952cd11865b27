//! What settings amount to, in words. No secret is among them.

use std::time::Duration;

use mail_login_blocking::{Security, Server};
use mail_session::settings::{
    AuthType, CredentialSource, Filter, LoginSource, Mail, Settings, Times, TokenSettings,
};

/// What belongs together, under one name.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) fields: Vec<(&'static str, String)>,
}

pub(super) fn groups(settings: &Settings) -> Vec<Group> {
    vec![
        mail("primary", &settings.primary),
        mail("secondary", &settings.secondary),
        filter(&settings.filter),
        tokens(&settings.tokens),
        sessions(&settings.sessions),
    ]
}

fn mail(name: &'static str, mail: &Mail) -> Group {
    let source = match mail.login_source {
        LoginSource::Login => "the login name of the mailbox",
        LoginSource::Mail => "the primary address",
        LoginSource::Name => "the user name",
    };
    Group {
        name,
        fields: vec![
            ("imap", mechanisms(mail.access)),
            ("imap server", server(mail.imap.as_ref())),
            ("smtp", mechanisms(mail.transport)),
            ("smtp server", server(mail.smtp.as_ref())),
            ("name", source.into()),
        ],
    }
}

fn filter(filter: &Filter) -> Group {
    let source = match filter.credential_source {
        CredentialSource::Session => "the name by which the user signed in",
        CredentialSource::SessionFullLogin => "the same, with the domain",
        CredentialSource::ImapLogin => "the same as for IMAP",
        CredentialSource::Mail => "the primary address",
    };
    let place = match &filter.server {
        Some(there) => server(Some(there)),
        None => format!("the host of IMAP, port {}, STARTTLS", filter.port),
    };
    Group {
        name: "filter",
        fields: vec![
            ("sieve", mechanisms(filter.mechanism)),
            ("sieve server", place),
            ("name", source.into()),
        ],
    }
}

fn tokens(tokens: &TokenSettings) -> Group {
    let mut fields = Vec::new();
    let endpoints = [
        (
            "issuer",
            tokens.issuer.as_ref().map(|issuer| issuer.as_str()),
        ),
        (
            "sign-in at",
            tokens
                .authorization_endpoint
                .as_ref()
                .map(|url| url.as_str()),
        ),
        (
            "tokens from",
            tokens.token_endpoint.as_ref().map(|url| url.as_str()),
        ),
        (
            "revoked at",
            tokens.revocation_endpoint.as_ref().map(|url| url.as_str()),
        ),
    ];
    for (name, url) in endpoints {
        if let Some(url) = url {
            fields.push((name, url.into()));
        }
    }
    if tokens.issuer.is_none() && tokens.token_endpoint.is_none() {
        fields.push(("tokens from", "nowhere".into()));
    }
    if !tokens.client_id.is_empty() {
        let secret = match tokens.client_secret {
            Some(_) => tokens.client_auth.name(),
            None => "no secret",
        };
        fields.push(("client", format!("{}, {secret}", tokens.client_id)));
    }
    let scope = tokens.scopes.to_string();
    if !scope.is_empty() {
        fields.push(("scope", scope));
    }
    if let Some(resource) = &tokens.resource {
        fields.push(("resource", resource.clone()));
    }
    fields.push((
        "refreshed",
        format!("{} before the end", time(tokens.early)),
    ));
    fields.push(("waited for", format!("{} at most", time(tokens.wait))));
    if let Some(limit) = tokens.refreshes_per_second {
        fields.push(("limit", format!("{limit} refreshes a second")));
    }
    if tokens.password_grant {
        let part = tokens.password_name.name();
        fields.push(("password", format!("sign-in by password, name: {part}")));
    }
    Group {
        name: "tokens",
        fields,
    }
}

fn sessions(times: &Times) -> Group {
    Group {
        name: "sessions",
        fields: vec![
            ("look", time(times.look)),
            ("idle", time(times.idle)),
            ("keep", time(times.keep)),
            ("grave", time(times.grave)),
            ("failed login", time(times.failed_login)),
        ],
    }
}

fn mechanisms(auth: AuthType) -> String {
    let names: Vec<_> = auth
        .mechanisms()
        .iter()
        .map(|mechanism| mechanism.name())
        .collect();
    if names.is_empty() {
        "not logged in to: a password is needed".into()
    } else {
        names.join(" or ")
    }
}

fn server(server: Option<&Server>) -> String {
    let Some(server) = server else {
        return "each account's own".into();
    };
    let security = match server.security() {
        Security::ImplicitTls => "TLS",
        Security::StartTls => "STARTTLS",
        Security::InClear => "in clear",
    };
    format!("{}, {security}", server.address())
}

fn time(time: Duration) -> String {
    let millis = time.as_millis();
    match millis {
        0 => "0 s".into(),
        n if n % 1000 != 0 => format!("{n} ms"),
        n if n % 86_400_000 == 0 => format!("{} d", n / 86_400_000),
        n if n % 3_600_000 == 0 => format!("{} h", n / 3_600_000),
        n if n % 60_000 == 0 => format!("{} min", n / 60_000),
        n => format!("{} s", n / 1000),
    }
}
