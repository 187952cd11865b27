//! Where the browser comes back to.

use alloc::string::String;
use core::fmt;

/// A redirect URI: of this machine (`http://127.0.0.1:51004/cb`), of this program
/// (`com.example.app:/cb`) or of a web server (`https://mail.example.com/cb`), as
/// <https://www.rfc-editor.org/rfc/rfc8252#section-7> has them.
///
/// ```
/// use token_lifecycle::{InvalidRedirect, Redirect};
///
/// assert_eq!(Redirect::loopback(51004, "/cb")?.as_str(), "http://127.0.0.1:51004/cb");
/// assert!(Redirect::new("com.example.app:/cb").is_ok());
/// assert_eq!(Redirect::new("http://mail.example.com/cb"), Err(InvalidRedirect::Scheme));
/// # Ok::<(), InvalidRedirect>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect(String);

impl Redirect {
    /// Checks a redirect URI. It has to be the registered one, octet for octet; of a loopback URI the
    /// port is free.
    ///
    /// # Errors
    ///
    /// When it has a fragment, a character no URI has, or a scheme that codes must not go to: `http`
    /// to another machine, or one without a dot, which any program could claim.
    pub fn new(uri: &str) -> Result<Self, InvalidRedirect> {
        if uri.len() > LENGTH || uri.contains('#') || !uri.bytes().all(is_uri_octet) {
            return Err(InvalidRedirect::Form);
        }
        let (scheme, rest) = uri.split_once(':').ok_or(InvalidRedirect::Form)?;
        let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'));
        if is_web {
            return match crate::Url::dangerous_loopback(uri) {
                Ok(_) => Ok(Self(uri.into())),
                Err(crate::InvalidUrl::Scheme) => Err(InvalidRedirect::Scheme),
                Err(_) => Err(InvalidRedirect::Form),
            };
        }
        if !is_scheme || rest.is_empty() {
            return Err(InvalidRedirect::Form);
        }
        // <https://www.rfc-editor.org/rfc/rfc8252#section-7.1>
        if !scheme.contains('.') {
            return Err(InvalidRedirect::Scheme);
        }
        Ok(Self(uri.into()))
    }

    /// Of this machine, on the port that the caller listens on.
    ///
    /// # Errors
    ///
    /// When the path does not start with `/`, or has a character no path has.
    pub fn loopback(port: u16, path: &str) -> Result<Self, InvalidRedirect> {
        if !path.starts_with('/') {
            return Err(InvalidRedirect::Form);
        }
        Self::new(&alloc::format!("http://127.0.0.1:{port}{path}"))
    }

    /// The URI as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request target, or a whole address, is here.
    pub(crate) fn is_place_of(&self, place: &str) -> bool {
        let (base, path) = split(&self.0);
        if place.starts_with('/') {
            return place == path;
        }
        let (other_base, other_path) = split(place);
        base.eq_ignore_ascii_case(other_base) && path == other_path
    }
}

impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redirect({})", self.0)
    }
}

/// Why a redirect URI was refused.
///
/// ```
/// use token_lifecycle::{InvalidRedirect, Redirect};
/// assert_eq!(Redirect::new("myapp:/cb"), Err(InvalidRedirect::Scheme));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRedirect {
    /// No URI, or with a fragment.
    #[error(
        "the redirect URI is no absolute URI of at most 2048 octets, or has a fragment, user name or impossible port"
    )]
    Form,
    /// A scheme that codes must not go to.
    #[error(
        "the redirect URI is not safe from others: use https, http to 127.0.0.1, or a scheme made of a reversed domain name such as com.example.app"
    )]
    Scheme,
}

const LENGTH: usize = 2048;

fn is_uri_octet(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7e)
        && !matches!(
            octet,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

/// Scheme with authority, and path. The query is left out, and no path is `/`.
fn split(uri: &str) -> (&str, &str) {
    let uri = uri.split('?').next().unwrap_or_default();
    let Some(colon) = uri.find(':') else {
        return (uri, "/");
    };
    let start = colon + 1;
    let rest = uri.get(start..).unwrap_or_default();
    let end = match rest.strip_prefix("//") {
        Some(rest) => start + 2 + rest.find('/').unwrap_or(rest.len()),
        None => start,
    };
    match uri.split_at_checked(end) {
        Some((base, "")) => (base, "/"),
        Some(parts) => parts,
        None => (uri, "/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken() {
        for uri in [
            "http://127.0.0.1:51004/cb",
            "http://[::1]:1/",
            "http://localhost",
            "https://mail.example.com/cb?tenant=a",
            "com.example.app:/cb",
            "net.thunderbird://oauth/yahoo",
        ] {
            assert_eq!(Redirect::new(uri).unwrap().as_str(), uri);
        }
    }

    #[test]
    fn what_is_refused() {
        for (uri, why) in [
            ("", InvalidRedirect::Form),
            ("/cb", InvalidRedirect::Form),
            ("com.example.app:", InvalidRedirect::Form),
            ("1com.example:/cb", InvalidRedirect::Form),
            ("https://", InvalidRedirect::Form),
            ("https://host/#x", InvalidRedirect::Form),
            ("https://host/\r\n", InvalidRedirect::Form),
            ("http://127.0.0.1:0/", InvalidRedirect::Form),
            ("http://127.0.0.1.example.com/", InvalidRedirect::Scheme),
            ("javascript:alert(1)", InvalidRedirect::Scheme),
            ("urn:ietf:wg:oauth:2.0:oob", InvalidRedirect::Scheme),
        ] {
            assert_eq!(Redirect::new(uri), Err(why), "{uri}");
        }
        assert_eq!(Redirect::loopback(1, "cb"), Err(InvalidRedirect::Form));
    }

    #[test]
    fn places() {
        let redirect = Redirect::new("http://127.0.0.1:51004/cb").unwrap();
        for here in [
            "/cb",
            "http://127.0.0.1:51004/cb",
            "HTTP://127.0.0.1:51004/cb",
        ] {
            assert!(redirect.is_place_of(here), "{here}");
        }
        for elsewhere in [
            "/",
            "/cb/",
            "/CB",
            "/favicon.ico",
            "",
            "cb",
            "http://127.0.0.1:51005/cb",
            "http://evil.example/cb",
            "//127.0.0.1:51004/cb",
            "https://127.0.0.1:51004/cb",
        ] {
            assert!(!redirect.is_place_of(elsewhere), "{elsewhere}");
        }
        let bare = Redirect::new("http://127.0.0.1:51004").unwrap();
        assert!(bare.is_place_of("/") && bare.is_place_of("http://127.0.0.1:51004/"));
        let scheme = Redirect::new("com.example.app:/cb").unwrap();
        assert!(scheme.is_place_of("com.example.app:/cb"));
        assert!(!scheme.is_place_of("com.example.app2:/cb"));
    }
}
