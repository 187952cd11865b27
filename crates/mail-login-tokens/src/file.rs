//! Places in files.

mod directory;
mod place;
mod slot;
mod unused;

use alloc::{format, string::String};
use core::fmt;
use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::fs::FlockOperation;
use token_lifecycle::{Lock, Record, Revision, Saved};

use crate::Store;
use place::{Compared, Place};

pub use slot::FileSlot;
pub use unused::remove_unused;

/// A grant in a file, shared by any number of processes of one user on one computer.
///
/// Next to the file are two more, which stay until [`remove_unused`] takes them away: `NAME.lock` is the lock of the grant, and
/// `NAME.write` is locked for the moment of a writing. Both are locks of the kernel (`flock`), which
/// end with their process however that ends. A writing goes to a new file that is flushed to the disk
/// and renamed, so that after a crash there is the old record or the new one, whole.
///
/// The file is for its owner alone (mode 0600), as is the directory if it has to be made (0700). A file
/// that others can read, or a directory that others can write to, is refused, and so is a
/// symbolic link in the place of the file. The directory must be on a local disk: over a network, locks and
/// renames keep less than they promise.
///
/// ```
/// use mail_login_tokens::{FileStore, Store};
/// # let directory = std::env::temp_dir().join(format!("mail-login-{}", mail_login_tokens::clock::owner()?));
/// # let path = directory.join("alice@example.com.json");
///
/// let store = FileStore::new(&path);
/// assert_eq!(store.load()?, None);
/// # assert!(!directory.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct FileStore {
    place: Place,
    /// The lock file, while we have the lock.
    lock: Mutex<Option<OwnedFd>>,
    problem: Mutex<Option<String>>,
}

impl FileStore {
    /// The place at this path. Nothing is opened or made yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::new(path.into()),
            lock: Mutex::new(None),
            problem: Mutex::new(None),
        }
    }

    /// Every load changes the file's time, as [`remove_unused`] wants it.
    pub fn mark_use(mut self) -> Self {
        self.place.marks_use = true;
        self
    }

    /// The path of the record.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    fn read(&self) -> io::Result<Option<Record>> {
        let stored = self.place.load()?;
        stored.map(|octets| self.parse(&octets)).transpose()
    }

    fn parse(&self, octets: &[u8]) -> io::Result<Record> {
        Record::from_json(octets).map_err(|error| self.place.unreadable(&error))
    }

    fn replace(&self, expected: Option<Revision>, record: Option<&Record>) -> io::Result<Saved> {
        let json = record.map(Record::to_json);
        let new = json.as_ref().map(|json| json.expose().as_bytes());
        self.place.replace(new, |stored| {
            let stored = stored.map(|octets| self.parse(octets)).transpose()?;
            let same = stored.as_ref().map(Record::revision) == expected;
            Ok(if same {
                Compared::Expected
            } else {
                Compared::Other
            })
        })
    }

    fn held(&self) -> MutexGuard<'_, Option<OwnedFd>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, error: &io::Error) {
        let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        *problem = Some(format!("{error}"));
    }
}

impl Store for FileStore {
    fn load(&self) -> io::Result<Option<Record>> {
        self.read().inspect_err(|error| self.note(error))
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        self.replace(expected, record).unwrap_or_else(|error| {
            self.note(&error);
            Saved::Failed
        })
    }

    fn lock(&self) -> Lock {
        let mut held = self.held();
        if held.is_some() {
            return Lock::Acquired;
        }
        match self.place.try_lock(".lock") {
            Ok(Some(lock)) => {
                *held = Some(lock);
                Lock::Acquired
            }
            Ok(None) => Lock::Held,
            Err(error) => {
                self.note(&error);
                Lock::Unavailable
            }
        }
    }

    fn unlock(&self) {
        if let Some(lock) = self.held().take() {
            // A process that was forked meanwhile has the same lock; closing alone would leave it there.
            let _ = rustix::fs::flock(&lock, FlockOperation::Unlock);
        }
    }

    fn problem(&self) -> Option<String> {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        problem.clone()
    }
}

impl Drop for FileStore {
    fn drop(&mut self) {
        self.unlock();
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
