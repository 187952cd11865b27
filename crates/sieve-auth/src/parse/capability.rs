//! Capability lists (<https://www.rfc-editor.org/rfc/rfc5804#section-1.7>).

use memchr::{memchr2, memchr3};
use sasl_core::{Mechanism, Mechanisms, Violation, wire::is_word};

use super::{Response, Status, Str, response, response::strings};

/// What a capability list says about logging in: a set of bits, no allocation.
///
/// ```
/// use sasl_core::Mechanism;
/// use sieve_auth::parse::capabilities;
///
/// let offer = capabilities(b"\"VERSION\" \"1.0\"\r\n\"sasl\" \"oauthbearer\"\r\nOK\r\n", true)?;
/// assert!(offer.mechanisms().contains(Mechanism::OAuthBearer));
/// assert!(offer.names_mechanisms() && offer.names_version() && !offer.starttls());
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    bits: u8,
    mechanisms: Mechanisms,
    /// A bit for each name that was seen; different names may share one.
    seen: u64,
}

const REPEATED: u8 = 1;
const SASL: u8 = 2;
const STARTTLS: u8 = 4;
const VERSION: u8 = 8;

impl Offer {
    /// The mechanisms in `SASL` that this project speaks.
    pub fn mechanisms(&self) -> Mechanisms {
        self.mechanisms
    }

    /// STARTTLS.
    pub fn starttls(&self) -> bool {
        self.bits & STARTTLS != 0
    }

    /// Whether there is a line for `SASL` at all, be it empty.
    pub fn names_mechanisms(&self) -> bool {
        self.bits & SASL != 0
    }

    /// VERSION. Servers without it are older than RFC 5804 and know no NOOP.
    pub fn names_version(&self) -> bool {
        self.bits & VERSION != 0
    }

    /// A name came twice, of which the first one counts.
    pub fn has_repeated(&self) -> bool {
        self.bits & REPEATED != 0
    }

    /// Whether this name may have come before: `false` is certain, `true` is not.
    #[inline(always)]
    pub(crate) fn may_have(&self, name: &[u8]) -> bool {
        self.seen & bit(name) != 0
    }

    pub(crate) fn note_repeated(&mut self) {
        self.bits |= REPEATED;
    }

    /// Adds a capability.
    #[inline(always)]
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), Violation> {
        // An empty name, or one with a space, would be another one where entries are listed.
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return Err(Violation::BadCapabilities);
        }
        self.seen |= bit(name);
        match name.len() {
            4 if is_word(name, b"SASL") => {
                self.bits |= SASL;
                let mechanisms = value.split(|octet| *octet == b' ');
                mechanisms
                    .filter_map(Mechanism::parse)
                    .for_each(|mechanism| self.mechanisms.insert(mechanism));
            }
            7 if is_word(name, b"VERSION") => self.bits |= VERSION,
            8 if is_word(name, b"STARTTLS") => self.bits |= STARTTLS,
            _ => {}
        }
        Ok(())
    }
}

/// Chosen so that no two registered names share a bit.
#[inline(always)]
fn bit(name: &[u8]) -> u64 {
    let (first, last) = (name.first().copied(), name.last().copied());
    let letter = |octet: Option<u8>| usize::from(octet.unwrap_or_default() | 0x20);
    1 << ((letter(first) * 6 + letter(last)) % 64)
}

/// Lines of a list. A name is looked for among those before it, so their number has to be bounded.
const LINES: usize = 256;

/// Reads a whole list, from the first capability to the line end behind OK. Allocates nothing.
///
/// # Errors
///
/// When a line is in no rule of the grammar, when there are more than 256, when the list is not
/// complete or ends otherwise than in OK; in strict mode also when a name comes twice.
pub fn capabilities(block: &[u8], strict: bool) -> Result<Offer, Violation> {
    let mut offer = Offer::default();
    let mut rest = block;
    let mut lines = 0;
    while let [b'"' | b'{', ..] = rest {
        lines += 1;
        if lines > LINES {
            return Err(Violation::BadCapabilities);
        }
        let (name, value, behind) = line(rest, strict)?;
        let (name, value) = (name.raw(), value.unwrap_or_default().raw());
        let before = block.len() - rest.len();
        rest = behind;
        if offer.may_have(name) && is_among(block.get(..before).unwrap_or_default(), name) {
            if strict {
                return Err(Violation::RepeatedCapability);
            }
            offer.note_repeated();
        } else {
            offer.add(name, value)?;
        }
    }
    match condition(rest, strict)? {
        Response::Condition {
            status: Status::Ok, ..
        } => Ok(offer),
        Response::Condition { .. } | Response::Strings { .. } => Err(Violation::BadCapabilities),
    }
}

/// The first capability of `block`, and what stands behind its line.
#[inline(always)]
fn line(block: &[u8], strict: bool) -> Result<(Str<'_>, Option<Str<'_>>, &[u8]), Violation> {
    if let Some(plain) = plain_line(block) {
        return Ok(plain);
    }
    let (name, value, rest) = strings(block, strict)?;
    match rest {
        [b'\r', b'\n', rest @ ..] => Ok((name, value, rest)),
        [b'\n', rest @ ..] if !strict => Ok((name, value, rest)),
        _ => Err(Violation::BadCapabilities),
    }
}

/// The same for what nearly every line is: short quoted strings without a backslash.
#[inline(always)]
fn plain_line(block: &[u8]) -> Option<(Str<'_>, Option<Str<'_>>, &[u8])> {
    let inner = block.strip_prefix(b"\"")?;
    let end = memchr3(b'\r', b'\n', 0, inner)?;
    let (inner, rest) = inner.split_at_checked(end)?;
    let rest = rest.strip_prefix(b"\r\n")?;
    let inner = inner.strip_suffix(b"\"")?;
    if inner.len() > 1024 {
        return None;
    }
    let Some(at) = inner.iter().position(|octet| matches!(octet, b'"' | b'\\')) else {
        return Some((Str::plain(inner), None, rest));
    };
    let (name, value) = inner.split_at_checked(at)?;
    let value = value.strip_prefix(b"\" \"")?;
    if memchr2(b'"', b'\\', value).is_some() {
        return None;
    }
    Some((Str::plain(name), Some(Str::plain(value)), rest))
}

/// Whether a capability of `lines`, which were read before, has this name.
fn is_among(lines: &[u8], name: &[u8]) -> bool {
    let mut rest = lines;
    while let Ok((other, _, behind)) = line(rest, false) {
        if other.raw().eq_ignore_ascii_case(name) {
            return true;
        }
        rest = behind;
    }
    false
}

/// The condition at the end of a list, which has to be the end of everything.
fn condition(rest: &[u8], strict: bool) -> Result<Response<'_>, Violation> {
    let without_lf = rest.strip_suffix(b"\n").filter(|_| !strict);
    match rest
        .strip_suffix(b"\r\n")
        .map(|line| response(line, strict))
    {
        // The CR may be the last octet of a literal, and the line end a bare LF.
        Some(Err(Violation::BadLiteral)) | None => match without_lf {
            Some(line) => response(line, strict),
            None => Err(Violation::BadCapabilities),
        },
        Some(read) => read,
    }
}

#[cfg(test)]
mod tests;
