//! What is known of a grant without its lock.

use core::sync::atomic::{AtomicU64, Ordering};

use mail_login_tokens::clock::{self, millis};
use token_lifecycle::{Generation, Lifecycle, Record};

/// Whether the first token needs no question, and which one it is.
#[derive(Default)]
pub(super) struct Fresh {
    /// Until when, in milliseconds by the boot clock.
    until: AtomicU64,
    generation: AtomicU64,
}

impl Fresh {
    /// Whether the first token is as good as the last question found it. It reads a clock, and takes no
    /// lock.
    pub(super) fn is_now(&self) -> bool {
        let until = self.until.load(Ordering::Acquire);
        until > 0 && millis(clock::boot()) < until
    }

    /// The generation that was in use last.
    pub(super) fn generation(&self) -> Generation {
        Generation::from(self.generation.load(Ordering::Acquire))
    }

    /// Makes it known, while the lock is held.
    pub(super) fn publish(&self, lifecycle: &mut Lifecycle) {
        let now = clock::now();
        let time = lifecycle.fresh_for(now);
        let until = match time.is_zero() {
            true => 0,
            false => millis(now.boot.unwrap_or_default() + time),
        };
        self.until.store(until, Ordering::Release);
        let generation = lifecycle.record().map(Record::generation);
        let generation = generation.map_or(0, Generation::get);
        self.generation.store(generation, Ordering::Release);
    }
}
