//! What other nodes have done to a session.

use alloc::sync::Arc;
use core::{sync::atomic::Ordering, time::Duration};

use mail_login_tokens::clock::{self, millis};
use tokio::{task::JoinHandle, time};

use super::Inner;
use crate::{EndReason, Ended, sessions::Sessions};

/// So long a request waits for the place of its session, if it has to. A place that does not work ends
/// nothing.
const PATIENCE: Duration = Duration::from_secs(1);

impl Inner {
    /// Has the session compared with its place, if that was not done for a while. One that is in use does not wait
    /// for it; one that was not used for longer does, a moment at most.
    pub(crate) async fn look_first(self: &Arc<Self>) {
        if let Some((age, look)) = self.look_soon() {
            if age >= self.look.saturating_mul(2) {
                // It goes on without us, and says what it finds.
                let _ = time::timeout(PATIENCE, look).await;
            }
        }
    }

    /// The same, and nobody waits. How long it was not done, in milliseconds, and the task that does it.
    pub(crate) fn look_soon(self: &Arc<Self>) -> Option<(u64, JoinHandle<()>)> {
        let now = millis(clock::boot());
        let looked = self.looked.load(Ordering::Relaxed);
        let age = now.saturating_sub(looked);
        if age < self.look || self.ended.get().is_some() {
            return None;
        }
        let order = Ordering::Relaxed;
        let mine = self.looked.compare_exchange(looked, now, order, order);
        let (Ok(_), Some(shared)) = (mine, self.shared.upgrade()) else {
            return None;
        };
        let inner = Arc::clone(self);
        let look = shared.runtime.spawn(async move { inner.look().await });
        Some((age, look))
    }

    /// Compares the session with its place.
    pub(crate) async fn look(&self) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        let stored = shared.places.load(&self.key.place()).await;
        match Sessions(shared).read(self.key, stored) {
            // A place that does not work ends nothing, and what cannot be read is kept.
            Err(_) => {}
            // Nobody used it for so long that it was forgotten; an end is remembered for longer than that
            // is not noticed.
            Ok(None) => {
                self.ends_here(Ended::new(EndReason::Expired));
            }
            Ok(Some(record)) => {
                if let Some(ended) = record.ended.clone() {
                    self.ends_here(ended);
                }
                self.rest().adopt(record);
            }
        }
    }
}
