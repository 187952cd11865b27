//! What can be asked for.

/// One of the provider's addresses.
///
/// ```
/// use mail_testbed::{Endpoint, Provider, ProviderOptions};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// assert!(provider.url(Endpoint::Token).ends_with("/token"));
/// assert_eq!(provider.requests(Endpoint::Token), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Endpoint {
    /// Where a person agrees. <https://www.rfc-editor.org/rfc/rfc6749#section-3.1>
    Authorize,
    /// Where a person types the code that a device shows.
    Device,
    /// Where a device asks for a code. <https://www.rfc-editor.org/rfc/rfc8628#section-3.1>
    DeviceAuthorization,
    /// The document about all others, by either name.
    /// <https://www.rfc-editor.org/rfc/rfc8414#section-3>
    Discovery,
    /// Where a server asks about a token. <https://www.rfc-editor.org/rfc/rfc7662#section-2>
    Introspect,
    /// The keys that tokens are signed with.
    Jwks,
    /// Where tokens are given back. <https://www.rfc-editor.org/rfc/rfc7009#section-2>
    Revoke,
    /// Where tokens come from. <https://www.rfc-editor.org/rfc/rfc6749#section-3.2>
    Token,
    /// Who it is that a token belongs to.
    /// <https://openid.net/specs/openid-connect-core-1_0.html#UserInfo>
    Userinfo,
}

impl Endpoint {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Authorize => "/authorize",
            Self::Device => "/device",
            Self::DeviceAuthorization => "/device_authorization",
            Self::Discovery => "/.well-known/openid-configuration",
            Self::Introspect => "/introspect",
            Self::Jwks => "/jwks",
            Self::Revoke => "/revoke",
            Self::Token => "/token",
            Self::Userinfo => "/userinfo",
        }
    }

    pub(super) fn at(path: &str) -> Option<Self> {
        if path == "/.well-known/oauth-authorization-server" {
            return Some(Self::Discovery);
        }
        [
            Self::Authorize,
            Self::Device,
            Self::DeviceAuthorization,
            Self::Discovery,
            Self::Introspect,
            Self::Jwks,
            Self::Revoke,
            Self::Token,
            Self::Userinfo,
        ]
        .into_iter()
        .find(|endpoint| endpoint.path() == path)
    }
}
