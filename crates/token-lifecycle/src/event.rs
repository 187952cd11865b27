//! Facts, for logs and people.

use crate::{Failure, Generation, Scopes, UnixTime};

/// A fact, never a duty: log it, show it, drop it. It holds no secret.
///
/// ```
/// use token_lifecycle::{Event, Generation};
///
/// let event = Event::Adopted { generation: Generation::from(7) };
/// assert_eq!(event.name(), "adopted");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Somebody else has refreshed the tokens; these are used.
    Adopted {
        /// Which ones.
        generation: Generation,
    },
    /// The clocks of server and client are apart.
    ClockSkew {
        /// How many seconds the server's clock is ahead; negative if it is behind.
        seconds: i64,
    },
    /// Two processes have refreshed at once; the later tokens are kept.
    Conflict {
        /// Which ones are kept.
        generation: Generation,
    },
    /// A request failed. What it means is in the class of the failure.
    Failed(Failure),
    /// The server gave a token of an unusually short life: the user may have to sign in soon.
    GrantEnding {
        /// When the token expires.
        at: UnixTime,
    },
    /// The server said until when the user is signed in.
    GrantExpires {
        /// When.
        at: UnixTime,
    },
    /// The lock does not work at all.
    LockUnavailable,
    /// There are new tokens, and they are saved. Connections that used older ones need not end.
    Refreshed {
        /// Which ones.
        generation: Generation,
        /// Until when they are good, if it is known.
        expires_at: Option<UnixTime>,
    },
    /// There are tokens again after a sign-in.
    Restored {
        /// Which ones.
        generation: Generation,
    },
    /// The refresh token could not be revoked at sign-out.
    RevocationFailed(Failure),
    /// What could not be saved is saved.
    Saved {
        /// Which ones.
        generation: Generation,
    },
    /// The server granted less than was asked for.
    ScopeReduced {
        /// What is missing.
        missing: Scopes,
    },
    /// The store does not work. Tokens that could not be saved are used and will be saved later.
    StoreUnavailable {
        /// Whether something could not be written, or deleted; if not, it could not be read.
        writing: bool,
    },
}

impl Event {
    /// A stable name for programs, in kebab-case.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Adopted { .. } => "adopted",
            Self::ClockSkew { .. } => "clock-skew",
            Self::Conflict { .. } => "conflict",
            Self::Failed(_) => "failed",
            Self::GrantEnding { .. } => "grant-ending",
            Self::GrantExpires { .. } => "grant-expires",
            Self::LockUnavailable => "lock-unavailable",
            Self::Refreshed { .. } => "refreshed",
            Self::Restored { .. } => "restored",
            Self::RevocationFailed(_) => "revocation-failed",
            Self::Saved { .. } => "saved",
            Self::ScopeReduced { .. } => "scope-reduced",
            Self::StoreUnavailable { .. } => "store-unavailable",
        }
    }
}
