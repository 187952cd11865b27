//! Known deviations of servers. One named function each: who does it, when it was seen, and what we
//! do about it. All hold in the robust preset only, unless they say otherwise.

use crate::Options;

/// Coremail (126.com, 163.com), 2026: advertises SASL-IR and answers BAD to an initial response.
/// Servers with short command buffers do the same. The login is repeated once without it.
pub(crate) fn repeats_without_initial_response(options: &Options) -> bool {
    options.settings.is_robust()
}

/// Servers that write `+ Go ahead` where the first challenge should be empty; the loose `resp-text`
/// of RFC 3501 §9 allows it. Taken as empty.
pub(crate) fn takes_prose_as_empty_challenge(options: &Options) -> bool {
    options.settings.is_robust()
}

/// iCloud, 2026: `CAPABILITY` answered by a bare tagged OK without data. The list counts as empty.
pub(crate) fn takes_missing_list_as_empty(options: &Options) -> bool {
    options.settings.is_robust()
}

/// Servers whose list names no revision of IMAP. Told as a notice.
pub(crate) fn takes_list_without_revision(options: &Options) -> bool {
    options.settings.is_robust()
}
