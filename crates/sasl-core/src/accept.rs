//! The side of the server: what the three `Accept` machines share.

mod acceptance;
pub(crate) mod acceptor;
pub(crate) mod channel;
mod document;
mod gs2;
mod message;
mod presented;
mod settings;

use alloc::string::String;
use core::fmt;

use crate::{Limit, Mechanism, Reason, Violation};

pub use acceptance::{Acceptance, Failure, Next};
pub use document::document;
pub use message::parse_message;
pub use presented::Presented;
pub use settings::AcceptSettings;

/// What an `Accept` machine needs of whoever embeds it, or how it ended. `H` is the proof with which
/// the machine for the time after STARTTLS is made.
///
/// ```
/// use sasl_core::{Accepting, Farewell};
///
/// let accepting: Accepting<()> = Accepting::Closed(Farewell::Asked);
/// assert!(matches!(accepting, Accepting::Closed(_)));
/// ```
#[derive(Debug)]
#[must_use = "a client waits for the answer"]
pub enum Accepting<H> {
    /// The client is in and knows it. What it sent beyond its login is in
    /// [`Machine::remaining`](crate::Machine::remaining).
    Accepted(Accepted),
    /// The conversation is over: close the connection.
    Closed(Farewell),
    /// The client shows this. Check it, tell the machine by `decide`, and poll again.
    Presented(Presented),
    /// The client was told to begin the TLS handshake, and nothing came behind its command.
    StartTls(H),
}

/// A login that was accepted.
///
/// ```
/// use sasl_core::{AcceptSettings, Acceptance, Mechanism, Next, Verdict};
///
/// let (mut acceptance, settings) = (Acceptance::default(), AcceptSettings::new());
/// let message = b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
/// let next = acceptance.begin(Mechanism::Plain, Some(message), &settings);
/// assert!(matches!(next, Next::Present(_)));
/// let Next::Accept(accepted) = acceptance.decide(Verdict::accept("tim"), &settings) else { panic!() };
/// assert_eq!((accepted.user(), accepted.mechanism()), ("tim", Some(Mechanism::Plain)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    user: String,
    mechanism: Option<Mechanism>,
}

impl Accepted {
    /// Whose session this is: the owner that the verdict named, in its spelling; after
    /// [`Verdict::accept_delegate`] whom the client asked to act as.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The mechanism. `None`: the LOGIN command of IMAP.
    pub fn mechanism(&self) -> Option<Mechanism> {
        self.mechanism
    }
}

/// What became of presented credentials, in the words of whoever checked them.
///
/// ```
/// use sasl_core::{Reason, Verdict};
///
/// let verdict = Verdict::refuse(Reason::TokenRejected);
/// assert!(format!("{verdict:?}").contains("TokenRejected"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the client waits for it"]
pub struct Verdict(Ruling);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Ruling {
    Accept { owner: String, delegated: bool },
    Refuse(Reason),
}

impl Verdict {
    /// The credentials are valid and belong to `owner`: the subject of the token, the name of the
    /// account. A client that asked to act as somebody else, beside a token or by the first field of
    /// PLAIN, is refused all the same ([`Reason::AuthorizationDenied`]); names are compared without
    /// regard to ASCII case. The name beside a password may be an alias of the owner's.
    pub fn accept(owner: impl Into<String>) -> Self {
        Self(Ruling::Accept {
            owner: owner.into(),
            delegated: false,
        })
    }

    /// The credentials are valid, belong to `owner`, and `owner` may act as the user that the client
    /// named, such as a shared mailbox.
    pub fn accept_delegate(owner: impl Into<String>) -> Self {
        Self(Ruling::Accept {
            owner: owner.into(),
            delegated: true,
        })
    }

    /// No. The reason decides the protocol's code and the document that explains it; neither tells
    /// more than that (<https://www.rfc-editor.org/rfc/rfc9051#section-11.7>).
    /// [`Reason::Temporary`]: nobody could check.
    pub fn refuse(reason: Reason) -> Self {
        Self(Ruling::Refuse(reason))
    }
}

/// Why a server closes the connection.
///
/// ```
/// assert_eq!(sasl_core::Farewell::HungUp.to_string(), "the client closed the connection");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The client said goodbye.
    Asked,
    /// The client closed the connection without a word.
    HungUp,
    /// The client sent more than is taken.
    LimitExceeded(Limit),
    /// The client sent what no line of the protocol may hold.
    Malformed(Violation),
    /// Too many logins were refused.
    TooManyFailures,
    /// Too many commands without a login.
    TooManyCommands,
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("the client took its leave"),
            Self::HungUp => f.write_str("the client closed the connection"),
            Self::LimitExceeded(limit) => write!(f, "the client sent more than {limit}"),
            Self::Malformed(_) => f.write_str("the client sent a malformed line"),
            Self::TooManyFailures => f.write_str("too many logins were refused"),
            Self::TooManyCommands => f.write_str("the client sent many commands and no login"),
        }
    }
}

impl Farewell {
    /// What an error of the buffers means for the client; the error itself where there is no last
    /// word to say.
    ///
    /// # Errors
    ///
    /// [`Error::DataAfterStartTls`](crate::Error) and [`Error::Finished`](crate::Error).
    pub fn of(error: crate::Error) -> Result<Self, crate::Error> {
        use crate::Error;
        match error {
            Error::LimitExceeded { limit, .. } => Ok(Self::LimitExceeded(limit)),
            Error::Protocol { violation, .. } => Ok(Self::Malformed(violation)),
            Error::UnexpectedEnd { .. } => Ok(Self::HungUp),
            Error::DataAfterStartTls { .. }
            | Error::Finished
            | Error::Preauthenticated
            | Error::PreauthenticatedInClear
            | Error::ResponseTooLong { .. }
            | Error::ServerClosing { .. }
            | Error::TlsUnavailable { .. }
            | Error::WrongProtocol { .. } => Err(error),
        }
    }
}
