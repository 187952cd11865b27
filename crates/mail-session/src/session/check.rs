//! What is to be done with a request.

use alloc::sync::Arc;
use core::{sync::atomic::Ordering, time::Duration};

use mail_login_tokens::clock::{self, millis};

use super::{Inner, Session};
use crate::{EndReason, Ended, Outcome, outcome::Verdict};

/// When it was used is noted so exactly, in milliseconds.
const USED: u64 = 1000;

impl Session {
    /// The check of each request, as far as memory answers it: no lock, no I/O, no allocation. `None` says that
    /// [`checked`](Self::checked) has to be asked.
    pub fn check(&self) -> Option<Outcome> {
        if let Some(ended) = self.0.ended.get() {
            return Some(Outcome::SignIn(Arc::clone(ended)));
        }
        let now = millis(clock::boot());
        self.0.use_at(now);
        let looked = self.0.looked.load(Ordering::Relaxed);
        let known = now.saturating_sub(looked) < self.0.look;
        (known && self.0.keeper.is_fresh()).then_some(Outcome::GoOn)
    }

    /// The check of each request. It answers from memory when the token is fresh. In the last part of
    /// a token's life it has the token refreshed, and does not wait for that; when there is no good token it
    /// waits for one, as long as the settings say
    /// ([`TokenSettings::wait`](crate::settings::TokenSettings::wait)).
    pub async fn checked(&self) -> Outcome {
        if let Some(outcome) = self.check() {
            return outcome;
        }
        self.0.look_first().await;
        if let Some(ended) = self.0.ended.get() {
            return Outcome::SignIn(Arc::clone(ended));
        }
        loop {
            let token = self.0.keeper.token(Duration::ZERO, self.0.wait()).await;
            if let Some(ended) = self.0.ended.get() {
                return Outcome::SignIn(Arc::clone(ended));
            }
            let Err(error) = token else {
                return Outcome::of_good(&self.0.keeper);
            };
            let ended = match Verdict::of(&error) {
                Verdict::Wait(wait) => return Outcome::Unavailable(wait),
                Verdict::Misconfigured(wait) => {
                    if !self.0.ends_when_misconfigured() {
                        return Outcome::Unavailable(wait);
                    }
                    Ended::new(EndReason::Misconfigured)
                }
                Verdict::End(ended) => ended,
            };
            // Otherwise somebody has signed in meanwhile.
            if let Some(ended) = self.0.end(ended).await {
                return Outcome::SignIn(ended);
            }
        }
    }
}

impl Inner {
    /// It is used at this time, in milliseconds by the boot clock.
    pub(crate) fn use_at(&self, now: u64) {
        // Processors that check the same session would wait for each other's writing.
        if now.saturating_sub(self.used.load(Ordering::Relaxed)) >= USED {
            self.used.store(now, Ordering::Relaxed);
        }
    }

    fn ends_when_misconfigured(&self) -> bool {
        let shared = self.shared.upgrade();
        shared.is_some_and(|shared| shared.settings.tokens.end_when_misconfigured)
    }
}
