//! Lines from the server (<https://www.rfc-editor.org/rfc/rfc9051#section-9>).

use sasl_core::{Violation, WrongProtocol, wire::is_word};

use super::{Offer, Text, capabilities};

/// One line from the server.
///
/// ```
/// use imap_auth::parse::{response, Response};
/// assert_eq!(response(b"+ ", false)?, Response::Continuation(b""));
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Response<'a> {
    /// `+ …`: the server wants more.
    Continuation(&'a [u8]),
    /// The answer to the command with this tag.
    Tagged {
        /// The tag, octet for octet.
        tag: &'a [u8],
        /// OK, NO or BAD.
        status: Status,
        /// Code and text.
        text: Text<'a>,
    },
    /// `* …`.
    Untagged {
        /// The condition, if it is one.
        status: Option<Status>,
        /// Code and text of a condition; the list of `* CAPABILITY` as a code; else empty.
        text: Text<'a>,
    },
}

/// The condition of a response.
///
/// ```
/// assert_eq!(imap_auth::parse::Status::parse(b"pReAuTh"), Some(imap_auth::parse::Status::PreAuth));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The command was wrong.
    Bad,
    /// The server closes the connection.
    Bye,
    /// The command failed.
    No,
    /// The command worked.
    Ok,
    /// The connection is logged in already.
    PreAuth,
}

impl Status {
    /// Recognises a word without regard to case.
    pub fn parse(word: &[u8]) -> Option<Self> {
        match word.len() {
            2 if is_word(word, b"OK") => Some(Self::Ok),
            2 if is_word(word, b"NO") => Some(Self::No),
            3 if is_word(word, b"BAD") => Some(Self::Bad),
            3 if is_word(word, b"BYE") => Some(Self::Bye),
            7 if is_word(word, b"PREAUTH") => Some(Self::PreAuth),
            _ => None,
        }
    }
}

/// Reads one line without its line end.
///
/// # Errors
///
/// When the line is in no rule of the grammar, or in strict mode when a mandatory space is missing.
pub fn response(line: &[u8], strict: bool) -> Result<Response<'_>, Violation> {
    match line {
        [b'+', b' ', text @ ..] => Ok(Response::Continuation(text)),
        [b'+'] if !strict => Ok(Response::Continuation(b"")),
        [b'*', b' ', rest @ ..] => untagged(rest, strict),
        _ => tagged(line, strict),
    }
}

fn untagged(rest: &[u8], strict: bool) -> Result<Response<'_>, Violation> {
    let (word, text) = split_word(rest);
    if let Some(status) = Status::parse(word) {
        let text = Text::parse(text.unwrap_or_default());
        return if strict && !rest.get(word.len()..).is_some_and(|t| t.starts_with(b" ")) {
            Err(Violation::BadLine)
        } else {
            Ok(Response::Untagged {
                status: Some(status),
                text,
            })
        };
    }
    let text = match text {
        Some(list) if is_word(word, b"CAPABILITY") => Text::of_capabilities(list),
        _ => Text::default(),
    };
    Ok(Response::Untagged { status: None, text })
}

fn tagged(line: &[u8], strict: bool) -> Result<Response<'_>, Violation> {
    let (tag, rest) = split_word(line);
    let rest = rest.ok_or(Violation::BadLine)?;
    if tag.is_empty() || !tag.iter().all(|octet| is_tag_char(*octet)) {
        return Err(Violation::BadLine);
    }
    let (word, text) = split_word(rest);
    let status = match Status::parse(word) {
        Some(status @ (Status::Ok | Status::No | Status::Bad)) => status,
        Some(Status::Bye | Status::PreAuth) | None => return Err(Violation::BadLine),
    };
    if strict && text.is_none() {
        return Err(Violation::BadLine);
    }
    Ok(Response::Tagged {
        tag,
        status,
        text: Text::parse(text.unwrap_or_default()),
    })
}

/// The first word, and what follows one space behind it.
pub(super) fn split_word(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b' ', text).and_then(|at| text.split_at_checked(at)) {
        Some((word, rest)) => (word, rest.get(1..)),
        None => (text, None),
    }
}

/// `ASTRING-CHAR` without `+`.
pub(super) fn is_tag_char(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7e)
        && !matches!(
            octet,
            b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b'+'
        )
}

/// Whether braces at the end of this line announce a literal: only in untagged data. In a condition
/// or a continuation they are human text (<https://www.rfc-editor.org/rfc/rfc9051#section-4.3>).
pub fn has_literal(line: &[u8]) -> bool {
    line.strip_prefix(b"* ")
        .is_some_and(|rest| Status::parse(split_word(rest).0).is_none())
}

/// What a greeting or `* CAPABILITY` line, with its CRLF, says about logging in. Nothing but this
/// question is answered: a fast path for programs that read lines themselves.
///
/// ```
/// let offer = imap_auth::parse::greeting(b"* OK [CAPABILITY IMAP4rev1 SASL-IR] hi\r\n").unwrap();
/// assert!(offer.allows_initial_response());
/// ```
///
/// # Errors
///
/// When it is neither.
pub fn greeting(line: &[u8]) -> Result<Offer, WrongProtocol> {
    let wrong = || WrongProtocol::guess(line);
    let end = memchr::memchr(b'\n', line).ok_or_else(wrong)?;
    let text = line
        .get(..end)
        .and_then(|line| line.strip_suffix(b"\r"))
        .ok_or_else(wrong)?;
    match response(text, false) {
        Ok(Response::Untagged {
            status: status @ (None | Some(Status::Ok | Status::PreAuth)),
            text,
        }) => match text.capabilities() {
            Some(list) => capabilities(list, false).map_err(|_| wrong()),
            None if status.is_some() => Ok(Offer::default()),
            None => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;
