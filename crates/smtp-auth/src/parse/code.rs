//! Enhanced status codes, and what codes mean for a login
//! (<https://www.rfc-editor.org/rfc/rfc3463>, <https://www.rfc-editor.org/rfc/rfc4954#section-6>).

use core::fmt;

use sasl_core::Reason;

/// An enhanced status code, such as 5.7.8.
///
/// ```
/// use smtp_auth::parse::Enhanced;
/// let (code, text) = Enhanced::parse(b"5.7.8 no").unwrap();
/// assert_eq!((code, text), (Enhanced::new(5, 7, 8), &b"no"[..]));
/// assert_eq!(code.to_string(), "5.7.8");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enhanced {
    /// 2, 4 or 5.
    pub class: u8,
    /// 5 is the protocol, 7 is security.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

impl Enhanced {
    /// A code of these parts.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        Self {
            class,
            subject,
            detail,
        }
    }

    /// Reads a code at the beginning of a text; also gives the text behind it.
    pub fn parse(text: &[u8]) -> Option<(Self, &[u8])> {
        let (class, rest) = match text {
            [class @ (b'2' | b'4' | b'5'), b'.', rest @ ..] => (class - b'0', rest),
            _ => return None,
        };
        let (subject, rest) = number(rest)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        let text = match rest {
            [] => rest,
            [b' ', text @ ..] => text,
            _ => return None,
        };
        Some((Self::new(class, subject, detail), text))
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// One to three digits.
fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let digits = text.iter().take(4).take_while(|o| o.is_ascii_digit());
    let digits = digits.count();
    let (digits, rest) = text
        .split_at_checked(digits)
        .filter(|_| matches!(digits, 1..=3))?;
    let value = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    Some((value, rest))
}

/// What an enhanced code says whatever the reply code; 5.x.x only.
const BY_DETAIL: [(u16, u16, Reason); 4] = [
    (5, 6, Reason::TokenTooLong),
    (7, 10, Reason::EncryptionRequired),
    (7, 11, Reason::EncryptionRequired),
    (7, 13, Reason::AdminRequired),
];

/// What a reply code says. `None`: it is about the line, and when it came decides.
const BY_CODE: [(u16, Option<Reason>); 20] = [
    (421, Some(Reason::Closed)),
    (432, Some(Reason::MechanismUnavailable)),
    (500, None),
    (501, None),
    (502, Some(Reason::MechanismUnavailable)),
    (503, None),
    (504, Some(Reason::MechanismUnavailable)),
    (523, Some(Reason::EncryptionRequired)),
    (524, Some(Reason::EncryptionRequired)),
    (525, Some(Reason::AdminRequired)),
    (530, Some(Reason::EncryptionRequired)),
    (534, Some(Reason::MechanismUnavailable)),
    (535, Some(Reason::CredentialsRejected)),
    (538, Some(Reason::EncryptionRequired)),
    (550, Some(Reason::AuthorizationDenied)),
    (551, Some(Reason::AuthorizationDenied)),
    (552, None),
    (553, Some(Reason::AuthorizationDenied)),
    (554, Some(Reason::AuthorizationDenied)),
    (555, None),
];

/// What a reply to AUTH means; `None` for codes that refuse nothing, and for those that complain
/// about the line and not about what it says.
///
/// ```
/// use sasl_core::Reason;
/// use smtp_auth::parse::{Enhanced, reason};
/// assert_eq!(reason(454, None), Some(Reason::Temporary));
/// assert_eq!(reason(535, Some(Enhanced::new(5, 7, 13))), Some(Reason::AdminRequired));
/// assert_eq!(reason(501, None), None);
/// ```
pub fn reason(code: u16, enhanced: Option<Enhanced>) -> Option<Reason> {
    let detail = enhanced.filter(|enhanced| enhanced.class == 5 && (500..600).contains(&code));
    if let Some(detail) = detail {
        if matches!(code, 535 | 554) && (detail.subject, detail.detail) == (7, 14) {
            return Some(Reason::AuthorizationDenied);
        }
        let found = BY_DETAIL
            .iter()
            .find(|(subject, number, _)| (*subject, *number) == (detail.subject, detail.detail));
        if let Some((_, _, reason)) = found {
            return Some(*reason);
        }
    }
    // The first digit decides where the code is unknown
    // (<https://www.rfc-editor.org/rfc/rfc5321#section-4.3.2>).
    match BY_CODE.iter().find(|(known, _)| *known == code) {
        Some((_, reason)) => *reason,
        None if (400..500).contains(&code) => Some(Reason::Temporary),
        None if (500..600).contains(&code) => Some(Reason::CredentialsRejected),
        None => None,
    }
}

#[cfg(test)]
mod tests;
