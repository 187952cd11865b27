//! What is left to do once a session has ended, whatever becomes of whoever ended it.

use alloc::sync::Arc;
use core::{sync::atomic::Ordering, time::Duration};

use mail_login_tokens::clock;
use mail_login_tokio::{Deadline, tokens::Keeper};
use tokio::{sync::oneshot, time};

use super::{Inner, write::NotWritten};
use crate::{AccountKind, Ended, Fact, sessions::Shared};

/// Between two tries to write the end down.
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(30);
/// How long deleting tokens is tried: as long as an outage of the store may last.
const TIME: Duration = Duration::from_secs(60 * 60);

impl Inner {
    /// Deletes and revokes the tokens of all accounts. Nobody waits for it.
    pub(super) fn sign_out_all(self: &Arc<Self>) {
        // Secondary accounts have the tokens of the user's own.
        let mut accounts = self.accounts();
        accounts.retain(|account| account.kind() != AccountKind::Secondary);
        for account in accounts {
            if let Some(keeper) = self.keeper_of(account.id()) {
                self.give_up(keeper);
            }
        }
    }

    /// Deletes and revokes the tokens that this one keeps. Nobody waits for it.
    pub(super) fn give_up(&self, keeper: Keeper) {
        if let Some(shared) = self.shared.upgrade() {
            shared.runtime.spawn(async move {
                // What is left over when the time is over is tried by nobody.
                let _ = keeper.sign_out(Deadline::after(TIME)).await;
            });
        }
    }

    /// Has the end written down for all nodes by a task, which goes on until the place works. Whether the
    /// first try did it.
    pub(super) async fn write_end(self: &Arc<Self>, ended: Arc<Ended>) -> bool {
        let (first, written) = oneshot::channel();
        {
            let Some(shared) = self.shared.upgrade() else {
                return false;
            };
            self.unwritten.store(true, Ordering::Release);
            let inner = Arc::clone(self);
            shared.runtime.spawn(inner.until_written(ended, first));
        }
        written.await.unwrap_or(false)
    }

    async fn until_written(self: Arc<Self>, ended: Arc<Ended>, first: oneshot::Sender<bool>) {
        let mut first = Some(first);
        let mut pause = SOONEST;
        // Until the node stops.
        while let Some(shared) = self.shared.upgrade() {
            let is_done = self.try_to_write(&shared, &ended).await;
            drop(shared);
            if is_done {
                self.unwritten.store(false, Ordering::Release);
            }
            if let Some(first) = first.take() {
                // He may have gone.
                let _ = first.send(is_done);
            }
            if is_done {
                return;
            }
            time::sleep(pause).await;
            pause = (pause * 2).min(LATEST);
        }
    }

    /// Whether nothing is left to write.
    async fn try_to_write(&self, shared: &Arc<Shared>, ended: &Arc<Ended>) -> bool {
        let written = self.write(shared, |record| {
            if record.ended.is_some() {
                return Err(());
            }
            record.ended = Some((**ended).clone());
            record.ended_at = Some(clock::now().wall.as_millis());
            Ok(())
        });
        match written.await {
            // Only one node has written it, and tells it.
            Ok(_) => {
                let session = self.key;
                shared.tell(&Fact::Ended { session, ended });
                true
            }
            // Who cannot read it does not write: the tokens say the same to all nodes.
            Err(NotWritten::Refused(()) | NotWritten::Unreadable) => true,
            Err(NotWritten::Failed) => false,
        }
    }
}
