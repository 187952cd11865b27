//! The commands we send.

use sasl_core::{Mechanism, Payload, wire::SendBuf};

/// Octets of base64 that may stand between quotes
/// (<https://www.rfc-editor.org/rfc/rfc5804#section-4>). A longer message is a literal.
pub(crate) const QUOTED: usize = 1024;

/// Octets around the longest message: `AUTHENTICATE`, mechanism, length, spaces, two CRLF.
pub(crate) const FRAME: usize = 64;

/// What NOOP sends to and fro.
pub(crate) const SYNC: &str = "sync-1";

pub(crate) fn capability(send: &mut SendBuf) {
    send.push(b"CAPABILITY\r\n");
}

pub(crate) fn starttls(send: &mut SendBuf) {
    send.push(b"STARTTLS\r\n");
}

/// NOOP, whose answer tells that everything before it has arrived
/// (<https://www.rfc-editor.org/rfc/rfc5804#section-2.13>).
pub(crate) fn noop(send: &mut SendBuf) {
    send.push(b"NOOP \"").push(SYNC.as_bytes()).push(b"\"\r\n");
}

/// `initial`: the first message, where it may go along. It needs no capability
/// (<https://www.rfc-editor.org/rfc/rfc5804#section-2.1>).
pub(crate) fn authenticate(
    send: &mut SendBuf,
    mechanism: Mechanism,
    initial: Option<&Payload<'_>>,
) {
    send.push(b"AUTHENTICATE \"")
        .push(mechanism.name().as_bytes())
        .push(b"\"");
    if let Some(initial) = initial {
        send.push(b" ");
        push_string(send, initial);
    }
    send.push(b"\r\n");
}

/// The answer to a challenge.
pub(crate) fn answer(send: &mut SendBuf, payload: &Payload<'_>) {
    push_string(send, payload);
    send.push(b"\r\n");
}

/// A message as a string. Nobody waits for the literals of a client, so each goes out in one piece
/// with what stands around it.
fn push_string(send: &mut SendBuf, payload: &Payload<'_>) {
    let octets = payload.encoded_len();
    if octets <= QUOTED {
        send.push(b"\"");
        payload.push_to(send);
        send.push(b"\"");
    } else {
        send.push(b"{").push_number(octets).push(b"+}\r\n");
        payload.push_to(send);
    }
}
