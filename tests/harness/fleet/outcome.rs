//! What a request is told.

use std::time::Duration;

use token_lifecycle::{AccessToken, Unavailable, UnixTime};

/// What a request is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Here is a token.
    GoOn,
    /// Here is one that is about to expire, for there is no better one yet.
    OldToken,
    /// Come again after so long.
    TemporarilyUnavailable(Duration),
    /// The user has to sign in.
    SignInAgain,
    /// The operator has to do something.
    Misconfigured,
}

impl Outcome {
    /// What comes of this answer of a machine.
    pub fn of(now: UnixTime, answer: Result<&AccessToken, Unavailable>) -> Self {
        const SOON: Duration = Duration::from_secs(60);
        match answer {
            Ok(token) if token.expires_at().is_some_and(|at| at.since(now) <= SOON) => {
                Self::OldToken
            }
            Ok(_) => Self::GoOn,
            Err(Unavailable::Temporary { retry_in, .. }) => Self::TemporarilyUnavailable(retry_in),
            Err(Unavailable::SignIn(_) | Unavailable::SignedOut) => Self::SignInAgain,
            Err(_) => Self::Misconfigured,
        }
    }
}
