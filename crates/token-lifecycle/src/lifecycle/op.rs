//! What the machine is about.

use alloc::boxed::Box;
use core::time::Duration;

use crate::{Failure, Generation, Record, SignIn, UnixTime};

/// What the machine is about. Whether the driver was asked for it is told apart, by `asked`.
#[derive(Debug)]
pub(super) enum Op {
    /// The record is read for the first time.
    Start,
    /// Nothing.
    Idle,
    /// The lock is wanted.
    Lock(Box<Run>),
    /// The record is read again.
    Load(Box<Run>, Why),
    /// The mark is written.
    Mark(Box<Run>),
    /// A request is on its way.
    Send(Box<Run>),
    /// A record is written, and held here until it is.
    Save(Box<Save>),
    /// Tokens are in use that are not saved.
    Dirty(Dirty),
    /// Later again.
    Wait(Pause),
    /// Something is set wrong.
    Park(Pause, Failure),
    /// The user has to sign in.
    Dead(Box<SignIn>),
    /// Whether he has done so elsewhere, and whether he was told to.
    Look(Box<SignIn>, bool),
    /// He has done so here; the record that this replaces is read.
    Grant,
    /// He signs out.
    Leave(Leave),
    /// He has signed out.
    Closed,
}

impl Op {
    /// Whether others must keep away.
    pub(super) fn needs_lease(&self) -> bool {
        match self {
            Self::Load(_, why) => {
                !matches!(why, Why::Consent | Why::Peek | Why::Turn | Why::Waiting(_))
            }
            Self::Mark(_) | Self::Send(_) | Self::Save(_) | Self::Dirty(_) => true,
            Self::Start
            | Self::Idle
            | Self::Lock(_)
            | Self::Wait(_)
            | Self::Park(..)
            | Self::Dead(_)
            | Self::Look(..)
            | Self::Grant
            | Self::Leave(_)
            | Self::Closed => false,
        }
    }
}

/// One endeavour to get new tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// For which audience.
    pub(super) slot: usize,
    /// How long somebody needs the token for.
    pub(super) min_ttl: Duration,
    /// The generation that a mail server refused, if that is the reason.
    pub(super) refused: Option<Generation>,
    /// Whose refresh token was sent, and when that grant began.
    pub(super) sent_of: Option<(UnixTime, Generation)>,
    /// When it was sent, by the wall.
    pub(super) sent: UnixTime,
    /// How often the same was sent again because the answer was lost.
    pub(super) repeats: u8,
    /// How often the record was somebody else's.
    pub(super) rounds: u8,
    /// When the mark was written, if it was.
    pub(super) marked: Option<u64>,
    /// The mark in the store is ours, and nothing was sent under it.
    pub(super) unsent: bool,
    /// The refresh token is one that nobody else has.
    pub(super) alone: bool,
    /// The refresh token may have been replaced without our knowing.
    pub(super) lost: bool,
    /// Scopes are not named.
    pub(super) plain: bool,
    /// The assertion was dated anew.
    pub(super) dated: bool,
    /// The spare refresh token is sent.
    pub(super) spare: bool,
    /// A refresh token that somebody else got was sent after ours was refused.
    pub(super) second: bool,
    /// Why it is over.
    pub(super) failure: Option<Failure>,
}

/// Why the record is read again.
#[derive(Debug)]
pub(super) enum Why {
    /// Because the lock is ours.
    Fresh,
    /// To see whether its holder has refreshed.
    Peek,
    /// Because the refresh token was refused.
    Rejected,
    /// To see whether anybody else has refreshed, while there is no turn.
    Turn,
    /// To see the same while it is too early to try again.
    Waiting(Pause),
    /// To see whether the user has allowed more elsewhere.
    Consent,
    /// Because this could not be written.
    Conflict(Box<Record>),
}

/// A record to write.
#[derive(Debug)]
pub(super) struct Save {
    pub(super) record: Record,
    pub(super) then: Then,
}

/// What comes when it is written.
#[derive(Debug)]
pub(super) enum Then {
    /// New tokens.
    Refreshed(Box<Run>),
    /// Tokens of a new sign-in.
    Granted,
    /// The refresh token is gone.
    Ended(Box<Run>, Box<SignIn>),
    /// The mark is gone.
    Unmarked(Box<Op>),
}

/// Tokens that are not saved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dirty {
    /// When it was last tried.
    pub(super) since: u64,
    pub(super) tries: u32,
    /// The refresh token was sent, and may have been replaced without our knowing.
    pub(super) lost: bool,
}

impl Dirty {
    /// After so many tries somebody who waits is helped by a request in the meantime.
    pub(super) const LATE: u32 = 3;
    /// The longest time between two tries: the lock has to last until one of them works.
    pub(super) const AGAIN: u64 = 4000;
}

/// A wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    pub(super) since: u64,
    /// It ends no sooner, whatever happens.
    pub(super) floor: u64,
    pub(super) kind: PauseKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PauseKind {
    /// Somebody else is about it.
    Busy,
    /// It grows with each failure.
    Failed,
    /// It grows with each failure of the store, and not much while somebody waits.
    Stuck,
    /// It ends as soon as it may, and not before this.
    Hurried(u64),
    /// There is no turn yet, for somebody who waits or for nobody.
    Turn { wanted: bool },
}

/// A sign-out.
#[derive(Debug)]
pub(super) enum Leave {
    /// The record is read for its refresh token.
    Load { tries: u32, since: u64 },
    /// It is deleted.
    Clear { tries: u32 },
    /// The refresh token is revoked.
    Revoke { tries: u32, since: u64 },
}
