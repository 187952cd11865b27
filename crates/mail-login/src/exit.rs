//! Exit codes, after `sysexits.h`: programs that call this one decide by them.

use std::process::ExitCode;

use mail_login_blocking::Failure;
use sasl_core::{Advice, Error, Rejection, Text, TlsUnavailable};
use token_lifecycle::{Class, Failure as TokenFailure};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Usage = 64,
    /// The server cannot be used as asked.
    Unavailable = 69,
    /// Something cannot be written.
    Unwritable = 73,
    /// Something cannot be read, or the result cannot be written.
    Unreadable = 74,
    /// Trying again later may help.
    Temporary = 75,
    /// The conversation broke.
    Protocol = 76,
    /// The credential was refused.
    Refused = 77,
    /// Settings are wrong.
    Settings = 78,
}

/// What keeps a run from beginning: one sentence, and how it ends.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) exit: Exit,
    /// A stable name for programs, in kebab-case.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// What the authorization server calls it.
    pub(crate) code: Option<String>,
    /// The message without the words of a server, where there are any in it.
    plain: Option<String>,
}

/// No code of a standard is that long.
const CODE: usize = 64;

impl Problem {
    pub(crate) fn new(exit: Exit, kind: &'static str, message: String) -> Self {
        Self {
            exit,
            kind,
            message,
            code: None,
            plain: None,
        }
    }

    /// A server said something about it.
    pub(crate) fn with_plain(mut self, plain: String, code: Option<&str>) -> Self {
        let code = code.map(|code| Text::new(code.as_bytes()).to_string());
        self.code = code.map(|code| code.chars().take(CODE).collect());
        self.plain = Some(plain);
        self
    }

    /// What happened and what to do about it, in our words alone.
    pub(crate) fn plain(&self) -> &str {
        self.plain.as_deref().unwrap_or(&self.message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message.into())
    }

    /// Why there are no tokens, and what the network said about it.
    pub(crate) fn of_token_failure(failure: &TokenFailure, detail: Option<&str>) -> Self {
        let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
        Self::new(
            Exit::of_class(failure.class()),
            failure.class().name(),
            format!("{failure}{detail}"),
        )
        .with_plain(failure.class().to_string(), failure.code())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        let all = [
            Self::Usage,
            Self::Unavailable,
            Self::Unwritable,
            Self::Unreadable,
            Self::Temporary,
            Self::Protocol,
            Self::Refused,
            Self::Settings,
        ];
        all.into_iter().find(|exit| *exit as u8 == code)
    }

    pub(crate) fn of_rejection(rejection: &Rejection) -> Self {
        match rejection.advice() {
            Advice::RefreshToken | Advice::SignInAgain => Self::Refused,
            Advice::RetryLater => Self::Temporary,
            _ => Self::Unavailable,
        }
    }

    pub(crate) fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Conversation(error) => Self::of_error(error),
            Failure::Invalid(_) => Self::Usage,
            Failure::Settings(_) => Self::Settings,
            Failure::Tls(_) => Self::Unavailable,
            _ => Self::Temporary,
        }
    }

    fn of_class(class: Class) -> Self {
        match class {
            Class::FlowDenied | Class::FlowExpired | Class::GrantRejected | Class::SignIn => {
                Self::Refused
            }
            Class::Misconfigured(_) => Self::Settings,
            _ => Self::Temporary,
        }
    }

    fn of_error(error: &Error) -> Self {
        match error {
            Error::Preauthenticated
            | Error::TlsUnavailable {
                why: TlsUnavailable::NotOffered | TlsUnavailable::Refused,
            } => Self::Unavailable,
            Error::ServerClosing { .. } | Error::TlsUnavailable { .. } => Self::Temporary,
            _ => Self::Protocol,
        }
    }
}
