//! The mark that says that a refresh token is on its way.

use alloc::boxed::Box;

use super::{
    Lifecycle,
    op::{Op, PauseKind, Run},
};
use crate::{record::Pending, time::millis};

/// A record that changes under our hands more often than this is left alone for a while.
const ROUNDS: u8 = 8;
/// A mark that differs from our clock by so much is old.
const APART: u64 = 600_000;

impl Lifecycle {
    /// Writes the mark, if there is no other one that counts, and then sends.
    pub(super) fn mark_after(&mut self, pending: Option<&Pending>, mut run: Box<Run>) {
        if let Some(mark) = pending {
            let ours = mark.owner == self.options.owner;
            let gone = ours || mark.locked && self.lease.is_some();
            if !gone && self.is_recent(mark) {
                let mut pause = self.pause(PauseKind::Busy, None);
                pause.floor = 1000;
                self.op = Op::Wait(pause);
                return;
            }
            // Whoever wrote it did not live to tell what became of it.
            run.lost |= !(ours && run.unsent);
        }
        self.mark(run);
    }

    /// Whether a mark is worth its writing.
    pub(super) fn marks(&self) -> bool {
        self.options.mark && !self.options.quirks.never_rotates
    }

    fn mark(&mut self, mut run: Box<Run>) {
        run.rounds += 1;
        if run.rounds > ROUNDS {
            self.op = Op::Wait(self.pause(PauseKind::Busy, None));
            return;
        }
        let marks = self.marks();
        let locked = self.lease.is_some();
        let record = self
            .record
            .as_mut()
            .filter(|record| record.can_refresh() && marks);
        let Some(record) = record else {
            return self.send(run);
        };
        let owner = self.options.owner.clone();
        record.pending = Some(Pending {
            owner,
            since: self.clock.wall,
            locked,
        });
        record.revision = record.revision.next();
        self.op = Op::Mark(run);
    }

    /// Whether somebody may still be waiting for an answer.
    fn is_recent(&mut self, mark: &Pending) -> bool {
        let lease = millis(self.options.timers.lease);
        let first = match self.seen.as_deref() {
            Some((seen, at)) if seen == mark => *at,
            Some(_) | None => {
                self.seen = Some(Box::new((mark.clone(), self.clock.elapsed)));
                self.clock.elapsed
            }
        };
        // Clocks of different computers may be apart, so that what they say counts roughly.
        let (wall, since) = (self.clock.wall, mark.since);
        let apart = millis(wall.since(since).max(since.since(wall)));
        let by_us = self.clock.elapsed.saturating_sub(first);
        by_us < lease && apart < APART
    }
}
