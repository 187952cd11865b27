//! What a driver does, and what it says about it.

use core::time::Duration;

use sasl_core::Secret;

use crate::{Audience, Event, GrantKind, Record, Revision, Scopes, SignIn};

/// The one thing to do next.
///
/// Each of `Lock`, `Load`, `Send`, `Save` and `Clear` is asked for once and wants an answer; until it
/// comes, `poll` says `Wait`. See [`Lifecycle`](crate::Lifecycle) for a whole driver.
///
/// ```
/// # use token_lifecycle::{Action, Audience, Lifecycle, Now, Options, UnixTime};
/// let mut lifecycle = Lifecycle::new(Options::new("me", Audience::new("mail")));
/// let now = Now::wall(UnixTime::from_secs(1_767_222_000));
/// assert!(matches!(lifecycle.poll(now), Action::Load));
/// ```
#[derive(Debug)]
#[must_use = "an action that is not taken stalls every caller"]
pub enum Action<'a> {
    /// Delete the stored record if its revision is still this one, and say so by
    /// [`handle_saved`](crate::Lifecycle::handle_saved).
    Clear {
        /// What the stored record must have.
        expected: Revision,
    },
    /// The user has signed out. There is nothing more to do.
    Done,
    /// A fact; there is nothing to do.
    Event(Event),
    /// Read the record from the authoritative store, not from a copy of it, and say so by
    /// [`handle_loaded`](crate::Lifecycle::handle_loaded) or
    /// [`handle_not_loaded`](crate::Lifecycle::handle_not_loaded).
    Load,
    /// Try to get the lock of this grant, without waiting for it, and say so by
    /// [`handle_lock`](crate::Lifecycle::handle_lock).
    Lock,
    /// Save this record if the revision of the stored one is still this one, or if there is none
    /// and `None` is expected; and say so by [`handle_saved`](crate::Lifecycle::handle_saved).
    /// It must be on the disk before.
    Save {
        /// What the stored record must have.
        expected: Option<Revision>,
        /// The new one.
        record: &'a Record,
    },
    /// Send this to the authorization server and say what came by
    /// [`handle_response`](crate::Lifecycle::handle_response) or
    /// [`handle_no_response`](crate::Lifecycle::handle_no_response).
    Send(Want<'a>),
    /// End what depends on these tokens, and have the user sign in. Said once for each generation. For
    /// [`ConsentMissing`](crate::SignInReason::ConsentMissing) nothing ends: the user has to allow
    /// more, and until then the tokens are good for whoever wants less.
    SignIn(SignIn),
    /// Let the lock go.
    Unlock,
    /// Wait this long, or until somebody calls any other method, and poll again.
    Wait(Duration),
}

/// What is wanted from the authorization server. How the client proves who it is, is not the
/// machine's business.
///
/// ```
/// use token_lifecycle::{GrantKind, Want};
///
/// let secret = "tGzv3JOkF0XG5Qx2TlKWIA".into();
/// let want = Want::Refresh { token: &secret, scopes: None, resource: None };
/// assert!(!format!("{want:?}").contains("tGzv"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want<'a> {
    /// New tokens, by a grant that needs no user.
    Grant {
        /// Which one.
        kind: GrantKind,
        /// For what.
        audience: &'a Audience,
        /// How many seconds the server's clock is ahead: an assertion is dated by it.
        skew: i64,
    },
    /// New tokens, by the refresh token (<https://www.rfc-editor.org/rfc/rfc6749#section-6>).
    Refresh {
        /// The refresh token.
        token: &'a Secret,
        /// What to ask for; `None` for the same as before.
        scopes: Option<&'a Scopes>,
        /// For which resource.
        resource: Option<&'a str>,
    },
    /// That this refresh token is good no more (<https://www.rfc-editor.org/rfc/rfc7009>).
    Revoke {
        /// The refresh token.
        token: &'a Secret,
    },
}

/// What became of an attempt to get the lock.
///
/// ```
/// assert_ne!(token_lifecycle::Lock::Held, token_lifecycle::Lock::Unavailable);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lock {
    /// It is ours.
    Acquired,
    /// Somebody else has it.
    Held,
    /// It does not work.
    Unavailable,
}

/// What became of an attempt to save or clear a record.
///
/// ```
/// assert_ne!(token_lifecycle::Saved::Done, token_lifecycle::Saved::Conflict);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Saved {
    /// It is done.
    Done,
    /// The stored record is another one than expected; nothing was written.
    Conflict,
    /// The store does not work. It may have been written or not.
    Failed,
}

/// What a mail server's refusal of a token means for whoever was refused.
///
/// ```
/// assert_ne!(token_lifecycle::Feedback::Retry, token_lifecycle::Feedback::Wait);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "it says whether another login makes sense"]
pub enum Feedback {
    /// A new token would be refused too: the user has no mailbox, the protocol is switched off, or
    /// the token is for somebody else. Do not try again.
    AccessRefused,
    /// Ask for a token again, and log in once more with it.
    Retry,
    /// The user has to sign in again; where a scope is missing, to allow that
    /// ([`SignIn::for_refusal`]). Do not try again before.
    SignIn,
    /// The token is not to blame. Try again later with the same.
    Wait,
}

/// Something has changed that makes another try worth it before its time. A pause that a server asked
/// for is kept all the same.
///
/// ```
/// assert_ne!(token_lifecycle::Hint::NetworkUp, token_lifecycle::Hint::Resumed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hint {
    /// There is a network again.
    NetworkUp,
    /// The computer was asleep. Many machines may wake at once, so each waits a moment of its own.
    Resumed,
    /// The user wants it now.
    Retry,
    /// A setting was changed.
    SettingsChanged,
}

/// How urgent a refresh is that is about to begin.
///
/// ```
/// use token_lifecycle::Urgency;
/// assert!(Urgency::Wanted > Urgency::Ahead);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// The token is still good, or nobody has asked for it.
    Ahead,
    /// Somebody has asked for a token and got none.
    Wanted,
}
