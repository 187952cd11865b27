//! What the embedder of an SMTP server decides.

use alloc::string::String;

use sasl_core::{AcceptSettings, Invalid, wire::is_text};

use crate::options::is_host;

/// What the embedder of an SMTP server decides.
///
/// ```
/// use sasl_core::AcceptSettings;
/// use smtp_auth::AcceptOptions;
///
/// let options = AcceptOptions::from(AcceptSettings::new().scope("mail"))
///     .server_name("mail.example.com")?
///     .greeting("ready")?
///     .capabilities("PIPELINING\n8BITMIME\nSIZE 10240000\nENHANCEDSTATUSCODES")?;
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct AcceptOptions {
    pub(crate) settings: AcceptSettings,
    pub(crate) server_name: String,
    pub(crate) greeting: String,
    pub(crate) capabilities: String,
    pub(crate) lmtp: bool,
}

impl AcceptOptions {
    /// The default settings, and a server that calls itself `localhost`.
    pub fn new() -> Self {
        Self::from(AcceptSettings::new())
    }

    /// What the server calls itself in its greeting and in the answer to EHLO: its host name or an
    /// address literal (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3>).
    ///
    /// # Errors
    ///
    /// When it is neither.
    pub fn server_name(mut self, name: &str) -> Result<Self, Invalid> {
        if !is_host(name) {
            return Err(Invalid::ServerName);
        }
        self.server_name = name.into();
        Ok(self)
    }

    /// The text of the greeting, behind the server's name and `ESMTP`.
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

    /// The extensions that the answer to EHLO names, one per line. `AUTH` and `STARTTLS` are added to
    /// them where they are offered. `ENHANCEDSTATUSCODES` should be among them: every answer has one
    /// (<https://www.rfc-editor.org/rfc/rfc2034#section-4>).
    ///
    /// # Errors
    ///
    /// When a line is not a keyword with parameters of printable ASCII behind single spaces, has more
    /// than 255 characters, or is `AUTH` or `STARTTLS`, which clients must see only where it is true.
    pub fn capabilities(mut self, list: &str) -> Result<Self, Invalid> {
        if !list.split_terminator('\n').all(is_capability) {
            return Err(Invalid::Capabilities);
        }
        self.capabilities = list.into();
        Ok(self)
    }

    /// Speaks LMTP, which has LHLO instead of EHLO and HELO and is the same otherwise
    /// (<https://www.rfc-editor.org/rfc/rfc2033#section-4.1>). Default false.
    pub fn lmtp(mut self, lmtp: bool) -> Self {
        self.lmtp = lmtp;
        self
    }

    /// The extensions, line by line.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = &str> {
        self.capabilities.split_terminator('\n')
    }
}

/// `ehlo-line` of <https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1>.
fn is_capability(line: &str) -> bool {
    let (keyword, _) = line.split_once(' ').unwrap_or((line, ""));
    let is_keyword = !keyword.starts_with('-')
        && keyword
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    let ours = ["AUTH", "STARTTLS"]
        .iter()
        .any(|word| keyword.eq_ignore_ascii_case(word));
    is_keyword && !ours && is_text(line) && line.split(' ').all(|word| !word.is_empty())
}

impl From<AcceptSettings> for AcceptOptions {
    fn from(settings: AcceptSettings) -> Self {
        Self {
            settings,
            server_name: "localhost".into(),
            greeting: "ready".into(),
            capabilities: "PIPELINING\nENHANCEDSTATUSCODES".into(),
            lmtp: false,
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
