//! The end of a session.

use alloc::sync::Arc;
use core::{sync::atomic::Ordering, time::Duration};

use mail_login_tokio::Deadline;

use super::{Inner, Session};
use crate::{Change, EndReason, Ended, sessions::Sessions};

impl Session {
    /// The user signs out, here and on all nodes: the session ends, and its tokens are deleted and revoked.
    /// It works without good tokens, too, and does not wait for the authorization server. The user stays signed in
    /// there.
    ///
    /// All of it is done even if this future is dropped.
    ///
    /// # Errors
    ///
    /// When the end could not be written down for the other nodes yet. It is tried again until it works, and here
    /// the session has ended.
    pub async fn sign_out(&self) -> Result<(), EndNotStored> {
        self.terminate(EndReason::SignedOut).await
    }

    /// Ends the session for a reason of the caller's, and deletes and revokes its tokens, as
    /// [`sign_out`](Self::sign_out) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn terminate(&self, reason: EndReason) -> Result<(), EndNotStored> {
        let mut ended = Ended::new(reason);
        ended.generation = self.generation().get();
        let is_written = match self.0.ends_here(ended, true) {
            (ended, true) => self.0.write_end(ended, true).await,
            (_, false) => {
                self.0.sign_out_all(&[]);
                !self.0.unwritten.load(Ordering::Acquire)
            }
        };
        match is_written {
            true => Ok(()),
            false => Err(EndNotStored),
        }
    }
}

/// A session has ended on this node, and the others do not know it yet.
///
/// ```
/// let text = mail_session::EndNotStored.to_string();
/// assert!(text.contains("tried again"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the session has ended here, and that could not be stored for the other nodes: it is tried again until it works, unless what is stored cannot be read"
)]
pub struct EndNotStored;

impl Inner {
    /// Ends the session, unless there are newer tokens: then it lives on, and this says `None`.
    pub(crate) async fn end(self: &Arc<Self>, ended: Ended) -> Option<Arc<Ended>> {
        let has_newer = |ended: &Ended| {
            ended.generation > 0 && self.keeper.generation().get() > ended.generation
        };
        if has_newer(&ended) {
            return None;
        }
        // Whoever ended it elsewhere knows why; here it is seen by its tokens alone.
        if let Some(stored) = self.stored_end().await {
            return Some(self.ends_here(stored, false).0);
        }
        // Somebody may have signed in meanwhile.
        if has_newer(&ended) {
            return None;
        }
        let (ended, is_new) = self.ends_here(ended, true);
        if is_new {
            self.write_end(Arc::clone(&ended), false).await;
        }
        Some(ended)
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

    /// What is stored of its end.
    async fn stored_end(&self) -> Option<Ended> {
        let shared = self.shared.upgrade()?;
        let stored = shared.places.load(&self.key.place()).await;
        let record = Sessions(shared).read(self.key, stored).ok()?;
        record?.ended
    }

    /// This node knows that the session has ended; and whether it did not before. Whoever is going to
    /// write it down says so.
    pub(crate) fn ends_here(&self, ended: Ended, writes: bool) -> (Arc<Ended>, bool) {
        let mut new = false;
        let ended = self.ended.get_or_init(|| {
            new = true;
            self.unwritten.store(writes, Ordering::Release);
            Arc::new(ended)
        });
        if new {
            self.announce(Change::Ended {
                session: self.key,
                ended: Arc::clone(ended),
            });
        }
        (Arc::clone(ended), new)
    }
}
