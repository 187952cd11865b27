//! The commands we send.

use alloc::vec::Vec;

use sasl_core::{Mechanism, Payload, wire::SendBuf};

use crate::tag::Tag;

/// Octets of a command line that servers take for sure
/// (<https://www.rfc-editor.org/rfc/rfc7162#section-4>, less some room). A longer first message is
/// sent apart.
pub(crate) const LINE: usize = 8000;

/// Octets around the longest message: tag, `AUTHENTICATE`, mechanism, spaces, CRLF.
pub(crate) const FRAME: usize = 64;

pub(crate) fn capability(send: &mut SendBuf, tag: &Tag) {
    tag.push_to(send).push(b" CAPABILITY\r\n");
}

pub(crate) fn starttls(send: &mut SendBuf, tag: &Tag) {
    tag.push_to(send).push(b" STARTTLS\r\n");
}

pub(crate) fn id(send: &mut SendBuf, tag: &Tag, fields: &[u8]) {
    tag.push_to(send).push(b" ID ").push(fields).push(b"\r\n");
}

/// `initial`: the first message, where it may go along. An empty one is `=`
/// (<https://www.rfc-editor.org/rfc/rfc4959#section-3>).
pub(crate) fn authenticate(
    send: &mut SendBuf,
    tag: &Tag,
    mechanism: Mechanism,
    initial: Option<&Payload<'_>>,
) {
    tag.push_to(send)
        .push(b" AUTHENTICATE ")
        .push(mechanism.name().as_bytes());
    if let Some(initial) = initial {
        send.push(b" ");
        if initial.encoded_len() == 0 {
            send.push(b"=");
        }
        initial.push_to(send);
    }
    send.push(b"\r\n");
}

/// The LOGIN command, for passwords where nothing else is offered. Both arguments are quoted; the
/// caller has seen to it that they are ASCII.
pub(crate) fn login(send: &mut SendBuf, tag: &Tag, user: &str, password: &str) {
    tag.push_to(send).push(b" LOGIN \"");
    push_quoted(user, |piece| {
        send.push(piece);
    });
    send.push(b"\" \"");
    push_quoted(password, |piece| {
        send.push_secret(piece);
    });
    send.push(b"\"\r\n");
}

/// The argument of ID: fields that [`Options::identify`](crate::Options::identify) has checked.
pub(crate) fn id_fields(fields: &[(&str, &str)]) -> Vec<u8> {
    if fields.is_empty() {
        return b"NIL".to_vec();
    }
    let mut out = b"(".to_vec();
    for (n, text) in fields
        .iter()
        .flat_map(|(name, value)| [name, value])
        .enumerate()
    {
        out.extend_from_slice(if n == 0 { b"\"" } else { b" \"" });
        push_quoted(text, |piece| out.extend_from_slice(piece));
        out.push(b'"');
    }
    out.push(b')');
    out
}

/// The pieces of a quoted string: a backslash before each quote and backslash.
fn push_quoted(text: &str, mut push: impl FnMut(&[u8])) {
    for piece in text
        .as_bytes()
        .split_inclusive(|octet| matches!(octet, b'"' | b'\\'))
    {
        match piece {
            [before @ .., special @ (b'"' | b'\\')] => {
                push(before);
                push(&[b'\\', *special]);
            }
            piece => push(piece),
        }
    }
}

#[cfg(test)]
mod tests;
