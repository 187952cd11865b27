//! What comes of a check.

use alloc::{
    string::{String, ToString},
    sync::Arc,
};
use core::time::Duration;

use mail_login_tokens::TokenError;
use mail_login_tokio::tokens::Keeper;
use token_lifecycle::Unavailable;

use crate::{EndReason, Ended};

/// What is to be done with a request.
///
/// ```
/// use mail_session::{EndReason, Ended, Outcome};
///
/// let outcome = Outcome::SignIn(Ended::new(EndReason::Revoked).into());
/// assert_eq!(outcome.name(), "sign-in");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Go on: the token is fresh.
    GoOn,
    /// Go on with the token that there is: it is good, and a better one is on its way or cannot be had
    /// now.
    GoOnWithOld,
    /// There is no good token now, and the session lives: the answer is 503 with `Retry-After`.
    Unavailable(Wait),
    /// The session has ended: the user has to sign in.
    SignIn(Arc<Ended>),
}

impl Outcome {
    /// Whether the request goes on.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::GoOn | Self::GoOnWithOld => true,
            Self::Unavailable(_) | Self::SignIn(_) => false,
        }
    }

    /// A stable name for programs, in kebab-case.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::GoOn => "go-on",
            Self::GoOnWithOld => "go-on-with-old",
            Self::Unavailable(_) => "unavailable",
            Self::SignIn(_) => "sign-in",
        }
    }

    /// There is a token that is good.
    pub(crate) fn of_good(keeper: &Keeper) -> Self {
        match keeper.is_fresh() {
            true => Self::GoOn,
            false => Self::GoOnWithOld,
        }
    }
}

/// When to try again, and why not now.
///
/// ```
/// use core::time::Duration;
/// use mail_session::Wait;
///
/// let wait = Wait::new(Duration::from_millis(1500), "the sign-in service does not answer");
/// assert_eq!(wait.seconds(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Wait {
    retry_in: Duration,
    problem: String,
}

/// Nobody is told to come back sooner, or later.
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(300);

impl Wait {
    /// For so long, for a reason that people understand.
    pub fn new(retry_in: Duration, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        let retry_in = retry_in.clamp(SOONEST, LATEST);
        Self { retry_in, problem }
    }

    /// When to try again: one second to five minutes.
    pub fn retry_in(&self) -> Duration {
        self.retry_in
    }

    /// The same in whole seconds, for `Retry-After`.
    pub fn seconds(&self) -> u64 {
        self.retry_in
            .as_millis()
            .div_ceil(1000)
            .try_into()
            .unwrap_or(300)
    }
}

/// Why there is no token, for the account without which there is no session.
pub(crate) enum Verdict {
    Wait(Wait),
    Misconfigured(Wait),
    End(Ended),
}

impl Verdict {
    pub(crate) fn of(error: &TokenError) -> Self {
        let wait = |time| Wait::new(time, error.to_string());
        match error.unavailable() {
            Some(Unavailable::Temporary { retry_in, .. }) => Self::Wait(wait(*retry_in)),
            Some(Unavailable::SignIn(sign_in)) => Self::End(Ended::by(sign_in)),
            Some(Unavailable::SignedOut) => Self::End(Ended::new(EndReason::SignedOut)),
            Some(Unavailable::Misconfigured(_) | Unavailable::UnknownAudience) => {
                Self::Misconfigured(wait(LATEST))
            }
            // Whoever keeps the tokens has stopped, or a newer library knows more reasons.
            Some(_) | None => Self::Wait(wait(SOONEST)),
        }
    }
}
