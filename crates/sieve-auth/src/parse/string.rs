//! Strings (<https://www.rfc-editor.org/rfc/rfc5804#section-4>).

use alloc::{borrow::Cow, vec::Vec};

use memchr::{memchr2, memchr3};
use sasl_core::Violation;

/// A string, quoted or literal.
///
/// ```
/// let (string, rest) = sieve_auth::parse::string(b"\"a \\\"b\\\"\" more", true)?;
/// assert_eq!(string.raw(), b"a \\\"b\\\"");
/// assert_eq!(&*string.decoded(), b"a \"b\"");
/// assert_eq!(rest, b" more");
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Str<'a> {
    raw: &'a [u8],
    escaped: bool,
    quoted: bool,
}

/// Octets that the standard allows between quotes.
const QUOTED: usize = 1024;

impl<'a> Str<'a> {
    /// What stands between the quotes, or in the literal.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The same without backslashes. Allocates only if there are any.
    pub fn decoded(&self) -> Cow<'a, [u8]> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut out = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw.iter();
        while let Some(octet) = rest.next() {
            // No backslash is the last octet: `string` has seen to it.
            out.extend(if *octet == b'\\' {
                rest.next()
            } else {
                Some(octet)
            });
        }
        Cow::Owned(out)
    }

    /// Whether it stood in quotes.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// A quoted string in which nothing can be wrong any more.
    pub(super) fn plain(raw: &'a [u8]) -> Self {
        Self {
            raw,
            escaped: false,
            quoted: true,
        }
    }
}

/// Reads the string at the start of `input` and gives what stands behind it.
///
/// # Errors
///
/// When there is no string, or an illegal octet, escape or length in it; in strict mode also for
/// more than 1024 octets between quotes and for the `{n+}` that only clients may write.
pub fn string(input: &[u8], strict: bool) -> Result<(Str<'_>, &[u8]), Violation> {
    match input {
        [b'"', inner @ ..] => quoted(inner, strict),
        [b'{', ..] => literal(input, |plus| !plus || !strict, strict),
        _ => Err(Violation::BadLine),
    }
}

/// The same for what a client writes: a literal has the `+`, and quotes may hold any number of octets.
pub(super) fn from_client(input: &[u8]) -> Result<(Str<'_>, &[u8]), Violation> {
    match input {
        [b'"', inner @ ..] => quoted(inner, false),
        [b'{', ..] => literal(input, |plus| plus, true),
        _ => Err(Violation::BadLine),
    }
}

fn quoted(inner: &[u8], strict: bool) -> Result<(Str<'_>, &[u8]), Violation> {
    let (mut end, mut escaped) = (0, false);
    loop {
        let rest = inner.get(end..).unwrap_or_default();
        end += memchr3(b'"', b'\\', b'\n', rest).ok_or(Violation::BadString)?;
        match inner.get(end..).unwrap_or_default() {
            [b'"', ..] => break,
            [b'\\', b'"' | b'\\', ..] => (end, escaped) = (end + 2, true),
            _ => return Err(Violation::BadString),
        }
    }
    let (raw, rest) = inner.split_at(end);
    if memchr2(0, b'\r', raw).is_some() || (strict && raw.len() > QUOTED) {
        return Err(Violation::BadString);
    }
    let string = Str {
        raw,
        escaped,
        quoted: true,
    };
    Ok((string, rest.get(1..).unwrap_or_default()))
}

/// `legal`: whether it may have the `+`, or has to.
fn literal(
    input: &[u8],
    legal: impl Fn(bool) -> bool,
    strict: bool,
) -> Result<(Str<'_>, &[u8]), Violation> {
    let (octets, rest) = announced(input, legal, strict).ok_or(Violation::BadLiteral)?;
    let (raw, rest) = rest.split_at_checked(octets).ok_or(Violation::BadLiteral)?;
    let string = Str {
        raw,
        escaped: false,
        quoted: false,
    };
    Ok((string, rest))
}

/// The length in braces at the start of `input`, and what stands behind its line end.
fn announced(input: &[u8], legal: impl Fn(bool) -> bool, strict: bool) -> Option<(usize, &[u8])> {
    let inner = input.strip_prefix(b"{")?;
    let digits = inner.iter().take_while(|octet| octet.is_ascii_digit());
    let (number, rest) = inner.split_at_checked(digits.count())?;
    // No leading zero, and no more than 32 bits.
    let octets = match number {
        [] | [b'0', _, ..] => return None,
        number => number.iter().try_fold(0_u32, |sum, digit| {
            sum.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
        })?,
    };
    let rest = match rest {
        [b'}', rest @ ..] if legal(false) => rest,
        [b'+', b'}', rest @ ..] if legal(true) => rest,
        _ => return None,
    };
    let rest = match rest {
        [b'\r', b'\n', rest @ ..] => rest,
        [b'\n', rest @ ..] if !strict => rest,
        _ => return None,
    };
    Some((usize::try_from(octets).ok()?, rest))
}

#[cfg(test)]
mod tests;
