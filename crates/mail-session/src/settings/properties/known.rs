//! The keys: which there are, and what does nothing here.

use alloc::format;

use crate::settings::{Findings, Severity, findings::Place, similar};

/// A key and what is said where it is set to anything.
pub(super) type Inert = (&'static str, Severity, &'static str);

/// Whether the value is read. Tells of keys that look like one of ours and are none.
pub(super) fn check(at: Place<'_>, findings: &mut Findings) -> bool {
    if all().any(|key| key == at.key) {
        return true;
    }
    if let Some(meant) = similar::similar(at.key, all()) {
        findings.error(at, format!("no such key: did you mean {meant}?"));
    } else if FAMILIES.iter().any(|family| at.key.starts_with(family))
        || sounds_like_a_login(at.key)
    {
        findings.warning(at, "this key is not known, so it does nothing here");
    }
    false
}

/// Families of which every key is known.
const FAMILIES: [&str; 4] = [
    "com.openexchange.authentication.oauth.",
    "com.openexchange.mail.filter.",
    // Of which none does anything: tokens are not exchanged.
    "com.openexchange.mailauth.impersonate.",
    "com.openexchange.oidc.",
];

/// `mail.properties` is about much more than logins, and of that nothing is said.
fn sounds_like_a_login(key: &str) -> bool {
    const WORDS: [&str; 8] = [
        "auth",
        "login",
        "oauth",
        "password",
        "secondary",
        "secret",
        "server",
        "tls",
    ];
    let Some(rest) = key.strip_prefix("com.openexchange.mail.") else {
        return false;
    };
    let rest = rest.to_ascii_lowercase();
    WORDS.iter().any(|word| rest.contains(word))
}

fn all() -> impl Iterator<Item = &'static str> {
    let inert = super::mail::INERT
        .iter()
        .chain(super::filter::INERT)
        .chain(super::tokens::INERT);
    let read = super::mail::KEYS
        .iter()
        .chain(super::filter::KEYS)
        .chain(super::tokens::KEYS);
    read.copied().chain(inert.map(|(key, ..)| *key))
}
