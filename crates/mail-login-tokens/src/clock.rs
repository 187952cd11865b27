//! The clocks and the randomness of this computer.

use alloc::{format, string::String};
use core::time::Duration;
use std::{io, process, time::SystemTime};

use token_lifecycle::{Now, UnixTime};

/// What the clocks of this computer say: the wall clock, and one that only goes forward. On Linux and
/// Android that one counts while the computer sleeps, so that a token does not outlive a suspend.
///
/// ```
/// use mail_login_tokens::clock;
///
/// let (before, after) = (clock::now(), clock::now());
/// assert!(before.boot <= after.boot);
/// ```
pub fn now() -> Now {
    let wall = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Now::wall(UnixTime::from_millis(millis(wall))).with_boot(boot())
}

/// The clock of [`now`] that only goes forward, alone: it costs half as much to read.
///
/// ```
/// use mail_login_tokens::clock;
/// assert!(clock::boot() <= clock::now().boot.unwrap());
/// ```
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    // It counts from the start of the computer, so neither part is negative.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

/// The clock of [`now`] that only goes forward, alone: it costs half as much to read.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn boot() -> Duration {
    use std::{sync::OnceLock, time::Instant};

    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A time in whole milliseconds, as an atomic number holds it.
///
/// ```
/// use core::time::Duration;
/// use mail_login_tokens::clock;
/// assert_eq!(clock::millis(Duration::from_micros(2999)), 2);
/// ```
pub fn millis(time: Duration) -> u64 {
    // Past the year 500 million the clock is wrong anyway.
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// So many random octets, good enough for secrets.
///
/// ```
/// use mail_login_tokens::clock;
/// assert_ne!(clock::entropy::<16>()?, clock::entropy::<16>()?);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// When the operating system gives none.
pub fn entropy<const N: usize>() -> io::Result<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(io::Error::other)?;
    Ok(octets)
}

/// A number for [`Options::seed`](token_lifecycle::Options::seed), different each time.
///
/// # Errors
///
/// As for [`entropy`].
pub fn seed() -> io::Result<u64> {
    entropy().map(u64::from_le_bytes)
}

/// A name for [`Options::owner`](token_lifecycle::Options::owner): nobody else has it, on no machine.
///
/// ```
/// use mail_login_tokens::clock;
/// assert_ne!(clock::owner()?, clock::owner()?);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// As for [`entropy`].
pub fn owner() -> io::Result<String> {
    Ok(format!("{}-{:016x}", process::id(), seed()?))
}
