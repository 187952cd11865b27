//! What became of a writing.

use alloc::boxed::Box;
use core::time::Duration;

use super::{
    Lifecycle,
    op::{Dirty, Leave, Op, PauseKind, Run, Save, Then, Why},
};
use crate::{
    Event, Now, Record, Revision, Saved, SignIn, SignInReason, UnixTime,
    record::{EndReason, Ended},
};

impl Lifecycle {
    /// What became of [`Action::Save`](crate::Action::Save) or [`Action::Clear`](crate::Action::Clear).
    pub fn handle_saved(&mut self, now: Now, saved: Saved) {
        self.clock.advance(now);
        let saves = matches!(
            self.op,
            Op::Mark(_) | Op::Save(_) | Op::Dirty(_) | Op::Leave(Leave::Clear { .. })
        );
        if !self.asked || !saves {
            return;
        }
        if saved == Saved::Failed {
            self.tell(Event::StoreUnavailable { writing: true });
        }
        match self.take_op() {
            Op::Mark(run) => self.marked(run, saved),
            Op::Save(save) => match saved {
                Saved::Done => self.written(*save),
                Saved::Conflict => self.contested(*save),
                Saved::Failed => self.unwritten(*save),
            },
            Op::Dirty(dirty) => self.cleaned(dirty, saved),
            Op::Leave(Leave::Clear { tries }) => self.cleared(tries, saved),
            op @ (Op::Start
            | Op::Idle
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Send(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Dead(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed) => {
                self.op = op;
            }
        }
    }

    fn marked(&mut self, run: Box<Run>, saved: Saved) {
        if saved == Saved::Done {
            self.stuck = 0;
            self.stored = self.record.as_ref().map(|record| record.revision);
            return self.send(run);
        }
        if let Some(record) = &mut self.record {
            record.pending = None;
            record.revision = self.stored.unwrap_or_default();
        }
        match saved {
            Saved::Conflict => self.op = Op::Load(run, Why::Fresh),
            // A store that takes no mark takes no refresh token either.
            Saved::Done | Saved::Failed => self.fail_for_now(),
        }
    }

    fn written(&mut self, save: Save) {
        let Save { record, then } = save;
        let (generation, expires_at) = (record.generation, self.expiry(&record, &then));
        self.install(record);
        match then {
            Then::Refreshed(_) => self.tell(Event::Refreshed {
                generation,
                expires_at,
            }),
            Then::Granted => {
                self.grant = None;
                self.failures = 0;
                self.stuck = 0;
                self.tell(Event::Restored { generation });
            }
            Then::Ended(_, sign_in) => self.end(*sign_in),
            Then::Unmarked(op) => self.op = *op,
        }
    }

    fn expiry(&self, record: &Record, then: &Then) -> Option<UnixTime> {
        let audience = match then {
            Then::Refreshed(run) => self.audience(run.slot),
            Then::Granted | Then::Ended(..) | Then::Unmarked(_) => None,
        };
        record.access_for(audience?)?.expires_at
    }

    /// Somebody else has written.
    fn contested(&mut self, save: Save) {
        match save.then {
            Then::Refreshed(run) => self.op = Op::Load(run, Why::Conflict(Box::new(save.record))),
            Then::Granted => self.op = Op::Grant,
            Then::Ended(mut run, sign_in) => {
                run.rounds = run.rounds.saturating_add(1);
                if run.rounds > 8 {
                    return self.end(*sign_in);
                }
                self.op = Op::Load(run, Why::Rejected);
            }
            // The mark was not ours any more.
            Then::Unmarked(op) => self.op = *op,
        }
    }

    /// The store does not work.
    fn unwritten(&mut self, save: Save) {
        match save.then {
            Then::Refreshed(_) => self.use_unsaved(save.record),
            Then::Granted => {
                self.grant = None;
                self.use_unsaved(save.record);
            }
            Then::Ended(run, sign_in) => {
                self.refusal = Some(run);
                self.end(*sign_in);
            }
            Then::Unmarked(op) => self.op = *op,
        }
    }

    /// The access token is good, and the refresh token before it is not: they are used, and
    /// saved as soon as that works.
    pub(super) fn use_unsaved(&mut self, record: Record) {
        let stored = self.stored;
        let same = self
            .record
            .as_ref()
            .is_some_and(|ours| ours.refresh == record.refresh);
        self.install(record);
        self.stored = stored;
        if same && !self.marks() {
            // Nothing is lost if it is never saved.
            self.op = Op::Idle;
            return;
        }
        self.op = Op::Dirty(Dirty {
            since: self.clock.elapsed,
            tries: 1,
            lost: false,
        });
    }

    /// A request by a refresh token that is not saved has failed, and that is no reason to let the lock go, which
    /// keeps others from the one before: saving comes first, and another request after this pause.
    pub(super) fn save_on(&mut self, lost: bool, pause: u64, floor: Option<Duration>) {
        let now = self.clock.elapsed;
        let floor = self.pause(PauseKind::Failed, floor).floor;
        self.not_before = now.saturating_add(floor);
        self.patience = now.saturating_add(pause);
        self.op = Op::Dirty(Dirty {
            since: now.saturating_sub(Dirty::AGAIN),
            tries: Dirty::LATE,
            lost,
        });
    }

    /// The stored record is older than the one in use: it is replaced.
    pub(super) fn save_again(&mut self, older: &Record) {
        self.keep_ours(older.revision);
        if let Some(record) = &mut self.record {
            record.revision = older.revision.next();
        }
        self.op = Op::Dirty(Dirty {
            since: self.clock.elapsed,
            tries: 0,
            lost: false,
        });
    }

    /// Goes on with the record in use, in the place of a stored one that is older.
    pub(super) fn keep_ours(&mut self, revision: Revision) {
        self.stored = Some(revision);
        if let Some(record) = &mut self.record {
            record.revision = revision;
            record.pending = None;
        }
    }

    fn cleaned(&mut self, dirty: Dirty, saved: Saved) {
        match saved {
            Saved::Done => {
                self.stored = self.record.as_ref().map(|record| record.revision);
                let generation = self.record.as_ref().map(|record| record.generation);
                self.tell(Event::Saved {
                    generation: generation.unwrap_or_default(),
                });
            }
            Saved::Conflict => {
                let Some(record) = self.record.clone() else {
                    return;
                };
                let run = Box::new(self.run(0));
                self.op = Op::Load(run, Why::Conflict(Box::new(record)));
            }
            Saved::Failed => {
                let tries = dirty.tries.saturating_add(1);
                self.op = Op::Dirty(Dirty {
                    since: self.clock.elapsed,
                    tries,
                    ..dirty
                });
            }
        }
    }

    /// We have new tokens, and so may somebody else.
    pub(super) fn settle(&mut self, stored: Option<Record>, mut ours: Record, mut run: Box<Run>) {
        let Some(stored) = stored else {
            // The user has signed out meanwhile: these tokens must not outlive that.
            self.signed_out_elsewhere();
            self.revoke.extend(ours.refresh);
            self.leaving = true;
            self.op = self.revoking();
            return;
        };
        if stored.signed_in > ours.signed_in
            || stored.signed_in == ours.signed_in
                && stored.is_ended()
                && stored.generation >= ours.generation
        {
            self.install(stored);
            self.end_if_ended();
            return;
        }
        if stored.generation == ours.generation
            && stored.refresh == ours.refresh
            && stored.access == ours.access
        {
            // It was written after all.
            let generation = stored.generation;
            self.install(stored);
            self.tell(Event::Saved { generation });
            return;
        }
        if stored.generation >= ours.generation {
            let generation = stored.generation;
            let same_grant = stored.signed_in == ours.signed_in;
            // Whoever is further on may have begun with ours, if it was written after all; clocks may be apart.
            let is_later = stored.generation > ours.generation;
            if same_grant && (is_later || stored.issued_at() >= ours.issued_at()) {
                // What he began with is used up, and what is the same was no second one.
                let is_other = !is_later && ours.refresh != stored.refresh;
                self.spare = ours.refresh.filter(|_| is_other);
                self.install(stored);
                self.tell(Event::Conflict { generation });
                return;
            }
            let is_other = same_grant && stored.refresh != ours.refresh;
            self.spare = stored.refresh.clone().filter(|_| is_other);
            ours.generation = generation.next();
            if let Some(token) = ours.access.last_mut() {
                token.generation = ours.generation;
            }
            self.tell(Event::Conflict {
                generation: ours.generation,
            });
        }
        self.stored = Some(stored.revision);
        ours.revision = stored.revision.next();
        run.rounds = run.rounds.saturating_add(1);
        if run.rounds > 8 {
            return self.use_unsaved(ours);
        }
        self.op = Op::Save(Box::new(Save {
            record: ours,
            then: Then::Refreshed(run),
        }));
    }

    /// The user has signed in, and this was stored before.
    pub(super) fn save_grant(&mut self, stored: Option<Record>) {
        self.unread = false;
        let Some(tokens) = self.grant.as_deref().cloned() else {
            return;
        };
        self.stored = stored.as_ref().map(|record| record.revision);
        // Two sign-ins never have the same time, and generations go on where they were.
        let known = [stored.as_ref(), self.record.as_ref()]
            .into_iter()
            .flatten();
        let (mut signed_in, mut generation) = (self.clock.wall, Default::default());
        for record in known {
            if record.signed_in >= signed_in {
                signed_in = record.signed_in + Duration::from_millis(1);
            }
            generation = record.generation.max(generation);
        }
        let mut empty = self.empty_record();
        empty.signed_in = signed_in;
        empty.generation = generation;
        let before = self.record.replace(empty);
        let record = self.record_with(tokens, 0, false);
        self.record = before;
        self.spare = None;
        self.op = Op::Save(Box::new(Save {
            record,
            then: Then::Granted,
        }));
    }

    /// Writes that the refresh token is gone, if it is still the one that was refused.
    pub(super) fn bury(&mut self, mut record: Record, run: Box<Run>, sign_in: SignIn) {
        self.stored = Some(record.revision);
        let reason = match sign_in.reason {
            SignInReason::LostRotation => EndReason::LostRotation,
            SignInReason::Rejected => EndReason::Rejected,
            SignInReason::ConsentMissing
            | SignInReason::InteractionRequired
            | SignInReason::NoRefreshToken
            | SignInReason::NotSignedIn
            | SignInReason::SignedOut => EndReason::Interaction,
        };
        let code = run
            .failure
            .as_ref()
            .and_then(|failure| failure.code().map(Into::into));
        record.refresh = None;
        // A mail server does not take it, and now there is no better one: nobody is to try it again.
        record
            .access
            .retain(|token| Some(token.generation) != run.refused);
        record.pending = None;
        record.ended = Some(Ended { reason, code });
        record.revision = record.revision.next();
        let then = Then::Ended(run, Box::new(sign_in));
        self.op = Op::Save(Box::new(Save { record, then }));
    }
}
