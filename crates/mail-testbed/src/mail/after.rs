//! What a server does for a client that is in: just enough for it to see that.

mod fetch;
pub(super) mod imap;
mod sieve;
mod smtp;

use alloc::{string::String, vec, vec::Vec};

use sasl_core::{Limits, Service, wire::LineBuf};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    time,
};

use super::{
    boxes::Boxes,
    connection::{Host, IDLE, Manner, Over, READ},
    record::Record,
};

/// A protocol, and what it does after the login.
pub(super) trait After:
    Service<AcceptOptions: Send + Sync, Accept: Send, Handshake: Send> + 'static
{
    /// What a session remembers.
    type Session: Send + Default;

    /// Takes a line with its literals.
    fn hear(session: &mut Self::Session, line: &[u8], said: &mut Said<'_>);

    /// Refuses a line although the client is in.
    fn refuse(line: &[u8], said: &mut Said<'_>);

    /// The last words to a client whose line is malformed or too long.
    const FAREWELL: &'static [u8];

    /// Whether braces at the end of a line announce a literal.
    fn has_literal(session: &Self::Session, line: &[u8]) -> bool;
}

/// What a server says to a line.
pub(super) struct Said<'a> {
    pub(super) bytes: Vec<u8>,
    /// The client has taken its leave.
    pub(super) leaves: bool,
    pub(super) user: &'a str,
    pub(super) record: &'a Record,
    pub(super) boxes: &'a Boxes,
}

impl Said<'_> {
    /// Adds a line.
    fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.bytes.extend_from_slice(b"\r\n");
    }
}

/// Serves until the client leaves.
pub(super) async fn serve<P: After>(
    host: &Host<P>,
    user: &str,
    rest: &[u8],
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    manner: &mut Manner<'_>,
) -> Result<(), Over> {
    let limits = limits();
    let mut lines = LineBuf::from_client(&limits);
    let mut session = P::Session::default();
    let mut buffer = vec![0; READ];
    lines.push(rest);
    loop {
        let line = lines.next_line(&limits, false, |line| P::has_literal(&session, line));
        let Ok(line) = line else {
            return manner.say(stream, P::FAREWELL).await;
        };
        for _ in 0..lines.take_invitations() {
            manner.say(stream, b"+ Go on\r\n").await?;
        }
        let Some(line) = line else {
            let read = time::timeout(IDLE, stream.read(&mut buffer)).await;
            match read.map_err(|_| Over)?? {
                0 => return Ok(()),
                read => lines.push(&manner.hear(buffer.get(..read).unwrap_or_default())),
            }
            continue;
        };
        let mut said = Said {
            bytes: Vec::new(),
            leaves: false,
            user,
            record: &host.record,
            boxes: &host.options.boxes,
        };
        let text = lines.bytes().get(line.range).unwrap_or_default();
        if manner.is_connected() {
            P::hear(&mut session, text, &mut said);
        } else {
            P::refuse(text, &mut said);
        }
        if !said.bytes.is_empty() {
            manner.say(stream, &said.bytes).await?;
        }
        if said.leaves {
            return Ok(());
        }
    }
}

/// The first word in upper case, and the rest of a line.
fn split(line: &[u8]) -> (String, &[u8]) {
    let end = line.iter().position(|octet| *octet == b' ');
    let (word, rest) = line.split_at(end.unwrap_or(line.len()));
    let word = String::from_utf8_lossy(word).to_ascii_uppercase();
    (word, rest.get(1..).unwrap_or_default())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.line = 64 << 10;
    limits.literal = 1 << 20;
    limits.reserve = 256;
    limits
}
