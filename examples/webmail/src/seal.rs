//! What this program hands to browsers and wants back as it was, readable for its nodes alone.

use std::io;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mail_login_tokens::clock;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};
use zeroize::Zeroizing;

/// A key that all nodes have.
pub(crate) struct Sealer(LessSafeKey);

/// Longer ones are not looked into; browsers keep no more of a cookie.
const LENGTH: usize = 4096;

impl Sealer {
    /// Derives the key from a secret that all nodes have (<https://www.rfc-editor.org/rfc/rfc5869>). `None`: for
    /// one node alone, until it ends.
    pub(crate) fn new(secret: Option<&[u8]>) -> io::Result<Self> {
        let random = Zeroizing::new(clock::entropy::<32>()?);
        let secret = secret.unwrap_or(random.as_slice());
        let salt = Salt::new(HKDF_SHA256, b"webmail");
        let key = salt.extract(secret);
        let key = key.expand(&[b"sign-in cookie, 1"], &AES_256_GCM);
        let key = key.map(UnboundKey::from).map(LessSafeKey::new);
        key.map(Self)
            .map_err(|_| io::Error::other("no key can be derived"))
    }

    /// Seals octets for one purpose.
    pub(crate) fn seal(&self, purpose: &str, octets: &[u8]) -> io::Result<String> {
        // Random nonces are good for some billions of sign-ins
        // (<https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf>, 8.3).
        let nonce = clock::entropy::<NONCE_LEN>()?;
        let mut sealed = nonce.to_vec();
        let mut body = octets.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let aad = Aad::from(purpose.as_bytes());
        let done = self.0.seal_in_place_append_tag(nonce, aad, &mut body);
        done.map_err(|_| io::Error::other("too long to be sealed"))?;
        sealed.append(&mut body);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what was sealed for the same purpose by any node; `None` if it was not.
    pub(crate) fn open(&self, purpose: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        if text.len() > LENGTH {
            return None;
        }
        let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, body) = octets.split_at_checked(NONCE_LEN)?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let aad = Aad::from(purpose.as_bytes());
        let length = self.0.open_in_place(nonce, aad, &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_with_the_same_secret_read_each_other() {
        let one = Sealer::new(Some(b"secret")).unwrap();
        let two = Sealer::new(Some(b"secret")).unwrap();
        let text = one.seal("a", b"hello").unwrap();
        assert_eq!(two.open("a", &text).unwrap().as_slice(), b"hello");
        assert_ne!(
            text,
            one.seal("a", b"hello").unwrap(),
            "never the same twice"
        );
    }

    #[test]
    fn nobody_else_does() {
        let one = Sealer::new(Some(b"secret")).unwrap();
        let text = one.seal("a", b"hello").unwrap();
        assert!(one.open("b", &text).is_none(), "another purpose");
        for other in [Some(&b"other"[..]), None] {
            assert!(Sealer::new(other).unwrap().open("a", &text).is_none());
        }
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(one.open("a", &changed).is_none(), "{at}");
        }
        for bad in ["", "AAAA", &"A".repeat(LENGTH + 1)] {
            assert!(one.open("a", bad).is_none());
        }
    }
}
