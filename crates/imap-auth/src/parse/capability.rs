//! Capability lists (<https://www.rfc-editor.org/rfc/rfc9051#section-7.2.2>).

use memchr::memchr_iter;
use sasl_core::{Mechanism, Mechanisms, Violation, wire::is_word};

/// What a capability list says about logging in: a set of bits, no allocation.
///
/// ```
/// use imap_auth::parse::capabilities;
/// use sasl_core::Mechanism;
///
/// let offer = capabilities(b"IMAP4rev1 STARTTLS LOGINDISABLED auth=oauthbearer", false)?;
/// assert!(offer.starttls() && offer.login_disabled());
/// assert!(offer.mechanisms().contains(Mechanism::OAuthBearer));
/// assert!(!offer.allows_initial_response());
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    bits: u16,
    mechanisms: Mechanisms,
    longest: usize,
}

const IMAP4REV1: u16 = 1;
const IMAP4REV2: u16 = 2;
const LITERAL_MINUS: u16 = 4;
const LITERAL_PLUS: u16 = 8;
const LOGIN_DISABLED: u16 = 16;
const NAMELESS: u16 = 32;
const SASL_IR: u16 = 64;
const STARTTLS: u16 = 128;

impl Offer {
    /// The mechanisms among `AUTH=…` that this project speaks.
    pub fn mechanisms(&self) -> Mechanisms {
        self.mechanisms
    }

    /// Whether the first message may go out with AUTHENTICATE: `SASL-IR`, or a server that speaks
    /// IMAP4rev2 only, which has it built in (<https://www.rfc-editor.org/rfc/rfc4959#section-3>).
    pub fn allows_initial_response(&self) -> bool {
        self.bits & SASL_IR != 0 || self.bits & (IMAP4REV1 | IMAP4REV2) == IMAP4REV2
    }

    /// STARTTLS.
    pub fn starttls(&self) -> bool {
        self.bits & STARTTLS != 0
    }

    /// LOGINDISABLED. It forbids the LOGIN command and says nothing about AUTHENTICATE.
    pub fn login_disabled(&self) -> bool {
        self.bits & LOGIN_DISABLED != 0
    }

    /// Whether a revision of the protocol is named.
    pub fn names_revision(&self) -> bool {
        self.bits & (IMAP4REV1 | IMAP4REV2) != 0
    }

    /// LITERAL+ and LITERAL- at once, which a server must not say.
    pub fn names_both_literals(&self) -> bool {
        self.bits & (LITERAL_PLUS | LITERAL_MINUS) == LITERAL_PLUS | LITERAL_MINUS
    }

    /// `AUTH=` or `AUTH` without a mechanism.
    pub fn has_nameless_mechanism(&self) -> bool {
        self.bits & NAMELESS != 0
    }

    /// Octets of the longest name among those that are longer than any known one, which is 16; else
    /// something between 0 and 16.
    pub fn longest_name(&self) -> usize {
        self.longest
    }

    #[inline(always)]
    fn add(&mut self, name: &[u8]) {
        // Most names are told apart by their length alone.
        match name.len() {
            0..=3 => self.longest = self.longest.max(name.len()),
            4 if is_word(name, b"AUTH") => self.bits |= NAMELESS,
            7 if is_word(name, b"SASL-IR") => self.bits |= SASL_IR,
            8 if is_word(name, b"STARTTLS") => self.bits |= STARTTLS,
            8 if is_word(name, b"LITERAL+") => self.bits |= LITERAL_PLUS,
            8 if is_word(name, b"LITERAL-") => self.bits |= LITERAL_MINUS,
            9 if is_word(name, b"IMAP4rev1") => self.bits |= IMAP4REV1,
            9 if is_word(name, b"IMAP4rev2") => self.bits |= IMAP4REV2,
            13 if is_word(name, b"LOGINDISABLED") => self.bits |= LOGIN_DISABLED,
            5 | 10 | 12 | 13 | 16 => self.add_mechanism(name),
            length => self.longest = self.longest.max(length),
        }
    }

    #[inline(always)]
    fn add_mechanism(&mut self, name: &[u8]) {
        let Some((prefix, mechanism)) = name.split_at_checked(5) else {
            return;
        };
        if !is_word(prefix, b"AUTH=") {
            return;
        }
        if mechanism.is_empty() {
            self.bits |= NAMELESS;
        } else if let Some(mechanism) = Mechanism::parse(mechanism) {
            self.mechanisms.insert(mechanism);
        }
    }
}

/// Reads the names of a capability list, the word CAPABILITY not among them.
///
/// # Errors
///
/// In strict mode, when there is not exactly one space between two names.
pub fn capabilities(list: &[u8], strict: bool) -> Result<Offer, Violation> {
    let mut offer = Offer::default();
    let mut start = 0;
    for space in memchr_iter(b' ', list) {
        add_between(&mut offer, list, start, space, strict)?;
        start = space + 1;
    }
    add_between(&mut offer, list, start, list.len(), strict)?;
    Ok(offer)
}

#[inline(always)]
fn add_between(
    offer: &mut Offer,
    list: &[u8],
    start: usize,
    end: usize,
    strict: bool,
) -> Result<(), Violation> {
    let name = list.get(start..end).unwrap_or_default();
    if name.is_empty() && strict {
        return Err(Violation::BadCapabilities);
    }
    offer.add(name);
    Ok(())
}

#[cfg(test)]
mod tests;
