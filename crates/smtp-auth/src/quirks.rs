//! Known deviations of servers. One named function each: who does it, when it was seen, and what we
//! do about it. All hold in the robust preset only, unless they say otherwise.

use sasl_core::Reason;

use crate::{Options, parse::Enhanced};

/// Dovecot submission 2.4, 2026: `500 5.5.2 Line too long` where others take the line; Exim and
/// others: `501` for what they could not read to its end. The login is repeated once with the first
/// message apart.
pub(crate) fn repeats_without_initial_response(options: &Options, code: u16) -> bool {
    options.settings.is_robust() && matches!(code, 500 | 501)
}

/// Servers that write `334 Go on` where the first challenge should be empty. Taken as empty.
pub(crate) fn takes_prose_as_empty_challenge(options: &Options) -> bool {
    options.settings.is_robust()
}

/// Servers that leave out the space of an empty challenge: `334`.
pub(crate) fn takes_challenge_without_space(options: &Options) -> bool {
    options.settings.is_robust()
}

/// `250-AUTH=PLAIN LOGIN`, as old clients wanted it before there was a standard; many servers still
/// say both.
pub(crate) fn takes_auth_with_equals_sign(options: &Options) -> bool {
    options.settings.is_robust()
}

/// Exchange Online, 2026: `535 5.7.139` says that SMTP AUTH is switched off for the tenant or
/// mailbox, whatever the token. Its smtp-hve service: `501 5.5.124 Invalid XOAUTH2 auth data` for
/// a token that it does not take.
pub(crate) fn reason(options: &Options, code: u16, enhanced: Option<Enhanced>) -> Option<Reason> {
    const CODES: [(u16, Enhanced, Reason); 2] = [
        (535, Enhanced::new(5, 7, 139), Reason::AdminRequired),
        (501, Enhanced::new(5, 5, 124), Reason::CredentialsRejected),
    ];
    let enhanced = enhanced.filter(|_| options.settings.is_robust())?;
    CODES
        .iter()
        .find(|(reply, detail, _)| (*reply, *detail) == (code, enhanced))
        .map(|(_, _, reason)| *reason)
}
