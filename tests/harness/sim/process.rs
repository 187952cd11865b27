//! One process that drives a machine.

use std::{collections::HashMap, time::Duration};

use token_lifecycle::{Audience, Lifecycle, Now, Options, Quirks, Timers, UnixTime};

/// What happened to a refresh token that this process sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    InFlight,
    /// It may be sent again.
    Again,
    /// It must never be sent again.
    Over,
}

/// A process, and what is checked about it.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) life: Lifecycle,
    /// It counts how often the process began: what was begun before a crash is not answered.
    pub(super) epoch: u64,
    pub(super) up: bool,
    pub(super) asleep_until: u64,
    /// Milliseconds between its wall clock and the world's.
    pub(super) offset: i64,
    pub(super) wake_at: u64,
    pub(super) ask_at: u64,
    pub(super) not_before: u64,
    pub(super) fates: HashMap<String, Fate>,
    /// For which generations it was told that the user has to sign in.
    pub(super) told: Vec<(u64, Option<UnixTime>)>,
    /// For which generations it was told that he has to allow more.
    pub(super) wanted: Vec<(u64, Option<UnixTime>)>,
    pub(super) sends: Vec<u64>,
    /// Whether the last caller got a token that was good, or why he got none.
    pub(super) last: Option<Result<bool, token_lifecycle::Unavailable>>,
    /// A refresh token that it got and has not saved.
    pub(super) unsaved: Option<String>,
}

/// The world begins here, by the wall.
const BEGIN: u64 = 1_767_222_000_000;

impl Process {
    pub(super) fn new(index: usize, epoch: u64, seed: u64, rotates: bool) -> Self {
        // A long nap makes a world of hours quick to play.
        let timers = Timers {
            nap: Duration::from_secs(3600),
            lease: Duration::from_millis(super::store::Lease::TTL),
            ..Timers::default()
        };
        let quirks = Quirks {
            never_rotates: !rotates,
            ..Quirks::default()
        };
        let options = Options::new(format!("process-{index}-{epoch}"), Audience::new("mail"))
            .with_timers(timers)
            .with_quirks(quirks)
            .with_seed(seed ^ epoch);
        Self {
            life: Lifecycle::new(options),
            epoch,
            up: true,
            asleep_until: 0,
            offset: 0,
            wake_at: 0,
            ask_at: 0,
            not_before: 0,
            fates: HashMap::new(),
            told: Vec::new(),
            wanted: Vec::new(),
            sends: Vec::new(),
            last: None,
            unsaved: None,
        }
    }

    pub(super) fn now(&self, now: u64) -> Now {
        Now::wall(Self::wall(now, self.offset)).with_boot(Duration::from_millis(now))
    }

    fn wall(now: u64, offset: i64) -> UnixTime {
        UnixTime::from_millis((BEGIN + now).saturating_add_signed(offset))
    }
}
