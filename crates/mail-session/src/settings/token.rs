//! Where tokens come from.

use alloc::string::String;
use core::time::Duration;

use sasl_core::Secret;
use token_lifecycle::{Client, InvalidClient, Issuer, Scopes, Url};

use super::NamePart;

/// The authorization server, the client, and when tokens are refreshed.
///
/// ```
/// use core::time::Duration;
/// use mail_session::settings::TokenSettings;
///
/// let tokens = TokenSettings::default();
/// assert_eq!(tokens.early, Duration::from_secs(60));
/// assert_eq!(tokens.wait, Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenSettings {
    /// Who issues tokens; where it is named, endpoints that are not are found by its document.
    pub issuer: Option<Issuer>,
    /// Where users sign in.
    pub authorization_endpoint: Option<Url>,
    /// Where tokens are asked for.
    pub token_endpoint: Option<Url>,
    /// Where refresh tokens are revoked at sign-out.
    pub revocation_endpoint: Option<Url>,
    /// The client's identifier.
    pub client_id: String,
    /// The client's secret, if it has one.
    pub client_secret: Option<Secret>,
    /// How the client proves who it is, where it has a secret.
    pub client_auth: ClientAuth,
    /// What is asked for.
    pub scopes: Scopes,
    /// For which server the token is meant (<https://www.rfc-editor.org/rfc/rfc8707>).
    pub resource: Option<String>,
    /// So long before its expiry a token is refreshed, but not before half of its life is over.
    pub early: Duration,
    /// How long a request waits for a token when there is none that is good.
    pub wait: Duration,
    /// At most so many refreshes a second are sent by this node; `None` for no limit.
    pub refreshes_per_second: Option<u32>,
    /// Whether a session ends when the authorization server says that the settings are wrong.
    pub end_when_misconfigured: bool,
    /// Whether users may sign in by their password without a browser
    /// (<https://www.rfc-editor.org/rfc/rfc6749#section-4.3>). RFC 9700 advises against it.
    pub password_grant: bool,
    /// Which part of what a user typed is sent with the password.
    pub password_name: NamePart,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            issuer: None,
            authorization_endpoint: None,
            token_endpoint: None,
            revocation_endpoint: None,
            client_id: String::new(),
            client_secret: None,
            client_auth: ClientAuth::Basic,
            scopes: Scopes::default(),
            resource: None,
            early: Duration::from_secs(60),
            wait: Duration::from_secs(5),
            refreshes_per_second: None,
            end_when_misconfigured: false,
            password_grant: false,
            password_name: NamePart::Full,
        }
    }
}

impl TokenSettings {
    /// The client.
    ///
    /// # Errors
    ///
    /// When identifier or secret has an impossible form.
    pub fn client(&self) -> Result<Client, InvalidClient> {
        let Some(secret) = &self.client_secret else {
            return Client::public(&self.client_id);
        };
        match self.client_auth {
            ClientAuth::Basic => Client::basic(&self.client_id, secret.clone()),
            ClientAuth::Post => Client::post(&self.client_id, secret.clone()),
        }
    }
}

/// How a client with a secret proves who it is.
///
/// ```
/// use mail_session::settings::ClientAuth;
/// assert_eq!(ClientAuth::default().name(), "client_secret_basic");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientAuth {
    /// In a header.
    #[default]
    Basic,
    /// In the body.
    Post,
}

impl ClientAuth {
    /// The name that OAuth has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }
}
