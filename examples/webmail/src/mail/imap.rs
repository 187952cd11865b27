//! Reading mail (<https://www.rfc-editor.org/rfc/rfc3501>): three commands.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "servers say more than was asked for"
)]

use imap_proto::{AttributeValue, MailboxDatum, Response, Status};
use mail_session::MailConnection;

use super::{MailError, Row, Text, clean, wire::Wire};

/// An IMAP connection behind the login.
pub(crate) struct Imap {
    wire: Wire,
    tag: u32,
}

/// More than is shown of one message.
const OCTETS: usize = 256 << 10;
/// Octets of the header fields of one message in a list: fifty of them fit into one answer, however long the fields
/// that somebody sends. What is cut off is not shown anyway.
const HEADER: usize = 8 << 10;
/// Answers to one command; each message is one, and what else a server has to say is little.
const ANSWERS: usize = 512;

impl Imap {
    pub(super) fn new(connection: MailConnection) -> Self {
        Self {
            wire: Wire::new(connection),
            tag: 0,
        }
    }

    pub(super) fn connection(&self) -> &MailConnection {
        self.wire.connection()
    }

    /// Looks at INBOX anew, and says how many messages are there.
    pub(crate) async fn select(&mut self) -> Result<u32, MailError> {
        let mut exists = 0;
        self.command("SELECT INBOX", |response| {
            if let Response::MailboxData(MailboxDatum::Exists(count)) = response {
                exists = count;
            }
        })
        .await?;
        Ok(exists)
    }

    /// The newest messages, newest first, out of `exists`.
    pub(crate) async fn newest(&mut self, exists: u32, count: u32) -> Result<Vec<Row>, MailError> {
        // There is no message 0, and a server may say no to who asks for it.
        if exists == 0 {
            return Ok(Vec::new());
        }
        let first = exists.saturating_sub(count.saturating_sub(1)).max(1);
        let command = format!(
            "FETCH {first}:{exists} (UID FLAGS BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)]<0.{HEADER}>)"
        );
        let mut rows = Vec::new();
        self.command(&command, |response| {
            if let Response::Fetch(number, attributes) = response {
                rows.extend(row(&attributes).map(|row| (number, row)));
            }
        })
        .await?;
        rows.sort_by(|(left, _), (right, _)| right.cmp(left));
        rows.truncate(count as usize);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The text of one message, which counts as read from then on.
    pub(crate) async fn message(&mut self, uid: u32) -> Result<Text, MailError> {
        let command = format!("UID FETCH {uid} (UID BODY[]<0.{OCTETS}>)");
        let mut octets = None;
        self.command(&command, |response| hear_body(&mut octets, uid, &response))
            .await?;
        let octets = octets.ok_or(MailError::Missing("message"))?;
        Ok(Text::read(&octets, octets.len() >= OCTETS))
    }

    async fn command(
        &mut self,
        command: &str,
        mut hear: impl FnMut(Response<'_>),
    ) -> Result<(), MailError> {
        self.tag = self.tag.wrapping_add(1);
        let tag = format!("W{}", self.tag);
        let line = format!("{tag} {command}\r\n");
        self.wire.send(&[line.as_bytes()]).await?;
        for _ in 0..ANSWERS {
            let mut line = self.wire.line(has_literal).await?;
            line.extend_from_slice(b"\r\n");
            if is_deep(&line) {
                return Err(MailError::Malformed);
            }
            // What is not understood was not asked for.
            let Ok((_, response)) = Response::parse(&line) else {
                continue;
            };
            match response {
                Response::Done {
                    tag: id,
                    status,
                    outcome,
                } if id.0 == tag => {
                    return done(&status, outcome.information.as_deref());
                }
                Response::Data {
                    status: Status::Bye,
                    ..
                } => {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                }
                response => hear(response),
            }
        }
        Err(MailError::TooLong)
    }
}

fn done(status: &Status, text: Option<&str>) -> Result<(), MailError> {
    match status {
        Status::Ok => Ok(()),
        Status::No | Status::Bad | Status::PreAuth | Status::Bye => {
            Err(MailError::Refused(clean(text.unwrap_or_default(), 300)))
        }
    }
}

/// Only messages have literals here; other lines are text, which may end in braces.
fn has_literal(line: &[u8]) -> bool {
    matches!(line, [b'*', b' ', digit, ..] if digit.is_ascii_digit())
}

/// The parser follows brackets by calling itself, and nothing that was asked for has more than two. Brackets in
/// strings are text, which strangers write, and lead the parser nowhere.
fn is_deep(response: &[u8]) -> bool {
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut rest = response;
    while let [octet, behind @ ..] = rest {
        rest = behind;
        match (octet, quoted) {
            (b'"', _) => quoted = !quoted,
            (b'\\', true) => rest = rest.get(1..).unwrap_or_default(),
            // No string in quotation marks goes on in the next line: they were text of another kind.
            (b'\r' | b'\n', true) => quoted = false,
            (b'{', false) => rest = behind_literal(behind).unwrap_or(behind),
            (b'(', false) => depth += 1,
            (b')', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 16 {
            return true;
        }
    }
    false
}

/// What follows a literal whose opening brace lies before; `None` if it is none.
fn behind_literal(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|octet| octet.is_ascii_digit());
    let (digits, rest) = text.split_at_checked(digits.count())?;
    let octets: u32 = core::str::from_utf8(digits).ok()?.parse().ok()?;
    let rest = rest.strip_prefix(b"}\r\n")?;
    // One that is cut off is all the rest.
    Some(rest.get(octets as usize..).unwrap_or_default())
}

fn uid_of(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// Takes the first body of a message. One that is read gets a flag, of which servers tell later by a response of
/// its own, without a body.
fn hear_body(octets: &mut Option<Vec<u8>>, uid: u32, response: &Response<'_>) {
    if let Response::Fetch(_, attributes) = response
        && octets.is_none()
        && uid_of(attributes) == Some(uid)
    {
        *octets = body(attributes).map(<[u8]>::to_vec);
    }
}

fn body<'a>(attributes: &'a [AttributeValue<'_>]) -> Option<&'a [u8]> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection { data, .. } => data.as_deref(),
        _ => None,
    })
}

/// A row; `None` for what a server tells of a message without its header fields, such as a new flag.
fn row(attributes: &[AttributeValue<'_>]) -> Option<Row> {
    let uid = uid_of(attributes)?;
    let has_header = |one: &AttributeValue<'_>| matches!(one, AttributeValue::BodySection { .. });
    if !attributes.iter().any(has_header) {
        return None;
    }
    let seen = attributes.iter().any(|attribute| match attribute {
        AttributeValue::Flags(flags) => {
            flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"))
        }
        _ => false,
    });
    Some(Row::read(uid, seen, body(attributes).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
