//! When processes may be killed.
//!
//! A refresh token is used up the moment the provider takes it, and what comes for it is nowhere but in
//! the memory of who asked until that is saved. Whoever is killed in between takes the grant along,
//! unless the provider gives grace: no program can change that. Where it gives none, the storm kills
//! at any other moment: processes keep a window open that is closed before somebody is killed.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

/// A lock of the kernel, which ends with who has it.
#[derive(Clone)]
pub(crate) struct Window(PathBuf);

impl Window {
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self(directory.join("window"))
    }

    /// Nobody is killed as long as the file is there. Waits while somebody is.
    pub(crate) fn keep_open(&self) -> File {
        self.lock(FlockOperation::LockShared).unwrap()
    }

    /// Nobody sends a refresh token as long as the file is there. Waits until what was sent is saved.
    pub(crate) fn close(&self) -> File {
        self.lock(FlockOperation::LockExclusive).unwrap()
    }

    /// The same, if nobody has to be waited for.
    pub(crate) fn try_close(&self) -> Option<File> {
        self.lock(FlockOperation::NonBlockingLockExclusive)
    }

    fn lock(&self, operation: FlockOperation) -> Option<File> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).open(&self.0).unwrap();
        flock(&file, operation).ok().map(|()| file)
    }
}
