//! What goes wrong with mail servers.

use std::io;

use mail_session::AccessError;

/// Why something with a mail server did not work, in a sentence for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailError {
    /// There is no connection.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The connection broke.
    #[error("the connection to the mail server broke off: try again")]
    Broken(#[from] io::Error),
    /// What the user wrote cannot be sent.
    #[error("{0}")]
    Input(&'static str),
    /// The server says something that it must not say.
    #[error("the mail server says something that cannot be understood")]
    Malformed,
    /// There is no such message or script.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The server does not do it, and says why.
    #[error("the mail server says no: {0}")]
    Refused(String),
    /// The server takes too long.
    #[error("the mail server does not answer in time: try again")]
    Timeout,
    /// The server says more than is taken.
    #[error("the mail server says more than this program takes")]
    TooLong,
}

impl MailError {
    /// A stable name for programs, in kebab-case.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Access(error) => error.name(),
            Self::Broken(_) => "connection",
            Self::Input(_) => "input",
            Self::Malformed => "malformed",
            Self::Missing(_) => "missing",
            Self::Refused(_) => "refused",
            Self::Timeout => "timeout",
            Self::TooLong => "too-long",
        }
    }
}
