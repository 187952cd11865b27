//! Proof that who redeems a code is who asked for it (PKCE,
//! <https://www.rfc-editor.org/rfc/rfc7636>), and the value that ties an answer to its question.

use alloc::{string::String, vec, vec::Vec};
use core::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sasl_core::Secret;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// The secret behind an authorization request: its hash goes out with the request, itself with the
/// code. The method is always `S256`.
///
/// ```
/// use token_lifecycle::Verifier;
///
/// // <https://www.rfc-editor.org/rfc/rfc7636#appendix-B>. In a program: 32 octets from the
/// // operating system, fresh for each sign-in.
/// let verifier = Verifier::from_entropy(&[
///     116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77,
///     105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
/// ]);
/// assert_eq!(verifier.secret().expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
/// assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(Secret);

impl Verifier {
    /// The name of the only method there is here. `plain` protects from nothing that RFC 9700 knows.
    pub const METHOD: &'static str = "S256";

    /// Makes a verifier of 32 octets that nobody can foresee, and that are used for nothing else.
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        Self(base64url_secret(entropy))
    }

    /// Takes a verifier up again that was kept with the session of a web server. `None` if it has not
    /// the form of one (<https://www.rfc-editor.org/rfc/rfc7636#section-4.1>).
    pub fn from_secret(secret: Secret) -> Option<Self> {
        is_unguessable(&secret).then_some(Self(secret))
    }

    /// The verifier itself, as it goes to the token endpoint.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Its hash, as it goes into the authorization request
    /// (<https://www.rfc-editor.org/rfc/rfc7636#section-4.2>).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose().as_bytes()))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// The value that comes back with the answer to an authorization request, so that nobody can slip us
/// an answer to a question we did not ask (<https://www.rfc-editor.org/rfc/rfc6749#section-10.12>).
/// Compared in constant time.
///
/// ```
/// use token_lifecycle::State;
///
/// let state = State::from_entropy(&[7; 32]);
/// assert!(state.matches("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"));
/// assert!(!state.matches("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd"));
/// assert!(!state.matches(""));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct State(Secret);

impl State {
    /// Makes a state of 32 octets that nobody can foresee; not those of the [`Verifier`].
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        Self(base64url_secret(entropy))
    }

    /// Takes a state up again that was kept with the session of a web server. `None` if it is shorter
    /// than those made here, or has other characters.
    pub fn from_secret(secret: Secret) -> Option<Self> {
        is_unguessable(&secret).then_some(Self(secret))
    }

    /// Whether an answer brought this state.
    pub fn matches(&self, other: &str) -> bool {
        let other = Secret::from(other);
        self.0 == other
    }

    /// The state itself, as it goes into the authorization request.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(…)")
    }
}

/// As many characters as 32 octets have in base64url, or more, of those that need no encoding.
fn is_unguessable(secret: &Secret) -> bool {
    let text = secret.expose();
    let is_unreserved =
        |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)
}

/// Base64url without padding (<https://www.rfc-editor.org/rfc/rfc4648#section-5>), with no copy left.
pub(crate) fn base64url_secret(octets: &[u8]) -> Secret {
    let mut encoded: Zeroizing<Vec<u8>> = Zeroizing::new(vec![0; octets.len().div_ceil(3) * 4]);
    // Padding only makes it longer, so it always fits.
    let written = URL_SAFE_NO_PAD
        .encode_slice(octets, &mut encoded)
        .unwrap_or_default();
    encoded.truncate(written);
    match String::from_utf8(core::mem::take(&mut *encoded)) {
        Ok(text) => Secret::from(text),
        // Never: base64 is ASCII.
        Err(error) => {
            error.into_bytes().zeroize();
            Secret::from("")
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_verifier_has_the_form_of_the_standard() {
        for entropy in [[0; 32], [0xff; 32], [0x5a; 32]] {
            let verifier = Verifier::from_entropy(&entropy);
            let text = verifier.secret().expose();
            assert_eq!(text.len(), 43);
            assert!(
                text.bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
            );
            assert_eq!(verifier.challenge().len(), 43);
            assert_ne!(verifier.challenge(), text);
        }
    }

    #[test]
    fn what_was_kept_is_taken_up_again() {
        let verifier = Verifier::from_entropy(&[7; 32]);
        assert_eq!(
            Verifier::from_secret(verifier.secret().clone()),
            Some(verifier)
        );
        let state = State::from_entropy(&[7; 32]);
        assert_eq!(State::from_secret(state.secret().clone()), Some(state));
        let long = "x".repeat(129);
        for bad in [
            "",
            &long[..42],
            &long,
            &alloc::format!("{} ", &long[..43]),
            &"\u{e4}".repeat(43),
        ] {
            assert_eq!(Verifier::from_secret(bad.into()), None, "{bad}");
            assert_eq!(State::from_secret(bad.into()), None, "{bad}");
        }
    }

    #[test]
    fn nothing_is_shown() {
        let verifier = Verifier::from_entropy(&[7; 32]);
        let state = State::from_entropy(&[7; 32]);
        let shown = format!("{verifier:?} {state:?}");
        assert!(!shown.contains("BwcH"), "{shown}");
    }

    #[test]
    fn states_of_other_lengths_are_not_the_same() {
        let state = State::from_entropy(&[1; 32]);
        let text = state.secret().expose();
        assert!(state.matches(text));
        assert!(!state.matches(&text[1..]));
        assert!(!state.matches(&format!("{text}A")));
    }
}
