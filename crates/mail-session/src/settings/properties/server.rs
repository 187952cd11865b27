//! Mail servers that are the same for all users.

use mail_login_tls::{Security, Server};

use super::table::{Found, Table};
use crate::settings::{
    AuthType,
    findings::Place,
    host::{self, Kind},
};

/// The three keys of one server, and what App Suite takes where the second is not set.
pub(super) struct Keys {
    kind: Kind,
    source: &'static str,
    server: &'static str,
    start_tls: &'static str,
    default: Option<&'static str>,
}

impl Keys {
    pub(super) const PRIMARY_ACCESS: Self = Self {
        kind: Kind::Imap,
        source: "com.openexchange.mail.mailServerSource",
        server: "com.openexchange.mail.mailServer",
        start_tls: "com.openexchange.mail.mailStartTls",
        default: Some("imap://localhost"),
    };
    pub(super) const PRIMARY_TRANSPORT: Self = Self {
        kind: Kind::Smtp,
        source: "com.openexchange.mail.transportServerSource",
        server: "com.openexchange.mail.transportServer",
        start_tls: "com.openexchange.mail.transportStartTls",
        default: Some("127.0.0.1"),
    };
    pub(super) const SECONDARY_ACCESS: Self = Self {
        kind: Kind::Imap,
        source: "com.openexchange.mail.secondary.mailServerSource",
        server: "com.openexchange.mail.secondary.mailServer",
        start_tls: "com.openexchange.mail.secondary.mailStartTls",
        default: None,
    };
    pub(super) const SECONDARY_TRANSPORT: Self = Self {
        kind: Kind::Smtp,
        source: "com.openexchange.mail.secondary.transportServerSource",
        server: "com.openexchange.mail.secondary.transportServer",
        start_tls: "com.openexchange.mail.secondary.transportStartTls",
        default: None,
    };
}

pub(super) fn read(table: &Table<'_>, keys: &Keys, auth: AuthType) -> Option<Server> {
    const SOURCES: [(&str, bool); 2] = [("user", false), ("global", true)];
    let source = table.choice(keys.source, &SOURCES);
    let start_tls = table.flag(keys.start_tls);
    let text = table.get(keys.server);
    let Some(source) = source.filter(|source| source.value) else {
        let places = [text.map(|text| text.at), start_tls.map(|flag| flag.at)];
        for at in places.into_iter().flatten() {
            let text = alloc::format!("does nothing unless {} is global", keys.source);
            table.note(at, text);
        }
        return None;
    };
    let (text, at) = match (text, keys.default) {
        (Some(Found { value, at }), _) => (value, at),
        (None, Some(default)) => (default, source.at),
        (None, None) => {
            table.error(
                source.at,
                alloc::format!("global, but {} is not set", keys.server),
            );
            return None;
        }
    };
    let address = match parse(text, keys.kind) {
        Ok(address) => address,
        Err(why) => {
            table.error(at, why);
            return None;
        }
    };
    let security = security(table, &address, start_tls, at, auth)?;
    let port = address.port.unwrap_or_else(|| keys.kind.port(security));
    Some(host::server(address.host, port, security))
}

fn security(
    table: &Table<'_>,
    address: &Address<'_>,
    start_tls: Option<Found<'_, bool>>,
    at: Place<'_>,
    auth: AuthType,
) -> Option<Security> {
    if address.tls {
        if let Some(found) = start_tls.filter(|found| found.value) {
            table.note(
                found.at,
                "does nothing: the server has TLS from the first octet on",
            );
        }
        return Some(Security::ImplicitTls);
    }
    if start_tls.is_some_and(|found| found.value) {
        return Some(Security::StartTls);
    }
    if host::is_loopback(address.host) {
        table.note(at, "in clear, which is safe within this machine alone");
        return Some(Security::InClear);
    }
    let at = start_tls.map_or(at, |found| found.at);
    match auth {
        AuthType::OAuth | AuthType::OAuthBearer | AuthType::XOAuth2 => table.error(
            at,
            "whoever is on the way to this server would read the tokens: set STARTTLS to true, or name the server as imaps:// or smtps://",
        ),
        // No token goes there, and a session has no password.
        AuthType::Login => table.warning(
            at,
            "in clear, and by password: the server is left out. With tokens it needs STARTTLS, or a name as imaps:// or smtps://",
        ),
    }
    None
}

struct Address<'a> {
    host: &'a str,
    port: Option<u16>,
    tls: bool,
}

/// Reads `host`, `host:port`, and the same behind `imap://`, `imaps://`, `smtp://`, `smtps://`.
fn parse(text: &str, kind: Kind) -> Result<Address<'_>, &'static str> {
    let (tls, rest) = match text.split_once("://") {
        None => (false, text),
        Some((scheme, rest)) => (is_tls(scheme, kind)?, rest),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let port_at = match rest.rsplit_once(':') {
        // An address of IPv6 without brackets has no port.
        Some((host, _)) if host.contains(':') && !host.ends_with(']') => None,
        split => split,
    };
    let (host, port) = match port_at {
        Some((host, port)) if !rest.ends_with(']') => (host, Some(port)),
        Some(_) | None => (rest, None),
    };
    let port = port.map(|port| port.parse().ok().filter(|port| *port > 0));
    let port = match port {
        Some(None) => return Err("the port is no number from 1 to 65535"),
        Some(port) => port,
        None => None,
    };
    host::check(host)?;
    Ok(Address { host, port, tls })
}

fn is_tls(scheme: &str, kind: Kind) -> Result<bool, &'static str> {
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    match kind {
        Kind::Imap if is("imap") => Ok(false),
        Kind::Imap if is("imaps") => Ok(true),
        Kind::Smtp if is("smtp") => Ok(false),
        Kind::Smtp if is("smtps") => Ok(true),
        Kind::Imap => Err("the scheme is neither imap nor imaps"),
        Kind::Smtp => Err("the scheme is neither smtp nor smtps"),
        Kind::Sieve => Err("a server without scheme is expected"),
    }
}
