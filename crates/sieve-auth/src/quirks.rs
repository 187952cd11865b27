//! Known deviations of servers. One named function each: who does it, when it was seen, and what we
//! do about it. All hold in the robust preset only, unless they say otherwise.

use core::time::Duration;

use crate::Options;

/// Servers older than RFC 5804 (those that name no VERSION): after STARTTLS they wait for a command
/// instead of listing their capabilities again. After this time without a word they are asked.
pub(crate) fn asks_after_silence(options: &Options) -> Option<Duration> {
    options.settings.is_robust().then_some(SILENCE)
}

/// Stalwart, 2026, as its source reads: an empty challenge is `{0}` and CRLF, without the CRLF that
/// ends the line. After this time it is taken as complete. Only seen without initial response.
pub(crate) fn takes_open_challenge_after_silence(options: &Options) -> Option<Duration> {
    options.settings.is_robust().then_some(SILENCE)
}

/// A capability named twice. The first one counts.
pub(crate) fn takes_first_of_repeated(options: &Options) -> bool {
    options.settings.is_robust()
}

/// Data with the success that is not even base64. Ignored like data that is.
pub(crate) fn takes_malformed_success_data(options: &Options) -> bool {
    options.settings.is_robust()
}

/// Longer than any answer takes that is still to come.
const SILENCE: Duration = Duration::from_secs(2);
