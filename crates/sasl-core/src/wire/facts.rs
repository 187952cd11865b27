//! Facts that wait to be told.

use core::ops::Range;

use crate::{Mechanism, Notice};

/// An [`Event`](crate::Event) whose text still lies in the receive buffer.
///
/// ```
/// let fact = sasl_core::wire::Fact::Greeting(2..10);
/// assert_eq!(fact, sasl_core::wire::Fact::Greeting(2..10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// See [`Event::Chosen`](crate::Event::Chosen).
    Chosen(Mechanism, bool),
    /// See [`Event::Greeting`](crate::Event::Greeting).
    Greeting(Range<usize>),
    /// See [`Event::Notice`](crate::Event::Notice).
    Notice(Notice, Range<usize>),
    /// See [`Event::Offered`](crate::Event::Offered).
    Offered,
    /// See [`Event::Refused`](crate::Event::Refused).
    Refused,
}

/// A short queue without allocation. When it is full, what comes next is not told: facts are no duty.
#[derive(Debug, Default)]
pub(super) struct Facts {
    queue: [Option<Fact>; 6],
    next: usize,
    len: usize,
}

impl Facts {
    pub(super) fn push(&mut self, fact: Fact) {
        if let Some(place) = self.queue.get_mut(self.len) {
            *place = Some(fact);
            self.len += 1;
        }
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Fact> {
        if self.next == self.len {
            (self.next, self.len) = (0, 0);
            return None;
        }
        self.next += 1;
        self.queue.get_mut(self.next - 1)?.take()
    }

    /// Forgets facts whose text is about to move.
    pub(super) fn clear(&mut self) {
        if self.len > 0 {
            *self = Self::default();
        }
    }
}
