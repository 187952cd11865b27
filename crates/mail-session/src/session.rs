//! One session.

mod accounts;
mod check;
mod close;
mod end;
mod inner;
mod look;
mod write;

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use mail_login_tokens::{Status, TokenError};
use mail_login_tokio::{Deadline, tokens::Keeper};
use token_lifecycle::{Generation, Record, Tokens, Unavailable};

pub use accounts::AccountError;
pub use end::EndNotStored;
pub(crate) use inner::Inner;

use crate::{Account, Attributes, Ended, SessionKey, User};

/// The session of one user, as one node knows it. Clones are of the same session. It belongs to its
/// [`Sessions`](crate::Sessions): when they are gone, nothing can be done with it any more.
///
/// ```no_run
/// use mail_session::{Outcome, Session};
///
/// # async fn handle(session: Session) {
/// match session.checked().await {
///     Outcome::GoOn | Outcome::GoOnWithOld => println!("hello, {}", session.user().name()),
///     Outcome::Unavailable(wait) => println!("503, Retry-After: {}", wait.seconds()),
///     Outcome::SignIn(ended) => println!("401: {ended}"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Session(pub(crate) Arc<Inner>);

impl Session {
    /// Its public name.
    pub fn key(&self) -> SessionKey {
        self.0.key
    }

    /// Whose it is.
    pub fn user(&self) -> &User {
        &self.0.user
    }

    /// When the user signed in, in milliseconds since 1970.
    pub fn created(&self) -> u64 {
        self.0.created
    }

    /// Whether it has ended, as far as this node knows, and how.
    pub fn is_over(&self) -> Option<&Arc<Ended>> {
        self.0.ended.get()
    }

    /// Which tokens the user's own mailbox has now. A pool compares this with what it was when a
    /// connection was made.
    pub fn generation(&self) -> Generation {
        self.0.keeper.generation()
    }

    /// What is known of the tokens of the user's own mailbox.
    pub fn status(&self) -> Status {
        self.0.keeper.status()
    }

    /// Its mailboxes; the first one is the user's own.
    pub fn accounts(&self) -> Vec<Account> {
        self.0.accounts()
    }

    /// The keeper of the tokens of an account, for other services that want such a token.
    pub fn keeper(&self, account: &str) -> Option<Keeper> {
        self.0.keeper_of(account)
    }

    /// The user has signed in again, within this session: these are the new tokens of the user's own mailbox.
    ///
    /// # Errors
    ///
    /// When they could not be stored in time: they are used all the same, and saving them is tried again. And when
    /// the session has ended, as far as this node knows: [open](crate::Sessions::open) another one.
    pub async fn keep(&self, tokens: Tokens, deadline: Deadline) -> Result<(), TokenError> {
        if self.is_over().is_some() {
            return Err(TokenError::new(Unavailable::SignedOut));
        }
        self.0.keeper.sign_in(tokens, deadline).await
    }

    /// The tokens as attributes of a session elsewhere. The refresh token must not be used there and
    /// here: whoever uses it second signs the user out.
    ///
    /// # Errors
    ///
    /// When there is no good token.
    pub async fn export(&self) -> Result<Attributes, TokenError> {
        let wait = self.0.wait();
        let token = self
            .0
            .keeper
            .token(core::time::Duration::ZERO, wait)
            .await?;
        let record = self.0.keeper.record();
        let refresh = record.as_ref().and_then(Record::refresh);
        Ok(Attributes::new(&token, refresh))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("key", &self.0.key)
            .field("ended", &self.0.ended.get())
            .finish_non_exhaustive()
    }
}
