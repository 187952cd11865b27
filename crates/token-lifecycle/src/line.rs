//! Who gets the next turn.

use alloc::collections::VecDeque;
use core::time::Duration;

use crate::{Pace, Turn, Urgency};

/// Those who wait for a turn of a [`Pace`], in two queues. What somebody waits for goes first; the rest
/// yields, however long that takes, and becomes what somebody waits for at the latest when it is asked for.
///
/// A queue is first come, first served. It ends where it is told to: whoever comes to a full one is told
/// how long it is and gets no place, so that it holds a bounded number of things alive.
///
/// ```
/// use core::{num::NonZeroU32, time::Duration};
/// use token_lifecycle::{Called, Line, Pace, Urgency};
///
/// let now = Duration::ZERO;
/// let mut line = Line::new(now, Pace::per_second(NonZeroU32::MIN), 1000);
/// let (mut alice, mut bob) = (None, None);
/// line.ask(now, Urgency::Ahead, &mut alice, true, || "alice").unwrap_err();
/// line.ask(now, Urgency::Wanted, &mut bob, true, || "bob").unwrap_err();
///
/// assert!(matches!(line.call(now, true), Called::Later(_)));
/// let Called::Up(who, place, turn) = line.call(Duration::from_secs(1), true) else { panic!() };
/// assert_eq!((who, Some(place)), ("bob", bob));
/// line.sent(Duration::from_secs(1), Some(turn));
/// ```
#[derive(Debug)]
pub struct Line<T> {
    pace: Pace,
    wanted: Queue<T>,
    ahead: Queue<T>,
    /// So many places in each queue.
    places: usize,
}

/// A place in a [`Line`].
///
/// ```
/// # use core::{num::NonZeroU32, time::Duration};
/// # use token_lifecycle::{Line, Pace, Place, Urgency};
/// let mut line = Line::new(Duration::ZERO, Pace::per_second(NonZeroU32::MIN), 1000);
/// let mut place: Option<Place> = None;
/// line.ask(Duration::ZERO, Urgency::Wanted, &mut place, true, || ()).unwrap_err();
/// assert!(place.is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    urgency: Urgency,
    ticket: u64,
}

/// Whose turn it is.
///
/// ```
/// # use core::{num::NonZeroU32, time::Duration};
/// # use token_lifecycle::{Called, Line, Pace};
/// let mut line: Line<()> = Line::new(Duration::ZERO, Pace::per_second(NonZeroU32::MIN), 1000);
/// assert!(matches!(line.call(Duration::ZERO, true), Called::Nobody));
/// ```
#[derive(Debug)]
pub enum Called<T> {
    /// This one, who stood in this place. One that has another place by now, or none, gives the turn back.
    Up(T, Place, Turn),
    /// In so long there may be a turn.
    Later(Duration),
    /// Nobody waits.
    Nobody,
}

/// First come, first served.
#[derive(Debug)]
struct Queue<T> {
    waiting: VecDeque<T>,
    /// How many were served.
    served: u64,
}

impl<T> Line<T> {
    /// A line that begins now, with so many places for what somebody waits for, and as many for the rest.
    pub fn new(now: Duration, mut pace: Pace, places: usize) -> Self {
        pace.start(now);
        Self {
            pace,
            wanted: Queue::new(),
            ahead: Queue::new(),
            places,
        }
    }

    /// A turn now, if nobody comes before. With `room`, what nobody waits for may begin. `place` is what
    /// was given before, and is kept, or changed for a better one; `who` is called for a new place.
    ///
    /// # Errors
    ///
    /// When there is no turn: how long it takes if all before need theirs. Without a `place`, whoever asks
    /// has to come again.
    pub fn ask(
        &mut self,
        now: Duration,
        urgency: Urgency,
        place: &mut Option<Place>,
        room: bool,
        who: impl FnOnce() -> T,
    ) -> Result<Turn, Duration> {
        if let Some(kept) = place.filter(|place| place.urgency >= urgency) {
            return Err(self.wait(now, kept));
        }
        let free = match urgency {
            Urgency::Wanted => self.wanted.waiting.is_empty(),
            Urgency::Ahead => {
                room && self.wanted.waiting.is_empty() && self.ahead.waiting.is_empty()
            }
        };
        if free {
            if let Ok(turn) = self.pace.reserve(now) {
                *place = None;
                return Ok(turn);
            }
        }
        let places = self.places;
        let queue = match urgency {
            Urgency::Wanted => &mut self.wanted,
            Urgency::Ahead => &mut self.ahead,
        };
        let ticket = queue.next_ticket();
        let new = Place { urgency, ticket };
        if queue.waiting.len() < places {
            queue.waiting.push_back(who());
            *place = Some(new);
        }
        Err(self.wait(now, new))
    }

    /// Calls up the next one, if there is a turn.
    pub fn call(&mut self, now: Duration, room: bool) -> Called<T> {
        if !self.is_waiting(room) {
            return Called::Nobody;
        }
        let turn = match self.pace.reserve(now) {
            Ok(turn) => turn,
            Err(wait) => return Called::Later(wait),
        };
        let queues = [
            (Urgency::Wanted, &mut self.wanted),
            (Urgency::Ahead, &mut self.ahead),
        ];
        for (urgency, queue) in queues {
            if let Some((ticket, who)) = queue.pop() {
                return Called::Up(who, Place { urgency, ticket }, turn);
            }
        }
        self.pace.give_back(turn);
        Called::Nobody
    }

    /// Whether anybody waits who may begin: with `room`, anybody at all.
    pub fn is_waiting(&self, room: bool) -> bool {
        !self.wanted.waiting.is_empty() || room && !self.ahead.waiting.is_empty()
    }

    /// A request is sent, with a turn or because it could not wait for one.
    pub fn sent(&mut self, now: Duration, turn: Option<Turn>) {
        match turn {
            Some(turn) => self.pace.spend(now, turn),
            None => self.pace.count(now),
        }
    }

    /// A turn was not needed.
    pub fn give_back(&mut self, turn: Turn) {
        self.pace.give_back(turn);
    }

    /// How long until it is the turn of this place, if all before it need theirs.
    fn wait(&self, now: Duration, place: Place) -> Duration {
        let before = match place.urgency {
            Urgency::Wanted => self.wanted.before(place.ticket),
            Urgency::Ahead => {
                let wanted = self.wanted.before(self.wanted.next_ticket());
                self.ahead.before(place.ticket).saturating_add(wanted)
            }
        };
        self.pace.wait(now, before.saturating_add(1))
    }
}

impl<T> Queue<T> {
    const fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            served: 0,
        }
    }

    fn pop(&mut self) -> Option<(u64, T)> {
        let who = self.waiting.pop_front()?;
        let ticket = self.served;
        self.served = ticket.wrapping_add(1);
        Some((ticket, who))
    }

    /// The ticket by which the next one who comes is known when its turn comes.
    fn next_ticket(&self) -> u64 {
        let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        self.served.wrapping_add(waiting)
    }

    /// How many are served before this one.
    fn before(&self, ticket: u64) -> u64 {
        ticket.wrapping_sub(self.served)
    }
}

#[cfg(test)]
mod tests;
