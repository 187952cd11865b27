//! Response codes (<https://www.rfc-editor.org/rfc/rfc5804#section-1.3>).

use memchr::memchr;
use sasl_core::{Reason, Violation, wire::server_url};

use super::{Str, string};

/// Code and human text of a condition.
///
/// ```
/// use sieve_auth::parse::{Response, response};
///
/// let line = b"BYE (REFERRAL sieve://b.example/) \"moved\"";
/// let Response::Condition { text, .. } = response(line, true)? else { panic!() };
/// assert_eq!(text.code().unwrap().name(), b"REFERRAL");
/// assert_eq!(text.human().raw(), b"moved");
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text<'a> {
    code: Option<Code<'a>>,
    human: Str<'a>,
}

/// A response code.
///
/// ```
/// use sieve_auth::parse::{Response, response};
///
/// let Response::Condition { text, .. } = response(b"NO (QUOTA/MAXSIZE)", true)? else { panic!() };
/// // Names are hierarchical; a tail that is not known is cut.
/// assert!(text.code().unwrap().is("QUOTA"));
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code<'a> {
    name: &'a [u8],
    arguments: &'a [u8],
}

impl<'a> Text<'a> {
    /// Reads what stands behind the condition, with the space before it.
    pub(super) fn parse(text: &'a [u8], strict: bool) -> Result<Self, Violation> {
        let (code, text) = match text {
            [b' ', b'(', inner @ ..] => {
                let end = code_end(inner, strict)?;
                let (code, rest) = inner.split_at(end);
                (Some(Code::parse(code, strict)?), rest.get(1..))
            }
            text => (None, Some(text)),
        };
        let human = match text.unwrap_or_default() {
            [] => Str::default(),
            [b' ', human @ ..] => match string(human, strict)? {
                (human, []) => human,
                _ => return Err(Violation::BadLine),
            },
            _ => return Err(Violation::BadLine),
        };
        Ok(Self { code, human })
    }

    /// The code, if there is one.
    pub fn code(&self) -> Option<Code<'a>> {
        self.code
    }

    /// The text for people; it may have line breaks.
    pub fn human(&self) -> Str<'a> {
        self.human
    }
}

impl<'a> Code<'a> {
    fn parse(code: &'a [u8], strict: bool) -> Result<Self, Violation> {
        let at = memchr(b' ', code).unwrap_or(code.len());
        let (name, arguments) = code.split_at(at);
        if name.is_empty() || !name.iter().all(|octet| is_atom_char(*octet)) {
            return Err(Violation::BadLine);
        }
        let code = Self {
            name,
            arguments: arguments.get(1..).unwrap_or_default(),
        };
        if strict && code.is("REFERRAL") && code.arguments.starts_with(b"\"") {
            return Err(Violation::BadLine);
        }
        Ok(code)
    }

    /// The name as it was sent.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// What stands behind the name, as it was sent.
    pub fn arguments(&self) -> &'a [u8] {
        self.arguments
    }

    /// The argument of a code that has exactly one, a string.
    pub fn string(&self) -> Option<Str<'a>> {
        match string(self.arguments, false) {
            Ok((string, [])) => Some(string),
            Ok(_) | Err(_) => None,
        }
    }

    /// Whether it has this name, or is a child of it, without regard to case.
    pub fn is(&self, name: &str) -> bool {
        self.name
            .split_at_checked(name.len())
            .is_some_and(|(start, tail)| {
                start.eq_ignore_ascii_case(name.as_bytes()) && matches!(tail, [] | [b'/', ..])
            })
    }
}

/// Where the parenthesis closes that a code begins with: behind any nested ones, not in a string.
fn code_end(inner: &[u8], strict: bool) -> Result<usize, Violation> {
    let (mut rest, mut depth) = (inner, 0_usize);
    loop {
        rest = match rest {
            [b')', ..] if depth == 0 => return Ok(inner.len() - rest.len()),
            [b')', rest @ ..] => {
                depth -= 1;
                rest
            }
            [b'(', rest @ ..] => {
                depth += 1;
                rest
            }
            [b'"' | b'{', ..] => string(rest, strict)?.1,
            [octet, rest @ ..] if *octet == b' ' || is_atom_char(*octet) => rest,
            _ => return Err(Violation::BadLine),
        };
    }
}

/// `ATOM-CHAR`.
fn is_atom_char(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7e) && !matches!(octet, b'"' | b'(' | b')' | b'\\' | b'{')
}

/// What a code on a refused login means; `None` for codes that say nothing about it.
///
/// ```
/// use sasl_core::Reason;
/// use sieve_auth::parse::{Response, reason, response};
///
/// let Response::Condition { text, .. } = response(b"NO (TRYLATER)", true)? else { panic!() };
/// assert_eq!(reason(text.code().unwrap()), Some(Reason::Temporary));
/// # Ok::<(), sasl_core::Violation>(())
/// ```
pub fn reason(code: Code<'_>) -> Option<Reason> {
    const CODES: [(&str, Reason); 5] = [
        ("AUTH-TOO-WEAK", Reason::MechanismUnavailable),
        ("ENCRYPT-NEEDED", Reason::EncryptionRequired),
        // Pigeonhole: LIMIT/CONNECTIONS.
        ("LIMIT", Reason::Temporary),
        ("TRANSITION-NEEDED", Reason::MechanismUnavailable),
        ("TRYLATER", Reason::Temporary),
    ];
    if referral(code).is_some() {
        return Some(Reason::Referral);
    }
    CODES
        .iter()
        .find(|(name, _)| code.is(name))
        .map(|(_, reason)| *reason)
}

/// The URL of a REFERRAL code, if it is one that could name a server; in quotes or, as the grammar
/// has it, without. It is data, never followed.
pub fn referral<'a>(code: Code<'a>) -> Option<&'a str> {
    let url = code.string().map_or(code.arguments, |string| string.raw());
    server_url(url, "sieve://").filter(|_| code.is("REFERRAL"))
}
