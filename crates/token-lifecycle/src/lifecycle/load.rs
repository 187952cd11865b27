//! The lock, and what the store says under it.

use alloc::boxed::Box;
use core::time::Duration;

use super::{
    Lifecycle,
    op::{Leave, Op, PauseKind, Run, Why},
    slot::Cred,
};
use crate::{
    Class, Event, Failure, Lock, Now, Record, Setting, SignIn, SignInReason, record::EndReason,
    time::millis,
};

/// How long to wait with a sign-in that cannot be saved.
const GRANT: u64 = 2000;

impl Lifecycle {
    /// What became of [`Action::Lock`](crate::Action::Lock).
    pub fn handle_lock(&mut self, now: Now, lock: Lock) {
        self.clock.advance(now);
        if !self.asked || !matches!(self.op, Op::Lock(_)) {
            // It came too late, and is let go by `poll`.
            if lock == Lock::Acquired && self.lease.is_none() {
                self.lease = Some(self.clock.elapsed);
            }
            return;
        }
        let Op::Lock(run) = self.take_op() else {
            return;
        };
        match lock {
            Lock::Acquired => {
                let lease = millis(self.options.timers.lease);
                self.lease = Some(self.lock_asked.saturating_add(lease));
                self.op = Op::Load(run, Why::Fresh);
            }
            Lock::Held => self.op = Op::Load(run, Why::Peek),
            Lock::Unavailable => {
                self.tell(Event::LockUnavailable);
                if self.options.without_lock {
                    self.op = Op::Load(run, Why::Fresh);
                } else {
                    self.fail_for_now();
                }
            }
        }
    }

    /// The store works, and has this record or none.
    pub fn handle_loaded(&mut self, now: Now, record: Option<Record>) {
        self.clock.advance(now);
        if !self.is_loading() {
            return;
        }
        let foreign = record.as_ref().is_some_and(|record| {
            let (theirs, ours) = (&record.client_id, &self.options.client_id);
            !theirs.is_empty() && !ours.is_empty() && theirs != ours
        });
        match self.take_op() {
            Op::Leave(Leave::Load { tries, .. }) => self.leave_with(record, tries),
            Op::Grant => self.save_grant(record),
            // Another client's tokens are neither used nor touched.
            _ if foreign => self.park(Failure::new(Class::Misconfigured(Setting::Client))),
            Op::Start => self.begin_with(record),
            Op::Look(sign_in, _) => self.look_at(record, *sign_in),
            Op::Load(run, Why::Fresh) => self.refresh_from(record, run),
            Op::Load(run, Why::Peek) => {
                if !self.peek_at(record, &run) {
                    self.op = Op::Wait(self.pause(PauseKind::Busy, None));
                }
            }
            // What is in use is good, so that there is nothing to wait for.
            Op::Load(run, Why::Consent) => {
                self.peek_at(record, &run);
            }
            Op::Load(run, Why::Waiting(pause)) => {
                if !self.peek_at(record, &run) {
                    self.op = Op::Wait(pause);
                }
            }
            Op::Load(run, Why::Turn) => {
                if !self.peek_at(record, &run) {
                    self.wait_for_turn();
                }
            }
            Op::Load(run, Why::Rejected) => self.judge(record, run),
            Op::Load(run, Why::Conflict(ours)) => self.settle(record, *ours, run),
            op @ (Op::Idle
            | Op::Lock(_)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Dead(_)
            | Op::Leave(_)
            | Op::Closed) => self.op = op,
        }
    }

    /// The store does not work, or its record cannot be read.
    pub fn handle_not_loaded(&mut self, now: Now) {
        self.clock.advance(now);
        if !self.is_loading() {
            return;
        }
        self.tell(Event::StoreUnavailable { writing: false });
        match self.take_op() {
            Op::Leave(Leave::Load { tries, .. }) => {
                let since = self.clock.elapsed;
                self.op = Op::Leave(Leave::Load {
                    tries: tries.saturating_add(1),
                    since,
                });
            }
            // Nobody loses a session because a store is down: the tokens are used as they are.
            Op::Load(_, Why::Conflict(ours)) => self.use_unsaved(*ours),
            Op::Load(_, Why::Waiting(pause)) => self.op = Op::Wait(pause),
            Op::Load(_, Why::Consent) => self.op = Op::Idle,
            Op::Look(sign_in, true) => self.op = Op::Dead(sign_in),
            Op::Grant => {
                self.grant_after = self.clock.elapsed.saturating_add(GRANT);
                self.fail_for_now();
            }
            Op::Load(run, Why::Rejected) => {
                self.refusal = Some(run);
                self.fail_for_now();
            }
            Op::Start | Op::Load(..) | Op::Look(..) => self.fail_for_now(),
            op @ (Op::Idle
            | Op::Lock(_)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Dead(_)
            | Op::Leave(_)
            | Op::Closed) => self.op = op,
        }
    }

    fn is_loading(&self) -> bool {
        let loads = matches!(
            self.op,
            Op::Start | Op::Load(..) | Op::Look(..) | Op::Grant | Op::Leave(Leave::Load { .. })
        );
        self.asked && loads
    }

    /// The first record.
    fn begin_with(&mut self, record: Option<Record>) {
        self.unread = false;
        let Some(record) = record else {
            if !self.options.renewal.is_repeatable() && self.grant.is_none() {
                self.end(SignIn::new(SignInReason::NotSignedIn));
            }
            return;
        };
        self.install(record);
        self.end_if_ended();
    }

    /// The user may have signed in elsewhere.
    fn look_at(&mut self, record: Option<Record>, sign_in: SignIn) {
        let Some(record) = record else {
            return match self.record {
                Some(_) => self.signed_out_elsewhere(),
                None => self.end(sign_in),
            };
        };
        if record.is_ended() || !self.is_newer(&record) {
            return self.end(sign_in);
        }
        let generation = record.generation;
        self.install(record);
        self.failures = 0;
        self.stuck = 0;
        self.op = Op::Idle;
        self.tell(Event::Restored { generation });
    }

    /// Nobody else is about it, and this is what is stored.
    fn refresh_from(&mut self, record: Option<Record>, run: Box<Run>) {
        let Some(record) = record else {
            return match self.record {
                Some(_) if !self.options.renewal.is_repeatable() => self.signed_out_elsewhere(),
                None if !self.options.renewal.is_repeatable() => {
                    self.end(SignIn::new(SignInReason::NotSignedIn));
                }
                Some(_) | None => {
                    self.forget();
                    self.op = Op::Send(run);
                }
            };
        };
        if let Some(refusal) = self.refusal.take() {
            // What was refused is not sent again.
            return self.judge(Some(record), refusal);
        }
        let pending = record.pending.clone();
        if self.is_older(&record) {
            if !self
                .record
                .as_ref()
                .is_some_and(|ours| ours.refresh == record.refresh)
            {
                // The store has lost what it had: ours is the refresh token that works.
                return self.save_again(&record);
            }
            // The store does not take what we save, and nothing is lost by that.
            self.keep_ours(record.revision);
        } else {
            self.install(record);
        }
        if self.end_if_ended() || self.adopt(&run) {
            return;
        }
        if !self.can_renew() {
            // Nothing can be done before it expires, and then the user has to.
            return;
        }
        self.mark_after(pending.as_ref(), run);
    }

    /// Somebody else may have refreshed by now. `false`: there is nothing new.
    fn peek_at(&mut self, record: Option<Record>, run: &Run) -> bool {
        let Some(record) = record else {
            let is_over = self.record.is_some() && !self.options.renewal.is_repeatable();
            if is_over {
                self.signed_out_elsewhere();
            }
            return is_over;
        };
        if !self.is_newer(&record) {
            return false;
        }
        self.install(record);
        self.end_if_ended() || self.adopt(run)
    }

    /// The refresh token was refused. That counts only if nobody has replaced it.
    fn judge(&mut self, record: Option<Record>, mut run: Box<Run>) {
        let Some(record) = record else {
            return if self.options.renewal.is_repeatable() {
                self.end(Self::sign_in(&run));
            } else {
                self.signed_out_elsewhere();
            };
        };
        let sent_of = run.sent_of.unwrap_or_default();
        let replaced = record.signed_in != sent_of.0 || record.generation > sent_of.1;
        if replaced {
            self.install(record);
            if self.end_if_ended() || self.adopt(&run) {
                return;
            }
            if run.second || !self.can_renew() {
                return self.wait_for(None);
            }
            let failure = run.failure.take();
            *run = Run {
                second: true,
                failure,
                rounds: run.rounds,
                ..self.run(run.slot)
            };
            let pending = self
                .record
                .as_ref()
                .and_then(|record| record.pending.clone());
            return self.mark_after(pending.as_ref(), run);
        }
        if self.spare.is_some() && !run.spare {
            run.spare = true;
            run.failure = None;
            self.op = Op::Send(run);
            return;
        }
        let sign_in = Self::sign_in(&run);
        if self.options.renewal.is_repeatable() {
            return self.end(sign_in);
        }
        self.bury(record, run, sign_in);
    }

    fn sign_in(run: &Run) -> SignIn {
        let failure = run.failure.clone();
        let class = failure.as_ref().map(Failure::class);
        let reason = match class {
            Some(Class::GrantRejected) if run.lost => SignInReason::LostRotation,
            Some(Class::GrantRejected) => SignInReason::Rejected,
            Some(_) | None => SignInReason::InteractionRequired,
        };
        let claims = failure
            .as_ref()
            .and_then(|failure| failure.claims().map(Into::into));
        let code = failure
            .as_ref()
            .and_then(|failure| failure.code().map(Into::into));
        SignIn {
            claims,
            failure,
            code,
            ..SignIn::new(reason)
        }
    }

    /// Whether what was loaded ends it for everybody.
    pub(super) fn end_if_ended(&mut self) -> bool {
        let Some(ended) = self
            .record
            .as_ref()
            .and_then(|record| record.ended.as_ref())
        else {
            return false;
        };
        if self.options.renewal.is_repeatable() {
            return false;
        }
        let reason = match ended.reason {
            EndReason::Interaction => SignInReason::InteractionRequired,
            EndReason::LostRotation => SignInReason::LostRotation,
            EndReason::Rejected => SignInReason::Rejected,
        };
        let code = ended.code.clone();
        self.end(SignIn {
            code,
            ..SignIn::new(reason)
        });
        true
    }

    /// Whether what was loaded is what the run is for.
    fn adopt(&mut self, run: &Run) -> bool {
        if self.cred(run.slot, run.min_ttl) != Cred::Valid {
            return false;
        }
        self.failures = 0;
        self.stuck = 0;
        self.probes = 0;
        self.stop_waiting_for_turn();
        self.op = Op::Idle;
        let generation = self
            .record
            .as_ref()
            .map(|record| record.generation)
            .unwrap_or_default();
        self.tell(Event::Adopted { generation });
        true
    }

    /// Whether it is of another sign-in, or has newer tokens.
    pub(super) fn is_newer(&self, record: &Record) -> bool {
        self.record.as_ref().is_none_or(|ours| {
            ours.signed_in != record.signed_in || ours.generation < record.generation
        })
    }

    fn is_older(&self, record: &Record) -> bool {
        self.record.as_ref().is_some_and(|ours| {
            ours.signed_in == record.signed_in && ours.generation > record.generation
        })
    }

    /// The store or the lock is in the way.
    pub(super) fn fail_for_now(&mut self) {
        self.stuck = self.stuck.saturating_add(1);
        self.op = Op::Wait(self.pause(PauseKind::Stuck, None));
    }

    pub(super) fn wait_for(&mut self, floor: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let pause = self.pause(PauseKind::Failed, floor);
        self.not_before = pause.since.saturating_add(pause.floor);
        self.op = Op::Wait(pause);
    }

    pub(super) fn park(&mut self, failure: Failure) {
        self.probes = self.probes.saturating_add(1);
        self.last_failure = Some(failure.clone());
        self.op = Op::Park(self.pause(PauseKind::Failed, None), failure);
    }
}
