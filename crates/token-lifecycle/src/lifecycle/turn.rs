//! Many grants, and a limit on how many of them refresh.

use core::time::Duration;

use super::{
    Lifecycle,
    op::{Dirty, Op, Pause, PauseKind, Why},
};
use crate::{
    Now, Urgency,
    time::millis,
    timers::{LEAST_TURN, jitter},
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
    /// again, and now and then the store is looked at for what others have got. Say this again if it takes
    /// longer, and [`handle_turn`](Self::handle_turn) as soon as there is one.
    pub fn handle_no_turn(&mut self, now: Now, turn_in: Duration) {
        self.clock.advance(now);
        self.advance();
        if self.asked {
            return;
        }
        // Those who are told the same do not come at the same time.
        let turn_in = millis(turn_in).max(LEAST_TURN);
        let spread = jitter(self.options.seed, self.clock.wall.as_millis(), turn_in / 8);
        let elapsed = self.clock.elapsed;
        let turn_at = elapsed.saturating_add(turn_in).saturating_add(spread);
        match self.take_op() {
            Op::Lock(run) => {
                self.turn_at = turn_at;
                if self.may_peek() {
                    self.peeked = Some(elapsed);
                    self.op = Op::Load(run, Why::Turn);
                } else {
                    self.wait_for_turn();
                }
            }
            Op::Send(run) if run.alone => {
                self.turn_at = turn_at;
                let since = elapsed;
                self.op = Op::Dirty(Dirty { since, tries: 3 });
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
        self.turn_at = 0;
        self.advance();
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

    /// Somebody asks, and somebody else may have refreshed meanwhile.
    pub(super) fn peek_again(&mut self) {
        let waits =
            matches!(&self.op, Op::Wait(pause) if matches!(pause.kind, PauseKind::Turn { .. }));
        if waits && self.may_peek() {
            self.op = Op::Idle;
            self.advance();
        }
    }

    fn may_peek(&self) -> bool {
        let look = millis(self.options.timers.look);
        self.peeked
            .is_none_or(|at| at.saturating_add(look) <= self.clock.elapsed)
    }
}
