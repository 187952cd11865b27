//! Writes an account into the configuration file.

use std::path::Path;

use mail_login_blocking::Deadline;
use serde_json::json;
use token_lifecycle::Provider;
use toml_edit::{Array, Value};

use crate::{
    cli::{Add, TlsMode},
    config::{Account, Config, Edit},
    exit::Problem,
    grant::Grant,
    terminal::{field, good, note, print},
};

pub(super) fn add(arguments: &Add) -> Result<(), Problem> {
    let config = Config::load(arguments.common.config.as_ref())?;
    let name = arguments.name.as_str();
    if config.accounts.contains_key(name) {
        let message = format!(
            "{} has an account {name} already: remove it first, or choose another name",
            config.path.display()
        );
        return Err(Problem::usage(message));
    }
    let mut edit = Edit::new(&config)?;
    edit.add(name, settings(arguments)?)?;
    // What would be refused afterwards is not written in the first place.
    let text = edit.text();
    let next = Config::parse(config.path.clone(), text)?;
    let account = next.account(name)?;
    if account.issuer.is_some() {
        let grant = Grant::new(&next, name, Deadline::NEVER)?;
        advise(&grant, account);
    }
    let provider = account.provider.as_deref().and_then(Provider::named);
    let has_secret =
        account.client_secret_file.is_some() || account.client_secret_command.is_some();
    if provider.is_some_and(|known| known.wants_secret) && !has_secret {
        note(
            "note: this provider wants a client secret also of programs on people's machines: set client_secret_file or client_secret_command",
        );
    }
    edit.write()?;
    if arguments.common.json {
        print(json!({"v": 1, "result": "added", "account": name, "config": next.path}));
    } else {
        print(good(format_args!("{name} is in {}", next.path.display())));
        print(field("next", format!("mail-login sign-in {name}")));
    }
    Ok(())
}

/// What a server says that a user would find out later.
fn advise(grant: &Grant<'_>, account: &Account) {
    let Some(metadata) = &grant.metadata else {
        return;
    };
    let offline = metadata.scopes().any(|scope| scope == "offline_access");
    let asks = grant
        .scope
        .split(' ')
        .any(|scope| scope == "offline_access");
    if offline && !asks {
        note(
            "note: this server knows offline_access, and may give no refresh token without it: add it to the scope if signing in does not last",
        );
    }
    if account.place(crate::cli::Protocol::Imap).is_none() {
        note("note: no IMAP server is set: `try imap --account` will need --host");
    }
}

fn settings(arguments: &Add) -> Result<Vec<(&'static str, Value)>, Problem> {
    let mut settings: Vec<(&'static str, Value)> = vec![("user", arguments.user.as_str().into())];
    let texts = [
        ("provider", &arguments.provider),
        ("tenant", &arguments.tenant),
        ("issuer", &arguments.issuer),
        ("token_endpoint", &arguments.token_endpoint),
        ("authorization_endpoint", &arguments.authorization_endpoint),
        (
            "device_authorization_endpoint",
            &arguments.device_authorization_endpoint,
        ),
        ("revocation_endpoint", &arguments.revocation_endpoint),
    ];
    let mut text = |key, value: &Option<String>| {
        if let Some(value) = value {
            settings.push((key, value.as_str().into()));
        }
    };
    for (key, value) in texts {
        text(key, value);
    }
    text("client_id", &Some(arguments.client_id.clone()));
    text(
        "client_secret_file",
        &path(arguments.client_secret_file.as_deref())?,
    );
    text("scope", &arguments.scope);
    text("resource", &arguments.resource);
    text("audience", &arguments.audience);
    text("redirect_uri", &arguments.redirect_uri);
    text("store", &arguments.store);
    text("ca", &path(arguments.ca.as_deref())?);
    text(
        "client_authentication",
        &arguments.client_authentication.map(name),
    );
    text("grant", &arguments.grant.map(name));
    if let Some(command) = &arguments.client_secret_command {
        let words: Array = command.split_whitespace().collect();
        settings.push(("client_secret_command", words.into()));
    }
    if arguments.allow_http_loopback {
        settings.push(("allow_http_loopback", true.into()));
    }
    for (keys, server, tls) in [
        (
            ["imap.host", "imap.port", "imap.tls"],
            &arguments.imap,
            arguments.imap_tls,
        ),
        (
            ["smtp.host", "smtp.port", "smtp.tls"],
            &arguments.smtp,
            arguments.smtp_tls,
        ),
        (
            ["sieve.host", "sieve.port", "sieve.tls"],
            &arguments.sieve,
            arguments.sieve_tls,
        ),
    ] {
        let Some(server) = server else { continue };
        let (host, port) = split(server)?;
        let [host_key, port_key, tls_key] = keys;
        settings.push((host_key, host.into()));
        if let Some(port) = port {
            settings.push((port_key, i64::from(port).into()));
        }
        if let Some(tls) = tls {
            settings.push((tls_key, TlsMode::name(tls).into()));
        }
    }
    Ok(settings)
}

/// Written so that it means the same from everywhere.
fn path(path: Option<&Path>) -> Result<Option<String>, Problem> {
    let Some(path) = path else { return Ok(None) };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.into());
    match whole.to_str() {
        Some(whole) => Ok(Some(whole.into())),
        None => Err(Problem::usage("a name of a file is not UTF-8: rename it")),
    }
}

fn name(value: impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().into())
}

fn split(server: &str) -> Result<(&str, Option<u16>), Problem> {
    let bracketed = server
        .rsplit_once("]:")
        .map(|(host, port)| (host.trim_start_matches('['), port));
    let plain = || {
        server
            .rsplit_once(':')
            .filter(|(host, _)| !host.contains(':'))
    };
    let (host, port) = match bracketed.or_else(plain) {
        Some((host, port)) => (host, Some(port)),
        None => (server.trim_matches(['[', ']']), None),
    };
    let port = match port.map(str::parse::<u16>) {
        None => None,
        Some(Ok(port)) if port > 0 => Some(port),
        Some(_) => {
            return Err(Problem::usage(format!(
                "{server}: the port must be 1 to 65535"
            )));
        }
    };
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn hosts_and_ports() {
        assert_eq!(split("h").unwrap(), ("h", None));
        assert_eq!(split("h:993").unwrap(), ("h", Some(993)));
        assert_eq!(split("[::1]:993").unwrap(), ("::1", Some(993)));
        assert_eq!(split("::1").unwrap(), ("::1", None));
        assert!(split("h:0").is_err());
        assert!(split("h:imap").is_err());
    }
}
