//! What is known of one access token while this process runs.

use alloc::boxed::Box;
use core::time::Duration;

use super::clock::Clock;
use crate::{
    AccessToken, Generation, SignIn, Timers, UnixTime,
    time::millis,
    timers::{self, LAST, SETTLED, jitter},
};

/// The state of one audience's token that is not worth saving.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Which token the following is about.
    seen: Option<(Generation, UnixTime)>,
    /// When it expires, by our own clock.
    pub(super) expires: Option<u64>,
    /// How old it was when it was seen first, and when that was.
    age: (u64, u64),
    /// It comes from a future in which it would be over: some clock was wrong, and nobody knows until
    /// when it is good.
    pub(super) astray: bool,
    /// Somebody was given it, or not, when it was due to be refreshed.
    pub(super) touched: bool,
    /// Somebody waits for a token that is good for this long.
    pub(super) waiting: Option<Duration>,
    /// The generation that a mail server refused.
    pub(super) refused: Option<Generation>,
    /// The user has to allow more.
    pub(super) consent: Option<Box<SignIn>>,
}

/// How good a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cred {
    None,
    Valid,
    /// Good, and due to be refreshed.
    Advisory,
    /// Too short to wait for a refresh with.
    Mandatory,
    Expired,
}

impl Slot {
    /// Takes note of the token that is there now.
    pub(super) fn see(&mut self, token: Option<&AccessToken>, clock: &Clock) {
        let seen = token.map(|token| (token.generation, token.issued_at));
        if self.seen == seen {
            return;
        }
        self.seen = seen;
        let Some(token) = token else { return };
        // One that comes from another clock's future is as old as it can be known to be: just born.
        let age = millis(clock.wall.since(token.issued_at));
        self.age = (age, clock.elapsed);
        let ahead = token.issued_at.since(clock.wall);
        self.astray = ahead > token.lifetime().unwrap_or_default().max(timers::APART);
        self.expires = token
            .expires_at
            .zip(token.lifetime())
            .map(|(at, lifetime)| {
                let left = millis(at.since(clock.wall)).min(millis(lifetime));
                clock.elapsed.saturating_add(left)
            });
        self.refused = self.refused.filter(|refused| *refused == token.generation);
        self.consent = None;
        self.satisfied();
    }

    /// Nobody waits any more.
    pub(super) fn satisfied(&mut self) {
        self.touched = false;
        self.waiting = None;
    }

    pub(super) fn age(&self, clock: &Clock) -> u64 {
        self.age
            .0
            .saturating_add(clock.elapsed.saturating_sub(self.age.1))
    }

    /// How long a token is good for, by whichever clock says less.
    pub(super) fn remaining(&self, token: &AccessToken, clock: &Clock) -> Option<u64> {
        let by_wall = millis(token.expires_at?.since(clock.wall));
        let by_boot = self.expires?.saturating_sub(clock.elapsed);
        Some(by_wall.min(by_boot))
    }

    /// How good the token is for a caller who needs it for `min_ttl`. `renewable` says whether
    /// there can be a better one.
    pub(super) fn cred(
        &self,
        token: Option<&AccessToken>,
        clock: &Clock,
        timers: &Timers,
        seed: u64,
        renewable: bool,
        min_ttl: Duration,
    ) -> Cred {
        let Some(token) = token else {
            return Cred::None;
        };
        if self.refused == Some(token.generation) {
            return Cred::Expired;
        }
        if self.astray && renewable {
            return Cred::Mandatory;
        }
        let age = self.age(clock);
        let spread = |window: u64| jitter(seed, token.generation.get(), window / 4 + 1);
        let Some((left, lifetime)) = self
            .remaining(token, clock)
            .zip(token.lifetime().map(millis))
        else {
            // Nobody knows how long it is good. It is used until it is refused.
            let assumed = millis(timers.assumed_lifetime);
            let window = timers::advisory(assumed);
            let due = renewable && age.saturating_add(window + spread(window)) >= assumed;
            return if due { Cred::Advisory } else { Cred::Valid };
        };
        if age < SETTLED && (left > 0 || lifetime == 0) {
            return Cred::Valid;
        }
        if left == 0 {
            return Cred::Expired;
        }
        if !renewable {
            return Cred::Valid;
        }
        let wanted = millis(min_ttl);
        // A wish that no token can fulfil must not cause a refresh at every call.
        let wanted = if wanted > lifetime {
            lifetime / 2
        } else {
            wanted
        };
        if left <= timers::mandatory(lifetime).max(wanted) {
            return Cred::Mandatory;
        }
        // Up to a quarter of the window sooner, so that many processes do not do it at once.
        let window = timers::advisory(lifetime);
        let window = window + spread(window);
        let asked = token
            .refresh_at
            .is_some_and(|at| millis(at.since(token.issued_at)) <= age);
        if asked || left <= window {
            Cred::Advisory
        } else {
            Cred::Valid
        }
    }

    /// Whether it may be given out when there is no better one, for a caller who needs it for
    /// `min_ttl`.
    pub(super) fn is_usable(&self, token: &AccessToken, clock: &Clock, min_ttl: Duration) -> bool {
        if self.refused == Some(token.generation) {
            return false;
        }
        let short = token.lifetime().map_or(0, millis) / 10;
        let needed = millis(min_ttl).max(LAST.min(short)).max(1);
        self.remaining(token, clock)
            .is_none_or(|left| left >= needed)
    }
}
