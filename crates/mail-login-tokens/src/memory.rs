//! A place that ends with the process.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use token_lifecycle::{Lock, Record, Revision, Saved};

use crate::Store;

/// A grant in the memory of this process, for tests, and for grants that need not be kept.
///
/// [`another`](Self::another) gives a second handle to the same place, as a second process would have
/// it to a file.
///
/// ```
/// use mail_login_tokens::{MemoryStore, Store};
/// use token_lifecycle::Lock;
///
/// let store = MemoryStore::new();
/// let other = store.another();
/// assert_eq!(store.lock(), Lock::Acquired);
/// assert_eq!(other.lock(), Lock::Held);
/// store.unlock();
/// assert_eq!(other.lock(), Lock::Acquired);
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    place: Arc<Place>,
    holds: AtomicBool,
}

#[derive(Debug, Default)]
struct Place {
    record: Mutex<Option<Record>>,
    locked: AtomicBool,
}

impl MemoryStore {
    /// An empty place.
    pub fn new() -> Self {
        Self::default()
    }

    /// A place that holds this.
    pub fn with_record(record: Record) -> Self {
        let store = Self::new();
        *store.record() = Some(record);
        store
    }

    /// Another handle to the same place. The lock is held by one of them at most.
    pub fn another(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
            holds: AtomicBool::new(false),
        }
    }

    fn record(&self) -> MutexGuard<'_, Option<Record>> {
        // What is in there was put there in one piece, whoever panicked.
        self.place
            .record
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&self) -> io::Result<Option<Record>> {
        Ok(self.record().clone())
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        let mut stored = self.record();
        if stored.as_ref().map(Record::revision) != expected {
            return Saved::Conflict;
        }
        *stored = record.cloned();
        Saved::Done
    }

    fn lock(&self) -> Lock {
        if self.holds.load(Ordering::Acquire) {
            return Lock::Acquired;
        }
        if self.place.locked.swap(true, Ordering::AcqRel) {
            return Lock::Held;
        }
        self.holds.store(true, Ordering::Release);
        Lock::Acquired
    }

    fn unlock(&self) {
        if self.holds.swap(false, Ordering::AcqRel) {
            self.place.locked.store(false, Ordering::Release);
        }
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.unlock();
    }
}
