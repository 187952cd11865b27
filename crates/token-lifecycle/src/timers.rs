//! How long everything takes.

use core::time::Duration;

/// Times that a caller may change. The defaults suit interactive programs and servers.
///
/// ```
/// use core::time::Duration;
/// use token_lifecycle::Timers;
///
/// let timers = Timers { nap: Duration::from_secs(3600), ..Timers::default() };
/// assert_eq!(timers.lease, Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// So long before its expiry a token is refreshed although it is still given out, and never before
    /// half of its life is over. Where nothing is said it is a fifth of its life, from one minute to ten.
    pub early: Option<Duration>,
    /// How long a token is good for if its server does not say. After that it is refreshed, and
    /// used all the same until a mail server refuses it.
    pub assumed_lifetime: Duration,
    /// A token that is younger than this and refused is not refused for its age.
    pub fresh: Duration,
    /// How long an HTTP request takes at most, from its beginning to the last octet of the answer:
    /// the deadline of the driver.
    pub http: Duration,
    /// How long a lock is held at most, where the lock ends by itself. Longer than two requests.
    pub lease: Duration,
    /// The longest wait between two looks at the clock, for clocks can be set.
    pub nap: Duration,
    /// How often the store is looked at for a sign-in elsewhere, once the user has to sign in; and for
    /// what others have got, while there is no turn for a refresh.
    pub look: Duration,
    /// The first wait after a wrong setting; it doubles.
    pub probe: Duration,
    /// The longest wait after a wrong setting.
    pub probe_at_most: Duration,
    /// The first wait after a failure while nobody waits; it doubles.
    pub pause: Duration,
    /// The longest wait after failures while nobody waits.
    pub pause_at_most: Duration,
    /// The longest wait after failures while somebody waits.
    pub blocked_at_most: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        let (seconds, minutes) = (Duration::from_secs, |n: u64| Duration::from_secs(60 * n));
        Self {
            early: None,
            assumed_lifetime: crate::response::ASSUMED,
            fresh: minutes(5),
            http: seconds(20),
            lease: seconds(60),
            nap: seconds(60),
            look: seconds(30),
            probe: minutes(15),
            probe_at_most: minutes(360),
            pause: seconds(30),
            pause_at_most: minutes(15),
            blocked_at_most: minutes(5),
        }
    }
}

/// A token that is younger than this is as good as it gets, however soon it expires: asking again
/// at once would bring another one like it.
pub(crate) const SETTLED: u64 = 10_000;
/// In the last seconds of its life a token may expire on its way.
pub(crate) const LAST: u64 = 10_000;
/// A wait for a turn is not shorter, so that it has an end that can be waited for.
pub(crate) const LEAST_TURN: u64 = 20;

/// Clocks of two computers may be that far apart, and nobody thinks anything of it.
pub(crate) const APART: Duration = Duration::from_secs(300);

/// How long before its expiry a token is refreshed although it is still given out.
pub(crate) fn advisory(timers: &Timers, lifetime: u64) -> u64 {
    if let Some(early) = timers.early {
        return crate::time::millis(early).min(lifetime / 2);
    }
    if lifetime <= SHORT {
        return lifetime / 2;
    }
    (lifetime / 5).clamp(60_000, 600_000)
}

/// How long before its expiry a token is given out no more if there can be a better one.
pub(crate) fn mandatory(lifetime: u64) -> u64 {
    if lifetime <= SHORT {
        return lifetime / 10;
    }
    (lifetime / 20).clamp(10_000, 60_000)
}

const SHORT: u64 = 120_000;

/// A number that looks random and is always the same for the same seed and turn, below `end`
/// (SplitMix64). It spreads what many processes do; nothing secret depends on it.
pub(crate) fn jitter(seed: u64, turn: u64, end: u64) -> u64 {
    let mut mixed = seed ^ turn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % end.max(1)
}
