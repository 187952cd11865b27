//! Logins that were refused a moment ago.

use alloc::{boxed::Box, collections::BTreeMap};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use mail_login_tokio::Server;
use sasl_core::{Advice, Reason};
use sha2::{Digest, Sha256};
use token_lifecycle::Generation;

/// Remembers for some seconds which logins were refused for good, so that a broken account does not
/// have its server count failures. A new token is another login.
pub(crate) struct FailedLogins {
    /// So that the keys, which are hashes, cannot be guessed from what is in a copy of the memory.
    secret: [u8; 32],
    time: Duration,
    refused: Mutex<BTreeMap<[u8; 32], Refused>>,
}

#[derive(Clone)]
struct Refused {
    until: Duration,
    text: Box<str>,
    reason: Reason,
}

/// More are not remembered.
const LIMIT: usize = 16_384;

/// Which login it is.
pub(crate) struct Attempt<'a> {
    pub(crate) protocol: &'static str,
    pub(crate) server: &'a Server,
    pub(crate) user: &'a str,
    pub(crate) mechanisms: &'static str,
    pub(crate) place: &'a str,
    pub(crate) generation: Generation,
}

impl FailedLogins {
    pub(crate) fn new(secret: [u8; 32], time: Duration) -> Self {
        Self {
            secret,
            time,
            refused: Mutex::new(BTreeMap::new()),
        }
    }

    /// Why this very login was refused, if it was a moment ago.
    pub(crate) fn find(&self, attempt: &Attempt<'_>, boot: Duration) -> Option<(Reason, Box<str>)> {
        let key = self.key(attempt);
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = refused.get(&key).filter(|refused| boot < refused.until)?;
        Some((refused.reason, refused.text.clone()))
    }

    /// Takes note of a refusal, unless it passes by itself.
    pub(crate) fn note(
        &self,
        attempt: &Attempt<'_>,
        boot: Duration,
        rejection: &sasl_core::Rejection,
    ) {
        if is_definitive(rejection) {
            let text = alloc::format!("{rejection}");
            self.remember(attempt, boot, rejection.reason(), text.into());
        }
    }

    /// The same for a reason that does not pass.
    pub(crate) fn remember(
        &self,
        attempt: &Attempt<'_>,
        boot: Duration,
        reason: Reason,
        text: Box<str>,
    ) {
        if self.time.is_zero() {
            return;
        }
        let key = self.key(attempt);
        let mut all = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LIMIT {
            all.retain(|_, refused| boot < refused.until);
        }
        if all.len() < LIMIT {
            let refused = Refused {
                until: boot.saturating_add(self.time),
                text,
                reason,
            };
            all.insert(key, refused);
        }
    }

    fn key(&self, attempt: &Attempt<'_>) -> [u8; 32] {
        let generation = attempt.generation.get().to_be_bytes();
        let address = alloc::format!("{}", attempt.server.address());
        let mut hash = Sha256::new();
        hash.update(self.secret);
        for part in [
            attempt.protocol.as_bytes(),
            address.as_bytes(),
            attempt.user.as_bytes(),
            attempt.mechanisms.as_bytes(),
            attempt.place.as_bytes(),
            &generation,
        ] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

fn is_definitive(rejection: &sasl_core::Rejection) -> bool {
    rejection.advice() != Advice::RetryLater && rejection.reason() != Reason::Cancelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_makes_it_another_login() {
        let failed = FailedLogins::new([7; 32], Duration::from_secs(10));
        let here = Server::implicit_tls("imap.example.com", 993);
        let there = Server::implicit_tls("imap2.example.com", 993);
        let beside = Server::implicit_tls("imap.example.com", 994);
        let base = || Attempt {
            protocol: "imap",
            server: &here,
            user: "alice",
            mechanisms: "oauthbearer",
            place: "grant/1",
            generation: Generation::from(1),
        };
        let key = failed.key(&base());
        assert_eq!(key, failed.key(&base()));
        let others = [
            Attempt {
                protocol: "smtp",
                ..base()
            },
            Attempt {
                server: &there,
                ..base()
            },
            Attempt {
                server: &beside,
                ..base()
            },
            Attempt {
                user: "bob",
                ..base()
            },
            Attempt {
                mechanisms: "xoauth2",
                ..base()
            },
            Attempt {
                place: "grant/2",
                ..base()
            },
            Attempt {
                generation: Generation::from(2),
                ..base()
            },
            // The same letters, in other parts.
            Attempt {
                user: "aliceoauth",
                mechanisms: "bearer",
                ..base()
            },
        ];
        for (number, other) in others.iter().enumerate() {
            assert_ne!(key, failed.key(other), "{number}");
        }
        // And it cannot be computed without what the process alone knows.
        let elsewhere = FailedLogins::new([8; 32], Duration::from_secs(10));
        assert_ne!(key, elsewhere.key(&base()));
    }
}
