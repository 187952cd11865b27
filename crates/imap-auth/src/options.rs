//! What the caller decides about an IMAP login.

use alloc::vec::Vec;

use sasl_core::{Invalid, Limits, Settings};

use crate::parse::{self, Offer};

/// Settings shared by all protocols, and those that only IMAP has.
///
/// ```
/// use imap_auth::Options;
/// use sasl_core::{Mechanism, Settings};
///
/// let options = Options::from(Settings::new().mechanisms(&[Mechanism::XOAuth2]))
///     .tag_prefix("k3v9")?
///     .assume("IMAP4rev1 SASL-IR AUTH=XOAUTH2")?
///     .identify(&[("name", "example"), ("version", "1.0")])?;
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) settings: Settings,
    pub(crate) prefix: Prefix,
    pub(crate) assumed: Option<Offer>,
    pub(crate) identification: Option<Vec<u8>>,
    pub(crate) allow_preauth: bool,
}

/// The prefix of those who choose none: short, and the same in every transcript.
const USUAL: &[u8] = b"A";

/// What the tags of a connection begin with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix {
    octets: [u8; 10],
    len: usize,
}

impl Options {
    /// The defaults: robust, tags `A1`, `A2`, …
    pub fn new() -> Self {
        Self::default()
    }

    /// What all tags begin with: 1 to 10 ASCII letters and digits. A random prefix for each
    /// connection makes it impossible to forge an answer in advance.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn tag_prefix(mut self, prefix: &str) -> Result<Self, Invalid> {
        self.prefix = Prefix::new(prefix).ok_or(Invalid::TagPrefix)?;
        Ok(self)
    }

    /// Capabilities known from an earlier login to this server under TLS, as the server listed them.
    ///
    /// They save a round trip where the greeting has none. They are verified, not trusted: a list
    /// from the server always wins, and after a refusal that a wrong guess could explain the server
    /// is asked and the login repeated if it had been wrong.
    ///
    /// # Errors
    ///
    /// When they are not printable ASCII names.
    pub fn assume(mut self, capabilities: &str) -> Result<Self, Invalid> {
        let printable = capabilities
            .bytes()
            .all(|octet| matches!(octet, 0x20..=0x7e));
        let offer = parse::capabilities(capabilities.as_bytes(), true);
        self.assumed = Some(
            offer
                .ok()
                .filter(|_| printable)
                .ok_or(Invalid::Capabilities)?,
        );
        Ok(self)
    }

    /// Sends the ID command before the login (<https://www.rfc-editor.org/rfc/rfc2971>), which some
    /// providers want. It costs a round trip. At most 30 fields of printable ASCII.
    ///
    /// # Errors
    ///
    /// When there are too many fields, a name has not 1 to 30 characters or comes twice, a value has
    /// more than 1024, or anything is not printable ASCII.
    pub fn identify(mut self, fields: &[(&str, &str)]) -> Result<Self, Invalid> {
        let printable = |text: &str| text.bytes().all(|octet| matches!(octet, 0x20..=0x7e));
        let fits = fields.len() <= 30
            && fields.iter().enumerate().all(|(n, (name, value))| {
                let before = fields.iter().take(n);
                matches!(name.len(), 1..=30)
                    && value.len() <= 1024
                    && printable(name)
                    && printable(value)
                    && !before
                        .into_iter()
                        .any(|(other, _)| other.eq_ignore_ascii_case(name))
            });
        if !fits {
            return Err(Invalid::Identification);
        }
        self.identification = Some(crate::command::id_fields(fields));
        Ok(self)
    }

    /// Takes PREAUTH as success: logged in as somebody, but not by these credentials. Default false.
    pub fn allow_preauth(mut self, allow: bool) -> Self {
        self.allow_preauth = allow;
        self
    }

    /// The settings shared by all protocols.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same, to change them.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Makes the tags of this connection random, unless the caller has chosen a prefix.
    pub(crate) fn randomize_tags(&mut self, random: &[u8; 8]) {
        if self.prefix.as_bytes() == USUAL {
            // Five letters of 26: one forged answer in twelve million would have the right tag.
            let letters = random.map(|octet| b'A' + octet % 26);
            let letters = core::str::from_utf8(letters.get(..5).unwrap_or_default());
            if let Some(prefix) = letters.ok().and_then(Prefix::new) {
                self.prefix = prefix;
            }
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        self.settings.chosen_limits()
    }

    pub(crate) fn is_strict(&self) -> bool {
        !self.settings.is_robust()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::from(Settings::new())
    }
}

impl From<Settings> for Options {
    fn from(settings: Settings) -> Self {
        Self {
            settings,
            prefix: Prefix {
                octets: *b"A         ",
                len: 1,
            },
            assumed: None,
            identification: None,
            allow_preauth: false,
        }
    }
}

impl Prefix {
    fn new(prefix: &str) -> Option<Self> {
        let fits = !prefix.is_empty() && prefix.bytes().all(|octet| octet.is_ascii_alphanumeric());
        let mut octets = [b' '; 10];
        octets
            .get_mut(..prefix.len())
            .filter(|_| fits)?
            .copy_from_slice(prefix.as_bytes());
        Some(Self {
            octets,
            len: prefix.len(),
        })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
