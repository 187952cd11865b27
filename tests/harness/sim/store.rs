//! A store and a lock.

use token_lifecycle::{Record, Revision, Saved};

/// A store that replaces a record only if it is the expected one.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) record: Option<Record>,
}

impl Store {
    /// Saves, or deletes if there is no record to save.
    pub(super) fn put(&mut self, expected: Option<Revision>, record: Option<Record>) -> Saved {
        if self.record.as_ref().map(Record::revision) != expected {
            return Saved::Conflict;
        }
        self.record = record;
        Saved::Done
    }
}

/// A lock that ends by itself, so that who holds it may not know that he does not any more.
#[derive(Debug, Default)]
pub(super) struct Lease {
    holder: Option<(usize, u64, u64)>,
}

impl Lease {
    /// How long it is held at most.
    pub(super) const TTL: u64 = 60_000;

    pub(super) fn try_lock(&mut self, now: u64, process: usize, epoch: u64) -> bool {
        if self.holder.is_some_and(|(_, _, until)| now < until) {
            return false;
        }
        self.holder = Some((process, epoch, now + Self::TTL));
        true
    }

    /// Only who holds it lets it go.
    pub(super) fn unlock(&mut self, process: usize, epoch: u64) {
        if self
            .holder
            .is_some_and(|(holder, of, _)| (holder, of) == (process, epoch))
        {
            self.holder = None;
        }
    }
}
