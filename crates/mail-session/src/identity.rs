//! Who has signed in, as the ID token of OpenID Connect says.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sasl_core::Secret;
use serde_json::{Map, Value};
use token_lifecycle::UnixTime;
use zeroize::Zeroizing;

/// A user as the authorization server knows him: the claims of an ID token that are text, after those
/// that say for whom and for when it is were checked
/// (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).
///
/// The signature is not verified, so the token must have come straight from the token endpoint over TLS:
/// there the server's certificate says who made it (point 6 of the same section). One that a browser
/// brought must not be read by this.
///
/// ```
/// use mail_session::{Expected, Identity, IdentityError};
/// use token_lifecycle::UnixTime;
///
/// // {"iss":"https://id.example.com","aud":"webmail","sub":"248289761001",
/// //  "email":"alice@example.com","exp":1767225600,"iat":1767222000,"nonce":"n-0S6_WzA2Mj"}
/// let token = concat!(
///     "eyJhbGciOiJFUzI1NiJ9.",
///     "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwiYXVkIjoid2VibWFpbCIsInN1YiI6IjI0ODI4OTc2MTAwMSIs",
///     "ImVtYWlsIjoiYWxpY2VAZXhhbXBsZS5jb20iLCJleHAiOjE3NjcyMjU2MDAsImlhdCI6MTc2NzIyMjAwMCwibm9uY2Ui",
///     "OiJuLTBTNl9XekEyTWoifQ.c2ln",
/// );
/// let expected = Expected::new("https://id.example.com", "webmail").nonce("n-0S6_WzA2Mj");
/// let identity = Identity::read(&token.into(), &expected, UnixTime::from_secs(1_767_222_060))?;
/// assert_eq!(identity.subject(), "248289761001");
/// assert_eq!(identity.email(), Some("alice@example.com"));
/// # Ok::<(), IdentityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    subject: String,
    claims: BTreeMap<String, String>,
    email_is_unverified: bool,
}

/// What an ID token has to say.
///
/// ```
/// use mail_session::Expected;
/// let expected = Expected::new("https://id.example.com", "webmail").nonce("n-0S6_WzA2Mj");
/// # let _ = expected;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    issuer: &'a str,
    client: &'a str,
    nonce: Option<&'a str>,
}

/// ID tokens with photographs in them exist, and are of no use here.
const LENGTH: usize = 64 << 10;
/// More claims, and longer ones, are left out.
const CLAIMS: usize = 64;
const CLAIM: usize = 1024;
/// <https://openid.net/specs/openid-connect-core-1_0.html#IDToken> has 255 ASCII characters.
const SUBJECT: usize = 255;
/// So far clocks may be apart.
const SKEW: Duration = Duration::from_secs(120);

impl<'a> Expected<'a> {
    /// From this issuer, octet for octet, for this client.
    pub fn new(issuer: &'a str, client: &'a str) -> Self {
        Self {
            issuer,
            client,
            nonce: None,
        }
    }

    /// With the nonce that was sent along with the user.
    pub fn nonce(mut self, nonce: &'a str) -> Self {
        self.nonce = Some(nonce);
        self
    }
}

impl Identity {
    /// Reads an ID token that came from the token endpoint.
    ///
    /// # Errors
    ///
    /// When it is none, or not the expected one.
    pub fn read(
        token: &Secret,
        expected: &Expected<'_>,
        now: UnixTime,
    ) -> Result<Self, IdentityError> {
        let claims = payload(token.expose())?;
        check(&claims, expected, now)?;
        let subject = text(&claims, "sub").unwrap_or_default().to_string();
        if subject.is_empty() || subject.len() > SUBJECT || has_control(&subject) {
            return Err(IdentityError::Subject);
        }
        let email_is_unverified = claims.get("email_verified").is_some_and(is_false);
        let fits = |name: &str, text: &str| name.len() <= CLAIM && text.len() <= CLAIM;
        let texts = claims.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) if fits(&name, &text) && !has_control(&text) => Some((name, text)),
            Value::String(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        });
        Ok(Self {
            subject,
            claims: texts.take(CLAIMS).collect(),
            email_is_unverified,
        })
    }

    /// The user's identifier at this issuer. It never changes, which an address may.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The address, unless the issuer says that it did not verify it.
    pub fn email(&self) -> Option<&str> {
        self.claim("email")
    }

    /// A claim that is text, of 1024 octets at most and without control characters. An address that the
    /// issuer did not verify is none, as anybody could have written it.
    pub fn claim(&self, name: &str) -> Option<&str> {
        let hidden = name == "email" && self.email_is_unverified;
        let claim = self.claims.get(name).filter(|_| !hidden)?.as_str();
        (!claim.is_empty()).then_some(claim)
    }
}

/// The middle one of the three parts of a signed token (<https://www.rfc-editor.org/rfc/rfc7515#section-7.1>).
fn payload(token: &str) -> Result<Map<String, Value>, IdentityError> {
    if token.len() > LENGTH {
        return Err(IdentityError::Form);
    }
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [_, payload, _] = parts.as_slice() else {
        return Err(IdentityError::Form);
    };
    let octets = URL_SAFE_NO_PAD.decode(payload);
    let octets = Zeroizing::new(octets.map_err(|_| IdentityError::Form)?);
    serde_json::from_slice(&octets).map_err(|_| IdentityError::Form)
}

fn check(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<(), IdentityError> {
    if text(claims, "iss") != Some(expected.issuer) {
        return Err(IdentityError::Issuer);
    }
    check_audience(claims, expected.client)?;
    let expiry = claims.get("exp").and_then(Value::as_f64);
    let expiry = expiry.filter(|seconds| *seconds >= 0.0);
    let expiry = Duration::try_from_secs_f64(expiry.ok_or(IdentityError::Expiry)?);
    // What is too far away to be counted is in the future.
    let left = expiry.unwrap_or(Duration::MAX).saturating_add(SKEW);
    if left <= Duration::from_millis(now.as_millis()) {
        return Err(IdentityError::Expired);
    }
    // Secrets are compared in constant time.
    let nonce = text(claims, "nonce").map(Secret::from);
    match expected.nonce {
        Some(expected) if nonce != Some(Secret::from(expected)) => Err(IdentityError::Nonce),
        Some(_) | None => Ok(()),
    }
}

/// For this client and nobody else; where there are others, this one must be who asked
/// (points 3 to 5).
fn check_audience(claims: &Map<String, Value>, client: &str) -> Result<(), IdentityError> {
    let one = claims.get("aud").map(core::slice::from_ref);
    let list = claims.get("aud").and_then(Value::as_array);
    let audience = list.map(Vec::as_slice).or(one).unwrap_or_default();
    let has_us = audience.iter().any(|name| name.as_str() == Some(client));
    let party = text(claims, "azp");
    let needs_party = audience.len() > 1 || claims.contains_key("azp");
    if has_us && (!needs_party || party == Some(client)) {
        Ok(())
    } else {
        Err(IdentityError::Audience)
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// Some servers write it as text.
fn is_false(value: &Value) -> bool {
    value.as_bool() == Some(false) || value.as_str() == Some("false")
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Why an ID token says nothing about anybody. It holds nothing of the token.
///
/// ```
/// use mail_session::IdentityError;
/// assert!(IdentityError::Nonce.to_string().contains("another sign-in"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// For another client.
    #[error("the ID token is for another client: compare the client_id of the settings")]
    Audience,
    /// Its time is over.
    #[error("the ID token has expired: compare the clocks, and sign in again")]
    Expired,
    /// It has no time, or one that is none.
    #[error("the ID token does not say until when it is good")]
    Expiry,
    /// It is no signed JSON Web Token of at most 64 KiB.
    #[error("the ID token cannot be read")]
    Form,
    /// From another issuer.
    #[error("the ID token is of another issuer: compare the issuer of the settings")]
    Issuer,
    /// Of another sign-in.
    #[error("the ID token belongs to another sign-in: sign in again")]
    Nonce,
    /// It does not say of whom it is.
    #[error("the ID token names nobody")]
    Subject,
}

#[cfg(test)]
mod tests;
