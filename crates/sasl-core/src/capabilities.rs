//! What a server offers, kept as it was sent.

use alloc::vec::Vec;
use core::fmt;

use crate::{Error, Limit, Limits, Mechanisms, Stage, Text};

/// The capabilities of a server in one security state.
///
/// The entries are kept as they were sent: atoms in IMAP (`SASL-IR`), lines in SMTP (`SIZE 1000`),
/// name and value in ManageSieve (`SIEVE fileinto vacation`). They are untrusted text.
///
/// ```
/// let capabilities = sasl_core::Capabilities::default();
/// assert_eq!(capabilities.iter().count(), 0);
/// assert!(!capabilities.has("IDLE"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Entries with a line feed behind each.
    entries: Vec<u8>,
    count: usize,
    mechanisms: Mechanisms,
}

impl Capabilities {
    /// An empty list with room for `octets`.
    pub fn with_capacity(octets: usize) -> Self {
        Self {
            entries: Vec::with_capacity(octets),
            ..Self::default()
        }
    }

    /// The entries in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = Text<'_>> {
        self.octets().map(Text::new)
    }

    /// Whether an entry has this name, without regard to case and to what stands behind a space.
    pub fn has(&self, name: &str) -> bool {
        self.octets().any(|entry| {
            let end = memchr::memchr(b' ', entry).unwrap_or(entry.len());
            entry
                .get(..end)
                .is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
        })
    }

    /// The mechanisms among them that this project speaks.
    pub fn mechanisms(&self) -> Mechanisms {
        self.mechanisms
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets everything and wipes nothing: capabilities are no secret.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.count = 0;
        self.mechanisms = Mechanisms::NONE;
    }

    /// Replaces the list by names with a space between each.
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub fn replace(
        &mut self,
        names: &[u8],
        mechanisms: Mechanisms,
        limits: &Limits,
    ) -> Result<(), Error> {
        self.clear();
        self.count = memchr::memchr_iter(b' ', names).count() + 1;
        if self.count > limits.capabilities {
            return Err(too_many());
        }
        self.entries.extend_from_slice(names);
        for octet in &mut self.entries {
            *octet = if *octet == b' ' { b'\n' } else { *octet };
        }
        self.entries.push(b'\n');
        self.mechanisms = mechanisms;
        Ok(())
    }

    /// Adds one entry made of `parts` with a space between each; empty parts are left out.
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub fn push(&mut self, parts: &[&[u8]], limits: &Limits) -> Result<(), Error> {
        self.count += 1;
        if self.count > limits.capabilities {
            return Err(too_many());
        }
        let mut between: &[u8] = b"";
        for part in parts.iter().filter(|part| !part.is_empty()) {
            self.entries.extend_from_slice(between);
            // A line feed inside an entry would make it two.
            self.entries
                .extend(part.iter().map(|o| if *o == b'\n' { b' ' } else { *o }));
            between = b" ";
        }
        self.entries.push(b'\n');
        Ok(())
    }

    /// Adds mechanisms.
    pub fn offer(&mut self, mechanisms: impl IntoIterator<Item = crate::Mechanism>) {
        mechanisms
            .into_iter()
            .for_each(|mechanism| self.mechanisms.insert(mechanism));
    }

    fn octets(&self) -> impl Iterator<Item = &[u8]> {
        self.entries
            .split(|octet| *octet == b'\n')
            .filter(|entry| !entry.is_empty())
    }
}

fn too_many() -> Error {
    Error::LimitExceeded {
        limit: Limit::Capabilities,
        during: Stage::Capabilities,
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
