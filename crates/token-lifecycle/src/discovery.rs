//! What an authorization server says of itself
//! (<https://www.rfc-editor.org/rfc/rfc8414>, OpenID Connect Discovery 1.0).

mod issuer;

use alloc::{string::String, vec::Vec};

pub use issuer::Issuer;

use crate::{DocumentError, Url, json::Object};

/// A server's own description, checked: it is of the issuer that was asked, and every address in it is
/// safe to send secrets to. Kept for a day at most, it saves the question.
///
/// ```
/// use token_lifecycle::{Issuer, Metadata};
///
/// let issuer = Issuer::new("https://server.example.com")?;
/// let metadata = Metadata::parse(br#"{
///   "issuer": "https://server.example.com",
///   "authorization_endpoint": "https://server.example.com/authorize",
///   "token_endpoint": "https://server.example.com/token",
///   "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
///   "response_types_supported": ["code", "code token"]
/// }"#, &issuer)?;
/// assert_eq!(metadata.token_endpoint()?.as_str(), "https://server.example.com/token");
/// assert!(metadata.device_authorization_endpoint().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    issuer: String,
    endpoints: [Option<Url>; ENDPOINTS.len()],
    scopes: Vec<String>,
    grants: Vec<String>,
    token_methods: Vec<String>,
    revocation_methods: Vec<String>,
    challenge_methods: Vec<String>,
    names_issuer: bool,
}

/// Why a description must not be used, or does not say what is needed.
///
/// ```
/// use token_lifecycle::{DiscoveryError, Issuer, Metadata};
///
/// let issuer = Issuer::new("https://id.example.com")?;
/// let other = br#"{"issuer":"https://evil.example.com"}"#;
/// assert_eq!(Metadata::parse(other, &issuer), Err(DiscoveryError::Issuer));
/// # Ok::<(), token_lifecycle::InvalidUrl>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// An address that secrets must not be sent to. Holds the name of the member.
    #[error("the document's {0} is no https URL: it must not be used")]
    Endpoint(&'static str),
    /// Of another issuer, or of none.
    #[error(
        "the document is not of the issuer that was asked: write the issuer exactly as its provider does, with or without a slash at the end"
    )]
    Issuer,
    /// An endpoint that is needed and not there. Holds the name of the member.
    #[error(
        "the authorization server does not name its {0}: configure it, or use another way to sign in"
    )]
    Missing(&'static str),
}

/// The addresses that are read.
const ENDPOINTS: [&str; 8] = [
    "authorization_endpoint",
    "token_endpoint",
    "device_authorization_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "registration_endpoint",
    "userinfo_endpoint",
    "end_session_endpoint",
];

const MEMBERS: &[&str] = &[
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "device_authorization_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "registration_endpoint",
    "userinfo_endpoint",
    "end_session_endpoint",
    "scopes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
    "authorization_response_iss_parameter_supported",
];

/// Microsoft's document has 2 KiB, large ones with every claim listed some 20.
const LIMIT: usize = 256 << 10;

impl Metadata {
    /// Reads the body of an answer with status 200 from one of [`Issuer::urls`].
    ///
    /// # Errors
    ///
    /// When it is no such document, of another issuer
    /// (<https://www.rfc-editor.org/rfc/rfc8414#section-3.3>), or has an endpoint without TLS. What
    /// is missing is an error only for who needs it.
    pub fn parse(document: &[u8], issuer: &Issuer) -> Result<Self, DiscoveryError> {
        let object = Object::parse(document, LIMIT, MEMBERS)?;
        // Octet for octet: nothing is normalised.
        if object.text("issuer") != Some(issuer.document_issuer()) {
            return Err(DiscoveryError::Issuer);
        }
        let mut endpoints = [const { None }; ENDPOINTS.len()];
        for (place, name) in endpoints.iter_mut().zip(ENDPOINTS) {
            let Some(value) = object.get(name) else {
                continue;
            };
            let url = value.as_str().and_then(|url| issuer.endpoint(url));
            *place = Some(url.ok_or(DiscoveryError::Endpoint(name))?);
        }
        let list = |name, default: &[&str]| {
            let default = || default.iter().map(|name| String::from(*name)).collect();
            object.texts(name).unwrap_or_else(default)
        };
        Ok(Self {
            issuer: issuer.document_issuer().into(),
            endpoints,
            scopes: list("scopes_supported", &[]),
            grants: list("grant_types_supported", &["authorization_code", "implicit"]),
            token_methods: list(
                "token_endpoint_auth_methods_supported",
                &["client_secret_basic"],
            ),
            revocation_methods: list(
                "revocation_endpoint_auth_methods_supported",
                &["client_secret_basic"],
            ),
            challenge_methods: list("code_challenge_methods_supported", &[]),
            names_issuer: object
                .get("authorization_response_iss_parameter_supported")
                .and_then(serde_json::Value::as_bool)
                .unwrap_or(false),
        })
    }

    /// Whose description it is.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the user's browser is sent.
    ///
    /// # Errors
    ///
    /// When the server does not name it; so for the next ones.
    pub fn authorization_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("authorization_endpoint")
    }

    /// Where tokens are asked for.
    ///
    /// # Errors
    ///
    /// When the server does not name it.
    pub fn token_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("token_endpoint")
    }

    /// Where a sign-in on another device starts (<https://www.rfc-editor.org/rfc/rfc8628#section-4>).
    ///
    /// # Errors
    ///
    /// When the server does not name it.
    pub fn device_authorization_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("device_authorization_endpoint")
    }

    /// Where tokens are taken back.
    ///
    /// # Errors
    ///
    /// When the server does not name it.
    pub fn revocation_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("revocation_endpoint")
    }

    /// Where tokens are asked about.
    ///
    /// # Errors
    ///
    /// When the server does not name it.
    pub fn introspection_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("introspection_endpoint")
    }

    /// Where a program registers itself (<https://www.rfc-editor.org/rfc/rfc7591>).
    ///
    /// # Errors
    ///
    /// When the server does not name it.
    pub fn registration_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("registration_endpoint")
    }

    /// Where the server tells who a token belongs to.
    ///
    /// # Errors
    ///
    /// When the server does not name it.
    pub fn userinfo_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("userinfo_endpoint")
    }

    /// Where a browser is sent to end the session of the user.
    ///
    /// # Errors
    ///
    /// When the server does not name it.
    pub fn end_session_endpoint(&self) -> Result<&Url, DiscoveryError> {
        self.endpoint("end_session_endpoint")
    }

    /// The scopes it names; it may know more.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// The grants it takes, by the names that [`GrantKind::name`](crate::GrantKind::name) has.
    pub fn grants(&self) -> impl Iterator<Item = &str> {
        self.grants.iter().map(String::as_str)
    }

    /// How a client may show itself at the token endpoint.
    pub fn token_authentication_methods(&self) -> impl Iterator<Item = &str> {
        self.token_methods.iter().map(String::as_str)
    }

    /// How a client may show itself at the revocation endpoint.
    pub fn revocation_authentication_methods(&self) -> impl Iterator<Item = &str> {
        self.revocation_methods.iter().map(String::as_str)
    }

    /// Whether it says that it knows PKCE by `S256`. Servers that know it need not say so, so it is
    /// used in any case.
    pub fn knows_pkce(&self) -> bool {
        self.challenge_methods
            .iter()
            .any(|method| method == crate::Verifier::METHOD)
    }

    /// Whether every answer in the browser names the issuer
    /// (<https://www.rfc-editor.org/rfc/rfc9207#section-3>).
    pub fn names_issuer(&self) -> bool {
        self.names_issuer
    }

    fn endpoint(&self, name: &'static str) -> Result<&Url, DiscoveryError> {
        let at = ENDPOINTS.iter().position(|other| *other == name);
        let endpoint = at.and_then(|at| self.endpoints.get(at)?.as_ref());
        endpoint.ok_or(DiscoveryError::Missing(name))
    }
}

#[cfg(test)]
mod tests;
