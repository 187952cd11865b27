//! The send buffer: reserved once, wiped after each command.

use alloc::vec::Vec;
use core::ops::Range;

use zeroize::Zeroize;

use crate::{Outgoing, Response};

/// Holds one command at a time. It is wiped when the next one begins and when it is dropped, and it
/// never moves to larger memory without wiping the old.
///
/// ```
/// use sasl_core::wire::SendBuf;
///
/// let mut send = SendBuf::with_capacity(64);
/// send.push(b"A1 AUTHENTICATE XOAUTH2 ").push_secret(b"dXNlcg==").push(b"\r\n");
/// assert_eq!(&*send.outgoing(), b"A1 AUTHENTICATE XOAUTH2 dXNlcg==\r\n");
/// assert!(!format!("{send:?}").contains("dXNlcg"));
/// ```
pub struct SendBuf {
    bytes: Vec<u8>,
    secret: Range<usize>,
}

impl SendBuf {
    /// An empty buffer with room for `octets`.
    pub fn with_capacity(octets: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(octets),
            secret: 0..0,
        }
    }

    /// Adds octets that may be shown.
    pub fn push(&mut self, octets: &[u8]) -> &mut Self {
        self.reserve(octets.len());
        self.bytes.extend_from_slice(octets);
        self
    }

    /// Adds octets that must not be shown. What lies between two secrets counts as secret too.
    pub fn push_secret(&mut self, octets: &[u8]) -> &mut Self {
        let start = self.bytes.len();
        self.push(octets);
        self.hide(start)
    }

    /// Adds the base64 of a mechanism's message.
    pub fn push_response(&mut self, response: &Response<'_>) -> &mut Self {
        self.reserve(response.encoded_len());
        let start = self.bytes.len();
        response.append_to(&mut self.bytes);
        self.hide(start)
    }

    /// Adds a number in decimal.
    pub fn push_number(&mut self, number: usize) -> &mut Self {
        let mut digits = [0; 20];
        let mut rest = number;
        let mut first = digits.len();
        for digit in digits.iter_mut().rev() {
            // The remainder of a division by ten fits an octet.
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            first -= 1;
            if rest == 0 {
                break;
            }
        }
        self.push(digits.get(first..).unwrap_or_default())
    }

    /// The command.
    pub fn outgoing(&self) -> Outgoing<'_> {
        Outgoing::new(&self.bytes, self.secret.clone())
    }

    /// Whether nothing was added since the last wipe.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Overwrites and forgets the command.
    pub fn wipe(&mut self) {
        if self.secret.is_empty() {
            self.bytes.clear();
            return;
        }
        self.bytes.as_mut_slice().zeroize();
        self.bytes.clear();
        self.secret = 0..0;
    }

    fn hide(&mut self, start: usize) -> &mut Self {
        let start = if self.secret.is_empty() {
            start
        } else {
            self.secret.start
        };
        self.secret = start..self.bytes.len();
        self
    }

    fn reserve(&mut self, octets: usize) {
        if self.bytes.capacity() - self.bytes.len() < octets {
            let mut larger = Vec::with_capacity(self.bytes.len() + octets);
            larger.extend_from_slice(&self.bytes);
            self.bytes.as_mut_slice().zeroize();
            self.bytes = larger;
        }
    }
}

impl Drop for SendBuf {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl core::fmt::Debug for SendBuf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SendBuf({})", self.outgoing().redacted())
    }
}
