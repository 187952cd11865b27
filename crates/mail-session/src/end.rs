//! Why a session ended.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};
use token_lifecycle::{SignIn, SignInReason};

/// How a session ended.
///
/// ```
/// use mail_session::{EndReason, Ended};
///
/// let ended = Ended::new(EndReason::SignedOut);
/// assert_eq!(ended.to_string(), "you have signed out: sign in again");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Ended {
    /// Why.
    pub reason: EndReason,
    /// Which tokens ended with it, by their number; 0 if there were none.
    #[serde(default)]
    pub generation: u64,
    /// What the authorization server calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Ended {
    /// For this reason, and nothing else is known.
    pub fn new(reason: EndReason) -> Self {
        Self {
            reason,
            generation: 0,
            code: None,
        }
    }

    /// As the authorization server, or the mail server, says.
    pub(crate) fn by(sign_in: &SignIn) -> Self {
        Self {
            reason: EndReason::from(sign_in.reason),
            generation: sign_in.generation.get(),
            code: sign_in.code.clone(),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        match &self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

/// Why a session ended, in a sentence for the user.
///
/// ```
/// use mail_session::EndReason;
///
/// assert_eq!(EndReason::Revoked.name(), "revoked");
/// assert_eq!(EndReason::parse("revoked"), Some(EndReason::Revoked));
/// assert_eq!(EndReason::parse("<b>"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndReason {
    /// The mail server wants more than the user has allowed.
    #[error("the mail server wants a permission that was not given: sign in again and allow it")]
    ConsentMissing,
    /// Nobody used it.
    #[error("the session was not used for a long time: sign in again")]
    Expired,
    /// The authorization server wants the user to do something.
    #[error("the sign-in service wants to see you: sign in again")]
    InteractionRequired,
    /// An answer with new tokens was lost.
    #[error("the connection to the sign-in service broke off at a bad moment: sign in again")]
    LostRotation,
    /// The authorization server does not accept this back end, and the settings say that sessions end then.
    #[error("the sign-in service does not accept this server: tell its operator")]
    Misconfigured,
    /// The tokens have expired and could never be renewed.
    #[error("the sign-in has expired: sign in again")]
    NotRenewable,
    /// The authorization server has ended the grant.
    #[error("the sign-in was ended, or the password was changed: sign in again")]
    Revoked,
    /// The user has signed out.
    #[error("you have signed out: sign in again")]
    SignedOut,
    /// The operator has ended it.
    #[error("the session was ended by the operator: sign in again")]
    Terminated,
}

impl EndReason {
    /// Reads such a name, as it comes back in an address of a sign-in page.
    pub fn parse(name: &str) -> Option<Self> {
        let reasons = [
            Self::ConsentMissing,
            Self::Expired,
            Self::InteractionRequired,
            Self::LostRotation,
            Self::Misconfigured,
            Self::NotRenewable,
            Self::Revoked,
            Self::SignedOut,
            Self::Terminated,
        ];
        reasons.into_iter().find(|reason| reason.name() == name)
    }

    /// A stable name for programs, in kebab-case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConsentMissing => "consent-missing",
            Self::Expired => "expired",
            Self::InteractionRequired => "interaction-required",
            Self::LostRotation => "lost-rotation",
            Self::Misconfigured => "misconfigured",
            Self::NotRenewable => "not-renewable",
            Self::Revoked => "revoked",
            Self::SignedOut => "signed-out",
            Self::Terminated => "terminated",
        }
    }
}

impl From<SignInReason> for EndReason {
    fn from(reason: SignInReason) -> Self {
        match reason {
            SignInReason::ConsentMissing => Self::ConsentMissing,
            SignInReason::InteractionRequired => Self::InteractionRequired,
            SignInReason::LostRotation => Self::LostRotation,
            SignInReason::NoRefreshToken => Self::NotRenewable,
            SignInReason::Rejected => Self::Revoked,
            SignInReason::SignedOut | SignInReason::NotSignedIn => Self::SignedOut,
            // A newer library may know more.
            _ => Self::Revoked,
        }
    }
}
