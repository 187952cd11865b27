//! What the caller decides about a ManageSieve login.

use sasl_core::{Invalid, Limits, Settings};

use crate::parse::Offer;

/// Settings shared by all protocols, and those that only ManageSieve has.
///
/// ```
/// use sasl_core::{Mechanism, Settings};
/// use sieve_auth::Options;
///
/// let options = Options::from(Settings::new().mechanisms(&[Mechanism::XOAuth2]))
///     .assume("SASL OAUTHBEARER XOAUTH2\nVERSION 1.0")?;
/// assert!(options.settings().is_robust());
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) settings: Settings,
    pub(crate) assumed: Option<Offer>,
}

/// Octets of one line, where the caller has not chosen another number.
const LINE: usize = 16 << 10;

impl Options {
    /// The defaults: robust, nothing assumed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Capabilities known from an earlier login to this server under TLS, one in a line, as
    /// [`Capabilities::iter`](sasl_core::Capabilities::iter) gave them.
    ///
    /// They only help with an old server that does not list its capabilities again after STARTTLS:
    /// they save the question. They are verified, not trusted: a list from the server always wins,
    /// and after a refusal that a wrong guess could explain the server is asked and the login
    /// repeated if it had been wrong.
    ///
    /// # Errors
    ///
    /// When they are not printable ASCII, or a name is missing or comes twice.
    pub fn assume(mut self, capabilities: &str) -> Result<Self, Invalid> {
        self.assumed = Some(offer(capabilities).ok_or(Invalid::Capabilities)?);
        Ok(self)
    }

    /// The settings shared by all protocols.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same, to change them.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
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
    /// Lines are at most 16 KiB long unless the settings have another limit than the default.
    fn from(settings: Settings) -> Self {
        let mut limits = settings.chosen_limits().clone();
        let settings = if limits.line == Limits::default().line {
            limits.line = LINE;
            settings.limits(limits)
        } else {
            settings
        };
        Self {
            settings,
            assumed: None,
        }
    }
}

/// A list of capabilities, one in a line.
pub(crate) fn offer(capabilities: &str) -> Option<Offer> {
    let mut offer = Offer::default();
    for (n, line) in capabilities.lines().enumerate() {
        let (name, value) = split_name(line);
        let printable = line.bytes().all(|octet| matches!(octet, 0x20..=0x7e));
        let mut before = capabilities.lines().take(n).map(split_name);
        if !printable || before.any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return None;
        }
        offer.add(name.as_bytes(), value.as_bytes()).ok()?;
    }
    Some(offer)
}

pub(crate) fn split_name(line: &str) -> (&str, &str) {
    line.split_once(' ').unwrap_or((line, ""))
}
