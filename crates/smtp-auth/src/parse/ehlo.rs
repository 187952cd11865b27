//! The answer to EHLO (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1>).

use sasl_core::{Mechanism, Mechanisms, Violation, wire::is_word};

use super::reply_line;

/// What the answer to EHLO says about logging in: a set of bits, no allocation.
///
/// ```
/// use sasl_core::Mechanism;
///
/// let offer = smtp_auth::parse::ehlo(b"250-mx.example.com\r\n250-starttls\r\n250 AUTH PLAIN\r\n")?;
/// assert!(offer.starttls());
/// assert!(offer.mechanisms().contains(Mechanism::Plain));
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    mechanisms: Mechanisms,
    starttls: bool,
}

impl Offer {
    /// The mechanisms of all AUTH lines that this project speaks.
    pub fn mechanisms(&self) -> Mechanisms {
        self.mechanisms
    }

    /// STARTTLS.
    pub fn starttls(&self) -> bool {
        self.starttls
    }

    /// Adds a line, without code; never the first one, which names the server. `legacy`: `AUTH=`
    /// counts too.
    #[inline(always)]
    pub(crate) fn add(&mut self, line: &[u8], legacy: bool) {
        // Few lines begin with these letters, so most are told apart by one octet.
        match line {
            [b'A' | b'a', ..] => self.add_auth(line, legacy),
            [b'S' | b's', ..] if line.len() >= 8 => self.add_starttls(line),
            _ => {}
        }
    }

    #[inline(always)]
    fn add_auth(&mut self, line: &[u8], legacy: bool) {
        let Some((word, rest)) = line.split_at_checked(4) else {
            return;
        };
        let names = match rest {
            [b' ', names @ ..] => names,
            [b'=', names @ ..] if legacy => names,
            _ => return,
        };
        if is_word(word, b"AUTH") {
            names
                .split(|octet| *octet == b' ')
                .filter_map(Mechanism::parse)
                .for_each(|mechanism| self.mechanisms.insert(mechanism));
        }
    }

    #[inline(always)]
    fn add_starttls(&mut self, line: &[u8]) {
        let Some((word, rest)) = line.split_at_checked(8) else {
            return;
        };
        self.starttls |= is_word(word, b"STARTTLS") && matches!(rest, [] | [b' ', ..]);
    }
}

/// Reads a complete answer to EHLO with its line ends, in the robust manner. Nothing but the offer is
/// kept: a fast path for programs that read replies themselves.
///
/// # Errors
///
/// When it is not one whole reply with code 250 and nothing behind it.
pub fn ehlo(reply: &[u8]) -> Result<Offer, Violation> {
    let mut offer = Offer::default();
    let mut rest = reply;
    let mut first = true;
    if memchr::memchr(0, reply).is_some() {
        return Err(Violation::Nul);
    }
    loop {
        // A line ends at the first of these, or the reply is malformed.
        let end = memchr::memchr2(b'\r', b'\n', rest).ok_or(Violation::BadLine)?;
        let (line, behind) = rest.split_at_checked(end).ok_or(Violation::BadLine)?;
        rest = match behind {
            [b'\r', b'\n', rest @ ..] => rest,
            [b'\r'] => return Err(Violation::BadLine),
            _ => return Err(Violation::BadLineEnd),
        };
        let (last, text) = match line {
            [b'2', b'5', b'0', b'-', text @ ..] => (false, text),
            [b'2', b'5', b'0', b' ', text @ ..] => (true, text),
            b"250" => (true, &b""[..]),
            _ => return Err(wrong(line, first)),
        };
        if !first {
            offer.add(text, true);
        }
        first = false;
        if last {
            break;
        }
    }
    if rest.is_empty() {
        Ok(offer)
    } else {
        Err(Violation::UnsolicitedReply)
    }
}

#[cold]
fn wrong(line: &[u8], first: bool) -> Violation {
    match reply_line(line, false) {
        Err(violation) => violation,
        Ok(_) if first => Violation::BadCapabilities,
        Ok(_) => Violation::MixedReplyCodes,
    }
}

#[cfg(test)]
mod tests;
