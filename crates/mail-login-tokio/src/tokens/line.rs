//! Who gets the next turn to refresh, where there is a limit.

use alloc::{
    collections::VecDeque,
    sync::{Arc, Weak},
};
use core::time::Duration;

use token_lifecycle::{Pace, Turn, Urgency};

use super::grant::Grant;

/// Two queues. Callers go first: a refresh that nobody waits for can be done later, and becomes one that
/// somebody waits for at the latest when it is asked for.
///
/// Whoever is in it costs an entry, and no task. A grant that a caller has asked for keeps its place, and
/// is kept alive for it, when the caller goes away: he was told when to come again.
pub(super) struct Line {
    pace: Pace,
    callers: Queue<Arc<Grant>>,
    others: Queue<Weak<Grant>>,
}

/// First come, first served.
struct Queue<T> {
    waiting: VecDeque<T>,
    /// How many were served.
    served: u64,
}

/// A place in the line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    urgency: Urgency,
    ticket: u64,
}

/// Whose turn it is.
pub(super) enum Called {
    Up(Arc<Grant>, Place, Turn),
    /// In so long there may be one.
    Later(Duration),
    Nobody,
}

impl Line {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            callers: Queue::new(),
            others: Queue::new(),
        }
    }

    /// A turn for this grant, or how long it takes until there is one. With `room`, refreshes that nobody
    /// waits for may begin.
    pub(super) fn ask(
        &mut self,
        now: Duration,
        grant: &Arc<Grant>,
        urgency: Urgency,
        place: &mut Option<Place>,
        room: bool,
    ) -> Result<Turn, Duration> {
        let kept = place.filter(|place| place.urgency >= urgency);
        if let Some(place) = kept {
            return Err(self.wait(now, place));
        }
        let free = match urgency {
            Urgency::Wanted => self.callers.waiting.is_empty(),
            Urgency::Ahead => {
                room && self.callers.waiting.is_empty() && self.others.waiting.is_empty()
            }
        };
        if free {
            if let Ok(turn) = self.pace.reserve(now) {
                *place = None;
                return Ok(turn);
            }
        }
        let ticket = match urgency {
            Urgency::Wanted => self.callers.push(Arc::clone(grant)),
            Urgency::Ahead => self.others.push(Arc::downgrade(grant)),
        };
        let new = Place { urgency, ticket };
        *place = Some(new);
        Err(self.wait(now, new))
    }

    /// Calls up the next one, if there is a turn.
    pub(super) fn call(&mut self, now: Duration, room: bool) -> Called {
        if !self.is_waiting(room) {
            return Called::Nobody;
        }
        let turn = match self.pace.reserve(now) {
            Ok(turn) => turn,
            Err(wait) => return Called::Later(wait),
        };
        if let Some((ticket, grant)) = self.callers.pop() {
            let urgency = Urgency::Wanted;
            return Called::Up(grant, Place { urgency, ticket }, turn);
        }
        // Those that are gone cost no turn.
        while let Some((ticket, grant)) = self.others.pop() {
            if let Some(grant) = grant.upgrade() {
                let urgency = Urgency::Ahead;
                return Called::Up(grant, Place { urgency, ticket }, turn);
            }
        }
        self.pace.give_back(turn);
        Called::Nobody
    }

    pub(super) fn is_waiting(&self, room: bool) -> bool {
        !self.callers.waiting.is_empty() || room && !self.others.waiting.is_empty()
    }

    /// A refresh is sent, with a turn or because it could not wait for one.
    pub(super) fn sent(&mut self, now: Duration, turn: Option<Turn>) {
        match turn {
            Some(turn) => self.pace.spend(now, turn),
            None => self.pace.count(now),
        }
    }

    pub(super) fn give_back(&mut self, turn: Turn) {
        self.pace.give_back(turn);
    }

    /// How long until it is the turn of this place, if all before it need theirs.
    fn wait(&self, now: Duration, place: Place) -> Duration {
        let before = match place.urgency {
            Urgency::Wanted => self.callers.before(place.ticket),
            Urgency::Ahead => {
                let callers = self.callers.before(self.callers.next_ticket());
                self.others.before(place.ticket).saturating_add(callers)
            }
        };
        self.pace.wait(now, before.saturating_add(1))
    }
}

impl<T> Queue<T> {
    fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            served: 0,
        }
    }

    /// The ticket by which it is known when its turn comes.
    fn push(&mut self, who: T) -> u64 {
        let ticket = self.next_ticket();
        self.waiting.push_back(who);
        ticket
    }

    fn pop(&mut self) -> Option<(u64, T)> {
        let who = self.waiting.pop_front()?;
        let ticket = self.served;
        self.served = ticket.wrapping_add(1);
        Some((ticket, who))
    }

    fn next_ticket(&self) -> u64 {
        let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        self.served.wrapping_add(waiting)
    }

    /// How many are served before this one.
    fn before(&self, ticket: u64) -> u64 {
        ticket.wrapping_sub(self.served)
    }
}
