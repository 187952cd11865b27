//! What the user means by a server.

use crate::cli::{Protocol, TlsMode};

/// One service to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) protocol: Protocol,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: TlsMode,
}

/// What is to be asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    Known(Vec<Target>),
    /// A port that says nothing about what is behind it.
    Unknown {
        host: String,
        port: u16,
    },
}

/// Protocol and TLS mode of the usual ports.
const PORTS: [(u16, Protocol, TlsMode); 6] = [
    (993, Protocol::Imap, TlsMode::Implicit),
    (143, Protocol::Imap, TlsMode::Starttls),
    (465, Protocol::Smtp, TlsMode::Implicit),
    (587, Protocol::Smtp, TlsMode::Starttls),
    (25, Protocol::Smtp, TlsMode::Starttls),
    (4190, Protocol::Sieve, TlsMode::Starttls),
];

const SCHEMES: [(&str, Protocol, TlsMode, u16); 7] = [
    ("imap", Protocol::Imap, TlsMode::Starttls, 143),
    ("imaps", Protocol::Imap, TlsMode::Implicit, 993),
    ("smtp", Protocol::Smtp, TlsMode::Starttls, 587),
    ("smtps", Protocol::Smtp, TlsMode::Implicit, 465),
    ("submission", Protocol::Smtp, TlsMode::Starttls, 587),
    ("submissions", Protocol::Smtp, TlsMode::Implicit, 465),
    ("sieve", Protocol::Sieve, TlsMode::Starttls, 4190),
];

/// `host`, `host:port`, `[address]:port`, or a URL.
pub(crate) fn parse(server: &str) -> Result<Targets, &'static str> {
    if let Some((scheme, rest)) = server.split_once("://") {
        let scheme = scheme.to_ascii_lowercase();
        let known = SCHEMES.iter().find(|known| known.0 == scheme);
        let Some((_, protocol, tls, usual)) = known else {
            return Err(
                "unknown scheme: use imap, imaps, smtp, smtps, submission, submissions or sieve",
            );
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err("no user name belongs here: give the host alone");
        }
        let (host, port) = split(authority)?;
        let port = port.unwrap_or(*usual);
        return Ok(Targets::Known(vec![Target {
            protocol: *protocol,
            host,
            port,
            tls: *tls,
        }]));
    }
    match split(server)? {
        (host, None) => {
            // Port 25 is for mail between servers and only slows this down where it is blocked.
            let usual = PORTS.iter().filter(|(port, ..)| *port != 25);
            let target = |(port, protocol, tls): &(u16, Protocol, TlsMode)| Target {
                protocol: *protocol,
                host: host.clone(),
                port: *port,
                tls: *tls,
            };
            Ok(Targets::Known(usual.map(target).collect()))
        }
        (host, Some(port)) => Ok(match PORTS.iter().find(|known| known.0 == port) {
            Some((_, protocol, tls)) => Targets::Known(vec![Target {
                protocol: *protocol,
                host,
                port,
                tls: *tls,
            }]),
            None => Targets::Unknown { host, port },
        }),
    }
}

fn split(text: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((host, rest))) => (host, rest.strip_prefix(':')),
        Some(None) => return Err("a bracket is not closed"),
        // More than one colon and no brackets: an IPv6 address.
        None if text.matches(':').count() > 1 => (text, None),
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() || !host.bytes().all(|octet| matches!(octet, 0x21..=0x7e)) {
        return Err("this is no host name: use its ASCII form (xn--…) or an address");
    }
    let port = match port.map(str::parse) {
        None => None,
        Some(Ok(0) | Err(_)) => return Err("the port must be 1 to 65535"),
        Some(Ok(port)) => Some(port),
    };
    Ok((host.into(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(server: &str) -> (Protocol, String, u16, TlsMode) {
        match parse(server) {
            Ok(Targets::Known(targets)) if targets.len() == 1 => {
                let target = targets.into_iter().next().unwrap();
                (target.protocol, target.host, target.port, target.tls)
            }
            other => panic!("{server}: {other:?}"),
        }
    }

    #[test]
    fn urls_ports_and_addresses() {
        assert_eq!(
            one("imaps://h/"),
            (Protocol::Imap, "h".into(), 993, TlsMode::Implicit)
        );
        assert_eq!(
            one("SUBMISSION://h:2525"),
            (Protocol::Smtp, "h".into(), 2525, TlsMode::Starttls)
        );
        assert_eq!(
            one("h:465"),
            (Protocol::Smtp, "h".into(), 465, TlsMode::Implicit)
        );
        assert_eq!(
            one("[::1]:4190"),
            (Protocol::Sieve, "::1".into(), 4190, TlsMode::Starttls)
        );
        assert_eq!(
            parse("h:2143"),
            Ok(Targets::Unknown {
                host: "h".into(),
                port: 2143
            })
        );
        assert!(matches!(parse("mail.example.com"), Ok(Targets::Known(all)) if all.len() == 5));
        assert!(matches!(parse("2001:db8::1"), Ok(Targets::Known(all)) if all.len() == 5));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "http://h",
            "h:0",
            "h:99999",
            "h:x",
            "[::1",
            "imap://me@h",
            "a b",
            "imap://",
            "exämple.com",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
