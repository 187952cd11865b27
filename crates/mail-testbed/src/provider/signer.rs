//! Random strings and signed tokens.

use alloc::{format, string::String, vec::Vec};
use std::io;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest,
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// The key of one provider.
pub(super) struct Signer {
    key: EcdsaKeyPair,
    name: String,
    random: SystemRandom,
}

impl Signer {
    pub(super) fn new() -> io::Result<Self> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| no_randomness())?;
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
                .map_err(|_| no_randomness())?;
        let name = digest::digest(&digest::SHA256, key.public_key().as_ref());
        let name = URL_SAFE_NO_PAD.encode(name.as_ref().get(..9).unwrap_or_default());
        Ok(Self { key, name, random })
    }

    /// A string of 43 characters that nobody guesses.
    pub(super) fn random(&self) -> io::Result<String> {
        self.octets::<32>()
            .map(|octets| URL_SAFE_NO_PAD.encode(octets))
    }

    pub(super) fn octets<const N: usize>(&self) -> io::Result<[u8; N]> {
        let mut octets = [0; N];
        self.random.fill(&mut octets).map_err(|_| no_randomness())?;
        Ok(octets)
    }

    /// <https://www.rfc-editor.org/rfc/rfc7515#section-3.1>
    pub(super) fn sign(&self, typ: &str, payload: &Value) -> io::Result<String> {
        let header = json!({"alg": "ES256", "kid": self.name, "typ": typ});
        let mut token = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(payload.to_string()),
        );
        let signature = self
            .key
            .sign(&self.random, token.as_bytes())
            .map_err(|_| no_randomness())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The public key. <https://www.rfc-editor.org/rfc/rfc7517#section-5>
    pub(super) fn jwks(&self) -> Value {
        // An uncompressed point: a marker, and two coordinates of 32 octets.
        let point: Vec<u8> = self.key.public_key().as_ref().to_vec();
        let coordinate =
            |from: usize| URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default());
        json!({"keys": [{
            "alg": "ES256", "crv": "P-256", "kid": self.name, "kty": "EC", "use": "sig",
            "x": coordinate(1), "y": coordinate(33),
        }]})
    }
}

/// The only way in which `ring` fails here, which it does not say.
fn no_randomness() -> io::Error {
    io::Error::other("the operating system gives no random numbers")
}

/// What PKCE makes of a verifier. <https://www.rfc-editor.org/rfc/rfc7636#section-4.2>
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_challenge_of_the_standard() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn the_published_key_verifies_the_signature() {
        let signer = Signer::new().unwrap();
        let token = signer.sign("at+jwt", &json!({"sub": "u-42"})).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let jwks = signer.jwks();
        let mut point = Vec::from([4]);
        for name in ["x", "y"] {
            let text = jwks["keys"][0][name].as_str().unwrap();
            point.extend(URL_SAFE_NO_PAD.decode(text).unwrap());
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(
                signed.as_bytes(),
                &URL_SAFE_NO_PAD.decode(signature).unwrap(),
            )
            .unwrap();
    }
}
