//! What other nodes have done to a session.

use alloc::sync::Arc;
use core::{pin::pin, sync::atomic::Ordering, time::Duration};

use mail_login_tokens::clock::{self, millis};
use tokio::time;

use super::Inner;
use crate::{EndReason, Ended, sessions::Sessions};

/// So long a request waits for the place of its session, if it has to. A place that does not work ends
/// nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// A place that does not work is asked so often, in milliseconds.
const TRIES: u64 = 1000;

impl Inner {
    /// Has the session compared with its place, if that was not done for a while. One that is in use does not wait
    /// for it; one that was not used for longer does, a moment at most.
    pub(crate) async fn look_first(self: &Arc<Self>) {
        let age = self.age();
        if age < self.look {
            return;
        }
        let mut looked = pin!(self.has_looked.notified());
        // From now on nothing is missed.
        looked.as_mut().enable();
        self.look_soon();
        if age >= self.look.saturating_mul(2) && self.looking.load(Ordering::Acquire) {
            let _ = time::timeout(PATIENCE, looked).await;
        }
    }

    /// The same, and nobody waits.
    pub(crate) fn look_soon(self: &Arc<Self>) {
        if self.age() < self.look || self.ended.get().is_some() {
            return;
        }
        let now = millis(clock::boot());
        let tried = self.tried.load(Ordering::Relaxed);
        if now.saturating_sub(tried) < self.look.min(TRIES) {
            return;
        }
        let order = Ordering::Relaxed;
        let mine = self.tried.compare_exchange(tried, now, order, order);
        let (Ok(_), Some(shared)) = (mine, self.shared.upgrade()) else {
            return;
        };
        self.looking.store(true, Ordering::Release);
        let inner = Arc::clone(self);
        shared.runtime.spawn(async move {
            inner.look().await;
            inner.looking.store(false, Ordering::Release);
            inner.has_looked.notify_waiters();
        });
    }

    /// Compares it at once, and waits for that a moment.
    pub(crate) async fn look_now(&self) {
        let _ = time::timeout(PATIENCE, self.look()).await;
    }

    /// How old is what is known of it.
    fn age(&self) -> u64 {
        let looked = self.looked.load(Ordering::Relaxed);
        millis(clock::boot()).saturating_sub(looked)
    }

    /// Compares the session with its place.
    async fn look(&self) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let began = millis(clock::boot());
        let stored = shared.places.load(&self.key.place()).await;
        match Sessions(shared).read(self.key, stored) {
            // A place that does not work ends nothing, and what cannot be read is kept.
            Err(_) => return,
            // Nobody used it for so long that its place has forgotten it.
            Ok(None) => {
                self.ends_here(Ended::new(EndReason::Expired), false);
            }
            Ok(Some(record)) => {
                if let Some(ended) = record.ended.clone() {
                    self.ends_here(ended, false);
                }
                self.rest().adopt(record);
            }
        }
        self.looked.fetch_max(began, Ordering::Relaxed);
    }
}
