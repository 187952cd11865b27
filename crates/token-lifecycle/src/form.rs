//! `application/x-www-form-urlencoded`, both ways
//! (<https://www.rfc-editor.org/rfc/rfc6749#appendix-B>).

use alloc::{string::String, vec::Vec};

use sasl_core::Secret;
use zeroize::{Zeroize, Zeroizing};

/// Names and values on their way into a body or a query. They may be secret, so the buffer is wiped,
/// also where it moves to a larger one.
pub(crate) struct Form(Zeroizing<String>);

impl Form {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(String::new()))
    }

    /// Adds one parameter, encoded.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            push(&mut self.0, "&");
        }
        encode(name, &mut self.0);
        push(&mut self.0, "=");
        encode(value, &mut self.0);
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_secret(mut self) -> Secret {
        Secret::from(core::mem::take(&mut *self.0))
    }
}

/// Adds text in its encoded form: `A-Z a-z 0-9 - . _ *` as they are, a space as `+`, every other
/// octet as `%HH`.
pub(crate) fn encode(text: &str, target: &mut String) {
    for piece in form_urlencoded::byte_serialize(text.as_bytes()) {
        push(target, piece);
    }
}

/// Adds text to a buffer that may hold secrets: where it has to grow, the old memory is wiped.
pub(crate) fn push(target: &mut String, text: &str) {
    let needed = target.len() + text.len();
    if needed > target.capacity() {
        let mut larger = String::with_capacity(needed.next_power_of_two().max(256));
        larger.push_str(target);
        core::mem::replace(target, larger).zeroize();
    }
    target.push_str(text);
}

/// The name and value of every parameter, still encoded; a parameter without `=` has no value.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes a name or value. `None` where `%` is not followed by two hexadecimal digits, or the octets
/// are not UTF-8: a reader that guesses could see another value than the one that was checked.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<String>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => (hex(rest.next()?)? << 4) | hex(rest.next()?)?,
            octet => octet,
        });
    }
    match String::from_utf8(core::mem::take(&mut *octets)) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            None
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    // A hexadecimal digit fits an octet.
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests;
