//! What callers hold.

use alloc::sync::Arc;
use core::{fmt, time::Duration};

use mail_login_tls::Deadline;
use mail_login_tokens::{Status, TokenError};
use sasl_core::Rejection;
use token_lifecycle::{
    AccessToken, Audience, Feedback, Generation, Hint, Record, Tokens, Unavailable,
};

use super::grant::{Grant, State};

/// The tokens of one grant. Clones are of the same grant.
///
/// Any number of callers may ask at once: one refresh is for all of them, and each has its own
/// deadline. A caller whose future is dropped breaks nothing off and loses nothing.
///
/// ```no_run
/// use core::time::Duration;
/// use mail_login_tokio::{Deadline, tokens::Keeper};
///
/// # async fn main_(keeper: Keeper) -> Result<(), mail_login_tokio::tokens::TokenError> {
/// let token = keeper.token(Duration::ZERO, Deadline::after(Duration::from_secs(10))).await?;
/// println!("generation {}", token.generation().get());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Keeper(Arc<Grant>);

impl Keeper {
    pub(super) fn new(grant: Arc<Grant>) -> Self {
        Self(grant)
    }

    /// A token for the first audience that is good for `min_ttl` at least. It is there at once in most
    /// cases; this waits until the deadline where one has to be got. In the last minute of a token's life
    /// that is so too; when the deadline passes it is given for what is left of it.
    ///
    /// # Errors
    ///
    /// When the user has to sign in or a setting is wrong, at once; and when the deadline passes and there
    /// is no token.
    pub async fn token(
        &self,
        min_ttl: Duration,
        deadline: Deadline,
    ) -> Result<AccessToken, TokenError> {
        let ask = |state: &mut State, now| state.lifecycle.token(now, min_ttl).cloned();
        let last = |state: &mut State, now| state.lifecycle.usable(now, min_ttl).cloned();
        self.0.wait(deadline, ask, last).await
    }

    /// The same for another audience of the options.
    ///
    /// # Errors
    ///
    /// As for [`token`](Self::token).
    pub async fn token_for(
        &self,
        audience: &Audience,
        min_ttl: Duration,
        deadline: Deadline,
    ) -> Result<AccessToken, TokenError> {
        let ask = |state: &mut State, now| {
            let token = state.lifecycle.token_for(now, audience, min_ttl);
            token.cloned()
        };
        let last = |state: &mut State, now| {
            let token = state.lifecycle.usable_for(now, audience, min_ttl);
            token.cloned()
        };
        self.0.wait(deadline, ask, last).await
    }

    /// Whether there is a token for the first audience about which nothing is to be done: asked for, it
    /// would be there at once, and nothing would happen. This takes no lock, allocates nothing and
    /// costs as much as reading a clock, so it can stand before each request.
    ///
    /// `false` says nothing: ask for the [`token`](Self::token) then, which has something done.
    pub fn is_fresh(&self) -> bool {
        self.0.is_fresh()
    }

    /// Which tokens were in use when the grant was looked at last; zero if there were none. This takes
    /// no lock.
    pub fn generation(&self) -> Generation {
        self.0.generation()
    }

    /// A mail server refused the token of this generation. The answer says whether another
    /// login makes sense. This does not wait.
    pub fn handle_rejection(&self, generation: Generation, rejection: &Rejection) -> Feedback {
        self.0.with(|state, now| {
            let lifecycle = &mut state.lifecycle;
            lifecycle.handle_rejection(now, generation, rejection)
        })
    }

    /// The user has signed in, and these are the tokens. Waits until they are saved.
    ///
    /// # Errors
    ///
    /// When the store does not work, or the deadline passes: they are used all the same, and saving
    /// them is tried again.
    pub async fn sign_in(&self, tokens: Tokens, deadline: Deadline) -> Result<(), TokenError> {
        let (restored, failed) = self.0.with(|state, now| {
            let before = (state.restored, state.failed);
            state.lifecycle.handle_grant(now, tokens);
            before
        });
        let ask = |state: &mut State, _| match state.restored == restored {
            true => Err(not_yet()),
            false => Ok(()),
        };
        // Whoever waits for a store that does not work hears of it at once.
        let stuck = |state: &mut State, now| match (ask(state, now), state.failed == failed) {
            (Err(_), false) => Ok(Err(())),
            (answer, _) => answer.map(Ok),
        };
        let saved = self.0.wait(deadline, stuck, |_, _| None).await?;
        saved.map_err(|()| {
            let problem = self.status().problem;
            TokenError::new(not_yet()).with_problem(problem)
        })
    }

    /// The user signs out: the record is deleted, and the refresh token revoked if the settings name
    /// an endpoint for that. No token is given out from now on. Waits until it is done.
    ///
    /// # Errors
    ///
    /// When the deadline passes: it is tried on and on.
    pub async fn sign_out(&self, deadline: Deadline) -> Result<(), TokenError> {
        self.0.with(|state, now| state.lifecycle.sign_out(now));
        let ask = |state: &mut State, _| match state.lifecycle.is_done() {
            true => Ok(()),
            false => Err(not_yet()),
        };
        self.0.wait(deadline, ask, |_, _| None).await
    }

    /// Something has changed that makes another try worth it before its time.
    pub fn hint(&self, hint: Hint) {
        self.0
            .with(|state, now| state.lifecycle.handle_hint(now, hint));
    }

    /// The record in use, if there is one: a copy, secrets included.
    pub fn record(&self) -> Option<Record> {
        self.0.with(|state, _| state.lifecycle.record().cloned())
    }

    /// What is known now.
    pub fn status(&self) -> Status {
        self.0.with(|state, _| {
            let mut status = Status::of(&state.lifecycle);
            status.problem = state.problem();
            status
        })
    }
}

/// What a caller is told who waits for something else than a token.
fn not_yet() -> Unavailable {
    Unavailable::Temporary {
        retry_in: Duration::from_secs(1),
        failure: None,
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
