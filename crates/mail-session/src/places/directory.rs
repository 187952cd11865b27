//! In a directory, for processes of one user on one computer.

use alloc::{borrow::ToOwned, boxed::Box, sync::Arc};
use core::{fmt::Write as _, time::Duration};
use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use mail_login_tokens::{FileSlot, FileStore, remove_unused};
use mail_login_tokio::tokens::{Blocking, Store};
use sha2::{Digest, Sha256};
use token_lifecycle::Saved;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::{Keep, Pending, Places, Stored, bounded, fits, keep_of_grants, saved};

/// Sessions and grants in files of one directory, for any number of processes of one user on one
/// computer: they outlive a restart.
///
/// What is true of a [`FileStore`] is true of each of them: files are for their owner alone, links are
/// refused, and after a crash there is the old session or the new one. Their names are hashes. The
/// directory is made if need be, and must be on a local disk.
///
/// Nothing vanishes by itself: call [`sweep`](Self::sweep) now and then.
///
/// ```
/// use core::time::Duration;
/// use mail_session::places::DirectoryPlaces;
///
/// let week = Duration::from_secs(7 * 24 * 60 * 60);
/// let places = DirectoryPlaces::new("/var/lib/webmail/sessions", Some(week));
/// # drop(places);
/// ```
#[derive(Clone, Debug)]
pub struct DirectoryPlaces {
    path: Arc<Path>,
    keep: Keep,
}

/// Names of files begin like this.
const SESSION: &str = "s-";
const GRANT: &str = "g-";

impl DirectoryPlaces {
    /// In this directory. Sessions that nobody loads or saves for `keep`, and grants that nobody loads
    /// or saves for a day longer, are not used; with `None`, for as long as
    /// [the settings](crate::settings::Times::keep) say.
    pub fn new(path: impl Into<PathBuf>, keep: Option<Duration>) -> Self {
        Self {
            path: path.into().into(),
            keep: Keep::new(keep),
        }
    }

    /// Deletes what is not used, and locks that are left of what was deleted; how many sessions and
    /// grants these were. All others go on meanwhile. It looks at every file, so once in an hour is often
    /// enough.
    ///
    /// # Errors
    ///
    /// When something cannot be deleted; then all the rest was.
    pub async fn sweep(&self) -> io::Result<usize> {
        let (path, keep) = (Arc::clone(&self.path), self.keep.time());
        apart(move || remove_unused(path, |name| kept(name, keep))).await
    }

    fn path(&self, kind: &str, name: &str) -> PathBuf {
        let mut file = kind.to_owned();
        for octet in Sha256::digest(name.as_bytes()) {
            // Writing to a string does not fail.
            let _ = write!(file, "{octet:02x}");
        }
        self.path.join(file)
    }
}

impl Places for DirectoryPlaces {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Option<Stored>>> {
        let path = self.path(SESSION, name);
        Box::pin(async {
            let stored = apart(|| FileSlot::new(path).load()).await?;
            bounded(stored)
        })
    }

    fn save<'a>(
        &'a self,
        name: &'a str,
        expected: Option<u64>,
        new: Option<(u64, &'a [u8])>,
    ) -> Pending<'a, Saved> {
        let path = self.path(SESSION, name);
        let fits = fits(new);
        let new = new.map(|(revision, octets)| (revision, Zeroizing::new(octets.to_vec())));
        Box::pin(async move {
            if !fits {
                return Saved::Failed;
            }
            let swapped = apart(move || {
                let new = new
                    .as_ref()
                    .map(|(revision, octets)| (*revision, octets.as_slice()));
                FileSlot::new(path).save(expected, new)
            });
            saved(swapped.await)
        })
    }

    fn grant(&self, name: &str) -> io::Result<Box<dyn Store>> {
        let store = FileStore::new(self.path(GRANT, name)).mark_use();
        Ok(Box::new(Blocking::new(store)))
    }

    fn keep_unused(&self, time: Duration) {
        self.keep.default_to(time);
    }
}

/// For how long a file of this name is kept without use; `None` if it is not ours.
fn kept(name: &OsStr, keep: Option<Duration>) -> Option<Duration> {
    let name = name.to_str()?;
    let (hash, keep) = match name.strip_prefix(SESSION) {
        Some(hash) => (hash, keep),
        None => (name.strip_prefix(GRANT)?, keep.map(keep_of_grants)),
    };
    let is_hash = hash.len() == 64 && hash.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_hash.then_some(keep.unwrap_or(Duration::MAX))
}

/// On a thread that may block.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let broken = |_| Err(io::Error::other("the work on a file was broken off"));
    spawn_blocking(work).await.unwrap_or_else(broken)
}

#[cfg(test)]
mod tests;
