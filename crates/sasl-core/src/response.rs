//! The messages of the mechanisms, as base64 straight into the caller's buffer.

use alloc::{vec, vec::Vec};

use zeroize::Zeroize;

use crate::{Credentials, Endpoint, Kind, Mechanism, base64};

/// One message of a mechanism. Nothing is copied until it is written, and the raw message never
/// exists in memory: parts go through a small block, the token goes straight into the encoder.
///
/// ```
/// use sasl_core::{Credentials, Mechanism, Response};
///
/// // https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
/// let token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg";
/// let credentials = Credentials::bearer("someuser@example.com", token)?;
/// let response = Response::new(&credentials, Mechanism::XOAuth2, None).unwrap();
/// assert_eq!(response.to_vec(), b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5\
/// YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==");
///
/// let mut buffer = [0; 256];
/// assert_eq!(response.write_into(&mut buffer), Some(response.encoded_len()));
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    credentials: &'a Credentials,
    endpoint: Option<&'a Endpoint>,
    message: Message,
}

#[derive(Clone, Copy, Debug)]
enum Message {
    Initial(Mechanism),
    Password,
}

impl<'a> Response<'a> {
    /// The first message of `mechanism`; for LOGIN that is the user name. `None` when the mechanism
    /// does not fit the kind of credentials: a token is never written as a password.
    ///
    /// The endpoint is what OAUTHBEARER calls `host` and `port`; no other mechanism has it.
    pub fn new(
        credentials: &'a Credentials,
        mechanism: Mechanism,
        endpoint: Option<&'a Endpoint>,
    ) -> Option<Self> {
        credentials.fit(mechanism).then_some(Self {
            credentials,
            endpoint,
            message: Message::Initial(mechanism),
        })
    }

    /// The second message of LOGIN. `None` unless the credentials are a password.
    pub fn password(credentials: &'a Credentials) -> Option<Self> {
        let fits = credentials.kind() == Kind::Password;
        fits.then_some(Self {
            credentials,
            endpoint: None,
            message: Message::Password,
        })
    }

    /// Octets of the raw message.
    pub fn message_len(&self) -> usize {
        let mut octets = 0;
        self.visit(|part| octets += part.len());
        octets
    }

    /// Octets of its base64.
    pub fn encoded_len(&self) -> usize {
        base64::encoded_len(self.message_len())
    }

    /// Writes the base64 to the front of `target` and tells its length; `None` when it does not fit.
    pub fn write_into(&self, target: &mut [u8]) -> Option<usize> {
        let length = self.encoded_len();
        self.write(target.get_mut(..length)?);
        Some(length)
    }

    /// Appends the base64. Allocates only when the capacity of `out` is too small; then the old
    /// memory is freed as it is, so reserve first when it holds secrets.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.encoded_len(), 0);
        if let Some(target) = out.get_mut(start..) {
            self.write(target);
        }
    }

    /// The base64 in a vector of exactly its length.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = vec![0; self.encoded_len()];
        self.write(&mut out);
        out
    }

    /// Writes the base64 into a target of exactly its length.
    fn write(&self, target: &mut [u8]) {
        let mut encoder = Encoder::new(target);
        self.visit(|part| encoder.push(part));
        encoder.finish();
    }

    /// The parts of the message in their order. Inlined, so that the fixed ones cost no call.
    #[inline(always)]
    fn visit(&self, mut visit: impl FnMut(&'a [u8])) {
        let user = self.credentials.user().as_bytes();
        let secret = self.credentials.secret().expose().as_bytes();
        match self.message {
            // <https://www.rfc-editor.org/rfc/rfc7628#section-3.1>
            Message::Initial(Mechanism::OAuthBearer) => {
                let name = self.credentials.saslname().as_bytes();
                // Without a user the field is left out, without a token its value.
                if name.is_empty() {
                    visit(b"n,,\x01");
                } else {
                    visit(b"n,a=");
                    visit(name);
                    visit(b",\x01");
                }
                if let Some(endpoint) = self.endpoint {
                    visit(b"host=");
                    visit(endpoint.host().as_bytes());
                    visit(b"\x01port=");
                    visit(endpoint.port_text().as_bytes());
                    visit(b"\x01");
                }
                if secret.is_empty() {
                    visit(b"auth=\x01\x01");
                } else {
                    visit(b"auth=Bearer ");
                    visit(secret);
                    visit(b"\x01\x01");
                }
            }
            Message::Initial(Mechanism::XOAuth2) => {
                visit(b"user=");
                visit(user);
                visit(b"\x01auth=Bearer ");
                visit(secret);
                visit(b"\x01\x01");
            }
            // <https://www.rfc-editor.org/rfc/rfc4616#section-2>
            Message::Initial(Mechanism::Plain) => {
                visit(b"\0");
                visit(user);
                visit(b"\0");
                visit(secret);
            }
            Message::Initial(Mechanism::External | Mechanism::Login) => visit(user),
            Message::Password => visit(secret),
        }
    }
}

/// Octets that are collected before they are encoded; a multiple of three.
const BLOCK: usize = 384;

/// Base64 of parts that are not next to each other in memory.
struct Encoder<'a> {
    target: &'a mut [u8],
    block: [u8; BLOCK],
    used: usize,
    /// As much of the block was used at once.
    most: usize,
}

impl<'a> Encoder<'a> {
    fn new(target: &'a mut [u8]) -> Self {
        Self {
            target,
            block: [0; BLOCK],
            used: 0,
            most: 0,
        }
    }

    #[inline(always)]
    fn push(&mut self, part: &[u8]) {
        if part.len() <= BLOCK - self.used {
            self.collect(part);
        } else {
            self.push_long(part);
        }
    }

    /// Tops the block up to whole groups of three, so that the rest can be encoded from where it is.
    #[inline(never)]
    fn push_long(&mut self, part: &[u8]) {
        let (head, rest) = part.split_at((3 - self.used % 3) % 3);
        self.collect(head);
        self.flush();
        let (groups, tail) = rest.split_at(rest.len() - rest.len() % 3);
        self.encode(groups);
        self.collect(tail);
    }

    fn finish(mut self) {
        self.flush();
        if let Some(used) = self.block.get_mut(..self.most) {
            used.zeroize();
        }
    }

    #[inline(always)]
    fn collect(&mut self, part: &[u8]) {
        if let Some(free) = self.block.get_mut(self.used..self.used + part.len()) {
            free.copy_from_slice(part);
            self.used += part.len();
        }
    }

    fn flush(&mut self) {
        let used = core::mem::take(&mut self.used);
        self.most = self.most.max(used);
        let target = core::mem::take(&mut self.target);
        let Some((now, later)) = target.split_at_mut_checked(base64::encoded_len(used)) else {
            return;
        };
        if let Some(collected) = self.block.get(..used) {
            base64::encode(collected, now);
        }
        self.target = later;
    }

    fn encode(&mut self, octets: &[u8]) {
        let target = core::mem::take(&mut self.target);
        let Some((now, later)) = target.split_at_mut_checked(base64::encoded_len(octets.len()))
        else {
            return;
        };
        base64::encode(octets, now);
        self.target = later;
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use super::*;

    /// Every length of user and token around the seams of the encoder gives what one plain call gives.
    #[test]
    fn parts_join_without_a_seam() {
        for user in 1..8 {
            for token in (1..20).chain(BLOCK - 60..BLOCK + 20) {
                let (user, token) = ("u".repeat(user), "t".repeat(token));
                let credentials = Credentials::bearer(&user, token.as_str()).unwrap();
                let response = Response::new(&credentials, Mechanism::XOAuth2, None).unwrap();
                let raw = format!("user={user}\x01auth=Bearer {token}\x01\x01");
                assert_eq!(
                    base64::decode(&response.to_vec(), false).unwrap(),
                    raw.as_bytes()
                );
            }
        }
    }

    #[test]
    fn a_token_is_never_a_password() {
        let token = Credentials::bearer("user", "token").unwrap();
        for mechanism in [Mechanism::Plain, Mechanism::Login, Mechanism::External] {
            assert!(Response::new(&token, mechanism, None).is_none());
        }
        assert!(Response::password(&token).is_none());
        let password = Credentials::password("user", "password").unwrap();
        assert!(Response::new(&password, Mechanism::OAuthBearer, None).is_none());
    }

    #[test]
    fn a_short_buffer_stays_untouched() {
        let credentials = Credentials::bearer("user", "token").unwrap();
        let response = Response::new(&credentials, Mechanism::XOAuth2, None).unwrap();
        let mut short = vec![b'-'; response.encoded_len() - 1];
        assert_eq!(response.write_into(&mut short), None);
        assert_eq!(short, "-".repeat(short.len()).into_bytes());
        let _: String = format!("{response:?}");
    }
}
