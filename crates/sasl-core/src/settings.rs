//! What the caller decides: limits, strictness, mechanisms, the address as the user knows it.

use alloc::string::{String, ToString};

use crate::{Invalid, Kind, Mechanism};

/// What the three protocols let the caller decide alike.
///
/// ```
/// use sasl_core::{Conformance, Endpoint, Mechanism, Settings};
///
/// let settings = Settings::new()
///     .endpoint(Endpoint::new("imap.example.com", 993)?)
///     .mechanisms(&[Mechanism::XOAuth2])
///     .conformance(Conformance::Strict);
/// assert_eq!(settings.chosen_conformance(), Conformance::Strict);
/// # Ok::<(), sasl_core::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) conformance: Conformance,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) initial_response: bool,
    pub(crate) limits: Limits,
    /// Only these, in this order; `None`: those of the credentials' kind in the usual order.
    pub(crate) mechanisms: Option<[Option<Mechanism>; 5]>,
    pub(crate) force: bool,
    pub(crate) trailing_bits: bool,
}

impl Settings {
    /// Robust, default limits, every mechanism of the credentials' kind.
    pub fn new() -> Self {
        Self {
            conformance: Conformance::Robust,
            endpoint: None,
            initial_response: true,
            limits: Limits::default(),
            mechanisms: None,
            force: false,
            trailing_bits: false,
        }
    }

    /// How strictly the server is taken by its word.
    pub fn conformance(mut self, conformance: Conformance) -> Self {
        self.conformance = conformance;
        self
    }

    /// The host and port that OAUTHBEARER tells the server. Behind a proxy or tunnel this is the
    /// address that the server knows itself by, not the one that was dialled
    /// (<https://www.rfc-editor.org/rfc/rfc7628#section-3.1>). Without it both fields are left out.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// The same without both fields.
    pub fn without_endpoint(mut self) -> Self {
        self.endpoint = None;
        self
    }

    /// Whether the first message may go out with the command where the server allows it. Default
    /// true; false costs a round trip and helps with servers that advertise what they cannot do.
    pub fn initial_response(mut self, allowed: bool) -> Self {
        self.initial_response = allowed;
        self
    }

    /// Other limits of incoming data.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Only these mechanisms, in this order. Those that do not fit the credentials are passed over.
    pub fn mechanisms(mut self, mechanisms: &[Mechanism]) -> Self {
        let mut chosen = [None; 5];
        for (place, mechanism) in chosen.iter_mut().zip(mechanisms) {
            *place = Some(*mechanism);
        }
        self.mechanisms = Some(chosen);
        self
    }

    /// Uses the first mechanism even when the server does not offer it. Default false.
    pub fn force_mechanism(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Takes base64 from the server whose unused last bits are not zero. Default false.
    pub fn allow_trailing_bits(mut self, allow: bool) -> Self {
        self.trailing_bits = allow;
        self
    }

    /// How strictly the server is taken by its word.
    pub fn chosen_conformance(&self) -> Conformance {
        self.conformance
    }

    /// Whether the robust preset holds.
    pub fn is_robust(&self) -> bool {
        self.conformance == Conformance::Robust
    }

    /// The endpoint, if one was given.
    pub fn chosen_endpoint(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref()
    }

    /// The limits.
    pub fn chosen_limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether an initial response may be sent.
    pub fn allows_initial_response(&self) -> bool {
        self.initial_response
    }

    /// The mechanisms to try for credentials of this kind, in order.
    pub(crate) fn candidates(&self, kind: Kind) -> impl Iterator<Item = Mechanism> {
        let usual = kind.mechanisms();
        let listed = self.mechanisms.unwrap_or_else(|| {
            let mut all = [None; 5];
            for (place, mechanism) in all.iter_mut().zip(usual) {
                *place = Some(*mechanism);
            }
            all
        });
        listed
            .into_iter()
            .flatten()
            .filter(|mechanism| usual.contains(mechanism))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

/// How strictly a server is taken by its word.
///
/// ```
/// assert_eq!(sasl_core::Conformance::default(), sasl_core::Conformance::Robust);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conformance {
    /// Harmless deviations that real servers show are put up with. Each is a named function in the
    /// `quirks` module of its crate.
    #[default]
    Robust,
    /// Every deviation from the standards is an error.
    Strict,
}

/// How much a server may send. Exceeding a limit is an error, never a truncation.
///
/// ```
/// let mut limits = sasl_core::Limits::default();
/// limits.line = 8192;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of one line, literals not counted. 64 KiB; SMTP 8 KiB, ManageSieve 16 KiB.
    pub line: usize,
    /// Octets of all literals in one line. 64 KiB.
    pub literal: usize,
    /// Literals in one line. 8.
    pub literals: usize,
    /// Lines in one reply or capability block. 256.
    pub reply_lines: usize,
    /// Octets of one reply of several lines. 64 KiB.
    pub reply: usize,
    /// Capabilities remembered. 512.
    pub capabilities: usize,
    /// Octets of one capability name. 255.
    pub capability: usize,
    /// Octets of a challenge after decoding. 16 KiB.
    pub challenge: usize,
    /// Challenges in one exchange. 8.
    pub rounds: usize,
    /// Octets before the answer to one command, and octets kept unread. 1 MiB.
    pub unasked: usize,
    /// Octets reserved for receiving, in one allocation. 4 KiB; more is allocated when it is needed.
    pub reserve: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 64 << 10,
            literal: 64 << 10,
            literals: 8,
            reply_lines: 256,
            reply: 64 << 10,
            capabilities: 512,
            capability: 255,
            challenge: 16 << 10,
            rounds: 8,
            unasked: 1 << 20,
            reserve: 4 << 10,
        }
    }
}

/// A host and port as OAUTHBEARER names them.
///
/// ```
/// use sasl_core::{Endpoint, Invalid};
/// assert_eq!(Endpoint::new("imap.example.com", 993)?.port(), 993);
/// assert_eq!(Endpoint::new("imap.example.com\r\n", 993).unwrap_err(), Invalid::Host);
/// # Ok::<(), Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
    port_text: String,
}

impl Endpoint {
    /// A host name in A-label form or an IP literal, and a port.
    ///
    /// # Errors
    ///
    /// When the host is empty, has more than 255 octets or anything but printable ASCII, or when
    /// the port is 0.
    pub fn new(host: &str, port: u16) -> Result<Self, Invalid> {
        let fits = matches!(host.len(), 1..=255) && host.bytes().all(|o| matches!(o, 0x21..=0x7e));
        match (fits, port) {
            (false, _) => Err(Invalid::Host),
            (true, 0) => Err(Invalid::Port),
            (true, _) => Ok(Self {
                host: host.into(),
                port,
                port_text: port.to_string(),
            }),
        }
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn port_text(&self) -> &str {
        &self.port_text
    }
}
