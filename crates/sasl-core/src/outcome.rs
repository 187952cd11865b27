//! How a login ended when nothing broke.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use crate::{Kind, Mechanisms, Refusal, Text};

/// A login that ran to its end.
///
/// ```
/// use sasl_core::{Outcome, Reason, Rejection, Kind};
///
/// let outcome: Outcome<()> = Outcome::Rejected(Rejection::new(Reason::TokenRejected, Kind::Token));
/// assert!(outcome.accepted().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a login may have been refused"]
pub enum Outcome<S> {
    /// The server let us in.
    Accepted(S),
    /// The server, or our own rules, said no. Nothing broke.
    Rejected(Rejection),
}

impl<S> Outcome<S> {
    /// The session, or the refusal as an error for `?`.
    ///
    /// # Errors
    ///
    /// The refusal, if it was one.
    pub fn accepted(self) -> Result<S, Rejection> {
        match self {
            Self::Accepted(session) => Ok(session),
            Self::Rejected(rejection) => Err(rejection),
        }
    }
}

/// A refusal: why, and what to do about it.
///
/// ```
/// use sasl_core::{Advice, Kind, Reason, Rejection};
///
/// let rejection = Rejection::new(Reason::TokenRejected, Kind::Token);
/// assert_eq!(rejection.advice(), Advice::RefreshToken);
/// assert_eq!(rejection.to_string(), "the server does not accept this token (expired, revoked or not meant for it)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    reason: Reason,
    advice: Advice,
    code: String,
    text: Vec<u8>,
    refusal: Option<Refusal>,
    referral: Option<String>,
    offered: Mechanisms,
    closed: bool,
}

impl Rejection {
    /// A refusal of credentials of this kind.
    pub fn new(reason: Reason, kind: Kind) -> Self {
        Self(Box::new(Inner {
            reason,
            advice: Advice::new(reason, kind),
            code: String::new(),
            text: Vec::new(),
            refusal: None,
            referral: None,
            offered: Mechanisms::NONE,
            closed: false,
        }))
    }

    /// The same for credentials of another kind, which decides the advice.
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.0.advice = Advice::new(self.0.reason, kind);
        self
    }

    /// Adds the protocol's code, such as `AUTHENTICATIONFAILED` or `535 5.7.8`.
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = code.into();
        self
    }

    /// Adds the server's words, cut to 1 KiB.
    pub fn with_text(mut self, text: &[u8]) -> Self {
        self.0.text = text.get(..TEXT).unwrap_or(text).to_vec();
        self
    }

    /// Adds the refusal document.
    pub fn with_refusal(mut self, refusal: Option<Refusal>) -> Self {
        self.0.refusal = refusal;
        self
    }

    /// Adds the URL of another server. It is data: nothing ever connects there by itself.
    pub fn with_referral(mut self, url: Option<String>) -> Self {
        self.0.referral = url;
        self
    }

    /// Adds what the server offered.
    pub fn with_offered(mut self, offered: Mechanisms) -> Self {
        self.0.offered = offered;
        self
    }

    /// Notes that the server is closing the connection.
    pub fn with_closed(mut self) -> Self {
        self.0.closed = true;
        self
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// What to do about it.
    pub fn advice(&self) -> Advice {
        self.0.advice
    }

    /// The protocol's code: a response code of IMAP or ManageSieve, or reply and enhanced code of
    /// SMTP. Empty if there was none.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What the server said, untrusted, at most 1 KiB.
    pub fn text(&self) -> Text<'_> {
        Text::new(&self.0.text)
    }

    /// The JSON document of the server, if it sent one.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal.as_ref()
    }

    /// Where the server would rather have us; untrusted, never followed.
    pub fn referral(&self) -> Option<&str> {
        self.0.referral.as_deref()
    }

    /// The mechanisms that were offered when none of ours was among them.
    pub fn offered(&self) -> Mechanisms {
        self.0.offered
    }

    /// Whether the connection is gone, so that a retry needs a new one.
    pub fn is_closed(&self) -> bool {
        self.0.closed
    }
}

/// More octets of the server's words are not kept.
const TEXT: usize = 1024;

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.reason)?;
        if self.0.reason == Reason::MechanismUnavailable && self.0.code.is_empty() {
            write!(f, "; offered: {}", self.0.offered)?;
        }
        if !self.text().is_empty() {
            write!(f, "; it said: {}", self.text())?;
        }
        Ok(())
    }
}

impl core::error::Error for Rejection {}

/// Why a login was refused: one list for the three protocols.
///
/// ```
/// assert_eq!(sasl_core::Reason::ScopeInsufficient.name(), "scope-insufficient");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The account is disabled, or only an administrator can help.
    #[error("the account needs an administrator")]
    AdminRequired,
    /// The identity may not act as the requested user.
    #[error("this identity may not log in as the requested user")]
    AuthorizationDenied,
    /// We cancelled on the caller's word.
    #[error("the login was cancelled")]
    Cancelled,
    /// The server took its leave without saying why.
    #[error("the server ended the session")]
    Closed,
    /// The password or token has expired.
    #[error("the password or token has expired")]
    CredentialsExpired,
    /// Refused without detail.
    #[error("the server refuses these credentials and does not say why")]
    CredentialsRejected,
    /// TLS is needed first.
    #[error("the server wants TLS before a login")]
    EncryptionRequired,
    /// None of our mechanisms is offered, or the server wants another one.
    #[error("the server does not offer a login mechanism that fits these credentials")]
    MechanismUnavailable,
    /// The account lives on another server.
    #[error("the account lives on another server")]
    Referral,
    /// The token lacks a scope.
    #[error("the token lacks a scope that the server wants")]
    ScopeInsufficient,
    /// Trouble on the server's side, limits, locks.
    #[error("the server cannot log anybody in at the moment")]
    Temporary,
    /// The token is expired, revoked, malformed or meant for somebody else.
    #[error("the server does not accept this token (expired, revoked or not meant for it)")]
    TokenRejected,
    /// The server's line is shorter than the token.
    #[error("the token is longer than this server takes")]
    TokenTooLong,
}

impl Reason {
    /// A stable name for programs, in kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::AdminRequired => "admin-required",
            Self::AuthorizationDenied => "authorization-denied",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
            Self::CredentialsExpired => "credentials-expired",
            Self::CredentialsRejected => "credentials-rejected",
            Self::EncryptionRequired => "encryption-required",
            Self::MechanismUnavailable => "mechanism-unavailable",
            Self::Referral => "referral",
            Self::ScopeInsufficient => "scope-insufficient",
            Self::Temporary => "temporary",
            Self::TokenRejected => "token-rejected",
            Self::TokenTooLong => "token-too-long",
        }
    }
}

/// What to do about a refusal.
///
/// ```
/// assert_eq!(sasl_core::Advice::RefreshToken.name(), "refresh-token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// Settings, rights or the server itself must change; neither a new token nor waiting helps.
    ChangeSettings,
    /// Get a new access token once and try once more.
    RefreshToken,
    /// Keep the credentials and come back later.
    RetryLater,
    /// The user has to sign in (again), perhaps consenting to more.
    SignInAgain,
}

impl Advice {
    fn new(reason: Reason, kind: Kind) -> Self {
        match reason {
            Reason::AdminRequired
            | Reason::AuthorizationDenied
            | Reason::Cancelled
            | Reason::EncryptionRequired
            | Reason::MechanismUnavailable
            | Reason::Referral
            | Reason::TokenTooLong => Self::ChangeSettings,
            Reason::Closed | Reason::Temporary => Self::RetryLater,
            Reason::ScopeInsufficient => Self::SignInAgain,
            Reason::CredentialsExpired | Reason::CredentialsRejected | Reason::TokenRejected => {
                match kind {
                    Kind::Token => Self::RefreshToken,
                    Kind::Password => Self::SignInAgain,
                    Kind::Certificate => Self::ChangeSettings,
                }
            }
        }
    }

    /// A stable name for programs, in kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChangeSettings => "change-settings",
            Self::RefreshToken => "refresh-token",
            Self::RetryLater => "retry-later",
            Self::SignInAgain => "sign-in-again",
        }
    }
}
