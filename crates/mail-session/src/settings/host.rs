//! Servers, as files name them.

use core::net::{IpAddr, Ipv6Addr};

use mail_login_tokio::{Security, Server};

/// Which protocol a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Imap,
    Sieve,
    Smtp,
}

impl Kind {
    /// Where a server listens unless it is said otherwise
    /// (<https://www.rfc-editor.org/rfc/rfc8314#section-7>,
    /// <https://www.rfc-editor.org/rfc/rfc5804#section-1.8>).
    pub(super) const fn port(self, security: Security) -> u16 {
        match (self, security) {
            (Self::Imap, Security::ImplicitTls) => 993,
            (Self::Imap, Security::StartTls | Security::InClear) => 143,
            (Self::Smtp, Security::ImplicitTls) => 465,
            (Self::Smtp, Security::StartTls | Security::InClear) => 587,
            (Self::Sieve, _) => 4190,
        }
    }
}

/// A server; whether it may be in clear is for the caller to decide.
pub(super) fn server(host: &str, port: u16, security: Security) -> Server {
    match security {
        Security::ImplicitTls => Server::implicit_tls(host, port),
        Security::StartTls => Server::starttls(host, port),
        Security::InClear => Server::dangerous_in_clear(host, port),
    }
}

/// Whether it is this very machine, so that nobody is on the way.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = bare(host).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The form of a host: a name or an address.
pub(super) fn check(host: &str) -> Result<(), &'static str> {
    let name = |octet: u8| octet.is_ascii_alphanumeric() || b"-._".contains(&octet);
    let is_name = (1..=253).contains(&host.len()) && host.bytes().all(name);
    if is_name || bare(host).parse::<Ipv6Addr>().is_ok() {
        Ok(())
    } else {
        Err(
            "the host is neither a host name nor an address: write it without scheme and path, and letters outside of ASCII in their A-label form (xn--…)",
        )
    }
}

fn bare(host: &str) -> &str {
    let inner = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in ["a", "imap.example.com", "127.0.0.1", "::1", "[2001:db8::1]"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "imap://a",
            "a:993",
            "a b",
            "münchen.example",
            "user@a",
            "[a]",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        for near in ["localhost", "LOCALHOST", "127.8.9.1", "::1", "[::1]"] {
            assert!(is_loopback(near), "{near}");
        }
        for far in [
            "localhost.example.com",
            "128.0.0.1",
            "::2",
            "127.0.0.1.example.com",
        ] {
            assert!(!is_loopback(far), "{far}");
        }
    }
}
