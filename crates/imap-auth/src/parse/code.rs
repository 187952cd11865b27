//! Response codes (<https://www.rfc-editor.org/rfc/rfc9051#section-7.1>,
//! <https://www.rfc-editor.org/rfc/rfc5530>).

use sasl_core::{Reason, wire::server_url};

/// Code and human text of a response.
///
/// ```
/// let text = imap_auth::parse::Text::parse(b"[AUTHENTICATIONFAILED] no");
/// assert_eq!(text.code().unwrap().name(), b"AUTHENTICATIONFAILED");
/// assert_eq!(text.human(), b"no");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text<'a> {
    code: Option<Code<'a>>,
    human: &'a [u8],
}

/// A response code.
///
/// ```
/// let text = imap_auth::parse::Text::parse(b"[REFERRAL imap://other.example/] moved");
/// assert_eq!(text.code().unwrap().arguments(), b"imap://other.example/");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code<'a> {
    name: &'a [u8],
    arguments: &'a [u8],
}

impl<'a> Text<'a> {
    /// Reads what stands behind the condition. A `[` that is never closed is text.
    pub fn parse(text: &'a [u8]) -> Self {
        let code = text
            .strip_prefix(b"[")
            .and_then(|inner| Some((inner, code_end(inner)?)));
        let Some((inner, end)) = code else {
            return Self {
                code: None,
                human: text,
            };
        };
        let (code, rest) = inner.split_at(end);
        let human = rest.get(1..).unwrap_or_default();
        let at = memchr::memchr(b' ', code).unwrap_or(code.len());
        let (name, arguments) = code.split_at(at);
        let arguments = arguments.get(1..).unwrap_or_default();
        let human = human.strip_prefix(b" ").unwrap_or(human);
        Self {
            code: Some(Code { name, arguments }),
            human,
        }
    }

    pub(super) fn of_capabilities(list: &'a [u8]) -> Self {
        Self {
            code: Some(Code {
                name: b"CAPABILITY",
                arguments: list,
            }),
            human: b"",
        }
    }

    /// The code, if there is one.
    pub fn code(&self) -> Option<Code<'a>> {
        self.code
    }

    /// The text for people.
    pub fn human(&self) -> &'a [u8] {
        self.human
    }

    /// The list of a CAPABILITY code.
    pub fn capabilities(&self) -> Option<&'a [u8]> {
        self.code
            .filter(|code| code.is("CAPABILITY"))
            .map(|code| code.arguments)
    }
}

impl<'a> Code<'a> {
    /// The name as it was sent.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// What stands behind the name.
    pub fn arguments(&self) -> &'a [u8] {
        self.arguments
    }

    /// Whether it has this name, without regard to case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The first `]` outside quotes. No code that matters before a login has quoted arguments with a
/// bracket in them, but an attacker may try to end a code early.
fn code_end(inner: &[u8]) -> Option<usize> {
    let first = memchr::memchr2(b']', b'"', inner)?;
    if inner.get(first) == Some(&b']') {
        return Some(first);
    }
    let (mut quoted, mut escaped) = (false, false);
    inner.iter().position(|octet| {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return true,
            _ => {}
        }
        false
    })
}

/// What a code on a refused login means; `None` for codes that say nothing about it.
///
/// ```
/// use sasl_core::Reason;
/// let text = imap_auth::parse::Text::parse(b"[UNAVAILABLE] later");
/// assert_eq!(imap_auth::parse::reason(text.code().unwrap()), Some(Reason::Temporary));
/// ```
pub fn reason(code: Code<'_>) -> Option<Reason> {
    const CODES: [(&str, Reason); 14] = [
        ("AUTHENTICATIONFAILED", Reason::CredentialsRejected),
        ("AUTHORIZATIONFAILED", Reason::AuthorizationDenied),
        ("CANNOT", Reason::AuthorizationDenied),
        ("CONTACTADMIN", Reason::AdminRequired),
        ("CORRUPTION", Reason::Temporary),
        ("EXPIRED", Reason::CredentialsExpired),
        ("INUSE", Reason::Temporary),
        ("LIMIT", Reason::Temporary),
        ("NOPERM", Reason::AuthorizationDenied),
        ("OVERQUOTA", Reason::Temporary),
        ("PRIVACYREQUIRED", Reason::EncryptionRequired),
        ("SERVERBUG", Reason::Temporary),
        ("UNAVAILABLE", Reason::Temporary),
        ("WEBALERT", Reason::CredentialsRejected),
    ];
    if referral(code).is_some() {
        return Some(Reason::Referral);
    }
    CODES
        .iter()
        .find(|(name, _)| code.is(name))
        .map(|(_, reason)| *reason)
}

/// The URL of a REFERRAL code, if it is one that could name a server
/// (<https://www.rfc-editor.org/rfc/rfc2221>). It is data, never followed.
pub fn referral<'a>(code: Code<'a>) -> Option<&'a str> {
    server_url(code.arguments, "imap://").filter(|_| code.is("REFERRAL"))
}

#[cfg(test)]
mod tests;
