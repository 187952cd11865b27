//! Who may ask for tokens, and for whom.

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};
use core::time::Duration;

use sasl_core::Secret;

/// A program that asks the provider for tokens.
///
/// ```
/// use mail_testbed::Client;
///
/// let native = Client::public("mail-client").redirect_uri("http://127.0.0.1/callback");
/// let webmail = Client::confidential("webmail", "its secret")
///     .redirect_uri("https://webmail.example.com/signed-in");
/// # let _ = (native, webmail);
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) id: String,
    pub(super) authentication: Authentication,
    pub(super) redirect_uris: Vec<String>,
    pub(super) grants: Option<Vec<String>>,
    pub(super) access_life: Option<Duration>,
}

/// How a client proves who it is.
#[derive(Clone, Debug)]
pub(super) enum Authentication {
    /// It has no secret; it says its name.
    Public,
    /// It has one, and sends it in these ways.
    Secret {
        secret: Secret,
        basic: bool,
        post: bool,
    },
}

impl Client {
    /// A program on its user's machine, which can keep no secret: it must use PKCE.
    pub fn public(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            authentication: Authentication::Public,
            redirect_uris: vec![],
            grants: None,
            access_life: None,
        }
    }

    /// A program on a server, which has a secret and sends it as it likes: by HTTP Basic or in the
    /// form.
    pub fn confidential(id: &str, secret: &str) -> Self {
        Self {
            authentication: Authentication::Secret {
                secret: secret.into(),
                basic: true,
                post: true,
            },
            ..Self::public(id)
        }
    }

    /// The secret counts only where it comes by HTTP Basic (`client_secret_basic`).
    pub fn basic_only(mut self) -> Self {
        if let Authentication::Secret { post, .. } = &mut self.authentication {
            *post = false;
        }
        self
    }

    /// The secret counts only where it comes in the form (`client_secret_post`).
    pub fn post_only(mut self) -> Self {
        if let Authentication::Secret { basic, .. } = &mut self.authentication {
            *basic = false;
        }
        self
    }

    /// Adds an address that codes may be sent to. It must be asked for exactly as it is here, but
    /// for the port of a loopback address, which is free.
    /// <https://www.rfc-editor.org/rfc/rfc8252#section-7.3>
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        self.redirect_uris.push(uri.to_owned());
        self
    }

    /// The values of `grant_type` that this client may use; all, if this is not called.
    pub fn grants(mut self, grants: &[&str]) -> Self {
        self.grants = Some(grants.iter().map(|&grant| grant.to_owned()).collect());
        self
    }

    /// How long access tokens of this client live, whatever the others have.
    pub fn access_life(mut self, life: Duration) -> Self {
        self.access_life = Some(life);
        self
    }

    pub(super) fn is_public(&self) -> bool {
        matches!(self.authentication, Authentication::Public)
    }

    pub(super) fn may_use(&self, grant: &str) -> bool {
        self.grants
            .as_ref()
            .is_none_or(|grants| grants.iter().any(|known| known == grant))
    }

    pub(super) fn takes_redirect(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|known| known == uri || same_but_for_port(known, uri))
    }
}

/// Whether both are loopback addresses that differ in the port at most.
fn same_but_for_port(known: &str, asked: &str) -> bool {
    matches!((without_port(known), without_port(asked)), (Some(a), Some(b)) if a == b)
}

/// Host and path of a loopback address.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]", "http://localhost"]
        .iter()
        .find_map(|&host| {
            let rest = uri.strip_prefix(host)?;
            let path = match rest.strip_prefix(':') {
                Some(port) => port.trim_start_matches(|c: char| c.is_ascii_digit()),
                None => rest,
            };
            Some((host, path))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_loopback_address_is_free_and_nothing_else() {
        let client = Client::public("c")
            .redirect_uri("http://127.0.0.1/cb")
            .redirect_uri("http://[::1]:80/cb")
            .redirect_uri("https://app.example.com/cb");
        for good in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:51004/cb",
            "http://[::1]:7/cb",
            "http://[::1]/cb",
            "https://app.example.com/cb",
        ] {
            assert!(client.takes_redirect(good), "{good}");
        }
        for bad in [
            "",
            "http://127.0.0.1:51004/cb2",
            "http://127.0.0.1:51004/cb?x=1",
            "http://127.0.0.1:1@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://localhost:1/cb",
            "https://127.0.0.1/cb",
            "https://app.example.com:444/cb",
        ] {
            assert!(!client.takes_redirect(bad), "{bad}");
        }
    }
}
