//! Addresses that secrets may be sent to.

use alloc::string::String;
use core::fmt;

/// An absolute `https` URL without user information and fragment: the only kind of address that a
/// token, a code or a client secret is ever sent to
/// (<https://www.rfc-editor.org/rfc/rfc6749#section-3.2>). A query is kept.
///
/// It is compared and sent octet for octet as it was given; nothing is normalised.
///
/// ```
/// use token_lifecycle::{InvalidUrl, Url};
///
/// let endpoint = Url::new("https://id.example.com/token?tenant=a")?;
/// assert_eq!(endpoint.as_str(), "https://id.example.com/token?tenant=a");
/// assert_eq!(endpoint.host(), "id.example.com");
/// assert_eq!(Url::new("http://id.example.com/token"), Err(InvalidUrl::Scheme));
/// # Ok::<(), InvalidUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Url(String);

/// Longer addresses are refused.
const LENGTH: usize = 2048;

impl Url {
    /// Checks an `https` URL.
    ///
    /// # Errors
    ///
    /// When it is not one, or has user information, a fragment, or characters that no URL has.
    pub fn new(url: &str) -> Result<Self, InvalidUrl> {
        check(url, false).map(|()| Self(url.into()))
    }

    /// The same, but also takes `http` to this very machine (`127.0.0.1`, `[::1]`, `localhost`), for
    /// tests and development. What is sent there is not encrypted.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn dangerous_loopback(url: &str) -> Result<Self, InvalidUrl> {
        check(url, true).map(|()| Self(url.into()))
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, without the port.
    pub fn host(&self) -> &str {
        host(authority(&self.0))
    }

    /// Where a path may be inserted: everything before the path, and the path with what follows.
    pub(crate) fn split(&self) -> (&str, &str) {
        let start = self.0.find("://").map_or(0, |at| at + 3);
        let rest = self.0.get(start..).unwrap_or_default();
        let end = rest.find(['/', '?']).map_or(self.0.len(), |at| start + at);
        self.0.split_at(end)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.0)
    }
}

/// Why an address was refused. Never holds the address.
///
/// ```
/// use token_lifecycle::{InvalidUrl, Url};
/// assert_eq!(Url::new("https://user@id.example.com/"), Err(InvalidUrl::UserInformation));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// A space, a control, a backslash, a bracket or quote, or what is not ASCII.
    #[error(
        "the URL has a character that no URL has: encode it as %HH, and a host name in its A-label form"
    )]
    Character,
    /// `#…`.
    #[error("the URL has a fragment: leave out `#` and what follows")]
    Fragment,
    /// No host, or one that cannot be.
    #[error("the URL has no host, or one with an impossible form or port")]
    Host,
    /// Over 2048 octets.
    #[error("the URL has more than 2048 octets")]
    Length,
    /// An issuer with `?…`.
    #[error("the issuer has a query: leave out `?` and what follows")]
    Query,
    /// Not `https`.
    #[error(
        "the URL does not start with https://: what is sent there must be encrypted (http is possible to 127.0.0.1, [::1] and localhost where that was allowed)"
    )]
    Scheme,
    /// A tenant that would change the address.
    #[error("the tenant must be letters, digits, `-` and `.`: its domain or its identifier")]
    Tenant,
    /// `user@host`.
    #[error("the URL has a user name or password before the host: leave it out")]
    UserInformation,
}

fn check(url: &str, loopback: bool) -> Result<(), InvalidUrl> {
    if url.len() > LENGTH {
        return Err(InvalidUrl::Length);
    }
    let is_clear = match url.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => false,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") && loopback => true,
        _ => return Err(InvalidUrl::Scheme),
    };
    if url.contains('#') {
        return Err(InvalidUrl::Fragment);
    }
    // A backslash is a slash to browsers and none to others, so two readers would see two hosts.
    if !url.bytes().all(is_url_octet) {
        return Err(InvalidUrl::Character);
    }
    let authority = authority(url);
    if authority.contains('@') {
        return Err(InvalidUrl::UserInformation);
    }
    if !is_authority(authority) {
        return Err(InvalidUrl::Host);
    }
    if is_clear && !is_loopback(host(authority)) {
        return Err(InvalidUrl::Scheme);
    }
    Ok(())
}

/// The characters of <https://www.rfc-editor.org/rfc/rfc3986#section-2> and `%`.
fn is_url_octet(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7e)
        && !matches!(
            octet,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

/// Host and port of a URL that has a scheme.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// The host of an authority, brackets included.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    }
}

fn is_authority(authority: &str) -> bool {
    let name = host(authority);
    let port = authority.get(name.len()..).unwrap_or_default();
    let is_name = match name.strip_prefix('[') {
        Some(address) => address
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<core::net::Ipv6Addr>().is_ok()),
        None => {
            (1..=255).contains(&name.len())
                && name.bytes().all(|octet| {
                    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_')
                })
        }
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| {
            port.bytes().all(|octet| octet.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
    is_name && is_port
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<core::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
        || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn what_is_refused() {
        let long = format!("https://id.example.com/{}", "x".repeat(LENGTH));
        for (url, why) in [
            ("", InvalidUrl::Scheme),
            ("id.example.com", InvalidUrl::Scheme),
            ("ftp://id.example.com", InvalidUrl::Scheme),
            ("http://id.example.com", InvalidUrl::Scheme),
            ("http://127.0.0.1/", InvalidUrl::Scheme),
            ("https://", InvalidUrl::Host),
            ("https:///path", InvalidUrl::Host),
            ("https://:443/", InvalidUrl::Host),
            ("https://host:0/", InvalidUrl::Host),
            ("https://host:/", InvalidUrl::Host),
            ("https://host:+1/", InvalidUrl::Host),
            ("https://host:65536/", InvalidUrl::Host),
            ("https://host:443:443/", InvalidUrl::Host),
            ("https://[::1/", InvalidUrl::Host),
            ("https://[zz]/", InvalidUrl::Host),
            ("https://ho%73t/", InvalidUrl::Host),
            (
                "https://good.example@evil.example/",
                InvalidUrl::UserInformation,
            ),
            (
                "https://good.example\\@evil.example/",
                InvalidUrl::Character,
            ),
            ("https://host/ x", InvalidUrl::Character),
            ("https://host/\r\nX: y", InvalidUrl::Character),
            ("https://hö.example/", InvalidUrl::Character),
            ("https://host/{tenantid}/v2.0", InvalidUrl::Character),
            ("https://host/#x", InvalidUrl::Fragment),
            (&long, InvalidUrl::Length),
        ] {
            assert_eq!(Url::new(url), Err(why), "{url}");
        }
    }

    #[test]
    fn what_is_taken() {
        for (url, host) in [
            ("https://host", "host"),
            ("HTTPS://host?x=@y", "host"),
            ("https://host:8443/token?a=b&c", "host"),
            ("https://[2001:db8::1]:8443/", "[2001:db8::1]"),
            ("https://[2001:db8::1]", "[2001:db8::1]"),
        ] {
            assert_eq!(Url::new(url).unwrap().host(), host, "{url}");
        }
    }

    #[test]
    fn clear_text_stays_on_this_machine() {
        for url in [
            "http://127.0.0.1:8080/",
            "http://[::1]/x",
            "http://localhost:1/",
        ] {
            assert!(Url::dangerous_loopback(url).is_ok(), "{url}");
        }
        for url in [
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "http://127.0.0.1@example.com/",
        ] {
            assert!(Url::dangerous_loopback(url).is_err(), "{url}");
        }
    }

    #[test]
    fn split_before_the_path() {
        for (url, before, path) in [
            ("https://host/a/b?c", "https://host", "/a/b?c"),
            ("https://host:1", "https://host:1", ""),
            ("https://host?x", "https://host", "?x"),
        ] {
            assert_eq!(Url::new(url).unwrap().split(), (before, path));
        }
    }
}
