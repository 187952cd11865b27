//! One point in time over everything.

use core::{fmt, time::Duration};
use std::{io, time::Instant};

use crate::{Failure, Phase};

/// When to give up: one point in time over name lookup, connecting, TLS and login, so that a server
/// that sends one octet now and then cannot hold anybody up.
///
/// ```
/// use std::time::Duration;
/// use mail_login_tls::{Deadline, Failure, Phase};
///
/// let deadline = Deadline::after(Duration::ZERO);
/// let failure = deadline.remaining(Phase::Connect).unwrap_err();
/// assert!(matches!(failure, Failure::Deadline { during: Phase::Connect }));
/// assert_eq!(Deadline::NEVER.remaining(Phase::Connect).unwrap(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// No deadline.
    pub const NEVER: Self = Self(None);

    /// So long from now. A time beyond what the clock can tell is no deadline.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// The point in time, if there is one.
    pub fn instant(self) -> Option<Instant> {
        self.0
    }

    /// How much time is left, never zero; `None`: as much as you like.
    ///
    /// # Errors
    ///
    /// [`Failure::Deadline`] when no time is left.
    pub fn remaining(self, during: Phase) -> Result<Option<Duration>, Failure> {
        self.left().map_err(|_| Failure::Deadline { during })
    }

    /// The same for whoever can only fail with an I/O error. [`Failure::from_io`] knows it again.
    ///
    /// # Errors
    ///
    /// When no time is left.
    pub fn left(self) -> io::Result<Option<Duration>> {
        let Some(instant) = self.0 else {
            return Ok(None);
        };
        match instant.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(io::Error::new(io::ErrorKind::TimedOut, Passed)),
            left => Ok(Some(left)),
        }
    }

    /// The time for one of several addresses that are left to try: an equal share, and at most five
    /// seconds unless it is the last one, so that a dead route leaves time for the others.
    ///
    /// # Errors
    ///
    /// When no time is left.
    pub fn share(self, addresses: usize) -> io::Result<Option<Duration>> {
        const SHARE: Duration = Duration::from_secs(5);
        let left = self.left()?;
        let parts = u32::try_from(addresses).unwrap_or(u32::MAX);
        Ok(match (left, parts) {
            (left, 0 | 1) => left,
            (Some(left), _) => Some((left / parts).min(SHARE)),
            (None, _) => Some(SHARE),
        })
    }
}

/// The inside of an I/O error: the deadline has passed, as opposed to any other timeout.
#[derive(Debug)]
pub(crate) struct Passed;

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline has passed")
    }
}

impl core::error::Error for Passed {}
