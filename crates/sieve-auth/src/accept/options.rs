//! What the embedder of a ManageSieve server decides.

use alloc::string::String;

use sasl_core::{AcceptSettings, Invalid, wire::is_text};

use crate::options::{offer, split_name};

/// What the embedder of a ManageSieve server decides.
///
/// ```
/// use sasl_core::AcceptSettings;
/// use sieve_auth::AcceptOptions;
///
/// let options = AcceptOptions::from(AcceptSettings::new().scope("mail"))
///     .greeting("mail.example.com ready")?
///     .capabilities("IMPLEMENTATION Example\nSIEVE fileinto vacation\nNOTIFY mailto")?;
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct AcceptOptions {
    pub(crate) settings: AcceptSettings,
    pub(crate) greeting: String,
    capabilities: String,
}

/// What every server has to tell (<https://www.rfc-editor.org/rfc/rfc5804#section-1.7>), besides what
/// [`Accept`](crate::Accept) knows itself.
const REQUIRED: [&str; 2] = ["IMPLEMENTATION", "SIEVE"];

impl AcceptOptions {
    /// The default settings, and a server whose scripts know `fileinto`.
    pub fn new() -> Self {
        Self::from(AcceptSettings::new())
    }

    /// The text behind the first list of capabilities.
    ///
    /// # Errors
    ///
    /// When it is not 1 to 255 printable ASCII characters.
    pub fn greeting(mut self, text: &str) -> Result<Self, Invalid> {
        if !is_text(text) {
            return Err(Invalid::Text);
        }
        self.greeting = text.into();
        Ok(self)
    }

    /// The capabilities, one in a line: a name, a space, the value, if there is one. `SASL`, `STARTTLS`
    /// and `VERSION` are added to them.
    ///
    /// # Errors
    ///
    /// When a line is not 1 to 255 printable ASCII characters, or has no name; when a name comes twice;
    /// when `IMPLEMENTATION` or `SIEVE` is missing, or one is there that is added.
    pub fn capabilities(mut self, list: &str) -> Result<Self, Invalid> {
        let has = |name: &str| {
            list.lines()
                .any(|line| split_name(line).0.eq_ignore_ascii_case(name))
        };
        let offer = offer(list).ok_or(Invalid::Capabilities)?;
        let ours = offer.names_mechanisms() || offer.starttls() || offer.names_version();
        if ours || !REQUIRED.into_iter().all(has) || !list.lines().all(is_text) {
            return Err(Invalid::Capabilities);
        }
        self.capabilities = list.into();
        Ok(self)
    }

    /// The names of the capabilities, and their values.
    pub(super) fn listed(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.capabilities.lines().map(|line| {
            let (name, value) = split_name(line);
            // Those that have to be there have to have a value.
            let is_required = || {
                REQUIRED
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(name))
            };
            let has_value = !value.is_empty() || is_required();
            (name, has_value.then_some(value))
        })
    }
}

impl From<AcceptSettings> for AcceptOptions {
    fn from(settings: AcceptSettings) -> Self {
        Self {
            settings,
            greeting: "ready".into(),
            capabilities: "IMPLEMENTATION mail-login\nSIEVE fileinto".into(),
        }
    }
}

impl Default for AcceptOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
