//! One clock that only goes forward, made of those there are.

use core::time::Duration;

use crate::{Now, UnixTime, time::millis};

/// What time it is: by the wall, and in milliseconds since the machine was made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub(super) wall: UnixTime,
    pub(super) elapsed: u64,
    last: Option<Now>,
}

impl Clock {
    /// Takes a new look. A wall clock that is set back stops time, unless there is a better one.
    pub(super) fn advance(&mut self, now: Now) {
        let mut boot = now.boot;
        if let Some(last) = self.last {
            let passed = match (last.boot, now.boot) {
                (Some(before), Some(now)) => {
                    let passed = now.saturating_sub(before);
                    // What is less than a millisecond counts next time, so that time does not stand
                    // still for whoever asks very often.
                    boot = Some(now.saturating_sub(passed - Duration::from_millis(millis(passed))));
                    passed
                }
                _ => now.wall.since(last.wall),
            };
            self.elapsed = self.elapsed.saturating_add(millis(passed));
        }
        self.wall = now.wall;
        self.last = Some(Now { boot, ..now });
    }

    /// How long it is until then.
    pub(super) fn until(&self, then: u64) -> Duration {
        Duration::from_millis(then.saturating_sub(self.elapsed))
    }
}
