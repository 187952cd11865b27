//! Octets in a file, which are replaced as a whole after a look at those that are there.

use alloc::{format, vec::Vec};
use core::{fmt, time::Duration};
use std::{
    ffi::OsString,
    io::{self, ErrorKind},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use token_lifecycle::Saved;
use zeroize::Zeroizing;

use super::directory::Directory;

pub(super) struct Place {
    path: PathBuf,
    /// How long a writer waits for others.
    pub(super) patience: Duration,
    /// Whether to load is to change the time of the file.
    pub(super) marks_use: bool,
}

/// What is stored, as a writer sees it.
pub(super) enum Compared {
    /// It may be replaced.
    Expected,
    Other,
    /// There is nothing left to do.
    Same,
}

impl Place {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            patience: Duration::from_secs(5),
            marks_use: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// `None`: there is no file, or no directory for it.
    pub(super) fn load(&self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let directory = match self.directory(false) {
            Ok(directory) => directory,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        directory.read(&self.name("")?, self.marks_use)
    }

    /// Replaces or deletes the file if `compare` agrees. Nobody else does so in between.
    pub(super) fn replace(
        &self,
        new: Option<&[u8]>,
        compare: impl FnOnce(Option<&[u8]>) -> io::Result<Compared>,
    ) -> io::Result<Saved> {
        let directory = match self.directory(new.is_some()) {
            Ok(directory) => directory,
            // There is nothing to delete, and nothing was expected or somebody was quicker.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(match compare(None)? {
                    Compared::Expected | Compared::Same => Saved::Done,
                    Compared::Other => Saved::Conflict,
                });
            }
            Err(error) => return Err(error),
        };
        let _guard = self.wait_for_lock(&directory)?;
        let name = self.name("")?;
        let stored = directory.read(&name, false)?;
        match compare(stored.as_ref().map(|octets| octets.as_slice()))? {
            Compared::Expected => {}
            Compared::Other => return Ok(Saved::Conflict),
            // Whoever wrote it may not have been able to flush it.
            Compared::Same => return directory.flush().map(|()| Saved::Done),
        }
        match new {
            // Whoever writes has the lock, so one name is enough, and one that is left there is that
            // of somebody who died.
            Some(octets) => directory.replace(&name, &self.name(".new")?, octets)?,
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

    /// A lock that goes with the file, which is made if need be. `None`: somebody else has it.
    pub(super) fn try_lock(&self, suffix: &str) -> io::Result<Option<OwnedFd>> {
        self.directory(true)?.try_lock(&self.name(suffix)?)
    }

    /// What is in the file makes no sense, and stays as it is.
    pub(super) fn unreadable(&self, why: &dyn fmt::Display) -> io::Error {
        let text = format!("{}: {why}", self.path.display());
        io::Error::new(ErrorKind::InvalidData, text)
    }

    pub(super) fn directory(&self, make: bool) -> io::Result<Directory<'_>> {
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
}
