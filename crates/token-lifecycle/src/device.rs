//! Signing in on another device (<https://www.rfc-editor.org/rfc/rfc8628>).

mod poll;

use alloc::string::String;
use core::{fmt, time::Duration};

use sasl_core::{Secret, Text};

pub use poll::{DevicePoll, DeviceStep};

use crate::{DocumentError, InvalidUrl, Url, json::Object};

/// What the server answered to a [`DeviceRequest`](crate::DeviceRequest)
/// (<https://www.rfc-editor.org/rfc/rfc8628#section-3.2>): what the user has to see, and what we ask
/// with.
///
/// ```
/// use token_lifecycle::DeviceAuthorization;
///
/// let device = DeviceAuthorization::parse(br#"{
///   "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
///   "user_code": "WDJB-MJHT",
///   "verification_uri": "https://example.com/device",
///   "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
///   "expires_in": 1800,
///   "interval": 5
/// }"#)?;
/// assert_eq!(
///     format!("open {} and enter {}", device.verification_uri(), device.user_code()),
///     "open https://example.com/device and enter WDJB-MJHT"
/// );
/// assert!(!format!("{device:?}").contains("GmRh"));
/// # Ok::<(), token_lifecycle::DeviceError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceAuthorization {
    device_code: Secret,
    user_code: String,
    verification_uri: Url,
    verification_uri_complete: Option<Url>,
    expires_in: Duration,
    interval: Duration,
}

/// Why the answer cannot be used.
///
/// ```
/// use token_lifecycle::{DeviceAuthorization, DeviceError};
/// let answer = br#"{"device_code":"x","user_code":"y","expires_in":60}"#;
/// assert_eq!(DeviceAuthorization::parse(answer), Err(DeviceError::Missing("verification_uri")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// A code that is too long, or has characters it cannot have. Holds the name of the member.
    #[error("the answer's {0} has a form it cannot have: try again, or use another way to sign in")]
    Code(&'static str),
    /// The document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A member that is needed and not there. Holds its name.
    #[error("the answer has no {0}: check the address, or use another way to sign in")]
    Missing(&'static str),
    /// The address for the user.
    #[error("the address that the user would be sent to cannot be used: {0}")]
    VerificationUri(InvalidUrl),
}

const MEMBERS: &[&str] = &[
    "device_code",
    "user_code",
    "verification_uri",
    "verification_url",
    "verification_uri_complete",
    "expires_in",
    "interval",
];

const LIMIT: usize = 64 << 10;
/// The longest code for the machine, and for people.
const DEVICE_CODE: usize = 4096;
const USER_CODE: usize = 64;
/// How often to ask if the server does not say (<https://www.rfc-editor.org/rfc/rfc8628#section-3.2>).
const INTERVAL: u64 = 5;
/// The longest interval and life that are believed.
const INTERVAL_MAX: u64 = 3600;
const LIFE_MAX: u64 = 24 * 3600;

impl DeviceAuthorization {
    /// Reads the body of an answer with status 200.
    ///
    /// # Errors
    ///
    /// When it is no such document, or the user would be sent to an address without TLS.
    pub fn parse(document: &[u8]) -> Result<Self, DeviceError> {
        Self::parse_with(document, Url::new)
    }

    /// The same, but the address for the user may also be `http` to this very machine, for tests and
    /// development.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse).
    pub fn dangerous_loopback(document: &[u8]) -> Result<Self, DeviceError> {
        Self::parse_with(document, Url::dangerous_loopback)
    }

    fn parse_with(
        document: &[u8],
        url: fn(&str) -> Result<Url, InvalidUrl>,
    ) -> Result<Self, DeviceError> {
        let mut object = Object::parse(document, LIMIT, MEMBERS)?;
        let text = |name| object.text(name).ok_or(DeviceError::Missing(name));
        // What people type and read; nothing that drives a terminal.
        let user_code = text("user_code")?;
        if user_code.len() > USER_CODE || user_code.chars().any(char::is_control) {
            return Err(DeviceError::Code("user_code"));
        }
        let user_code = String::from(user_code);
        // Google's documents call it by the name of an older draft.
        let verification_uri = object
            .text("verification_uri")
            .or_else(|| object.text("verification_url"))
            .ok_or(DeviceError::Missing("verification_uri"))?;
        let verification_uri = url(verification_uri).map_err(DeviceError::VerificationUri)?;
        let complete = object.text("verification_uri_complete").map(url);
        let verification_uri_complete =
            complete.transpose().map_err(DeviceError::VerificationUri)?;
        let expires_in = object
            .number("expires_in")
            .ok_or(DeviceError::Missing("expires_in"))?;
        let interval = object.number("interval").unwrap_or(INTERVAL);
        let device_code = object
            .take_secret("device_code")
            .ok_or(DeviceError::Missing("device_code"))?;
        if device_code.expose().len() > DEVICE_CODE {
            return Err(DeviceError::Code("device_code"));
        }
        Ok(Self {
            device_code,
            user_code,
            verification_uri,
            verification_uri_complete,
            expires_in: Duration::from_secs(expires_in.min(LIFE_MAX)),
            // Not without a pause, whatever the server says.
            interval: Duration::from_secs(interval.clamp(1, INTERVAL_MAX)),
        })
    }

    /// What we ask with. It is never shown.
    pub fn device_code(&self) -> &Secret {
        &self.device_code
    }

    /// What the user enters, or compares where the address has it already; always shown
    /// (<https://www.rfc-editor.org/rfc/rfc8628#section-3.3.1>).
    pub fn user_code(&self) -> Text<'_> {
        Text::new(self.user_code.as_bytes())
    }

    /// Where the user goes.
    pub fn verification_uri(&self) -> &Url {
        &self.verification_uri
    }

    /// The same with the code in it, for a QR code.
    pub fn verification_uri_complete(&self) -> Option<&Url> {
        self.verification_uri_complete.as_ref()
    }

    /// How long the user has.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// How long to wait between two questions.
    pub fn interval(&self) -> Duration {
        self.interval
    }
}

impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAuthorization")
            .field("user_code", &self.user_code())
            .field("verification_uri", &self.verification_uri)
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
