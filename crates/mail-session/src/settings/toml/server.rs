//! A server: `{ host = "…", port = 993, security = "tls" }`.

use core::time::Duration;

use mail_login_tokio::{Security, Server};

use super::{Kind, Section};
use crate::settings::{host, local};

const SECURITY: [(&str, Security); 3] = [
    ("tls", Security::ImplicitTls),
    ("starttls", Security::StartTls),
    ("clear", Security::InClear),
];

pub(super) fn read(parent: &mut Section<'_>, key: &'static str, kind: Kind) -> Option<Server> {
    let mut section = parent.section(key)?;
    let server = fields(&mut section, kind);
    section.finish();
    server
}

fn fields(section: &mut Section<'_>, kind: Kind) -> Option<Server> {
    let host = section.text("host");
    let port = section.number("port", 1, u16::MAX.into());
    // The user of ManageSieve is used to STARTTLS, which is all that the standard knows.
    let usual = match kind {
        Kind::Imap | Kind::Smtp => Security::ImplicitTls,
        Kind::Sieve => Security::StartTls,
    };
    let security = section.choice("security", &SECURITY).unwrap_or(usual);
    let name = section.text("server_name");
    let ca = section.text("ca");
    let mut timeout = Duration::from_secs(20);
    section.time("timeout", &mut timeout);
    let dangerous = section.flag("dangerous");
    let Some(host) = host else {
        if !section.has("host") {
            section.error("", "there is no host in it: name one");
        }
        return None;
    };
    if let Err(why) = host::check(host) {
        section.error("host", why);
        return None;
    }
    check_security(section, host, security, dangerous);
    if timeout == Duration::ZERO {
        section.error("timeout", "0: no login could end in time");
    }
    let port = port.and_then(|port| u16::try_from(port).ok());
    let port = port.unwrap_or_else(|| kind.port(security));
    let mut server = host::server(host, port, security).timeout(timeout);
    if let Some(name) = name {
        if let Err(why) = host::check(name) {
            section.error("server_name", why);
        }
        server = server.server_name(name);
    }
    let Some(ca) = ca else {
        return Some(server);
    };
    match local::ca(section.reader.file(), ca, server) {
        Ok(server) => Some(server),
        Err(why) => {
            section.error("ca", &why);
            None
        }
    }
}

fn check_security(section: &Section<'_>, host: &str, security: Security, dangerous: bool) {
    match security {
        Security::ImplicitTls | Security::StartTls => {
            if dangerous {
                section.warning("dangerous", "does nothing where there is TLS: leave it out");
            }
        }
        Security::InClear => {
            for key in ["ca", "server_name"] {
                if section.has(key) {
                    section.error(key, "there is no certificate in clear: leave it out");
                }
            }
            match (host::is_loopback(host), dangerous) {
                (true, _) => {}
                (false, true) => section.warning(
                    "security",
                    "whoever is on the way to this server reads the tokens",
                ),
                (false, false) => section.error(
                    "security",
                    "whoever is on the way to this server would read the tokens: use tls or starttls (in clear is for this very machine; elsewhere it needs dangerous = true)",
                ),
            }
        }
    }
}
