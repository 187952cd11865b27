//! SMTP behind the login: every message is accepted, kept, and in the mailbox of whom it is for.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};

use smtp_auth::Smtp;

use super::{After, Said, split};
use crate::Message;

/// A transaction under way.
#[derive(Default)]
pub(in crate::mail) struct Session {
    from: Option<String>,
    to: Vec<String>,
    /// The content so far, once DATA has begun.
    content: Option<Vec<u8>>,
}

/// Octets of a message, as EHLO says.
const SIZE: usize = 1 << 20;

impl After for Smtp {
    type Session = Session;

    fn hear(session: &mut Session, line: &[u8], said: &mut Said<'_>) {
        if session.content.is_some() {
            return session.take_content(line, said);
        }
        let (word, arguments) = split(line);
        match word.as_str() {
            "EHLO" => {
                *session = Session::default();
                said.line(&[b"250-mail-testbed"]);
                said.line(&[b"250-8BITMIME"]);
                said.line(&[b"250-SMTPUTF8"]);
                said.line(&[b"250-ENHANCEDSTATUSCODES"]);
                said.line(&[b"250-PIPELINING"]);
                said.line(&[b"250 SIZE ", SIZE.to_string().as_bytes()]);
            }
            "HELO" => said.line(&[b"250 mail-testbed"]),
            "MAIL" => match path(arguments, "FROM:") {
                Some(_) if session.from.is_some() => said.line(&[b"503 5.5.1 Sender is known"]),
                Some(from) => {
                    session.from = Some(from);
                    said.line(&[b"250 2.1.0 Ok"]);
                }
                None => said.line(&[b"501 5.5.4 Syntax: MAIL FROM:<address>"]),
            },
            "RCPT" => match path(arguments, "TO:") {
                Some(_) if session.from.is_none() => said.line(&[b"503 5.5.1 MAIL first"]),
                Some(_) if session.to.len() >= 100 => said.line(&[b"452 4.5.3 Too many"]),
                Some(to) => {
                    session.to.push(to);
                    said.line(&[b"250 2.1.5 Ok"]);
                }
                None => said.line(&[b"501 5.5.4 Syntax: RCPT TO:<address>"]),
            },
            "DATA" if session.to.is_empty() => said.line(&[b"503 5.5.1 RCPT first"]),
            "DATA" => {
                session.content = Some(Vec::new());
                said.line(&[b"354 End with a dot"]);
            }
            "RSET" => {
                *session = Session::default();
                said.line(&[b"250 2.0.0 Ok"]);
            }
            "NOOP" => said.line(&[b"250 2.0.0 Ok"]),
            "VRFY" => said.line(&[b"252 2.5.2 Send and see"]),
            "AUTH" => said.line(&[b"503 5.5.1 Authenticated already"]),
            "QUIT" => {
                said.line(&[b"221 2.0.0 Bye"]);
                said.leaves = true;
            }
            _ => said.line(&[b"500 5.5.1 Unknown command"]),
        }
    }

    fn refuse(_: &[u8], said: &mut Said<'_>) {
        said.line(&[b"530 5.7.57 Client not authenticated to send mail"]);
    }

    const FAREWELL: &'static [u8] = b"421 4.5.2 Malformed or too long\r\n";

    fn has_literal(_: &Session, _: &[u8]) -> bool {
        false
    }
}

impl Session {
    fn take_content(&mut self, line: &[u8], said: &mut Said<'_>) {
        let Some(content) = &mut self.content else {
            return;
        };
        if line != b"." {
            // More than is taken is forgotten, which the end will tell.
            if content.len() <= SIZE {
                content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
                content.extend_from_slice(b"\r\n");
            }
            return;
        }
        let done = core::mem::take(self);
        let content = done.content.unwrap_or_default();
        if content.len() > SIZE {
            said.line(&[b"552 5.3.4 Message too big"]);
            return;
        }
        for to in &done.to {
            said.boxes.deliver(to, &content);
        }
        said.record.note_message(Message {
            user: said.user.to_string(),
            from: done.from.unwrap_or_default(),
            to: done.to,
            content,
        });
        said.line(&[b"250 2.0.0 Accepted"]);
    }
}

/// The address between the angle brackets; what stands behind them does not matter here.
fn path(arguments: &[u8], name: &str) -> Option<String> {
    let text = core::str::from_utf8(arguments).ok()?;
    let (start, rest) = text.split_at_checked(name.len())?;
    let (address, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    start
        .eq_ignore_ascii_case(name)
        .then(|| address.to_string())
}
