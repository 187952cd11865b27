//! What is left to do once a session has ended, whatever becomes of whoever ended it.

use alloc::{sync::Arc, vec::Vec};
use core::{sync::atomic::Ordering, time::Duration};

use mail_login_tokens::clock;
use mail_login_tokio::{Deadline, tokens::Keeper};
use tokio::{sync::oneshot, time};

use super::{Inner, write::NotWritten};
use crate::{
    Account, AccountKind, Ended, Fact,
    sessions::{Leaving, Shared},
};

/// Between two tries to write the end down.
const SOONEST: Duration = Duration::from_secs(1);
const LATEST: Duration = Duration::from_secs(30);
/// How long deleting tokens is tried: as long as an outage of the store may last.
const TIME: Duration = Duration::from_secs(60 * 60);

/// What came of a try to write the end down.
enum Tried {
    /// It is written: by another node, or by this one, and these were the accounts.
    Written(Vec<Account>),
    /// It never will: what is stored is gone, or cannot be read. The tokens say the same to all nodes.
    Never,
    /// The place does not work.
    Again,
}

impl Inner {
    /// Deletes and revokes the tokens of all accounts, and of these, of which this node may not have known.
    /// Nobody waits for it.
    pub(super) fn sign_out_all(self: &Arc<Self>, more: &[Account]) {
        // Secondary accounts have the tokens of the user's own.
        let mut accounts = self.accounts();
        for account in more {
            if !accounts.iter().any(|known| known.shares_grant(account)) {
                accounts.push(account.clone());
            }
        }
        for account in accounts {
            let keeper = match account.kind() {
                AccountKind::Primary => Some(self.keeper.clone()),
                AccountKind::Secondary => None,
                AccountKind::External => self.external(&account),
            };
            if let Some(keeper) = keeper {
                self.give_up(keeper);
            }
        }
    }

    /// Deletes and revokes the tokens that this one keeps. Nobody waits for it.
    pub(super) fn give_up(&self, keeper: Keeper) {
        if let Some(shared) = self.shared.upgrade() {
            let leaving = Leaving::of(&shared);
            shared.runtime.spawn(async move {
                // What is left over when the time is over is tried by nobody.
                let _ = keeper.sign_out(Deadline::after(TIME)).await;
                drop(leaving);
            });
        }
    }

    /// Has the end written down for all nodes by a task, which goes on until the place works; after the first try
    /// it also signs out, if that is wanted, so that no other node finds the tokens gone and has no reason. Whether
    /// the first try did it.
    pub(super) async fn write_end(self: &Arc<Self>, ended: Arc<Ended>, signs_out: bool) -> bool {
        let (first, written) = oneshot::channel();
        {
            let Some(shared) = self.shared.upgrade() else {
                return false;
            };
            let inner = Arc::clone(self);
            shared
                .runtime
                .spawn(inner.until_written(ended, signs_out, first));
        }
        written.await.unwrap_or(false)
    }

    async fn until_written(
        self: Arc<Self>,
        ended: Arc<Ended>,
        mut signs_out: bool,
        first: oneshot::Sender<bool>,
    ) {
        let mut first = Some(first);
        let mut pause = SOONEST;
        // Until the node stops.
        while let Some(shared) = self.shared.upgrade() {
            let tried = self.try_to_write(&shared, &ended).await;
            drop(shared);
            if core::mem::take(&mut signs_out) {
                let accounts = match &tried {
                    Tried::Written(accounts) => accounts.as_slice(),
                    Tried::Never | Tried::Again => &[],
                };
                self.sign_out_all(accounts);
            }
            let is_over = !matches!(tried, Tried::Again);
            if is_over {
                self.unwritten.store(false, Ordering::Release);
            }
            if let Some(first) = first.take() {
                // He may have gone.
                let _ = first.send(matches!(tried, Tried::Written(_)));
            }
            if is_over {
                return;
            }
            time::sleep(pause).await;
            pause = (pause * 2).min(LATEST);
        }
    }

    async fn try_to_write(&self, shared: &Arc<Shared>, ended: &Arc<Ended>) -> Tried {
        let written = self.write(shared, |record| {
            if let Some(stored) = &record.ended {
                // An earlier try may have done it, whose answer was lost.
                return Err(*stored == **ended && record.is_by(shared.writer()));
            }
            record.ended = Some((**ended).clone());
            record.ended_at = Some(clock::now().wall.as_millis());
            Ok(())
        });
        let (tried, is_ours) = match written.await {
            Ok((record, ())) => (Tried::Written(record.accounts), true),
            Err(NotWritten::Refused(is_ours)) => (Tried::Written(Vec::new()), is_ours),
            Err(NotWritten::Unreadable) => (Tried::Never, false),
            Err(NotWritten::Failed) => (Tried::Again, false),
        };
        // Only one node has written it, and tells it.
        if is_ours {
            let session = self.key;
            shared.tell(&Fact::Ended { session, ended });
        }
        tried
    }
}
