//! The names of sessions.

use alloc::string::{String, ToString};
use core::fmt::{self, Write as _};
use std::io;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mail_login_tokens::clock;
use sasl_core::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The secret name of a session: whoever has it is the user. It goes into a cookie or a header, and
/// nowhere else.
///
/// ```
/// use mail_session::SessionId;
///
/// let id = SessionId::new()?;
/// assert_eq!(id.expose().len(), 43);
/// assert_eq!(SessionId::parse(id.expose()).unwrap().key(), id.key());
/// assert_eq!(format!("{id:?}"), "SessionId(…)");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct SessionId(Secret);

impl SessionId {
    /// A new one, of 256 random bits.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random numbers.
    pub fn new() -> io::Result<Self> {
        let octets = Zeroizing::new(clock::entropy::<32>()?);
        Ok(Self(URL_SAFE_NO_PAD.encode(*octets).into()))
    }

    /// Reads what a browser sent; `None` if it cannot be one: 43 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let is_ours = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        let fits = text.len() == 43 && text.bytes().all(is_ours);
        fits.then(|| Self(text.into()))
    }

    /// The text for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The name under which the session is kept, by which nobody can use it.
    pub fn key(&self) -> SessionKey {
        SessionKey(Sha256::digest(self.0.expose().as_bytes()).into())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// The public name of a session, a hash of its identifier: for stores, logs and operators.
///
/// ```
/// use mail_session::SessionId;
/// assert_eq!(SessionId::new()?.key().to_string().len(), 64);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Reads what [`Display`](fmt::Display) writes, as it is found in logs: 64 hexadecimal digits.
    ///
    /// ```
    /// use mail_session::{SessionId, SessionKey};
    ///
    /// let key = SessionId::new()?.key();
    /// assert_eq!(SessionKey::parse(&key.to_string()), Some(key));
    /// assert_eq!(SessionKey::parse("x"), None);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = [0; 32];
        if text.len() != 2 * key.len() {
            return None;
        }
        let digit = |octet: u8| char::from(octet).to_digit(16);
        for (octet, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let &[high, low] = pair else { return None };
            *octet = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
        }
        Some(Self(key))
    }

    /// Where the session is kept.
    pub(crate) fn place(&self) -> String {
        alloc::format!("session/{self}")
    }

    /// Where a grant of it is kept.
    pub(crate) fn grant(&self, account: &str, resource: Option<&str>, scopes: &str) -> String {
        let mut hash = Sha256::new();
        for part in [account, resource.unwrap_or_default(), scopes] {
            // With their lengths, so that no two lists are alike.
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        let which = hex(&hash.finalize());
        let which = which.get(..16).unwrap_or_default();
        alloc::format!("grant/{self}/{which}")
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.to_string();
        write!(f, "SessionKey({}…)", short.get(..8).unwrap_or_default())
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
