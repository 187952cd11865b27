//! When to do nothing, and for how long.

use alloc::boxed::Box;
use core::time::Duration;

use super::{
    Lifecycle,
    op::{Dirty, Leave, Op, Pause, PauseKind, Run, Why},
    slot::Cred,
};
use crate::{AccessToken, Hint, Now, SignIn, SignInReason, time::millis, timers::jitter};

impl Lifecycle {
    /// Something has changed that makes another try worth it before its time.
    pub fn handle_hint(&mut self, now: Now, hint: Hint) {
        self.clock.advance(now);
        let spread = match hint {
            Hint::Resumed => jitter(self.seed, self.clock.wall.as_millis(), 10_000),
            Hint::NetworkUp | Hint::Retry | Hint::SettingsChanged => 0,
        };
        let from = self.clock.elapsed.saturating_add(spread);
        self.failures = 0;
        self.stuck = 0;
        self.patience = self.patience.min(from);
        match &mut self.op {
            Op::Wait(pause) | Op::Park(pause, _) => pause.kind = PauseKind::Hurried(from),
            Op::Dirty(dirty) => dirty.tries = 0,
            Op::Dead(_) if self.options.renewal.is_repeatable() => self.op = Op::Idle,
            Op::Dead(_) => {
                self.looked = None;
                self.look = true;
            }
            Op::Start
            | Op::Idle
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => {}
        }
        self.advance();
    }

    /// Moves on as far as that needs nobody: what is due is begun, a wait that is over ends.
    pub(super) fn advance(&mut self) {
        self.sure = None;
        if self.asked {
            return;
        }
        if self.leaving && !matches!(self.op, Op::Leave(_) | Op::Closed | Op::Save(_)) {
            if let Op::Load(_, Why::Conflict(ours)) = &mut self.op {
                self.revoke.extend(ours.refresh.take());
            }
            return self.leave();
        }
        if let Op::Dirty(dirty) = self.op {
            // What a new sign-in replaces is not worth a request. It is saved first all the same, for the lock keeps
            // others from a refresh token that was used, until something else is stored.
            if self.grant.is_none() {
                self.go_on_unsaved(dirty);
            }
            return;
        }
        match &self.op {
            Op::Wait(pause) | Op::Park(pause, _) if self.is_over_by(pause) => self.op = Op::Idle,
            Op::Wait(_) | Op::Park(..) | Op::Idle | Op::Closed | Op::Dead(_) => {}
            Op::Start
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_) => return,
        }
        if self.is_time_for_grant() {
            self.op = Op::Grant;
            return;
        }
        match &self.op {
            Op::Idle => self.begin(),
            Op::Dead(sign_in) => {
                let look = millis(self.options.timers.look);
                let is_time = self
                    .looked
                    .is_none_or(|at| at.saturating_add(look) <= self.clock.elapsed);
                if core::mem::take(&mut self.look) && is_time {
                    self.looked = Some(self.clock.elapsed);
                    self.op = Op::Look(sign_in.clone(), true);
                }
            }
            Op::Start
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => {}
        }
    }

    /// Whether the tokens of a new sign-in are to be stored now.
    fn is_time_for_grant(&self) -> bool {
        self.grant.is_some() && self.clock.elapsed >= self.grant_after
    }

    /// The store has failed for a while, and by now the token is of no use. The refresh token that
    /// was not saved works all the same, and nobody else has it.
    fn go_on_unsaved(&mut self, dirty: Dirty) {
        if dirty.tries < Dirty::LATE {
            return;
        }
        let waits = |index: &usize| {
            self.slots
                .get(*index)
                .is_some_and(|slot| slot.waiting.is_some())
                && !self.is_usable(*index)
        };
        let Some(index) = (0..self.slots.len()).find(waits) else {
            return;
        };
        let until = self.asks_at().max(self.turn_at);
        if self.can_renew() && self.clock.elapsed >= until {
            let run = Run {
                alone: true,
                lost: dirty.lost,
                ..self.run(index)
            };
            self.send(Box::new(run));
        }
    }

    /// When the server may be asked again.
    pub(super) fn asks_at(&self) -> u64 {
        self.not_before.max(self.patience)
    }

    /// Begins what is due.
    fn begin(&mut self) {
        if self.unread {
            self.op = Op::Start;
            return;
        }
        if self.look_for_consent() {
            return;
        }
        let (until, patience) = match self.grant {
            // What it replaces is not worth a request.
            Some(_) => (self.grant_after, 0),
            None => (self.not_before, self.patience),
        };
        if self.clock.elapsed < until.max(patience) {
            self.op = Op::Wait(Pause {
                since: self.clock.elapsed,
                floor: until.saturating_sub(self.clock.elapsed),
                kind: PauseKind::Hurried(patience),
            });
            return;
        }
        for index in 0..self.slots.len() {
            let Some(slot) = self.slots.get(index) else {
                continue;
            };
            let min_ttl = slot.waiting.unwrap_or_default();
            let (touched, waits) = (slot.touched, slot.waiting.is_some());
            let cred = self.cred(index, min_ttl);
            if !self.can_renew() {
                if waits && matches!(cred, Cred::None | Cred::Expired) {
                    let reason = match self.record {
                        Some(_) => SignInReason::NoRefreshToken,
                        None => SignInReason::NotSignedIn,
                    };
                    // Somebody may have signed in elsewhere.
                    self.looked = Some(self.clock.elapsed);
                    self.op = Op::Look(Box::new(SignIn::new(reason)), false);
                    return;
                }
                continue;
            }
            let due = match cred {
                Cred::Valid => false,
                Cred::None => waits || self.options.ahead && index == 0,
                Cred::Advisory | Cred::Mandatory | Cred::Expired => {
                    touched || self.options.ahead && self.is_worth_it(index)
                }
            };
            if due {
                let run = self.run(index);
                self.op = Op::Lock(Box::new(run));
                return;
            }
        }
    }

    pub(super) fn run(&self, index: usize) -> Run {
        let slot = self.slots.get(index);
        Run {
            slot: index,
            min_ttl: slot.and_then(|slot| slot.waiting).unwrap_or_default(),
            refused: slot.and_then(|slot| slot.refused),
            plain: self.options.audiences.len() == 1 && !self.options.quirks.wants_scope_to_refresh,
            ..Run::default()
        }
    }

    /// A token that lives less than a minute would be refreshed without end.
    fn is_worth_it(&self, index: usize) -> bool {
        const LEAST: Duration = Duration::from_secs(60);
        let lifetime = self.held(index).and_then(AccessToken::lifetime);
        lifetime.is_none_or(|lifetime| lifetime > LEAST)
    }

    pub(super) fn pause(&self, kind: PauseKind, floor: Option<Duration>) -> Pause {
        let since = self.clock.elapsed;
        let floor = floor.map_or(0, |floor| {
            let floor = millis(floor);
            floor + jitter(self.seed, self.clock.wall.as_millis(), floor / 10 + 1)
        });
        Pause { since, floor, kind }
    }

    fn is_over_by(&self, pause: &Pause) -> bool {
        self.ends(pause) <= self.clock.elapsed
    }

    /// When a wait ends. That depends on whether somebody waits by now.
    fn ends(&self, pause: &Pause) -> u64 {
        let floor = pause.since.saturating_add(pause.floor);
        let end = match pause.kind {
            PauseKind::Hurried(from) => from,
            PauseKind::Turn { wanted } => self.turn_ends(wanted),
            PauseKind::Busy => pause.since.saturating_add(self.busy()),
            PauseKind::Stuck => pause.since.saturating_add(self.stuck()),
            PauseKind::Failed => match &self.op {
                Op::Park(..) => pause.since.saturating_add(self.probe()),
                Op::Start
                | Op::Idle
                | Op::Lock(_)
                | Op::Load(..)
                | Op::Mark(_)
                | Op::Send(_)
                | Op::Save(_)
                | Op::Dirty(_)
                | Op::Wait(_)
                | Op::Dead(_)
                | Op::Look(..)
                | Op::Grant
                | Op::Leave(_)
                | Op::Closed => pause.since.saturating_add(self.backoff(self.failures)),
            },
        };
        end.max(floor)
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.slots.iter().any(|slot| slot.waiting.is_some())
    }

    fn turn(&self) -> u64 {
        let generation = self
            .record
            .as_ref()
            .map_or(0, |record| record.generation.get());
        generation
            .wrapping_mul(1000)
            .wrapping_add(u64::from(self.failures))
    }

    /// How long to leave the holder of the lock alone.
    fn busy(&self) -> u64 {
        let spread = jitter(self.seed, self.clock.elapsed / 1000 + self.turn(), 150);
        if self.is_blocked() {
            100 + spread
        } else {
            5000 + spread
        }
    }

    /// How long to wait after so many failures: half of it is certain, half of it chance.
    pub(super) fn backoff(&self, failures: u32) -> u64 {
        let timers = &self.options.timers;
        let (first, most, doublings) = match (self.is_blocked(), failures) {
            (true, 0 | 1) => return 1000,
            (true, 2) => return 2000,
            (true, _) => (timers.pause, timers.blocked_at_most, failures - 3),
            (false, _) => (
                timers.pause,
                timers.pause_at_most,
                failures.saturating_sub(1),
            ),
        };
        let whole = doubled(first, doublings).min(millis(most));
        whole / 2 + jitter(self.seed, self.turn(), whole / 2 + 1)
    }

    /// How long to leave a store alone that does not work. Nobody is helped by patience with what is
    /// one's own: who waits for a token gets it seconds after the store is back.
    fn stuck(&self) -> u64 {
        match (self.is_blocked(), self.stuck) {
            (true, 3..) => 2000 + jitter(self.seed, u64::from(self.stuck), 2000),
            (_, tries) => self.backoff(tries),
        }
    }

    pub(super) fn probe(&self) -> u64 {
        let timers = &self.options.timers;
        doubled(timers.probe, self.probes.saturating_sub(1)).min(millis(timers.probe_at_most))
    }

    /// How long until something has to be done again that nobody waits for.
    fn retry(since: u64, tries: u32, most: u64) -> u64 {
        if tries == 0 {
            return since;
        }
        since.saturating_add(doubled(Duration::from_secs(1), tries - 1).min(most))
    }

    /// How long until something is due.
    pub(super) fn nap(&self) -> Duration {
        let nap = self.options.timers.nap;
        if self.asked {
            return nap;
        }
        let then = match &self.op {
            Op::Wait(pause) | Op::Park(pause, _) => self.ends(pause),
            // It has to be saved while the lock still keeps others from the old refresh token.
            Op::Dirty(dirty) => Self::retry(dirty.since, dirty.tries, Dirty::AGAIN),
            Op::Leave(Leave::Load { tries, since } | Leave::Revoke { tries, since })
                if *tries > 0 =>
            {
                Self::retry(*since, *tries, 30_000)
            }
            Op::Start
            | Op::Idle
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dead(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => {
                return nap;
            }
        };
        // Whoever saves, or signs out, finishes that first.
        let waits = matches!(self.op, Op::Wait(_) | Op::Park(..));
        let then = if self.grant.is_some() && waits {
            then.min(self.grant_after)
        } else {
            then
        };
        self.clock.until(then).min(nap)
    }
}

pub(super) fn doubled(first: Duration, times: u32) -> u64 {
    millis(first).saturating_mul(1 << times.min(20))
}
