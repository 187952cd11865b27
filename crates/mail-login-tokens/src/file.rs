//! A place in a file.

mod directory;

use alloc::{format, string::String};
use core::{fmt, time::Duration};
use std::{
    ffi::OsString,
    io::{self, ErrorKind},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use rustix::fs::FlockOperation;
use token_lifecycle::{Lock, Record, Revision, Saved};

use crate::Store;
use directory::Directory;

/// A grant in a file, shared by any number of processes of one user on one computer.
///
/// Next to the file are two more, which are never deleted: `NAME.lock` is the lock of the grant, and
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
    path: PathBuf,
    /// The lock file, while we have the lock.
    lock: Mutex<Option<OwnedFd>>,
    problem: Mutex<Option<String>>,
    patience: Duration,
}

impl FileStore {
    /// The place at this path. Nothing is opened or made yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            lock: Mutex::new(None),
            problem: Mutex::new(None),
            patience: Duration::from_secs(5),
        }
    }

    /// The path of the record.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn directory(&self, make: bool) -> io::Result<Directory<'_>> {
        let parent = match self.path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => return Err(self.nameless()),
        };
        Directory::open(parent, make)
    }

    /// The name of the file, or of one that goes with it.
    fn name(&self, suffix: &str) -> io::Result<OsString> {
        let mut name = self
            .path
            .file_name()
            .ok_or_else(|| self.nameless())?
            .to_os_string();
        name.push(suffix);
        Ok(name)
    }

    fn nameless(&self) -> io::Error {
        let text = format!("{} does not name a file", self.path.display());
        io::Error::new(ErrorKind::InvalidInput, text)
    }

    fn read(&self, directory: &Directory<'_>) -> io::Result<Option<Record>> {
        let name = self.name("")?;
        let Some(octets) = directory.read(&name)? else {
            return Ok(None);
        };
        let unreadable = |error| {
            let text = format!("{}: {error}", directory.path(&name).display());
            io::Error::new(ErrorKind::InvalidData, text)
        };
        Record::from_json(&octets).map(Some).map_err(unreadable)
    }

    fn replace(&self, expected: Option<Revision>, record: Option<&Record>) -> io::Result<Saved> {
        let directory = match self.directory(record.is_some()) {
            Ok(directory) => directory,
            // There is nothing to delete, and nothing was expected or somebody was quicker.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(if expected.is_none() {
                    Saved::Done
                } else {
                    Saved::Conflict
                });
            }
            Err(error) => return Err(error),
        };
        let _guard = self.wait_for_lock(&directory)?;
        let stored = self.read(&directory)?;
        if stored.as_ref().map(Record::revision) != expected {
            return Ok(Saved::Conflict);
        }
        let name = self.name("")?;
        match record {
            Some(record) => {
                let json = record.to_json();
                // Whoever writes has the lock, so one name is enough, and one that is left there is
                // that of somebody who died.
                let new = self.name(".new")?;
                directory.replace(&name, &new, json.expose().as_bytes())?;
            }
            None => directory.remove(&name)?,
        }
        Ok(Saved::Done)
    }

    /// The lock of a writing, which others have for a moment only.
    fn wait_for_lock(&self, directory: &Directory<'_>) -> io::Result<OwnedFd> {
        let name = self.name(".write")?;
        let end = Instant::now() + self.patience;
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(lock) = directory.try_lock(&name)? {
                return Ok(lock);
            }
            if Instant::now() >= end {
                let path = directory.path(&name);
                let text = format!("{} is locked: end the process that hangs", path.display());
                return Err(io::Error::new(ErrorKind::TimedOut, text));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    fn try_lock(&self) -> io::Result<Option<OwnedFd>> {
        self.directory(true)?.try_lock(&self.name(".lock")?)
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
        let read = match self.directory(false) {
            Ok(directory) => self.read(&directory),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        read.inspect_err(|error| self.note(error))
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
        match self.try_lock() {
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
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
