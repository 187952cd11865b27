//! IMAP: a capability line in one validating walk, and a whole login that knows what will come.

use memchr::{memchr, memchr_iter};

use super::{OAUTHBEARER, SASL_IR, STARTTLS, XOAUTH2, message};

/// What a greeting or `* CAPABILITY` line offers.
#[inline(never)]
pub fn capabilities(line: &[u8]) -> Option<u32> {
    let end = memchr(b'\n', line)?;
    let line = line[..end].strip_suffix(b"\r")?;
    if let Some(list) = line.strip_prefix(b"* CAPABILITY ") {
        return Some(names(list));
    }
    match line.strip_prefix(b"* OK ")?.strip_prefix(b"[CAPABILITY ") {
        Some(rest) => Some(names(&rest[..memchr(b']', rest)?])),
        None => Some(0),
    }
}

/// What the names of a list offer.
pub fn names(list: &[u8]) -> u32 {
    let (mut bits, mut start) = (0, 0);
    for space in memchr_iter(b' ', list) {
        bits |= bit(&list[start..space]);
        start = space + 1;
    }
    bits | bit(&list[start..])
}

#[inline(always)]
fn bit(name: &[u8]) -> u32 {
    match name.len() {
        7 if name.eq_ignore_ascii_case(b"SASL-IR") => SASL_IR,
        8 if name.eq_ignore_ascii_case(b"STARTTLS") => STARTTLS,
        12 if name.eq_ignore_ascii_case(b"AUTH=XOAUTH2") => XOAUTH2,
        16 if name.eq_ignore_ascii_case(b"AUTH=OAUTHBEARER") => OAUTHBEARER,
        _ => 0,
    }
}

/// A login with XOAUTH2 and an initial response that takes each line whole and does not copy it.
pub struct Login<'a> {
    user: &'a str,
    token: &'a str,
    asked: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// The login worked, or not.
    Done(bool),
    /// Write what was added to the output.
    Write,
}

impl<'a> Login<'a> {
    /// Nothing was read yet.
    pub fn new(user: &'a str, token: &'a str) -> Self {
        Self {
            user,
            token,
            asked: false,
        }
    }

    /// Takes one line of the server.
    #[inline(never)]
    pub fn feed(&mut self, line: &[u8], out: &mut Vec<u8>) -> Next {
        const COMMAND: &[u8] = b"A1 AUTHENTICATE XOAUTH2 ";
        if self.asked {
            return Next::Done(accepted(line).is_some());
        }
        let needed = XOAUTH2 | SASL_IR;
        if capabilities(line).is_none_or(|offer| offer & needed != needed) {
            return Next::Done(false);
        }
        out.reserve(COMMAND.len() + message::xoauth2_len(self.user, self.token) + 2);
        out.extend_from_slice(COMMAND);
        message::append_xoauth2(self.user, self.token, out);
        out.extend_from_slice(b"\r\n");
        self.asked = true;
        Next::Write
    }
}

fn accepted(line: &[u8]) -> Option<u32> {
    let line = &line[..memchr(b'\n', line)?];
    let rest = line
        .strip_prefix(b"A1 OK ")?
        .strip_prefix(b"[CAPABILITY ")?;
    Some(names(&rest[..memchr(b']', rest)?]))
}
