//! What comes next.

use super::{
    Lifecycle,
    op::{Leave, Op},
};
use crate::{Action, GrantKind, HttpStage, Lock, Now, Saved, Want, time::millis};

impl Lifecycle {
    /// The one thing to do next. Its answer changes with time and with each call of another
    /// method; asking again for no reason does no harm, for whatever wants an answer is said once. It does
    /// a bounded amount of work.
    pub fn poll(&mut self, now: Now) -> Action<'_> {
        self.clock.advance(now);
        self.advance();
        if let Some(event) = self.events.pop_front() {
            return Action::Event(event);
        }
        if let Some(sign_in) = self.notice.take() {
            return Action::SignIn(sign_in);
        }
        if self.asked {
            return Action::Wait(self.nap());
        }
        self.keep_to_the_lease();
        if !self.op.needs_lease() && self.lease.take().is_some() {
            return Action::Unlock;
        }
        self.act()
    }

    /// The driver will not answer what it was asked for last: whatever it was about was cancelled.
    /// For a guard that a driver drops.
    pub fn handle_abandoned(&mut self, now: Now) {
        if !self.asked {
            return self.clock.advance(now);
        }
        match &self.op {
            Op::Lock(_) => self.handle_lock(now, Lock::Held),
            Op::Send(_) | Op::Leave(Leave::Revoke { .. }) => {
                self.handle_no_response(now, HttpStage::Sent)
            }
            Op::Start | Op::Load(..) | Op::Look(..) | Op::Grant | Op::Leave(Leave::Load { .. }) => {
                self.handle_not_loaded(now);
            }
            Op::Mark(_) | Op::Save(_) | Op::Dirty(_) | Op::Leave(Leave::Clear { .. }) => {
                self.handle_saved(now, Saved::Failed);
            }
            Op::Idle | Op::Wait(_) | Op::Park(..) | Op::Dead(_) | Op::Closed => {}
        }
    }

    /// A request that could still be on its way when others think that its sender is gone is not
    /// sent: everything begins anew. That happens when the store takes long, or the computer was
    /// asleep meanwhile.
    fn keep_to_the_lease(&mut self) {
        const MARGIN: u64 = 2000;
        let Op::Send(run) = &self.op else { return };
        let timers = &self.options.timers;
        let marked = run.marked.map(|at| at.saturating_add(millis(timers.lease)));
        let until = marked.into_iter().chain(self.lease).min();
        let needed = self
            .clock
            .elapsed
            .saturating_add(millis(timers.http))
            .saturating_add(MARGIN);
        if run.alone || until.is_none_or(|until| needed <= until) {
            return;
        }
        if let Op::Send(mut run) = self.take_op() {
            run.unsent = run.repeats == 0 && run.marked.take().is_some();
            self.op = Op::Lock(run);
        }
    }

    fn act(&mut self) -> Action<'_> {
        let wall = self.clock.wall;
        let nap = self.nap();
        let is_timed = matches!(
            self.op,
            Op::Dirty(_)
                | Op::Leave(Leave::Load { tries: 1.., .. } | Leave::Revoke { tries: 1.., .. })
        );
        if is_timed && !nap.is_zero() {
            return Action::Wait(nap);
        }
        match &mut self.op {
            Op::Idle | Op::Wait(_) | Op::Park(..) | Op::Dead(_) => Action::Wait(nap),
            Op::Closed => Action::Done,
            Op::Lock(_) => {
                self.asked = true;
                self.turn_at = 0;
                self.lock_asked = self.clock.elapsed;
                Action::Lock
            }
            Op::Start | Op::Load(..) | Op::Look(..) | Op::Grant | Op::Leave(Leave::Load { .. }) => {
                self.asked = true;
                Action::Load
            }
            op @ (Op::Mark(_) | Op::Dirty(_)) => {
                if let Op::Mark(run) = op {
                    run.marked = Some(self.clock.elapsed);
                }
                let Some(record) = &self.record else {
                    return Action::Wait(nap);
                };
                self.asked = true;
                Action::Save {
                    expected: self.stored,
                    record,
                }
            }
            Op::Save(save) => {
                self.asked = true;
                Action::Save {
                    expected: self.stored,
                    record: &save.record,
                }
            }
            Op::Leave(Leave::Clear { .. }) => {
                let Some(expected) = self.stored else {
                    return Action::Wait(nap);
                };
                self.asked = true;
                Action::Clear { expected }
            }
            Op::Leave(Leave::Revoke { .. }) => {
                let Some(token) = self.revoke.last() else {
                    return Action::Wait(nap);
                };
                self.asked = true;
                Action::Send(Want::Revoke { token })
            }
            Op::Send(run) => {
                self.asked = true;
                run.sent = wall;
                let audience = self.slots.get(run.slot).map(|slot| &slot.audience);
                let audience = audience.unwrap_or(&self.nothing);
                let token = match &self.record {
                    Some(record) if self.options.renewal == GrantKind::RefreshToken => {
                        let spare = self.spare.as_ref().filter(|_| run.spare);
                        spare.or(record.refresh.as_ref())
                    }
                    Some(_) | None => None,
                };
                let scopes =
                    Some(audience.scopes()).filter(|scopes| !run.plain && !scopes.is_empty());
                Action::Send(match token {
                    Some(token) => Want::Refresh {
                        token,
                        scopes,
                        resource: audience.resource(),
                    },
                    None => Want::Grant {
                        kind: self.options.renewal,
                        audience,
                        skew: self.skew,
                    },
                })
            }
        }
    }
}
