//! Time as an argument.

mod date;

use core::{fmt, time::Duration};

use serde::Deserialize;

pub(crate) use date::parse as parse_date;

/// A moment by the wall clock: milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use core::time::Duration;
/// use token_lifecycle::UnixTime;
///
/// let sent = UnixTime::from_secs(1_767_222_000);
/// let expires = sent + Duration::from_secs(3600);
/// assert_eq!(expires.as_secs(), 1_767_225_600);
/// assert_eq!(sent.since(expires), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct UnixTime(u64);

impl UnixTime {
    /// From milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// From seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// In whole seconds.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// The time that has passed since `earlier`; none if that is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl core::ops::Add<Duration> for UnixTime {
    type Output = Self;

    /// Ends at the end of time, and does not wrap.
    fn add(self, after: Duration) -> Self {
        Self(self.0.saturating_add(millis(after)))
    }
}

impl core::ops::Sub<Duration> for UnixTime {
    type Output = Self;

    /// Ends in 1970, and does not wrap.
    fn sub(self, before: Duration) -> Self {
        Self(self.0.saturating_sub(millis(before)))
    }
}

impl fmt::Display for UnixTime {
    /// As in `2026-01-01T00:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        date::format(self.as_secs(), f)
    }
}

/// What the clocks say. The wall clock can be set, the other one only goes forward; it should
/// count through a suspend (`CLOCK_BOOTTIME` on Linux). Where there is one, tokens and waits run out
/// by whichever clock says so first, so that a clock set back does not lengthen the life of a token.
///
/// ```
/// use core::time::Duration;
/// use token_lifecycle::{Now, UnixTime};
///
/// let now = Now::wall(UnixTime::from_secs(1_767_222_000)).with_boot(Duration::from_secs(42));
/// assert_eq!(now.wall.as_secs(), 1_767_222_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: UnixTime,
    /// A clock that only goes forward, from any start.
    pub boot: Option<Duration>,
}

impl Now {
    /// By the wall clock alone.
    pub const fn wall(wall: UnixTime) -> Self {
        Self { wall, boot: None }
    }

    /// By both clocks.
    pub const fn with_boot(self, boot: Duration) -> Self {
        Self {
            boot: Some(boot),
            ..self
        }
    }
}

impl From<UnixTime> for Now {
    fn from(wall: UnixTime) -> Self {
        Self::wall(wall)
    }
}

/// A duration in milliseconds, as long as can be said.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
