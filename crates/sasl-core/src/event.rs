//! Facts on the way, and those who want to know them.

use crate::{Capabilities, Mechanism, Outgoing, Refusal, Text};

/// A fact, never a duty: a driver may drop every one of them. None holds a secret.
///
/// ```
/// use sasl_core::{Event, Mechanism};
///
/// let event = Event::Chosen { mechanism: Mechanism::XOAuth2, initial_response: true };
/// assert_eq!(event.name(), "chosen");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A mechanism was chosen and is about to be used.
    Chosen {
        /// Which one.
        mechanism: Mechanism,
        /// Whether its first message goes out with the command.
        initial_response: bool,
    },
    /// The server introduced itself. The text is untrusted.
    Greeting(Text<'a>),
    /// Something odd that does not stop the login. The text, if any, is the server's.
    Notice {
        /// What.
        notice: Notice,
        /// The server's words, untrusted; often empty.
        text: Text<'a>,
    },
    /// The server told what it offers in the present security state.
    Offered(&'a Capabilities),
    /// The server explained a refusal; the final answer follows.
    Refused(&'a Refusal),
}

impl Event<'_> {
    /// A stable name for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Chosen { .. } => "chosen",
            Self::Greeting(_) => "greeting",
            Self::Notice { .. } => "notice",
            Self::Offered(_) => "offered",
            Self::Refused(_) => "refused",
        }
    }
}

/// Something odd or worth knowing that does not stop a login.
///
/// ```
/// assert!(sasl_core::Notice::HintWrong.to_string().contains("assumed"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Notice {
    /// The server wants the user to read this. Only passed on when it came under TLS.
    #[error("the server has a message for the user")]
    Alert,
    /// CONTACTADMIN beside a success.
    #[error("the server wants the user to contact the administrator")]
    ContactAdmin,
    /// CLIENTBUG: the server thinks that we made a mistake.
    #[error("the server thinks that we made a mistake")]
    ClientBug,
    /// LITERAL+ and LITERAL- together.
    #[error("the server offers LITERAL+ and LITERAL- together, the stricter one counts")]
    BothLiterals,
    /// Capabilities assumed from an earlier connection were wrong; one round trip was lost.
    #[error("the assumed capabilities were wrong, the server was asked again")]
    HintWrong,
    /// The first message is sent apart from the command now.
    #[error("the server does not take the first message with the command, it is sent apart")]
    InitialResponseRefused,
    /// No revision of IMAP in the capabilities.
    #[error("the capabilities name no revision of the protocol")]
    NoRevision,
    /// `AUTH=` or `AUTH` with nothing behind it.
    #[error("the server offers a mechanism without a name")]
    NamelessMechanism,
    /// No list of mechanisms at all.
    #[error("the server names no mechanisms")]
    NoMechanisms,
    /// The account lives on another server; the text is its URL.
    #[error("the account has another home server, which is never contacted automatically")]
    Referral,
    /// A capability twice; the first one counts.
    #[error("the server named a capability twice, the first one counts")]
    RepeatedCapability,
    /// STARTTLS offered inside TLS.
    #[error("the server offers STARTTLS inside TLS, which is ignored")]
    StartTlsInsideTls,
    /// Success came with data that the mechanism does not have.
    #[error("the server sent data with its success that the mechanism does not have")]
    UnexpectedSuccessData,
    /// A page that the user should open, never opened automatically; the text is its URL.
    #[error("the server asks the user to open a page")]
    WebAlert,
}

/// Whoever wants to watch a login: a log, a terminal, a test.
///
/// Every method does nothing by default. A closure over [`Event`] is an observer too.
///
/// ```
/// use sasl_core::{Event, Observer};
///
/// let mut names = Vec::new();
/// let mut observer = |event: &Event<'_>| names.push(event.name());
/// observer.event(&Event::Greeting(sasl_core::Text::new(b"ready")));
/// assert_eq!(names, ["greeting"]);
/// ```
pub trait Observer {
    /// The machine told a fact.
    fn event(&mut self, event: &Event<'_>) {
        let _ = event;
    }

    /// These bytes were written. Show [`Outgoing::redacted`], nothing else.
    fn sent(&mut self, bytes: &Outgoing<'_>) {
        let _ = bytes;
    }

    /// These bytes were read.
    fn received(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// TLS is up.
    fn secured(&mut self, tls: &Tls<'_>) {
        let _ = tls;
    }
}

impl<F: FnMut(&Event<'_>)> Observer for F {
    fn event(&mut self, event: &Event<'_>) {
        self(event);
    }
}

/// What a finished TLS handshake agreed on.
///
/// ```
/// let tls = sasl_core::Tls { version: "TLSv1.3", alpn: Some(b"imap"), certificate: None };
/// assert_eq!(tls.version, "TLSv1.3");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tls<'a> {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'a str,
    /// The application protocol that was agreed on, if any (RFC 7301).
    pub alpn: Option<&'a [u8]>,
    /// The server's certificate, DER.
    pub certificate: Option<&'a [u8]>,
}
