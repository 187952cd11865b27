//! What other nodes have done to a session.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use mail_login_tokens::clock::{self, millis};

use super::Inner;
use crate::{
    EndReason, Ended,
    sessions::{Sessions, Shared},
};

impl Inner {
    /// Has the session compared with its place, if that was not done for a while. Nobody waits for it.
    pub(crate) fn look_soon(self: &Arc<Self>) {
        let now = millis(clock::boot());
        let looked = self.looked.load(Ordering::Relaxed);
        if now.saturating_sub(looked) < self.look {
            return;
        }
        let order = Ordering::Relaxed;
        let mine = self.looked.compare_exchange(looked, now, order, order);
        let (Ok(_), Some(shared)) = (mine, self.shared.upgrade()) else {
            return;
        };
        let inner = Arc::clone(self);
        let runtime = shared.runtime.clone();
        runtime.spawn(async move { inner.look(shared).await });
    }

    /// Compares the session with its place.
    async fn look(self: Arc<Self>, shared: Arc<Shared>) {
        let stored = shared.places.load(&self.key.place()).await;
        match Sessions(shared).read(self.key, stored) {
            // A place that does not work ends nothing, and what cannot be read is kept.
            Err(_) => {}
            Ok(None) => {
                self.ends_here(Ended::new(EndReason::SignedOut));
            }
            Ok(Some(record)) => {
                if let Some(ended) = record.ended.clone() {
                    self.ends_here(ended);
                }
                let mut rest = self.rest();
                if record.revision > rest.record.revision {
                    let accounts = &record.accounts;
                    let stays = |id: &str| accounts.iter().any(|account| account.id() == id);
                    rest.keepers.retain(|(id, _)| stays(id));
                    rest.record = record;
                }
            }
        }
    }
}
