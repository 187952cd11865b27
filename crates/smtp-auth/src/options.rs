//! What the caller decides about an SMTP login.

use alloc::{borrow::Cow, string::String};
use core::net::{Ipv4Addr, Ipv6Addr};

use sasl_core::{Invalid, Limits, Settings};

/// Settings shared by all protocols, and those that only SMTP has.
///
/// Of the limits, [`Limits::line`] is 8 KiB here unless the settings have another one than the common
/// default; lines with a challenge may always have 16 KiB.
///
/// ```
/// use sasl_core::{Mechanism, Settings};
/// use smtp_auth::Options;
///
/// let options = Options::from(Settings::new().mechanisms(&[Mechanism::XOAuth2]))
///     .client_name("client.example.org")?
///     .long_initial_response(true);
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) settings: Settings,
    pub(crate) client_name: Cow<'static, str>,
    pub(crate) lmtp: bool,
    pub(crate) long_initial_response: bool,
}

impl Options {
    /// The defaults: robust, SMTP, `EHLO [127.0.0.1]`.
    pub fn new() -> Self {
        Self::default()
    }

    /// What EHLO says: the host name of this machine or an address literal such as `[192.0.2.1]` or
    /// `[IPv6:2001:db8::1]` (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3>). Default
    /// `[127.0.0.1]`, which tells nobody anything and which submission servers take.
    ///
    /// # Errors
    ///
    /// When it is neither.
    pub fn client_name(mut self, name: &str) -> Result<Self, Invalid> {
        if !is_host(name) {
            return Err(Invalid::ClientName);
        }
        self.client_name = Cow::Owned(String::from(name));
        Ok(self)
    }

    /// Speaks LMTP, which has LHLO instead of EHLO and is the same otherwise
    /// (<https://www.rfc-editor.org/rfc/rfc2033#section-4.1>). Default false.
    pub fn lmtp(mut self, lmtp: bool) -> Self {
        self.lmtp = lmtp;
        self
    }

    /// Sends the first message with AUTH even if the line gets longer than the 512 octets that every
    /// server takes. Default false.
    ///
    /// It saves a round trip with most tokens and works at large providers. Servers that take less
    /// answer in ways that look like a refused token (`535`), so a permanent failure of such a line
    /// is followed by one repeat with the message apart.
    pub fn long_initial_response(mut self, allow: bool) -> Self {
        self.long_initial_response = allow;
        self
    }

    /// Capabilities known from an earlier login, one per line. They are checked and not used: AUTH is
    /// not allowed before EHLO (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4>), and its
    /// answer tells them anyway. It is here so that one program text serves all three protocols.
    ///
    /// # Errors
    ///
    /// When they are not lines of printable ASCII.
    pub fn assume(self, capabilities: &str) -> Result<Self, Invalid> {
        let printable = |octet| matches!(octet, 0x20..=0x7e | b'\n');
        if capabilities.bytes().all(printable) {
            Ok(self)
        } else {
            Err(Invalid::Capabilities)
        }
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
    /// Lines are at most 8 KiB long unless the settings have another limit than the default.
    fn from(settings: Settings) -> Self {
        let mut limits = settings.chosen_limits().clone();
        if limits.line == Limits::default().line {
            limits.line = LINE;
        }
        Self {
            settings: settings.limits(limits),
            client_name: Cow::Borrowed("[127.0.0.1]"),
            lmtp: false,
            long_initial_response: false,
        }
    }
}

/// Octets of a line; <https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.5> has 512, and servers
/// exceed it.
const LINE: usize = 8 << 10;

/// A host name or an address literal.
pub(crate) fn is_host(name: &str) -> bool {
    is_domain(name) || is_address_literal(name)
}

/// `Domain` of <https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2>.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        matches!(label.len(), 1..=63)
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|o| o.is_ascii_alphanumeric() || o == b'-')
    };
    name.len() <= 255 && name.split('.').all(is_label)
}

/// `address-literal` of <https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3>, for the two kinds of
/// addresses there are.
fn is_address_literal(name: &str) -> bool {
    let Some(address) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) else {
        return false;
    };
    match address.split_at_checked(5) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => {
            address.parse::<Ipv6Addr>().is_ok()
        }
        Some(_) | None => address.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests;
