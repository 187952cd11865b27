//! What the embedder of an IMAP server decides.

use alloc::string::String;

use sasl_core::{AcceptSettings, Invalid, wire::is_text};

/// What the embedder of an IMAP server decides.
///
/// ```
/// use imap_auth::AcceptOptions;
/// use sasl_core::AcceptSettings;
///
/// let options = AcceptOptions::from(AcceptSettings::new().scope("mail"))
///     .greeting("mail.example.com ready")?
///     .capabilities("IMAP4rev1 SASL-IR LITERAL- ID", "IMAP4rev1 IDLE UIDPLUS")?;
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct AcceptOptions {
    pub(crate) settings: AcceptSettings,
    pub(crate) greeting: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl AcceptOptions {
    /// The default settings.
    pub fn new() -> Self {
        Self::from(AcceptSettings::new())
    }

    /// The text of the greeting.
    ///
    /// # Errors
    ///
    /// When it is not 1 to 255 printable ASCII characters, or begins like a response code.
    pub fn greeting(mut self, text: &str) -> Result<Self, Invalid> {
        if text.starts_with('[') || !is_text(text) {
            return Err(Invalid::Text);
        }
        self.greeting = text.into();
        Ok(self)
    }

    /// The capabilities before the login and after it, with a space between each. Before it the
    /// mechanisms, STARTTLS and LOGINDISABLED are added. `SASL-IR` must be among them for a client to
    /// send its first message along; it is taken in any case.
    ///
    /// # Errors
    ///
    /// When one of the lists is not 1 to 255 printable ASCII characters with single spaces between
    /// the names, or holds `]`.
    pub fn capabilities(mut self, before: &str, after: &str) -> Result<Self, Invalid> {
        for list in [before, after] {
            let names = list.split(' ').all(|name| !name.is_empty());
            if !names || !is_text(list) || list.contains(']') {
                return Err(Invalid::Capabilities);
            }
        }
        (self.before, self.after) = (before.into(), after.into());
        Ok(self)
    }
}

impl From<AcceptSettings> for AcceptOptions {
    fn from(settings: AcceptSettings) -> Self {
        Self {
            settings,
            greeting: "ready".into(),
            before: "IMAP4rev1 SASL-IR LITERAL- ID".into(),
            after: "IMAP4rev1 SASL-IR LITERAL- ID".into(),
        }
    }
}

impl Default for AcceptOptions {
    fn default() -> Self {
        Self::new()
    }
}
