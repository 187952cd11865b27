//! SMTP: an answer to EHLO in one validating walk.

use memchr::memchr;

use super::{OAUTHBEARER, STARTTLS, XOAUTH2};

/// What an answer to EHLO offers.
#[inline(never)]
pub fn ehlo(reply: &[u8]) -> Option<u32> {
    let (mut rest, mut bits, mut first) = (reply, 0, true);
    loop {
        let end = memchr(b'\n', rest)?;
        let line = rest[..end].strip_suffix(b"\r")?;
        rest = &rest[end + 1..];
        let (last, text) = match line {
            [b'2', b'5', b'0', b' ', text @ ..] => (true, text),
            [b'2', b'5', b'0', b'-', text @ ..] => (false, text),
            _ => return None,
        };
        if !first {
            bits |= extension(text);
        }
        if last {
            return Some(bits);
        }
        first = false;
    }
}

/// Whether the last line of a reply, which begins at `start`, is there.
pub fn is_last(reply: &[u8], start: usize) -> bool {
    reply.get(start + 3) == Some(&b' ')
}

#[inline(always)]
fn extension(text: &[u8]) -> u32 {
    if text.len() >= 5 && text[..5].eq_ignore_ascii_case(b"AUTH ") {
        let mechanism = |name: &[u8]| match name.len() {
            7 if name.eq_ignore_ascii_case(b"XOAUTH2") => XOAUTH2,
            11 if name.eq_ignore_ascii_case(b"OAUTHBEARER") => OAUTHBEARER,
            _ => 0,
        };
        return text[5..]
            .split(|octet| *octet == b' ')
            .map(mechanism)
            .fold(0, |all, one| all | one);
    }
    if text.len() == 8 && text.eq_ignore_ascii_case(b"STARTTLS") {
        STARTTLS
    } else {
        0
    }
}
