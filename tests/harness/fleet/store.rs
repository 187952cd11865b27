//! The store that all nodes share.

use std::collections::HashMap;

use token_lifecycle::{Lock, Record, Revision, Saved};

use super::{
    plan::SECOND,
    session::{SPECIAL, Session, UNSURE},
    summary::Summary,
};

/// A lock ends by itself.
const TTL: u64 = 60 * SECOND;

/// What is not at rest. A plain record is in its session, in some octets.
#[derive(Debug, Default)]
pub(super) struct Store {
    special: HashMap<u32, Record>,
    locks: HashMap<u32, (u64, u64)>,
}

impl Store {
    /// The record. `seen` is what was read before, which is the same if its revision is.
    pub(super) fn load(
        &self,
        number: u32,
        session: &Session,
        seen: Option<&Record>,
        summary: &mut Summary,
    ) -> Record {
        summary.loads += 1;
        if let Some(record) = self.special.get(&number).filter(|_| session.is(SPECIAL)) {
            return record.clone();
        }
        let same = |record: &&Record| record.revision().get() == u64::from(session.revision);
        match seen.filter(same) {
            Some(record) => record.clone(),
            None => session.record(number),
        }
    }

    pub(super) fn is_ended(&self, number: u32) -> bool {
        self.special.get(&number).is_some_and(Record::is_ended)
    }

    pub(super) fn lock(
        &mut self,
        now: u64,
        number: u32,
        owner: u64,
        summary: &mut Summary,
    ) -> Lock {
        summary.locks += 1;
        match self.locks.get(&number) {
            Some((other, until)) if *other != owner && now < *until => Lock::Held,
            Some(_) | None => {
                self.locks.insert(number, (owner, now + TTL));
                Lock::Acquired
            }
        }
    }

    pub(super) fn unlock(&mut self, number: u32, owner: u64, summary: &mut Summary) {
        summary.locks += 1;
        if self
            .locks
            .get(&number)
            .is_some_and(|(other, _)| *other == owner)
        {
            self.locks.remove(&number);
        }
    }

    pub(super) fn save(
        &mut self,
        number: u32,
        session: &mut Session,
        expected: Option<Revision>,
        record: Record,
        summary: &mut Summary,
    ) -> Result<Saved, String> {
        summary.saves += 1;
        let (revision, generation, ended) = match self.special.get(&number) {
            Some(stored) if session.is(SPECIAL) => {
                let generation = stored.generation().get();
                (stored.revision().get(), generation, stored.is_ended())
            }
            Some(_) | None => (session.revision.into(), session.generation.into(), false),
        };
        if expected.map(Revision::get) != Some(revision) {
            summary.conflicts += 1;
            return Ok(Saved::Conflict);
        }
        let new = record.generation().get();
        if new < generation || new > generation + 1 {
            return Err(format!("generation {new} is written over {generation}"));
        }
        if ended {
            return Err("a session that has ended is written to".into());
        }
        summary.generations += new - generation;
        if new > generation {
            session.set(UNSURE, false);
        }
        summary.ended += u64::from(record.is_ended());
        if session.keep(number, &record) {
            self.special.remove(&number);
        } else {
            session.set(SPECIAL, true);
            self.special.insert(number, record);
        }
        Ok(Saved::Done)
    }
}
