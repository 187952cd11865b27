//! The end of a session.

use alloc::sync::Arc;
use core::time::Duration;

use mail_login_tokio::Deadline;
use token_lifecycle::Saved;
use zeroize::Zeroizing;

use super::{Inner, Session};
use crate::{
    Change, EndReason, Ended, Fact,
    record::SessionRecord,
    sessions::{Sessions, Shared},
};

/// How long tokens are revoked in the background.
const TIME: Duration = Duration::from_secs(60);
/// So often two nodes that write at once begin anew.
const TRIES: usize = 8;

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
        let accounts = self.0.accounts();
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
        let ended = self.is_over(ended);
        let Some(shared) = self.shared.upgrade() else {
            return ended;
        };
        for _ in 0..TRIES {
            match self.write_end(&shared, &ended).await {
                Written::Ours => {
                    shared.tell(&Fact::Ended {
                        session: self.key,
                        ended: &ended,
                    });
                    return ended;
                }
                Written::Again => {}
                Written::Not => return ended,
            }
        }
        ended
    }

    async fn write_end(&self, shared: &Arc<Shared>, ended: &Ended) -> Written {
        let place = self.key.place();
        let stored = shared.places.load(&place).await;
        // Whoever cannot read it does not write: the tokens say the same to all nodes.
        let Ok(Some(mut record)) = Sessions(Arc::clone(shared)).read(self.key, stored) else {
            return Written::Not;
        };
        if record.ended.is_some() {
            return Written::Not;
        }
        let expected = record.revision;
        record.revision = expected.saturating_add(1);
        record.ended = Some(ended.clone());
        match save(shared, &place, expected, &record).await {
            Saved::Done => Written::Ours,
            Saved::Conflict => Written::Again,
            Saved::Failed => Written::Not,
        }
    }

    /// This node knows that the session has ended.
    pub(crate) fn is_over(&self, ended: Ended) -> Arc<Ended> {
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

/// What became of the end.
enum Written {
    /// It is written down, by this node.
    Ours,
    /// Another node has written something else meanwhile.
    Again,
    /// Another node has written it, or nobody can.
    Not,
}

pub(super) async fn save(
    shared: &Shared,
    place: &str,
    expected: u64,
    record: &SessionRecord,
) -> Saved {
    let octets = Zeroizing::new(record.to_json());
    let new = Some((record.revision, octets.as_slice()));
    shared.places.save(place, Some(expected), new).await
}
