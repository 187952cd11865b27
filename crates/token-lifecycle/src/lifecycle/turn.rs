//! Many grants, and a limit on how many of them refresh.

use alloc::boxed::Box;
use core::time::Duration;

use super::{
    Lifecycle,
    op::{Dirty, Op, Pause, PauseKind, Why},
    rest::doubled,
};
use crate::{
    Now, Urgency,
    time::millis,
    timers::{LEAST_TURN, PEEK, jitter},
};

impl Lifecycle {
    /// Whether [`poll`](Self::poll) begins a refresh next, and for whom.
    ///
    /// For drivers that limit how many of their grants refresh: ask this before each `poll`, and if there is
    /// no turn for it, say so by [`handle_no_turn`](Self::handle_no_turn). This is the one place to wait,
    /// for as long as it takes: once the lock is asked for, time counts.
    ///
    /// ```
    /// use core::{num::NonZeroU32, time::Duration};
    /// use token_lifecycle::{
    ///     Action, Audience, Lifecycle, Now, Options, Pace, Record, UnixTime, Urgency,
    /// };
    ///
    /// let mut lifecycle = Lifecycle::new(Options::new("node-1", Audience::new("mail")));
    /// let now = Now::wall(UnixTime::from_secs(1_767_222_000));
    /// # let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"r"}"#;
    /// # let record = Record::from_json(json).unwrap();
    /// assert!(matches!(lifecycle.poll(now), Action::Load));
    /// lifecycle.handle_loaded(now, Some(record));
    /// assert_eq!(lifecycle.begins(now), Some(Urgency::Ahead));
    ///
    /// let mut pace = Pace::per_second(NonZeroU32::MIN);
    /// let wait = pace.reserve(Duration::ZERO).unwrap_err();
    /// lifecycle.handle_no_turn(now, wait);
    /// // It looks whether somebody else has done it, and waits.
    /// assert!(matches!(lifecycle.poll(now), Action::Load));
    /// ```
    pub fn begins(&mut self, now: Now) -> Option<Urgency> {
        self.clock.advance(now);
        self.advance();
        if self.asked || !self.events.is_empty() || self.notice.is_some() {
            return None;
        }
        match &self.op {
            Op::Lock(_) if self.lease.is_some() => None,
            Op::Lock(_) if self.is_blocked() => Some(Urgency::Wanted),
            Op::Lock(_) => Some(Urgency::Ahead),
            // It needs no lock, for nobody else has this refresh token.
            Op::Send(run) if run.alone && run.repeats == 0 => Some(Urgency::Wanted),
            Op::Start
            | Op::Idle
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Dead(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => None,
        }
    }

    /// There is no turn for the refresh that is about to begin; it may come in so long.
    ///
    /// Until then a token that is good is given out however short it is, callers are told when to come
    /// again, and when somebody asks, the store is looked at for what others have got. Say this again if it takes
    /// longer, and [`handle_turn`](Self::handle_turn) as soon as there is one.
    pub fn handle_no_turn(&mut self, now: Now, turn_in: Duration) {
        self.clock.advance(now);
        self.advance();
        if self.asked {
            return;
        }
        // Those who are told the same do not come at the same time.
        let turn_in = millis(turn_in).max(LEAST_TURN);
        let spread = jitter(self.seed, self.clock.wall.as_millis(), turn_in / 8);
        let elapsed = self.clock.elapsed;
        let turn_at = elapsed.saturating_add(turn_in).saturating_add(spread);
        match self.take_op() {
            Op::Lock(run) => {
                self.turn_at = turn_at;
                if self.peeks == 0 || self.peek {
                    self.peeked = elapsed;
                    self.peeks = self.peeks.saturating_add(1);
                    self.peek = false;
                    self.op = Op::Load(run, Why::Turn);
                } else {
                    self.wait_for_turn();
                }
            }
            Op::Send(run) if run.alone => {
                self.turn_at = turn_at;
                self.op = Op::Dirty(Dirty {
                    since: elapsed,
                    tries: Dirty::LATE,
                    lost: run.lost,
                });
            }
            op @ (Op::Start
            | Op::Idle
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Dead(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed) => self.op = op,
        }
    }

    /// There is a turn now. Whether it is needed is what [`begins`](Self::begins) says.
    pub fn handle_turn(&mut self, now: Now) {
        self.clock.advance(now);
        self.stop_waiting_for_turn();
        self.advance();
    }

    /// The wait is over, or not needed any more. The next one begins with a look at the store.
    pub(super) fn stop_waiting_for_turn(&mut self) {
        self.turn_at = 0;
        self.peeks = 0;
        self.peek = false;
    }

    /// Whether the driver said that there is no turn.
    pub(super) fn waits_for_turn(&self) -> bool {
        self.turn_at > self.clock.elapsed
    }

    /// Waits, unless the turn has come.
    pub(super) fn wait_for_turn(&mut self) {
        self.op = Op::Wait(Pause {
            since: self.clock.elapsed,
            floor: 0,
            kind: PauseKind::Turn {
                wanted: self.is_blocked(),
            },
        });
        self.advance();
    }

    /// Somebody asks, and somebody else may have refreshed meanwhile: also while it is too early to try again,
    /// after a failure.
    pub(super) fn peek_again(&mut self, index: usize) {
        if self.asked {
            return;
        }
        if self.waits_for_turn() {
            self.peek = true;
            return self.advance();
        }
        let Op::Wait(pause) = &self.op else { return };
        let look = millis(self.options.timers.look);
        let before = pause.since.max(self.peeked);
        if before.saturating_add(look) <= self.clock.elapsed {
            self.peeked = self.clock.elapsed;
            let why = Why::Waiting(*pause);
            self.op = Op::Load(Box::new(self.run(index)), why);
        }
    }

    /// When a wait for a turn ends.
    pub(super) fn turn_ends(&self, wanted: bool) -> u64 {
        // It is another turn that is waited for once somebody waits.
        if self.is_blocked() && !wanted {
            return self.clock.elapsed;
        }
        if !self.peek || self.peeks == 0 {
            return self.turn_at;
        }
        // Who waits looks less and less often.
        let look = millis(self.options.timers.look);
        let pause = doubled(PEEK, self.peeks - 1).min(look);
        self.peeked.saturating_add(pause).min(self.turn_at)
    }
}
