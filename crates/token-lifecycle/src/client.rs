//! Who asks for tokens, and how it is shown.

use alloc::{string::String, vec, vec::Vec};
use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use sasl_core::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::form::{self, Form};

/// A registered client, and its one way to authenticate at the token endpoint
/// (<https://www.rfc-editor.org/rfc/rfc6749#section-2.3>).
///
/// ```
/// use token_lifecycle::{Client, InvalidClient};
///
/// let client = Client::public("mail-app")?;
/// assert_eq!((client.id(), client.method()), ("mail-app", "none"));
/// let client = Client::basic("s6BhdRkqt3", "gX1fBat3bV")?;
/// assert_eq!(client.method(), "client_secret_basic");
/// assert!(!format!("{client:?}").contains("gX1f"));
/// # Ok::<(), InvalidClient>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    id: String,
    authentication: Authentication,
}

#[derive(Clone, PartialEq, Eq)]
enum Authentication {
    Assertion(Secret),
    Basic(Secret),
    None,
    Post(Secret),
    RawBasic(Secret),
}

impl Client {
    /// A client that has no secret, such as any program on people's own machines.
    ///
    /// # Errors
    ///
    /// When the identifier is empty, too long or has a control character.
    pub fn public(id: &str) -> Result<Self, InvalidClient> {
        Self::new(id, Authentication::None)
    }

    /// A client whose secret goes into the header, both parts form-encoded first, as
    /// <https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1> wants it. `~` stays as it is, so that
    /// servers that leave the decoding out read the secrets of Microsoft all the same.
    ///
    /// # Errors
    ///
    /// When identifier or secret are empty, too long or have a control character.
    pub fn basic(id: &str, secret: impl Into<Secret>) -> Result<Self, InvalidClient> {
        Self::new(id, Authentication::Basic(check_secret(secret.into())?))
    }

    /// The same for servers that do not decode the two parts: they go out as they are.
    ///
    /// # Errors
    ///
    /// As for [`basic`](Self::basic), and when the identifier has a colon, where such a server would
    /// cut it.
    pub fn raw_basic(id: &str, secret: impl Into<Secret>) -> Result<Self, InvalidClient> {
        if id.contains(':') {
            return Err(InvalidClient::Colon);
        }
        Self::new(id, Authentication::RawBasic(check_secret(secret.into())?))
    }

    /// A client whose secret goes into the body, for servers that know nothing better.
    ///
    /// # Errors
    ///
    /// As for [`basic`](Self::basic).
    pub fn post(id: &str, secret: impl Into<Secret>) -> Result<Self, InvalidClient> {
        Self::new(id, Authentication::Post(check_secret(secret.into())?))
    }

    /// A client that signs with its own key (`private_key_jwt`,
    /// <https://www.rfc-editor.org/rfc/rfc7523#section-2.2>). The signed assertion comes from the
    /// caller, see [`Assertion`](crate::Assertion); it is short-lived and good for one request, so
    /// this value is made anew for each.
    ///
    /// # Errors
    ///
    /// When the identifier or the assertion is empty, too long or has a character it cannot have.
    pub fn assertion(id: &str, assertion: impl Into<Secret>) -> Result<Self, InvalidClient> {
        let assertion = assertion.into();
        match assertion.expose().as_bytes() {
            [] => Err(InvalidClient::Secret),
            octets if octets.len() > ASSERTION => Err(InvalidClient::Secret),
            octets if !octets.iter().all(u8::is_ascii_graphic) => Err(InvalidClient::Secret),
            _ => Self::new(id, Authentication::Assertion(assertion)),
        }
    }

    fn new(id: &str, authentication: Authentication) -> Result<Self, InvalidClient> {
        if id.is_empty() || id.len() > LENGTH || id.chars().any(char::is_control) {
            return Err(InvalidClient::Id);
        }
        Ok(Self {
            id: id.into(),
            authentication,
        })
    }

    /// The public identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The method's registered name, to be looked for in
    /// [`Metadata::token_authentication_methods`](crate::Metadata::token_authentication_methods).
    pub fn method(&self) -> &'static str {
        match self.authentication {
            Authentication::Assertion(_) => "private_key_jwt",
            Authentication::Basic(_) | Authentication::RawBasic(_) => "client_secret_basic",
            Authentication::None => "none",
            Authentication::Post(_) => "client_secret_post",
        }
    }

    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self) -> Option<Secret> {
        let mut pair = Zeroizing::new(String::new());
        match &self.authentication {
            Authentication::Basic(secret) => {
                encode(&self.id, &mut pair);
                form::push(&mut pair, ":");
                encode(secret.expose(), &mut pair);
            }
            Authentication::RawBasic(secret) => {
                form::push(&mut pair, &self.id);
                form::push(&mut pair, ":");
                form::push(&mut pair, secret.expose());
            }
            Authentication::Assertion(_) | Authentication::None | Authentication::Post(_) => {
                return None;
            }
        }
        Some(basic(pair.as_bytes()))
    }

    /// What the body has to say of the client.
    pub(crate) fn add_to(&self, form: &mut Form) {
        match &self.authentication {
            // The header names the client; a second place for it is a second method to some servers.
            Authentication::Basic(_) | Authentication::RawBasic(_) => {}
            Authentication::None => form.push("client_id", &self.id),
            Authentication::Post(secret) => {
                form.push("client_id", &self.id);
                form.push("client_secret", secret.expose());
            }
            Authentication::Assertion(assertion) => {
                // Microsoft wants the identifier here as well, and the standard allows it.
                form.push("client_id", &self.id);
                form.push("client_assertion_type", ASSERTION_TYPE);
                form.push("client_assertion", assertion.expose());
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("method", &self.method())
            .finish_non_exhaustive()
    }
}

/// Why a client cannot be used, found before anything was sent. Never holds the value.
///
/// ```
/// use token_lifecycle::{Client, InvalidClient};
/// assert_eq!(Client::raw_basic("a:b", "secret"), Err(InvalidClient::Colon));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClient {
    /// A colon in the identifier.
    #[error("the client identifier has a colon, which cannot be sent without form encoding")]
    Colon,
    /// Client identifier.
    #[error("the client identifier is empty, has a control character, or more than 1024 octets")]
    Id,
    /// Client secret or assertion.
    #[error(
        "the client secret or assertion is empty, too long, or has a character that cannot be part of it: pass it without line breaks"
    )]
    Secret,
}

/// The longest identifier and secret.
const LENGTH: usize = 1024;
/// The longest assertion; certificates may be part of it.
const ASSERTION: usize = 64 << 10;
/// <https://www.rfc-editor.org/rfc/rfc7523#section-2.2>
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn check_secret(secret: Secret) -> Result<Secret, InvalidClient> {
    let text = secret.expose();
    if text.is_empty() || text.len() > LENGTH || text.chars().any(char::is_control) {
        return Err(InvalidClient::Secret);
    }
    Ok(secret)
}

/// Form encoding with `~` as it is: decoders take both, and those that do not decode need it.
fn encode(text: &str, target: &mut String) {
    for (n, piece) in text.split('~').enumerate() {
        if n > 0 {
            form::push(target, "~");
        }
        form::encode(piece, target);
    }
}

/// `Basic` and the base64 of these octets, in memory that never moves unwiped.
fn basic(octets: &[u8]) -> Secret {
    const SCHEME: &[u8] = b"Basic ";
    let length = sasl_core::base64::encoded_len(octets.len());
    let mut value: Zeroizing<Vec<u8>> = Zeroizing::new(vec![0; SCHEME.len() + length]);
    if let Some((scheme, encoded)) = value.split_at_mut_checked(SCHEME.len()) {
        scheme.copy_from_slice(SCHEME);
        // The room was computed for these octets.
        let written = STANDARD.encode_slice(octets, encoded);
        debug_assert_eq!(written, Ok(length));
    }
    match String::from_utf8(core::mem::take(&mut *value)) {
        Ok(text) => Secret::from(text),
        // Never: base64 is ASCII.
        Err(error) => {
            error.into_bytes().zeroize();
            Secret::from("")
        }
    }
}

#[cfg(test)]
mod tests;
