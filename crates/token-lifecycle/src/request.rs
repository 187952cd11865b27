//! Requests for tokens, as bytes.

mod device;
mod parameters;
mod revocation;

use alloc::{borrow::Cow, string::ToString};
use core::fmt;

use sasl_core::Secret;

pub use device::DeviceRequest;
pub use parameters::InvalidRequest;
pub use revocation::{Revocation, TokenKind, introspect, introspect_with_bearer, revoke};

use crate::{Audience, Client, GrantKind, Request, Url, Verifier, Want};
use parameters::Parameters;

/// A request to a token endpoint (<https://www.rfc-editor.org/rfc/rfc6749#section-3.2>). It borrows
/// its secrets; the [`Request`] that is built of it has the only copy.
///
/// ```
/// use sasl_core::Secret;
/// use token_lifecycle::{Client, TokenRequest, Url};
///
/// // <https://www.rfc-editor.org/rfc/rfc6749#section-6>
/// let refresh_token = Secret::from("tGzv3JOkF0XG5Qx2TlKWIA");
/// let endpoint = Url::new("https://server.example.com/token")?;
/// let client = Client::basic("s6BhdRkqt3", "gX1fBat3bV")?;
/// let request = TokenRequest::refresh(&refresh_token).build(&endpoint, &client)?;
/// assert_eq!(request.url(), "https://server.example.com/token");
/// assert_eq!(request.body().expose(), "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA");
/// assert!(request.headers().any(|header| header == ("Authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenRequest<'a> {
    grant: GrantKind,
    parameters: Parameters<'a>,
}

impl<'a> TokenRequest<'a> {
    /// New tokens for a refresh token. Without a scope the new token is for the same as before
    /// (<https://www.rfc-editor.org/rfc/rfc6749#section-6>).
    pub fn refresh(refresh_token: &'a Secret) -> Self {
        Self::new(GrantKind::RefreshToken).with("refresh_token", refresh_token.expose())
    }

    /// Tokens for a code, see [`Authorization::redeem`](crate::Authorization::redeem), which has all
    /// three. The redirect URI is that of the authorization request.
    pub fn authorization_code(
        code: &'a Secret,
        redirect_uri: &'a str,
        verifier: &'a Verifier,
    ) -> Self {
        Self::new(GrantKind::AuthorizationCode)
            .with("code", code.expose())
            .with("redirect_uri", redirect_uri)
            .with("code_verifier", verifier.secret().expose())
    }

    /// One question whether the user has agreed on another device yet
    /// (<https://www.rfc-editor.org/rfc/rfc8628#section-3.4>).
    pub fn device_code(device_code: &'a Secret) -> Self {
        Self::new(GrantKind::DeviceCode).with("device_code", device_code.expose())
    }

    /// Tokens for the user's password. For programs that cannot do otherwise yet, and nothing else:
    /// <https://www.rfc-editor.org/rfc/rfc9700#section-2.4> rules this grant out, and it fails where
    /// there is a second factor.
    pub fn password(user: &'a str, password: &'a Secret) -> Self {
        Self::new(GrantKind::Password)
            .with("username", user)
            .with("password", password.expose())
    }

    /// Tokens for the client itself, such as a service with rights to mailboxes
    /// (<https://www.rfc-editor.org/rfc/rfc6749#section-4.4>).
    pub fn client_credentials() -> Self {
        Self::new(GrantKind::ClientCredentials)
    }

    /// Tokens for a signed statement, see [`Assertion`](crate::Assertion)
    /// (<https://www.rfc-editor.org/rfc/rfc7523#section-2.1>).
    pub fn jwt_bearer(assertion: &'a Secret) -> Self {
        Self::new(GrantKind::JwtBearer).with("assertion", assertion.expose())
    }

    /// What a [`Lifecycle`](crate::Lifecycle) wants, where that needs nothing else: by a refresh token,
    /// or by the client's own credentials. `None` where the caller has to add what the machine does
    /// not know, a password or a signed statement, and for a revocation, see [`revoke`].
    ///
    /// ```
    /// use token_lifecycle::{TokenRequest, Want};
    ///
    /// let token = "tGzv3JOkF0XG5Qx2TlKWIA".into();
    /// let want = Want::Refresh { token: &token, scopes: None, resource: None };
    /// assert!(TokenRequest::wanted(&want).is_some());
    /// assert!(TokenRequest::wanted(&Want::Revoke { token: &token }).is_none());
    /// ```
    pub fn wanted(want: &Want<'a>) -> Option<Self> {
        match *want {
            Want::Refresh {
                token,
                scopes,
                resource,
            } => {
                let request = Self::refresh(token);
                let request = match scopes {
                    Some(scopes) => request.scope(scopes.to_string()),
                    None => request,
                };
                Some(match resource {
                    Some(resource) => request.resource(resource),
                    None => request,
                })
            }
            Want::Grant { kind, audience, .. } => match kind {
                GrantKind::ClientCredentials => Some(Self::client_credentials().audience(audience)),
                GrantKind::AuthorizationCode
                | GrantKind::DeviceCode
                | GrantKind::JwtBearer
                | GrantKind::Password
                | GrantKind::RefreshToken => None,
            },
            Want::Revoke { .. } => None,
        }
    }

    fn new(grant: GrantKind) -> Self {
        let mut parameters = Parameters::default();
        parameters.own("grant_type", Cow::Borrowed(grant.name()));
        Self { grant, parameters }
    }

    fn with(mut self, name: &'static str, value: &'a str) -> Self {
        self.parameters.own(name, Cow::Borrowed(value));
        self
    }

    /// What the token is to be for: names with single spaces between them. None at all if empty.
    pub fn scope(mut self, scope: impl Into<Cow<'a, str>>) -> Self {
        self.parameters.scope(scope.into());
        self
    }

    /// Where the token is to be used, an absolute URI; there may be several
    /// (<https://www.rfc-editor.org/rfc/rfc8707#section-2.2>).
    pub fn resource(mut self, resource: impl Into<Cow<'a, str>>) -> Self {
        self.parameters.resource(resource.into());
        self
    }

    /// Scope and resource of an audience.
    pub fn audience(self, audience: &'a Audience) -> Self {
        let request = self.scope(audience.scopes().to_string());
        match audience.resource() {
            Some(resource) => request.resource(resource),
            None => request,
        }
    }

    /// Another parameter that a server wants, such as `audience`. What this type says itself cannot be
    /// said a second time.
    pub fn parameter(
        mut self,
        name: impl Into<Cow<'a, str>>,
        value: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.parameters.extra(name.into(), value.into());
        self
    }

    /// By which grant.
    pub fn grant(&self) -> GrantKind {
        self.grant
    }

    /// Makes the request, with what shows who asks.
    ///
    /// # Errors
    ///
    /// When a parameter is there twice, or scope or resource have a form they cannot have.
    pub fn build(&self, endpoint: &Url, client: &Client) -> Result<Request, InvalidRequest> {
        self.parameters.build(endpoint, client)
    }
}

impl fmt::Debug for TokenRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("grant", &self.grant)
            .field("parameters", &self.parameters)
            .finish()
    }
}

#[cfg(test)]
mod tests;
