//! A short way for the usual question: nothing is to be done, and the token is good for long.

use core::time::Duration;

use super::{
    Lifecycle,
    clock::Clock,
    op::Op,
    slot::{Slot, window},
};
use crate::{AccessToken, Now, Timers, UnixTime, time::millis, timers};

/// Until when the answer for one slot stays what it was, if nothing happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sure {
    slot: usize,
    /// Where its token is in the record.
    place: usize,
    /// Until when by the wall clock.
    wall: UnixTime,
    /// Until when by the clock that only goes forward. Without one the wall clock is followed on each of
    /// its ways, and there is no short one.
    boot: Duration,
    /// For callers who need the token for so long.
    min_ttl: Duration,
}

impl Lifecycle {
    /// Where the token is, if the answer is known.
    #[inline]
    pub(super) fn sure(&self, now: Now, index: usize, min_ttl: Duration) -> Option<usize> {
        let sure = self.sure.as_ref()?;
        let in_time = now.boot? < sure.boot && now.wall < sure.wall;
        let fits = sure.slot == index && min_ttl <= sure.min_ttl && matches!(self.op, Op::Idle);
        (in_time && fits).then_some(sure.place)
    }

    /// A token was given that is good. Remembers until when there is nothing to think about.
    pub(super) fn remember(&mut self, index: usize) {
        let is_quiet = matches!(self.op, Op::Idle) && !self.asked && self.grant.is_none();
        self.sure = self.known(index).filter(|_| is_quiet);
    }

    fn known(&self, index: usize) -> Option<Sure> {
        let (slot, audience) = self.slots.get(index).zip(self.audience(index))?;
        let access = &self.record.as_ref()?.access;
        let place = access
            .iter()
            .position(|token| token.audience == *audience)?;
        let token = access.get(place)?;
        let good = slot.good_for(
            token,
            &self.clock,
            &self.options.timers,
            self.seed,
            self.can_renew(),
        )?;
        Some(Sure {
            slot: index,
            place,
            wall: self.clock.wall + good.wall,
            boot: self.clock.boot()?.saturating_add(good.boot),
            min_ttl: good.min_ttl,
        })
    }
}

/// How long nothing is to be done about a token.
struct Good {
    wall: Duration,
    boot: Duration,
    min_ttl: Duration,
}

impl Slot {
    /// `None` where it is not that simple. This says no more than [`cred`](Self::cred), but for all
    /// times at once.
    fn good_for(
        &self,
        token: &AccessToken,
        clock: &Clock,
        timers: &Timers,
        seed: u64,
        renewable: bool,
    ) -> Option<Good> {
        let lifetime = millis(token.lifetime()?);
        if self.refused == Some(token.generation) {
            return None;
        }
        let (kept, min_ttl) = match renewable {
            false => (0, Duration::MAX),
            true if self.astray => return None,
            true => {
                let window = window(token, lifetime, timers, seed);
                let kept = window.max(timers::mandatory(lifetime));
                (kept, Duration::from_millis(kept))
            }
        };
        let by_wall = millis(token.expires_at?.since(clock.wall)).checked_sub(kept)?;
        let mut by_boot = self
            .expires?
            .saturating_sub(clock.elapsed)
            .checked_sub(kept)?;
        if let Some(at) = token.refresh_at.filter(|_| renewable) {
            let age = millis(at.since(token.issued_at));
            by_boot = by_boot.min(age.saturating_sub(self.age(clock)));
        }
        Some(Good {
            wall: Duration::from_millis(by_wall),
            boot: Duration::from_millis(by_boot),
            min_ttl,
        })
    }
}
