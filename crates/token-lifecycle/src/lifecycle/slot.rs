//! What is known of one access token while this process runs.

use core::time::Duration;

use super::clock::Clock;
use crate::{
    AccessToken, Generation, Timers, UnixTime,
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
    /// The generation for which it was told that the user has to allow more.
    pub(super) consent: Option<Generation>,
    /// He may have done so elsewhere: the store is to be looked at.
    pub(super) look: bool,
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
        (self.consent, self.look) = (None, false);
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
        let due = self.due_in(token, clock, timers, seed) == 0;
        let age = self.age(clock);
        let Some((left, lifetime)) = self.left_of(token, clock) else {
            // Nobody knows how long it is good. It is used until it is refused.
            return match renewable && due {
                true => Cred::Advisory,
                false => Cred::Valid,
            };
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
        if due { Cred::Advisory } else { Cred::Valid }
    }

    /// How long until the token is to be refreshed ahead of time, if it can be.
    fn due_in(&self, token: &AccessToken, clock: &Clock, timers: &Timers, seed: u64) -> u64 {
        let age = self.age(clock);
        let Some((left, lifetime)) = self.left_of(token, clock) else {
            let assumed = millis(timers.assumed_lifetime);
            let window = window(token, assumed, timers, seed);
            return assumed.saturating_sub(age.saturating_add(window));
        };
        let due = left.saturating_sub(window(token, lifetime, timers, seed));
        let asked = token.refresh_at.map(|at| {
            let at = millis(at.since(token.issued_at));
            at.saturating_sub(age)
        });
        asked.map_or(due, |asked| asked.min(due))
    }

    /// How long the token is good for, of how long a life.
    fn left_of(&self, token: &AccessToken, clock: &Clock) -> Option<(u64, u64)> {
        let left = self.remaining(token, clock)?;
        Some((left, millis(token.lifetime()?)))
    }

    /// How long a token that is good stays so without anything to be done, if nothing happens.
    pub(super) fn valid_for(
        &self,
        token: &AccessToken,
        clock: &Clock,
        timers: &Timers,
        seed: u64,
        renewable: bool,
    ) -> u64 {
        let age = self.age(clock);
        let left = self.left_of(token, clock);
        let due = match renewable {
            true => self.due_in(token, clock, timers, seed),
            false => u64::MAX,
        };
        let settled = SETTLED.saturating_sub(age);
        match left {
            None => due,
            // It is as good as it gets, for so long.
            Some((left, _)) if settled > 0 => left.min(settled),
            Some((left, lifetime)) if renewable => {
                due.min(left.saturating_sub(timers::mandatory(lifetime)))
            }
            Some((left, _)) => left,
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

/// So long before its expiry a token is refreshed ahead of time: up to a quarter sooner than it has to be, so
/// that many processes do not do it at once.
pub(super) fn window(token: &AccessToken, lifetime: u64, timers: &Timers, seed: u64) -> u64 {
    let window = timers::advisory(timers, lifetime);
    window + jitter(seed, token.generation.get(), window / 4 + 1)
}
