//! Where a grant is kept, without blocking.

use alloc::{boxed::Box, string::String, sync::Arc};
use std::io;

use mail_login_tokens as shared;
use token_lifecycle::{Lock, Record, Revision, Saved};
use tokio::task::spawn_blocking;

use super::Pending;

/// The place of one grant, and the lock that goes with it, without blocking. Whoever implements it holds
/// to the same as with the blocking [`Store`](mail_login_tokens::Store), and ends every call in a bounded time.
///
/// ```
/// use mail_login_tokio::tokens::{Blocking, MemoryStore, Store};
/// use token_lifecycle::Lock;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let store = Blocking::new(MemoryStore::new());
/// assert_eq!(store.lock().await, Lock::Acquired);
/// assert_eq!(store.load().await?, None);
/// # Ok::<(), std::io::Error>(()) })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Store: Send + Sync {
    /// Reads the record; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the place does not work, or holds what this version cannot read.
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>>;

    /// Replaces the record, or deletes it, if the revision of the stored one is the expected one. With
    /// `None` there must be no record.
    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved>;

    /// Tries to get the lock, without waiting for whoever has it.
    fn lock(&self) -> Pending<'_, Lock>;

    /// Lets the lock go. Without a lock it does nothing.
    fn unlock(&self) -> Pending<'_, ()>;

    /// What went wrong last, for people, in a sentence without secrets.
    fn problem(&self) -> Option<String> {
        None
    }
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        (**self).load()
    }

    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved> {
        (**self).save(expected, record)
    }

    fn lock(&self) -> Pending<'_, Lock> {
        (**self).lock()
    }

    fn unlock(&self) -> Pending<'_, ()> {
        (**self).unlock()
    }

    fn problem(&self) -> Option<String> {
        (**self).problem()
    }
}

/// A store that blocks, such as one of files: each call is done by a thread that may block.
///
/// ```
/// use mail_login_tokio::tokens::{Blocking, MemoryStore};
/// let store = Blocking::new(MemoryStore::new());
/// # let _ = store;
/// ```
#[derive(Clone, Debug)]
pub struct Blocking<S>(Arc<S>);

impl<S: shared::Store + 'static> Blocking<S> {
    /// Around this store.
    pub fn new(store: S) -> Self {
        Self(Arc::new(store))
    }

    /// `None`: it panicked, or the runtime is about to end.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&S) -> T + Send + 'static,
    ) -> Option<T> {
        let store = Arc::clone(&self.0);
        spawn_blocking(move || work(&store)).await.ok()
    }
}

impl<S: shared::Store + 'static> Store for Blocking<S> {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        Box::pin(async {
            let loaded = self.apart(shared::Store::load).await;
            loaded.unwrap_or_else(|| Err(io::Error::other("reading the store was broken off")))
        })
    }

    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved> {
        let record = record.cloned();
        Box::pin(async move {
            let saved = self.apart(move |store| store.save(expected, record.as_ref()));
            saved.await.unwrap_or(Saved::Failed)
        })
    }

    fn lock(&self) -> Pending<'_, Lock> {
        Box::pin(async {
            let lock = self.apart(shared::Store::lock).await;
            lock.unwrap_or(Lock::Unavailable)
        })
    }

    fn unlock(&self) -> Pending<'_, ()> {
        Box::pin(async {
            // If it was broken off, the lock ends by itself.
            let _ = self.apart(shared::Store::unlock).await;
        })
    }

    fn problem(&self) -> Option<String> {
        self.0.problem()
    }
}
