//! Why there was no conversation, or why it broke.

use alloc::string::String;
use core::fmt;
use std::io;

use crate::{SettingsProblem, TlsProblem, deadline::Passed};

/// Why a login did not come to an outcome. A refusal is no failure: see
/// [`Rejection`](sasl_core::Rejection).
///
/// Each text says what happened and what to do about it. None holds a secret or unescaped text of
/// a server.
///
/// ```
/// use mail_login_tls::{Failure, Phase};
///
/// let failure = Failure::Deadline { during: Phase::Handshake };
/// assert_eq!(failure.kind(), "deadline");
/// assert!(failure.to_string().starts_with("out of time while setting up TLS"));
/// assert!(failure.is_temporary());
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No connection.
    #[error("cannot connect to {address} ({cause}): check host, port and firewall")]
    Connect {
        /// Where to: host and port, or a path.
        address: String,
        /// What the operating system says about the last address tried.
        cause: io::Error,
    },
    /// The conversation broke.
    #[error(transparent)]
    Conversation(#[from] sasl_core::Error),
    /// The time was up.
    #[error(
        "out of time while {during}: server or network are slow or stuck, try again or allow more time"
    )]
    Deadline {
        /// What took too long.
        during: Phase,
    },
    /// A value that cannot be used, found before anything was sent.
    #[error(transparent)]
    Invalid(#[from] sasl_core::Invalid),
    /// The connection was lost.
    #[error("the connection was lost while {during} ({cause}): try again later")]
    Io {
        /// When.
        during: Phase,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The host name has no address.
    #[error("cannot find the address of {host} ({cause}): check the host name and the network")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver says.
        cause: io::Error,
    },
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsProblem),
    /// No secure connection.
    #[error(transparent)]
    Tls(#[from] TlsProblem),
}

impl Failure {
    /// What an I/O error on a connection means: it may be the deadline, or TLS, or really I/O.
    pub fn from_io(during: Phase, cause: io::Error) -> Self {
        let inner = cause.get_ref();
        if inner.is_some_and(|inner| inner.is::<Passed>()) {
            return Self::Deadline { during };
        }
        match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => Self::Tls(TlsProblem::new(error)),
            None => Self::Io { during, cause },
        }
    }

    /// Lets pass what only says that the server hung up, gently or not: the machine is to be told,
    /// which may know better why, or have its answer already.
    ///
    /// # Errors
    ///
    /// Every other failure.
    pub fn hung_up(self) -> Result<Self, Self> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};

        let gone = match &self {
            Self::Io { cause, .. } => {
                [ConnectionAborted, ConnectionReset, UnexpectedEof].contains(&cause.kind())
            }
            Self::Connect { .. }
            | Self::Conversation(_)
            | Self::Deadline { .. }
            | Self::Invalid(_)
            | Self::Resolve { .. }
            | Self::Settings(_)
            | Self::Tls(_) => false,
        };
        if gone { Ok(self) } else { Err(self) }
    }

    /// Why a conversation broke: the lost connection, if the machine has nothing better to say.
    pub fn of_conversation(error: sasl_core::Error, lost: Option<Self>) -> Self {
        match (error, lost) {
            (sasl_core::Error::UnexpectedEnd { .. }, Some(Self::Io { during, cause }))
                if cause.kind() != io::ErrorKind::UnexpectedEof =>
            {
                Self::Io { during, cause }
            }
            (error, _) => error.into(),
        }
    }

    /// A stable name for programs, in kebab-case.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "connect",
            Self::Conversation(error) => error.kind(),
            Self::Deadline { .. } => "deadline",
            Self::Invalid(_) => "invalid",
            Self::Io { .. } => "connection-lost",
            Self::Resolve { .. } => "resolve",
            Self::Settings(problem) => problem.kind(),
            Self::Tls(problem) => problem.kind(),
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_temporary(&self) -> bool {
        use sasl_core::{Error, TlsUnavailable};

        match self {
            Self::Connect { .. }
            | Self::Deadline { .. }
            | Self::Io { .. }
            | Self::Resolve { .. } => true,
            Self::Conversation(error) => matches!(
                error,
                Error::ServerClosing { .. }
                    | Error::TlsUnavailable {
                        why: TlsUnavailable::Temporary
                    }
            ),
            Self::Invalid(_) | Self::Settings(_) | Self::Tls(_) => false,
        }
    }
}

/// An [`Observer`](sasl_core::Observer) for those who do not want to watch.
///
/// ```
/// use sasl_core::{Event, Observer, Text};
/// mail_login_tls::Silent.event(&Event::Greeting(Text::new(b"ready")));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl sasl_core::Observer for Silent {}

/// What a driver was doing.
///
/// ```
/// assert_eq!(mail_login_tls::Phase::Connect.to_string(), "connecting");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the host name.
    Resolve,
    /// Connecting.
    Connect,
    /// The conversation that leads to TLS.
    StartTls,
    /// The TLS handshake.
    Handshake,
    /// The conversation itself: login or probe.
    Conversation,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "looking up the host name",
            Self::Connect => "connecting",
            Self::StartTls => "asking for TLS",
            Self::Handshake => "setting up TLS",
            Self::Conversation => "talking to the server",
        })
    }
}
