//! What the embedder of a ManageSieve server decides.

use alloc::string::String;

use sasl_core::{AcceptSettings, Invalid, wire::is_text};

/// What the embedder of a ManageSieve server decides.
///
/// ```
/// use sasl_core::AcceptSettings;
/// use sieve_auth::AcceptOptions;
///
/// let options = AcceptOptions::from(AcceptSettings::new().scope("mail"))
///     .greeting("ready")?
///     .implementation("Example ManageSieve")?
///     .extensions("fileinto vacation")?;
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct AcceptOptions {
    pub(crate) settings: AcceptSettings,
    pub(crate) greeting: String,
    pub(crate) implementation: String,
    pub(crate) extensions: String,
}

impl AcceptOptions {
    /// The default settings.
    pub fn new() -> Self {
        Self::from(AcceptSettings::new())
    }

    /// The text behind the first list of capabilities.
    ///
    /// # Errors
    ///
    /// When it is not 1 to 255 printable ASCII characters, or has a quote or backslash.
    pub fn greeting(mut self, text: &str) -> Result<Self, Invalid> {
        self.greeting = quotable(text, Invalid::Text)?;
        Ok(self)
    }

    /// The name of the server (`IMPLEMENTATION`).
    ///
    /// # Errors
    ///
    /// As for [`greeting`](Self::greeting).
    pub fn implementation(mut self, name: &str) -> Result<Self, Invalid> {
        self.implementation = quotable(name, Invalid::Text)?;
        Ok(self)
    }

    /// The extensions of Sieve with a space between each (`SIEVE`).
    ///
    /// # Errors
    ///
    /// As for [`greeting`](Self::greeting).
    pub fn extensions(mut self, list: &str) -> Result<Self, Invalid> {
        self.extensions = quotable(list, Invalid::Capabilities)?;
        Ok(self)
    }
}

fn quotable(text: &str, invalid: Invalid) -> Result<String, Invalid> {
    if is_text(text) && !text.contains(['"', '\\']) {
        Ok(text.into())
    } else {
        Err(invalid)
    }
}

impl From<AcceptSettings> for AcceptOptions {
    fn from(settings: AcceptSettings) -> Self {
        Self {
            settings,
            greeting: "ready".into(),
            implementation: "mail-login".into(),
            extensions: "fileinto vacation".into(),
        }
    }
}

impl Default for AcceptOptions {
    fn default() -> Self {
        Self::new()
    }
}
