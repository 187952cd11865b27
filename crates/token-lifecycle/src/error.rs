//! Why there is no token.

use alloc::{boxed::Box, string::String};
use core::{fmt, time::Duration};

use sasl_core::{Advice, Rejection};

use crate::{Failure, Generation, Scopes};

/// Why there is no token now.
///
/// ```
/// use core::time::Duration;
/// use token_lifecycle::Unavailable;
///
/// let why = Unavailable::Temporary { retry_in: Duration::from_secs(2), failure: None };
/// assert_eq!(why.to_string(), "there is no token yet: wait");
/// assert_eq!(why.exit_code(), 75);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// A setting is wrong. The user cannot help, the operator can.
    Misconfigured(Failure),
    /// The user has to sign in.
    SignIn(Box<SignIn>),
    /// The user has signed out.
    SignedOut,
    /// There will be one, or another try. Drive the machine and ask again; a caller that can wait
    /// no longer hands this to whoever asked him.
    Temporary {
        /// When something may have changed, if nothing happens before.
        retry_in: Duration,
        /// What went wrong, if anything did.
        failure: Option<Failure>,
    },
    /// The options do not name these tokens.
    UnknownAudience,
}

impl Unavailable {
    /// Whether waiting helps.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary { .. })
    }

    /// The exit code for a program, as `sysexits.h` has them: 75 for what passes, 77 for what the user
    /// must do, 78 for what is set wrong.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Temporary { .. } => 75,
            Self::SignIn(_) | Self::SignedOut => 77,
            Self::Misconfigured(_) | Self::UnknownAudience => 78,
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misconfigured(failure) => failure.fmt(f),
            Self::SignIn(sign_in) => sign_in.fmt(f),
            Self::SignedOut => f.write_str("the user has signed out: sign in again"),
            Self::Temporary { failure: None, .. } => f.write_str("there is no token yet: wait"),
            Self::Temporary {
                failure: Some(failure),
                ..
            } => failure.fmt(f),
            Self::UnknownAudience => {
                f.write_str("the options do not name these tokens: add the audience")
            }
        }
    }
}

impl core::error::Error for Unavailable {}

/// The user has to sign in, for this generation of tokens.
///
/// ```
/// use token_lifecycle::{SignIn, SignInReason};
///
/// let sign_in = SignIn::new(SignInReason::NotSignedIn);
/// assert_eq!(sign_in.to_string(), "nobody is signed in: sign in");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignIn {
    /// Why.
    pub reason: SignInReason,
    /// The tokens that ended. A session that has newer ones goes on.
    pub generation: Generation,
    /// What to ask for in addition.
    pub scopes: Option<Scopes>,
    /// What to send as `claims` (Microsoft).
    pub claims: Option<String>,
    /// What the server said.
    pub failure: Option<Failure>,
    /// What the server calls it, also where another process was told so.
    pub code: Option<String>,
}

impl SignIn {
    /// For this reason, and nothing else is known.
    pub fn new(reason: SignInReason) -> Self {
        let generation = Generation::default();
        Self {
            reason,
            generation,
            scopes: None,
            claims: None,
            failure: None,
            code: None,
        }
    }

    /// What a mail server's refusal of the token of this generation wants from the user, if it is a
    /// scope that the token does not have. The token is good all the same, for servers that want less.
    ///
    /// ```
    /// use sasl_core::{Kind, Reason, Refusal, Rejection};
    /// use token_lifecycle::{Generation, Scopes, SignIn, SignInReason};
    ///
    /// let refusal = Refusal::parse(br#"{"status":"insufficient_scope","scope":"mail.send"}"#);
    /// let rejection = Rejection::new(Reason::ScopeInsufficient, Kind::Token).with_refusal(Some(refusal));
    /// let wanted = SignIn::for_refusal(Generation::from(7), &rejection).unwrap();
    /// assert_eq!(wanted.reason, SignInReason::ConsentMissing);
    /// assert_eq!(wanted.scopes, Some(Scopes::from("mail.send")));
    /// ```
    pub fn for_refusal(generation: Generation, rejection: &Rejection) -> Option<Self> {
        if rejection.advice() != Advice::SignInAgain {
            return None;
        }
        let scope = rejection.refusal().and_then(|refusal| refusal.scope());
        Some(Self {
            generation,
            scopes: scope.map(Scopes::from),
            ..Self::new(SignInReason::ConsentMissing)
        })
    }
}

impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        self.failure
            .as_ref()
            .map_or(Ok(()), |failure| write!(f, "; {failure}"))
    }
}

impl core::error::Error for SignIn {}

/// Why the user has to sign in.
///
/// ```
/// assert_eq!(token_lifecycle::SignInReason::LostRotation.name(), "lost-rotation");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SignInReason {
    /// The mail server wants a scope that the token does not have. This ends nothing: the token is good
    /// for other servers.
    #[error("the token lacks a scope that the mail server wants: sign in again and allow it")]
    ConsentMissing,
    /// The authorization server wants the user to do something.
    #[error("the authorization server wants the user: sign in again")]
    InteractionRequired,
    /// The answer with a new refresh token was lost, and the old one is not good any more.
    #[error("the answer with new tokens was lost: sign in again")]
    LostRotation,
    /// The access token has expired and there is no refresh token.
    #[error("the token has expired, and there is no refresh token: sign in again")]
    NoRefreshToken,
    /// There are no tokens at all.
    #[error("nobody is signed in: sign in")]
    NotSignedIn,
    /// The refresh token was refused: expired, revoked, or the password was changed.
    #[error(
        "the sign-in has ended (it expired, was revoked, or the password was changed): sign in again"
    )]
    Rejected,
    /// The user has signed out, here or elsewhere.
    #[error("the user has signed out: sign in again")]
    SignedOut,
}

impl SignInReason {
    /// A stable name for programs, in kebab-case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConsentMissing => "consent-missing",
            Self::InteractionRequired => "interaction-required",
            Self::LostRotation => "lost-rotation",
            Self::NoRefreshToken => "no-refresh-token",
            Self::NotSignedIn => "not-signed-in",
            Self::Rejected => "rejected",
            Self::SignedOut => "signed-out",
        }
    }
}
