//! How many refreshes a second.

use core::{num::NonZeroU32, time::Duration};

/// A limit on how often something is begun: in any time `t`, never more than the burst, and one more for
/// each interval in `t`.
///
/// A turn is first reserved, before the lock of a grant is taken; it counts when the request is sent, and
/// is given back when that was not needed because somebody else had refreshed. What is reserved is there
/// when it is wanted, so nothing waits between lock and request, and what is given back costs nobody
/// anything. It begins without a turn to give, so that a process that is started again and again does not
/// begin with a burst each time.
///
/// Times are those since any moment that stays the same, by a clock that goes forward. All arithmetic is
/// on whole nanoseconds, and ends at 584 years.
///
/// ```
/// use core::{num::NonZeroU32, time::Duration};
/// use token_lifecycle::Pace;
///
/// // All of 200 nodes together stay under 3600 a second.
/// let (limit, nodes) = (NonZeroU32::new(3600).unwrap(), NonZeroU32::new(200).unwrap());
/// let mut pace = Pace::per_second(limit).divided_by(nodes);
///
/// assert!(pace.reserve(Duration::ZERO).is_err());
/// let now = Duration::from_secs(1);
/// let turn = pace.reserve(now).unwrap();
/// // … lock and load; then, with the request:
/// pace.spend(now, turn);
/// ```
#[derive(Clone, Debug)]
pub struct Pace {
    /// Nanoseconds for a turn.
    interval: u64,
    burst: u32,
    /// The latest that the clock has said, and when the bucket is full again if nothing more is taken.
    /// `None` before the first look.
    state: Option<(u64, u64)>,
    /// Turns that were given out, and are neither spent nor back.
    reserved: u32,
}

/// Leave to send one request. It is to be spent or given back to the [`Pace`] that it is of.
///
/// ```
/// # use core::{num::NonZeroU32, time::Duration};
/// # use token_lifecycle::Pace;
/// let mut pace = Pace::per_second(NonZeroU32::MIN);
/// assert!(pace.reserve(Duration::ZERO).is_err());
/// let turn = pace.reserve(Duration::from_secs(1)).unwrap();
/// pace.give_back(turn);
/// assert!(pace.reserve(Duration::from_secs(1)).is_ok());
/// ```
#[derive(Debug)]
#[must_use = "a turn that is neither spent nor given back is lost for all"]
pub struct Turn(());

const SECOND: u64 = 1_000_000_000;

impl Pace {
    /// So many a second. Up to the tenth part of that may come at once, or one.
    ///
    /// Where the limit must hold in each single second, take the burst off:
    /// `Pace::per_second(90).with_burst(10)` begins at most 100 in any second.
    pub fn per_second(count: NonZeroU32) -> Self {
        let burst = NonZeroU32::MIN.saturating_add(count.get().saturating_sub(1) / 10);
        Self {
            interval: SECOND.div_ceil(u64::from(count.get())),
            burst: burst.get(),
            state: None,
            reserved: 0,
        }
    }

    /// One for each interval, for those that are slower than one a second.
    pub fn every(interval: Duration) -> Self {
        Self {
            interval: nanos(interval).max(1),
            burst: 1,
            state: None,
            reserved: 0,
        }
    }

    /// So many may come at once. It is also how many may be on their way to a request, with a lock taken:
    /// where a store is slow, a burst of one leaves turns unused.
    pub fn with_burst(mut self, burst: NonZeroU32) -> Self {
        self.burst = burst.get();
        self
    }

    /// The share of one node where so many nodes keep to one limit together. A node that needs less than
    /// its share leaves the rest unused.
    pub fn divided_by(mut self, nodes: NonZeroU32) -> Self {
        self.interval = self.interval.saturating_mul(u64::from(nodes.get()));
        self.burst = (self.burst / nodes.get()).max(1);
        self
    }

    /// A turn, if there is one now.
    ///
    /// # Errors
    ///
    /// When there is none: how long it takes until there is, if none is given back.
    pub fn reserve(&mut self, now: Duration) -> Result<Turn, Duration> {
        self.look(now);
        let wait = self.wait(now, 1);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.reserved = self.reserved.saturating_add(1);
        Ok(Turn(()))
    }

    /// The request is sent now.
    pub fn spend(&mut self, now: Duration, turn: Turn) {
        self.give_back(turn);
        self.count(now);
    }

    /// No request was needed.
    pub fn give_back(&mut self, turn: Turn) {
        let Turn(()) = turn;
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// A request is sent now that could not wait for a turn, such as one that is sent again because its
    /// answer was lost. Those that come after make up for it.
    pub fn count(&mut self, now: Duration) {
        let (at, full_at) = self.look(now);
        let full_at = full_at.max(at).saturating_add(self.interval);
        self.state = Some((at, full_at));
    }

    /// How long it takes until so many more turns have come, if all are spent.
    pub fn wait(&self, now: Duration, turns: u64) -> Duration {
        let (at, full_at) = self.at(now);
        // What is reserved is as good as spent. It never is more than what is there, but for requests that
        // could not wait.
        let needed = self.cost(turns.saturating_add(u64::from(self.reserved)));
        let missing = full_at.saturating_sub(at).saturating_add(needed);
        Duration::from_nanos(missing.saturating_sub(self.depth()))
    }

    fn look(&mut self, now: Duration) -> (u64, u64) {
        *self.state.insert(self.at(now))
    }

    /// A clock that is set back stands still.
    fn at(&self, now: Duration) -> (u64, u64) {
        let at = nanos(now);
        match self.state {
            Some((latest, full_at)) => (at.max(latest), full_at),
            None => (at, at.saturating_add(self.depth())),
        }
    }

    fn depth(&self) -> u64 {
        self.cost(u64::from(self.burst))
    }

    fn cost(&self, turns: u64) -> u64 {
        self.interval.saturating_mul(turns)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
