//! Shows what an account is set to.

use serde_json::json;
use token_lifecycle::Provider;

use crate::{
    cli::{Named, Protocol},
    config::{Account, Config},
    exit::Problem,
    terminal::{field, print},
};

const PROTOCOLS: [(&str, Protocol); 3] = [
    ("imap", Protocol::Imap),
    ("smtp", Protocol::Smtp),
    ("sieve", Protocol::Sieve),
];

/// Where its tokens come from, in a word.
pub(super) fn from(account: &Account) -> &str {
    let named = account.provider.as_deref().or(account.issuer.as_deref());
    named.or(account.token_endpoint.as_deref()).unwrap_or("?")
}

pub(super) fn show(arguments: &Named) -> Result<(), Problem> {
    let config = Config::load(arguments.common.config.as_ref())?;
    let account = config.account(&arguments.name)?;
    let provider = account.provider.as_deref().and_then(Provider::named);
    let servers: Vec<_> = PROTOCOLS
        .iter()
        .filter_map(|(name, protocol)| Some((*name, account.place(*protocol)?)))
        .collect();
    let secret = match (&account.client_secret_file, &account.client_secret_command) {
        (Some(file), _) => Some(config.resolve(file).display().to_string()),
        (None, Some(command)) => command.first().cloned(),
        (None, None) => None,
    };
    if arguments.common.json {
        let servers: serde_json::Map<_, _> = servers
            .iter()
            .map(|(name, place)| {
                let tls = place.tls.map(crate::cli::TlsMode::name);
                let place = json!({"host": place.host, "port": place.port, "tls": tls});
                ((*name).to_owned(), place)
            })
            .collect();
        print(json!({
            "v": 1, "result": "account", "account": arguments.name, "config": config.path,
            "user": account.user, "from": from(account), "client_id": account.client_id,
            "client_secret_from": secret, "scope": account.scope, "resource": account.resource,
            "servers": servers, "notes": provider.map(|known| known.notes),
        }));
        return Ok(());
    }
    print(&arguments.name);
    print(field("user", &account.user));
    print(field("tokens from", from(account)));
    print(field("client", &account.client_id));
    if let Some(secret) = secret {
        print(field("secret from", secret));
    }
    for (name, value) in [
        ("scope", &account.scope),
        ("resource", &account.resource),
        ("audience", &account.audience),
        ("redirect URI", &account.redirect_uri),
    ] {
        if let Some(value) = value {
            print(field(name, value));
        }
    }
    for (name, place) in servers {
        let port = place
            .port
            .map_or_else(String::new, |port| format!(":{port}"));
        let tls = place
            .tls
            .map_or_else(String::new, |tls| format!(", {}", tls.name()));
        print(field(name, format_args!("{}{port}{tls}", place.host)));
    }
    for text in provider.map_or(&[][..], |known| known.notes) {
        print(field("note", text));
    }
    print(field("configured in", config.path.display()));
    Ok(())
}
