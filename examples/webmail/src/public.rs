//! The address that browsers see.

use token_lifecycle::{InvalidRedirect, Redirect};

/// Scheme, host and port, as browsers send them in `Origin` (<https://www.rfc-editor.org/rfc/rfc6454#section-7>).
#[derive(Clone, Debug)]
pub(crate) struct Public {
    origin: String,
    redirect: Redirect,
}

/// Where the authorization server sends users back to.
pub(crate) const CALLBACK: &str = "/callback";

impl Public {
    /// Checks an address: `https`, or `http` on this very machine, and nothing behind host and port.
    pub(crate) fn new(url: &str) -> Result<Self, InvalidRedirect> {
        let origin = url.strip_suffix('/').unwrap_or(url).to_ascii_lowercase();
        let (_, rest) = origin.split_once("://").ok_or(InvalidRedirect::Form)?;
        if rest.contains(['/', '?', '@']) {
            return Err(InvalidRedirect::Form);
        }
        let redirect = Redirect::new(&format!("{origin}{CALLBACK}"))?;
        Ok(Self { origin, redirect })
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn redirect(&self) -> &Redirect {
        &self.redirect
    }

    /// Whether browsers come over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// A path of this site to which a user is sent after the sign-in; anything else leads to the start.
pub(crate) fn local_path(path: Option<&str>) -> &str {
    let safe = |path: &&str| {
        let graphic = path
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'\\');
        let local = path.starts_with('/') && !path.starts_with("//");
        graphic && local && path.len() <= 1024 && !path.starts_with("/sign-")
    };
    path.filter(safe).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_is_taken() {
        for good in [
            "https://webmail.example.com",
            "http://127.0.0.1:8080/",
            "https://[::1]:1",
        ] {
            assert!(Public::new(good).is_ok(), "{good}");
        }
        for bad in [
            "http://webmail.example.com",
            "https://a.example/mail",
            "https://u@a.example",
            "a.example",
            "",
        ] {
            assert!(Public::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn users_stay_on_this_site() {
        for good in ["/", "/message/7?account=x", "/compose"] {
            assert_eq!(local_path(Some(good)), good);
        }
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a b",
            "/\r\nx",
            "/sign-in",
        ] {
            assert_eq!(local_path(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(local_path(None), "/");
    }
}
