//! Why a conversation broke, and why a value was refused before there was one.

mod invalid;
mod violation;

use core::fmt;

pub use invalid::Invalid;
pub use violation::Violation;

/// The conversation broke. The connection is of no further use.
///
/// A server that says no has not broken anything: that is [`Outcome::Rejected`](crate::Outcome).
///
/// ```
/// use sasl_core::{Error, Stage};
///
/// let error = Error::UnexpectedEnd { during: Stage::Greeting };
/// assert!(error.to_string().starts_with("the server closed the connection while we waited"));
/// assert_eq!(error.kind(), "unexpected-end");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer, or somebody in between, sent plain bytes behind STARTTLS: behind the answer where a
    /// server sent them, behind the command where a client did. The bytes are dropped, the
    /// connection must be closed (RFC 9051 §6.2.1, CERT VU#555316).
    #[error(
        "{octets} octets came in clear behind STARTTLS: somebody may be tampering with this connection, close it"
    )]
    DataAfterStartTls {
        /// How many; what they were is not kept.
        octets: usize,
    },
    /// Our caller polled a machine that had ended.
    #[error("this conversation is over: make a new machine, or call `retry` after a refusal")]
    Finished,
    /// The server sent more than we are willing to keep.
    #[error(
        "the server sent more than {limit} while {during}: raise the limit only if this server is to be trusted"
    )]
    LimitExceeded {
        /// Which limit.
        limit: Limit,
        /// Where.
        during: Stage,
    },
    /// PREAUTH over TLS: logged in as somebody, but not by our credentials.
    #[error(
        "the server says that this connection is logged in already, not by these credentials: allow it explicitly if that is meant"
    )]
    Preauthenticated,
    /// PREAUTH in clear, where TLS cannot be started any more (RFC 9051 §7.1.4).
    #[error(
        "the server says in clear that this connection is logged in, which rules TLS out: somebody may be tampering, use implicit TLS"
    )]
    PreauthenticatedInClear,
    /// The server broke its protocol.
    #[error("{violation} while {during}: check host and port, or tell the server's administrator")]
    Protocol {
        /// What it did.
        violation: Violation,
        /// Where.
        during: Stage,
    },
    /// The server hung up on a response that is longer than known servers take.
    #[error(
        "the server hung up on a login message of {octets} octets, which is over the 8192 of common servers: ask for a shorter token"
    )]
    ResponseTooLong {
        /// Octets of base64 in the message.
        octets: usize,
    },
    /// The server took its leave before TLS was up (BYE, 421, 554).
    #[error("the server ended the session while {during}: try again later")]
    ServerClosing {
        /// Where.
        during: Stage,
    },
    /// TLS is required and cannot be had.
    #[error("TLS is required and {why}: use implicit TLS, or another server")]
    TlsUnavailable {
        /// Why.
        why: TlsUnavailable,
    },
    /// The stream ended in the middle.
    #[error(
        "the server closed the connection while {during}: check port and TLS mode, or try again later"
    )]
    UnexpectedEnd {
        /// Where.
        during: Stage,
    },
    /// Something other than the expected protocol answers.
    #[error("this is not the greeting of the expected protocol: {hint}")]
    WrongProtocol {
        /// What it looks like.
        hint: WrongProtocol,
    },
}

impl Error {
    /// A stable name for programs, in kebab-case.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DataAfterStartTls { .. } => "data-after-starttls",
            Self::Finished => "finished",
            Self::LimitExceeded { .. } => "limit-exceeded",
            Self::Preauthenticated => "preauthenticated",
            Self::PreauthenticatedInClear => "preauthenticated-in-clear",
            Self::Protocol { .. } => "protocol",
            Self::ResponseTooLong { .. } => "response-too-long",
            Self::ServerClosing { .. } => "server-closing",
            Self::TlsUnavailable { .. } => "tls-unavailable",
            Self::UnexpectedEnd { .. } => "unexpected-end",
            Self::WrongProtocol { .. } => "wrong-protocol",
        }
    }

    /// Whether our side is to blame: a mistake in the program that drives the machine.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Finished)
    }
}

/// Where in the conversation.
///
/// ```
/// assert_eq!(sasl_core::Stage::StartTls.to_string(), "we asked for TLS");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Before the server said anything.
    Greeting,
    /// CAPABILITY, EHLO, the capability block.
    Capabilities,
    /// STARTTLS.
    StartTls,
    /// The ID command of IMAP.
    Identify,
    /// AUTHENTICATE, AUTH, LOGIN.
    Authenticate,
    /// On the side of the server: a client's commands up to its login.
    Accept,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "we waited for its greeting",
            Self::Capabilities => "it told what it can do",
            Self::StartTls => "we asked for TLS",
            Self::Identify => "we told who we are",
            Self::Authenticate => "we logged in",
            Self::Accept => "a client was logging in",
        })
    }
}

/// A limit that a server ran into. See [`Limits`](crate::Limits) for the numbers.
///
/// ```
/// assert_eq!(sasl_core::Limit::Rounds.to_string(), "the allowed number of challenges");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Names in a capability list, or octets of one name.
    Capabilities,
    /// Octets of a decoded challenge.
    Challenge,
    /// Octets of a line.
    Line,
    /// Number or octets of literals.
    Literal,
    /// Lines or octets of one reply.
    Reply,
    /// Challenges in one exchange.
    Rounds,
    /// Octets nobody asked for.
    Unasked,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Capabilities => "the allowed number or length of capabilities",
            Self::Challenge => "the allowed length of a challenge",
            Self::Line => "the allowed length of a line",
            Self::Literal => "the allowed number or length of literals",
            Self::Reply => "the allowed length of a reply",
            Self::Rounds => "the allowed number of challenges",
            Self::Unasked => "the allowed amount of data before its answer",
        })
    }
}

/// Why TLS cannot be had by STARTTLS.
///
/// ```
/// let why = sasl_core::TlsUnavailable::NotOffered;
/// assert_eq!(why.to_string(), "the server does not offer STARTTLS");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsUnavailable {
    /// STARTTLS is not among the capabilities; it was not sent.
    NotOffered,
    /// The server said no to STARTTLS.
    Refused,
    /// The server said that TLS does not work at the moment (454).
    Temporary,
}

impl fmt::Display for TlsUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOffered => "the server does not offer STARTTLS",
            Self::Refused => "the server refuses STARTTLS",
            Self::Temporary => "the server cannot start TLS at the moment",
        })
    }
}

/// What a first line looks like that is not the expected greeting.
///
/// ```
/// use sasl_core::WrongProtocol;
/// assert_eq!(WrongProtocol::guess(b"HTTP/1.1 400 Bad Request"), WrongProtocol::Http);
/// assert_eq!(WrongProtocol::guess(b"\x15\x03\x03\x00\x02"), WrongProtocol::Tls);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrongProtocol {
    /// A web server.
    Http,
    /// An IMAP server.
    Imap,
    /// A POP3 server.
    Pop3,
    /// A ManageSieve server.
    Sieve,
    /// An SMTP server.
    Smtp,
    /// A TLS record on a connection that is in clear.
    Tls,
    /// Nothing known.
    Unknown,
}

impl WrongProtocol {
    /// Guesses from the first octets of a connection.
    pub fn guess(line: &[u8]) -> Self {
        match line {
            [0x15 | 0x16, 0x03, ..] => Self::Tls,
            [b'H', b'T', b'T', b'P', b'/', ..] => Self::Http,
            [b'+', b'O', b'K', ..] | [b'-', b'E', b'R', b'R', ..] => Self::Pop3,
            [b'*', b' ', ..] => Self::Imap,
            [b'"', ..] => Self::Sieve,
            [
                b'2' | b'4' | b'5',
                b'0'..=b'9',
                b'0'..=b'9',
                b' ' | b'-',
                ..,
            ] => Self::Smtp,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for WrongProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "a web server answers here, check the port",
            Self::Imap => "an IMAP server answers here, check the port",
            Self::Pop3 => "a POP3 server answers here, check the port",
            Self::Sieve => "a ManageSieve server answers here, check the port",
            Self::Smtp => "an SMTP server answers here, check the port",
            Self::Tls => "the server speaks TLS on this port, use implicit TLS",
            Self::Unknown => "check host, port and TLS mode",
        })
    }
}
