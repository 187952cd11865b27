//! Statements signed with a key of one's own (JWT bearer assertions,
//! <https://www.rfc-editor.org/rfc/rfc7523>).

use alloc::string::{String, ToString};
use core::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sasl_core::Secret;
use serde_json::{Map, Value};

use crate::UnixTime;

/// A statement that is to be signed: as a grant, of a service account that acts for a mailbox, or in
/// the place of a client secret. This crate holds no keys, so the signature is made by the caller, in
/// a library, a token or a key store of his choice.
///
/// ```
/// use core::time::Duration;
/// use token_lifecycle::{Algorithm, Assertion, TokenRequest, UnixTime};
///
/// # fn sign(input: &[u8]) -> Vec<u8> { vec![input.len() as u8; 256] }
/// # let now = UnixTime::from_secs(1_767_222_000);
/// let assertion = Assertion::new(
///     Algorithm::Rs256,
///     "robot@project.iam.gserviceaccount.com",
///     "https://oauth2.googleapis.com/token",
///     now,
///     Duration::from_secs(3600),
/// )
/// .subject("user@example.com")
/// .claim("scope", "https://mail.google.com/");
/// let signature = sign(assertion.signing_input().as_bytes());
/// let signed = assertion.signed(&signature);
/// let request = TokenRequest::jwt_bearer(&signed);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Assertion {
    /// A statement of `issuer` for the server `audience`, from `issued` on, for at most `life`
    /// (Google allows an hour, Microsoft recommends ten minutes).
    pub fn new(
        algorithm: Algorithm,
        issuer: &str,
        audience: &str,
        issued: UnixTime,
        life: Duration,
    ) -> Self {
        let mut header = Map::new();
        header.insert("alg".into(), algorithm.name().into());
        header.insert("typ".into(), "JWT".into());
        let mut claims = Map::new();
        claims.insert("iss".into(), issuer.into());
        claims.insert("aud".into(), audience.into());
        let start = issued.as_secs();
        claims.insert("iat".into(), start.into());
        claims.insert("exp".into(), start.saturating_add(life.as_secs()).into());
        Self { header, claims }
    }

    /// A statement that stands for a client secret: issuer and subject are the client. `unique` is
    /// never used again (<https://www.rfc-editor.org/rfc/rfc7523#section-3>).
    pub fn for_client(
        algorithm: Algorithm,
        client_id: &str,
        audience: &str,
        unique: &str,
        issued: UnixTime,
        life: Duration,
    ) -> Self {
        Self::new(algorithm, client_id, audience, issued, life)
            .subject(client_id)
            .claim("jti", unique)
    }

    /// Whom it is about: for a service account, the mailbox.
    pub fn subject(self, subject: &str) -> Self {
        self.claim("sub", subject)
    }

    /// Another claim, such as `scope` at Google. Replaces one of the same name.
    pub fn claim(mut self, name: &str, value: &str) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Another header parameter, such as `kid` or `x5t#S256`. The algorithm stays what it is.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if name != "alg" {
            self.header.insert(name.into(), value.into());
        }
        self
    }

    /// What is to be signed (<https://www.rfc-editor.org/rfc/rfc7515#section-5.1>).
    pub fn signing_input(&self) -> String {
        let part = |members: &Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(Value::Object(members.clone()).to_string())
        };
        let mut input = part(&self.header);
        input.push('.');
        input.push_str(&part(&self.claims));
        input
    }

    /// The whole, with the signature over [`signing_input`](Self::signing_input).
    pub fn signed(&self, signature: &[u8]) -> Secret {
        let mut whole = self.signing_input();
        whole.push('.');
        whole.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Secret::from(whole)
    }
}

/// How an assertion is signed (<https://www.rfc-editor.org/rfc/rfc7518#section-3.1>). There is no
/// `none`, and no shared secret.
///
/// ```
/// use token_lifecycle::Algorithm;
/// assert_eq!(Algorithm::Es256.name(), "ES256");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519, <https://www.rfc-editor.org/rfc/rfc8037>.
    EdDsa,
    /// ECDSA with P-256 and SHA-256; the signature is the two numbers, 64 octets, not DER.
    Es256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn parts(jwt: &str) -> Vec<Value> {
        jwt.split('.')
            .take(2)
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect()
    }

    #[test]
    fn header_and_claims() {
        let assertion = Assertion::for_client(
            Algorithm::Ps256,
            "mail \"app\"",
            "https://id.example.com/token",
            "n-1",
            UnixTime::from_secs(1_767_222_000),
            Duration::from_secs(600),
        )
        .header("kid", "k1")
        .header("alg", "none");
        let jwt = assertion.signed(&[0xff, 0xfe]);
        let [header, claims] = &parts(jwt.expose())[..] else {
            panic!("two parts")
        };
        assert_eq!(
            *header,
            serde_json::json!({"alg": "PS256", "typ": "JWT", "kid": "k1"})
        );
        assert_eq!(
            *claims,
            serde_json::json!({
                "iss": "mail \"app\"",
                "sub": "mail \"app\"",
                "aud": "https://id.example.com/token",
                "jti": "n-1",
                "iat": 1_767_222_000_u64,
                "exp": 1_767_222_600_u64,
            })
        );
        assert!(jwt.expose().ends_with(".__4"));
        assert!(!jwt.expose().contains('='));
    }

    #[test]
    fn the_signature_covers_all_the_rest() {
        let assertion = Assertion::new(
            Algorithm::Es256,
            "a",
            "b",
            UnixTime::from_secs(u64::MAX),
            Duration::MAX,
        );
        let input = assertion.signing_input();
        assert_eq!(assertion.signed(b"").expose(), input.to_string() + ".");
        assert_eq!(parts(&input)[1]["exp"], u64::MAX);
    }
}
