//! The user signs out.

use super::{
    Lifecycle,
    op::{Leave, Op},
};
use crate::{Class, Event, Failure, Record, Saved};

/// A server that does not answer so often is asked no more.
const TRIES: u32 = 3;

impl Lifecycle {
    /// What is to be deleted.
    pub(super) fn leave_with(&mut self, record: Option<Record>, tries: u32) {
        let stored = record.as_ref().map(|record| record.revision);
        let both = [record, self.record.take()];
        for token in both
            .into_iter()
            .flatten()
            .filter_map(|record| record.refresh)
        {
            if !self.revoke.contains(&token) {
                self.revoke.push(token);
            }
        }
        self.see();
        self.stored = stored;
        self.op = match stored {
            Some(_) => Op::Leave(Leave::Clear { tries }),
            None => self.revoking(),
        };
    }

    pub(super) fn cleared(&mut self, tries: u32, saved: Saved) {
        self.op = match saved {
            Saved::Done => {
                self.stored = None;
                self.revoking()
            }
            // Somebody refreshed: his tokens go too.
            Saved::Conflict => Op::Leave(Leave::Load {
                tries: tries.saturating_add(1),
                since: self.clock.elapsed,
            }),
            // What is not deleted would sign the user in again: it is tried without end.
            Saved::Failed => Op::Leave(Leave::Load {
                tries: tries.saturating_add(1),
                since: self.clock.elapsed,
            }),
        };
    }

    pub(super) fn revoking(&mut self) -> Op {
        if !self.options.revoke {
            self.revoke.clear();
        }
        self.spare = None;
        if self.revoke.is_empty() {
            self.leaving = false;
            return Op::Closed;
        }
        Op::Leave(Leave::Revoke {
            tries: 0,
            since: self.clock.elapsed,
        })
    }

    /// A server that knows no such token says that all is well
    /// (<https://www.rfc-editor.org/rfc/rfc7009#section-2.2>).
    pub(super) fn revoked(&mut self, result: Result<(), Option<Failure>>) {
        let Op::Leave(Leave::Revoke { tries, .. }) = self.take_op() else {
            return;
        };
        let failure = result
            .err()
            .map(|failure| failure.unwrap_or_else(|| Failure::new(Class::Suspicious)));
        if let Some(failure) = failure {
            let passes = matches!(
                failure.class(),
                Class::Transient | Class::Throttled | Class::Ambiguous
            );
            if passes && tries + 1 < TRIES {
                self.op = Op::Leave(Leave::Revoke {
                    tries: tries + 1,
                    since: self.clock.elapsed,
                });
                return;
            }
            self.tell(Event::RevocationFailed(failure));
        }
        self.revoke.pop();
        self.op = self.revoking();
    }
}
