//! The end of a session.

use alloc::sync::Arc;
use core::time::Duration;

use mail_login_tokens::clock;
use mail_login_tokio::Deadline;

use super::{Inner, Session};
use crate::{AccountKind, Change, EndReason, Ended, Fact};

/// How long tokens are revoked in the background.
const TIME: Duration = Duration::from_secs(60);

impl Session {
    /// The user signs out, here and on all nodes: the session ends, and its tokens are deleted and revoked.
    /// It works without good tokens, too, and does not wait for the authorization server. The user stays signed in
    /// there.
    pub async fn sign_out(&self) {
        self.terminate(EndReason::SignedOut).await;
    }

    /// Ends the session for a reason of the caller's, and deletes and revokes its tokens.
    pub async fn terminate(&self, reason: EndReason) {
        let mut ended = Ended::new(reason);
        ended.generation = self.generation().get();
        self.0.finish(ended).await;
        let Some(shared) = self.0.shared.upgrade() else {
            return;
        };
        // Secondary accounts have the tokens of the user's own.
        let mut accounts = self.0.accounts();
        accounts.retain(|account| account.kind() != AccountKind::Secondary);
        for account in accounts {
            let Some(keeper) = self.0.keeper_of(account.id()) else {
                continue;
            };
            shared.runtime.spawn(async move {
                // What is left over when the time is over is tried by nobody: the session is gone.
                let _ = keeper.sign_out(Deadline::after(TIME)).await;
            });
        }
    }
}

impl Inner {
    /// Ends the session, unless there are newer tokens: then it lives on, and this says `None`.
    pub(crate) async fn end(self: &Arc<Self>, ended: Ended) -> Option<Arc<Ended>> {
        let newer = self.keeper.generation().get() > ended.generation;
        if newer && ended.generation > 0 {
            return None;
        }
        Some(self.finish(ended).await)
    }

    /// The same without somebody who asks.
    pub(crate) async fn check_end(self: &Arc<Self>, ended: Ended) {
        // An access token may be good although the refresh token is not: the session goes on until it
        // expires.
        let token = self
            .keeper
            .token(Duration::ZERO, Deadline::after(Duration::ZERO));
        if token.await.is_err_and(|error| error.needs_sign_in()) {
            self.end(ended).await;
        }
    }

    /// Ends the session here, and writes it down for all nodes.
    pub(crate) async fn finish(self: &Arc<Self>, ended: Ended) -> Arc<Ended> {
        let ended = self.ends_here(ended);
        let Some(shared) = self.shared.upgrade() else {
            return ended;
        };
        // Whoever cannot read it does not write: the tokens say the same to all nodes.
        let written = self.write(&shared, |record| {
            if record.ended.is_some() {
                return Err(());
            }
            record.ended = Some((*ended).clone());
            record.ended_at = Some(clock::now().wall.as_millis());
            Ok(())
        });
        // Only one node has written it, and tells it.
        if written.await.is_ok() {
            shared.tell(&Fact::Ended {
                session: self.key,
                ended: &ended,
            });
        }
        ended
    }

    /// This node knows that the session has ended.
    pub(crate) fn ends_here(&self, ended: Ended) -> Arc<Ended> {
        let mut new = false;
        let ended = self.ended.get_or_init(|| {
            new = true;
            Arc::new(ended)
        });
        if new {
            self.announce(Change::Ended {
                session: self.key,
                ended: Arc::clone(ended),
            });
        }
        Arc::clone(ended)
    }
}
