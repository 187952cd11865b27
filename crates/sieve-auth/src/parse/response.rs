//! Lines from the server (<https://www.rfc-editor.org/rfc/rfc5804#section-4>).

use memchr::memchr2;
use sasl_core::{
    Violation,
    wire::{announced_literal, is_word},
};

use super::{Str, Text, string};

/// One line from the server, with the literals in it.
///
/// ```
/// use sieve_auth::parse::{Response, response};
///
/// let Response::Strings { name, value } = response(b"\"VERSION\" \"1.0\"", true)? else { panic!() };
/// assert_eq!((name.raw(), value.unwrap().raw()), (&b"VERSION"[..], &b"1.0"[..]));
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Response<'a> {
    /// The answer to a command, the end of a list, or a farewell.
    Condition {
        /// OK, NO or BYE.
        status: Status,
        /// Code and text.
        text: Text<'a>,
    },
    /// One string or two: a capability, or a challenge, which is a single string. Only what was
    /// asked for can tell which.
    Strings {
        /// The name of the capability, or the challenge.
        name: Str<'a>,
        /// The value of the capability.
        value: Option<Str<'a>>,
    },
}

/// The condition of a response.
///
/// ```
/// assert_eq!(sieve_auth::parse::Status::parse(b"oK"), Some(sieve_auth::parse::Status::Ok));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The server closes the connection.
    Bye,
    /// The command failed.
    No,
    /// The command worked.
    Ok,
}

impl Status {
    /// Recognises a word without regard to case.
    pub fn parse(word: &[u8]) -> Option<Self> {
        match word.len() {
            2 if is_word(word, b"OK") => Some(Self::Ok),
            2 if is_word(word, b"NO") => Some(Self::No),
            3 if is_word(word, b"BYE") => Some(Self::Bye),
            _ => None,
        }
    }
}

/// Reads one line without its line end.
///
/// # Errors
///
/// When the line is in no rule of the grammar. `strict` refuses what [`string()`] says, and a
/// referral in quotes.
pub fn response(line: &[u8], strict: bool) -> Result<Response<'_>, Violation> {
    if let [b'"' | b'{', ..] = line {
        let (name, value, rest) = strings(line, strict)?;
        return if rest.is_empty() {
            Ok(Response::Strings { name, value })
        } else {
            Err(Violation::BadLine)
        };
    }
    let end = memchr::memchr(b' ', line).unwrap_or(line.len());
    let (word, text) = line.split_at(end);
    Ok(Response::Condition {
        status: Status::parse(word).ok_or(Violation::BadLine)?,
        text: Text::parse(text, strict)?,
    })
}

/// Whether a line is meant as OK, NO or BYE, whatever stands behind.
pub(crate) fn is_condition(line: &[u8]) -> bool {
    let word = line.split(|octet| *octet == b' ').next();
    word.is_some_and(|word| Status::parse(word).is_some())
}

/// One string or two with a space between them, and what stands behind.
pub(super) fn strings(
    input: &[u8],
    strict: bool,
) -> Result<(Str<'_>, Option<Str<'_>>, &[u8]), Violation> {
    let (name, rest) = string(input, strict)?;
    match rest {
        [b' ', rest @ ..] => {
            let (value, rest) = string(rest, strict)?;
            Ok((name, Some(value), rest))
        }
        rest => Ok((name, None, rest)),
    }
}

/// Whether braces at the end of this line announce a literal: always, unless they stand in quotes
/// that were never closed. `line` has the literals before, whole, but not its own line end.
///
/// ```
/// use sieve_auth::parse::has_literal;
/// assert!(has_literal(b"NO (TRYLATER) {5}"));
/// assert!(!has_literal(b"NO \"try {5}\""));
/// assert!(!has_literal(b"NO \"try {5}"));
/// ```
pub fn has_literal(line: &[u8]) -> bool {
    if announced_literal(line).is_none() {
        return false;
    }
    let mut rest = line;
    while let Some(at) = memchr2(b'"', b'{', rest) {
        let here = rest.get(at..).unwrap_or_default();
        rest = match string(here, false) {
            Ok((_, rest)) => rest,
            // The last of the braces have nothing behind them.
            Err(_) => return here.starts_with(b"{"),
        };
    }
    false
}

#[cfg(test)]
mod tests;
