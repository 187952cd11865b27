//! A store whose troubles are remembered, so that a command can say which of them kept it from a token.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mail_login_tokens::Store;
use token_lifecycle::{Lock, Record, Revision, Saved};

use super::{unreadable, unwritable};
use crate::exit::Problem;

/// A store, and what it last could not do.
pub(crate) struct Watched<S> {
    store: S,
    troubles: Troubles,
}

/// What a store last could not do, until it can.
#[derive(Clone, Debug, Default)]
pub(crate) struct Troubles(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    read: Option<String>,
    lock: Option<String>,
    write: Option<String>,
}

impl<S: Store> Watched<S> {
    pub(crate) fn new(store: S) -> Self {
        Self {
            store,
            troubles: Troubles::default(),
        }
    }

    pub(crate) fn troubles(&self) -> Troubles {
        self.troubles.clone()
    }

    /// What the store says of a failure.
    fn detail(&self, failed: bool) -> Option<String> {
        failed.then(|| self.store.problem().unwrap_or_default())
    }
}

impl Troubles {
    /// What is the matter now, if anything is. Whoever cannot read does not come to writing.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let known = self.known();
        if let Some(read) = &known.read {
            return Some(unreadable(read));
        }
        let write = known.write.as_ref().or(known.lock.as_ref())?;
        Some(unwritable(write))
    }

    /// What kept something from being written.
    pub(crate) fn detail(&self) -> Option<String> {
        let known = self.known();
        let any = [&known.write, &known.lock, &known.read];
        any.into_iter().flatten().next().cloned()
    }

    /// There are new tokens: whatever it was has passed.
    pub(crate) fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store> Store for Watched<S> {
    fn load(&self) -> io::Result<Option<Record>> {
        let loaded = self.store.load();
        self.troubles.known().read = loaded.as_ref().err().map(ToString::to_string);
        loaded
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        let saved = self.store.save(expected, record);
        let detail = self.detail(saved == Saved::Failed);
        self.troubles.known().write = detail;
        saved
    }

    fn lock(&self) -> Lock {
        let lock = self.store.lock();
        let detail = self.detail(lock == Lock::Unavailable);
        self.troubles.known().lock = detail;
        lock
    }

    fn unlock(&self) {
        self.store.unlock();
    }

    fn problem(&self) -> Option<String> {
        self.store.problem()
    }
}
