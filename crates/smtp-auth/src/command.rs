//! The commands we send.

use sasl_core::{Mechanism, Payload, wire::SendBuf};

/// Octets of a command line, CRLF counted
/// (<https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.4>). A first message that makes AUTH
/// longer must not go along with it (<https://www.rfc-editor.org/rfc/rfc4954#section-4>).
pub(crate) const LINE: usize = 512;

/// Octets around the longest message: `AUTH`, mechanism, spaces, CRLF.
pub(crate) const FRAME: usize = 32;

/// Octets of EHLO or LHLO around the name.
pub(crate) const HELLO: usize = 7;

pub(crate) fn hello(send: &mut SendBuf, lmtp: bool, name: &str) {
    let verb: &[u8] = if lmtp { b"LHLO " } else { b"EHLO " };
    send.push(verb).push(name.as_bytes()).push(b"\r\n");
}

pub(crate) fn starttls(send: &mut SendBuf) {
    send.push(b"STARTTLS\r\n");
}

/// `initial`: the first message, where it may go along. An empty one is `=`.
pub(crate) fn auth(send: &mut SendBuf, mechanism: Mechanism, initial: Option<&Payload<'_>>) {
    send.push(b"AUTH ").push(mechanism.name().as_bytes());
    if let Some(initial) = initial {
        send.push(b" ");
        if initial.encoded_len() == 0 {
            send.push(b"=");
        }
        initial.push_to(send);
    }
    send.push(b"\r\n");
}

/// Octets of AUTH with its first message.
pub(crate) fn auth_len(mechanism: Mechanism, initial: &Payload<'_>) -> usize {
    b"AUTH  \r\n".len() + mechanism.name().len() + initial.encoded_len().max(1)
}
