//! What the authorization server says.

use alloc::boxed::Box;

use super::{
    Lifecycle,
    op::{Leave, Op, Run, Save, Then, Why},
};
use crate::{
    AccessToken, Class, Event, Exchange, Failure, Generation, GrantKind, HttpStage, Now, Record,
    Response, Revision, Tokens, UnixTime, class::Remedy,
};

impl Lifecycle {
    /// What came for [`Action::Send`](crate::Action::Send).
    pub fn handle_response(&mut self, now: Now, response: &Response<'_>) {
        self.clock.advance(now);
        if !self.asked {
            return;
        }
        match &self.op {
            Op::Send(run) => {
                let exchange = self.exchange(run);
                if let Some(seconds) = exchange.skew(response) {
                    self.skew = seconds;
                    if seconds.unsigned_abs() > 60 {
                        self.tell(Event::ClockSkew { seconds });
                    }
                }
                let result = exchange.read(response);
                self.sent(result);
            }
            Op::Leave(Leave::Revoke { .. }) => {
                let done = response.status() == 200;
                let exchange = Exchange::new(GrantKind::ClientCredentials, self.clock.wall);
                self.revoked(if done {
                    Ok(())
                } else {
                    Err(exchange.read(response).err())
                });
            }
            Op::Start
            | Op::Idle
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Dead(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => {}
        }
    }

    /// Nothing came, or not all of it.
    pub fn handle_no_response(&mut self, now: Now, stage: HttpStage) {
        self.clock.advance(now);
        if !self.asked {
            return;
        }
        match &self.op {
            Op::Send(run) => {
                let lost = self.exchange(run).lost(stage);
                self.sent(Err(lost));
            }
            Op::Leave(Leave::Revoke { .. }) => {
                self.revoked(Err(Some(Failure::new(Class::Transient))));
            }
            Op::Start
            | Op::Idle
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Park(..)
            | Op::Dead(_)
            | Op::Look(..)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => {}
        }
    }

    fn exchange(&self, run: &Run) -> Exchange {
        Exchange::new(self.options.renewal, run.sent).with_quirks(self.options.quirks.clone())
    }

    /// Sends, by the record in use.
    pub(super) fn send(&mut self, mut run: Box<Run>) {
        run.sent_of = self
            .record
            .as_ref()
            .map(|record| (record.signed_in, record.generation));
        self.op = Op::Send(run);
    }

    fn sent(&mut self, result: Result<Tokens, Failure>) {
        let Op::Send(run) = self.take_op() else {
            return;
        };
        match result {
            Ok(tokens) => self.succeed(run, tokens),
            Err(failure) => self.fail(run, failure),
        }
    }

    /// There are new tokens. They are held here until they are saved.
    fn succeed(&mut self, run: Box<Run>, tokens: Tokens) {
        self.failures = 0;
        self.probes = 0;
        self.oddity = None;
        self.last_failure = None;
        if run.spare {
            self.spare = None;
        }
        self.tell_about(&run, &tokens);
        let record = self.record_with(tokens, run.slot, run.refused.is_some());
        if self.leaving {
            // The user signed out meanwhile: these tokens must not outlive that.
            self.revoke.extend(record.refresh);
            self.end_mark();
            return self.leave();
        }
        self.op = Op::Save(Box::new(Save {
            record,
            then: Then::Refreshed(run),
        }));
    }

    fn tell_about(&mut self, run: &Run, tokens: &Tokens) {
        let is_short = |at: &UnixTime| at.since(tokens.issued_at).as_secs() < 60;
        if let Some(at) = tokens.expires_at.filter(is_short) {
            self.tell(Event::GrantEnding { at });
        }
        if let Some(at) = tokens.grant_expires_at {
            self.tell(Event::GrantExpires { at });
        }
        if let Some((scopes, audience)) = tokens.scopes.as_ref().zip(self.audience(run.slot)) {
            let missing = scopes.missing_from(audience.scopes());
            if !missing.is_empty() && !self.options.quirks.renames_scopes {
                self.tell(Event::ScopeReduced { missing });
            }
        }
    }

    /// The record in use with these tokens in it.
    pub(super) fn record_with(&self, tokens: Tokens, slot: usize, forced: bool) -> Record {
        let mut record = self.record.clone().unwrap_or_else(|| self.empty_record());
        record.generation = record.generation.next();
        record.revision = self.stored.unwrap_or_default().next();
        record.pending = None;
        record.ended = None;
        record.refresh = tokens.refresh.or(record.refresh);
        record.id_token = tokens.id_token.or(record.id_token);
        record.grant_expires_at = tokens.grant_expires_at.or(record.grant_expires_at);
        record.client_id.clone_from(&self.options.client_id);
        let audience = self.audience(slot).cloned().unwrap_or_default();
        record.access.retain(|token| token.audience != audience);
        // Room for more would be there for as long as the record is.
        record.access.reserve_exact(1);
        record.access.push(AccessToken {
            audience,
            secret: tokens.access,
            generation: record.generation,
            issued_at: tokens.issued_at,
            expires_at: tokens.expires_at,
            refresh_at: tokens.refresh_at,
            granted: tokens.scopes,
            forced,
        });
        record
    }

    pub(super) fn empty_record(&self) -> Record {
        Record {
            revision: Revision::default(),
            generation: Generation::default(),
            signed_in: UnixTime::default(),
            access: alloc::vec::Vec::new(),
            refresh: None,
            grant_expires_at: None,
            id_token: None,
            client_id: self.options.client_id.clone(),
            pending: None,
            ended: None,
        }
    }

    fn fail(&mut self, mut run: Box<Run>, failure: Failure) {
        let failure = self.escalate(run.slot, failure);
        run.lost |= failure.is_maybe_consumed();
        self.last_failure = Some(failure.clone());
        self.tell(Event::Failed(failure.clone()));
        if self.leaving {
            self.end_mark();
            return self.leave();
        }
        match failure.class() {
            Class::Ambiguous if run.repeats == 0 && failure.retry_after().is_none() => {
                run.repeats = 1;
                self.op = Op::Send(run);
            }
            Class::Ambiguous
            | Class::Transient
            | Class::Throttled
            | Class::Suspicious
            | Class::Pending
            | Class::SlowDown => {
                if run.alone {
                    self.failures = self.failures.saturating_add(1);
                    let pause = self.backoff(self.failures);
                    return self.save_on(run.lost, pause, failure.retry_after());
                }
                self.wait_for(failure.retry_after());
                self.unmark(&run);
            }
            Class::GrantRejected | Class::SignIn | Class::FlowDenied | Class::FlowExpired => {
                run.failure = Some(failure);
                self.op = Op::Load(run, Why::Rejected);
            }
            Class::Misconfigured(_) => match failure.remedy() {
                Some(Remedy::WithoutScope) if !run.plain => {
                    run.plain = true;
                    self.op = Op::Send(run);
                }
                Some(Remedy::Clock { skew }) if !run.dated => {
                    run.dated = true;
                    self.skew = skew;
                    self.op = Op::Send(run);
                }
                Some(_) | None if run.alone => {
                    self.probes = self.probes.saturating_add(1);
                    self.save_on(run.lost, self.probe(), failure.retry_after());
                }
                Some(_) | None => {
                    self.park(failure);
                    self.unmark(&run);
                }
            },
        }
    }

    /// What is odd for long is set wrong.
    fn escalate(&mut self, slot: usize, failure: Failure) -> Failure {
        let Some(escalation) = failure.escalation() else {
            self.oddity = None;
            return failure;
        };
        let before = self.oddity.filter(|(setting, _)| *setting == escalation.to);
        let count = before.map_or(1, |(_, count)| count.saturating_add(1));
        self.oddity = Some((escalation.to, count));
        let counts =
            count >= escalation.after && (!escalation.only_expired || !self.is_usable(slot));
        if counts {
            failure.with_class(Class::Misconfigured(escalation.to))
        } else {
            failure
        }
    }

    /// The server has answered, and the refresh token is as it was: others need not fear for it.
    fn unmark(&mut self, run: &Run) {
        if run.marked.is_none() || run.lost {
            return;
        }
        let Some(record) = &self.record else { return };
        let mut record = record.clone();
        record.pending = None;
        record.revision = self.stored.unwrap_or_default().next();
        let then = core::mem::replace(&mut self.op, Op::Idle);
        self.op = Op::Save(Box::new(Save {
            record,
            then: Then::Unmarked(Box::new(then)),
        }));
    }

    fn end_mark(&mut self) {
        if let Some(record) = &mut self.record {
            record.pending = None;
        }
    }

    pub(super) fn is_usable(&self, slot: usize) -> bool {
        let token = self.slots.get(slot).zip(self.held(slot));
        token.is_some_and(|(slot, token)| {
            slot.is_usable(token, &self.clock, core::time::Duration::ZERO)
        })
    }
}
