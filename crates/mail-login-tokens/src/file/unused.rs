//! Files that nobody uses any more.

use alloc::collections::BTreeSet;
use core::time::Duration;
use std::{
    ffi::{OsStr, OsString},
    io::{self, ErrorKind},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use super::directory::Directory;

/// Deletes the files in a directory that were used neither by a [`FileSlot`](crate::FileSlot) nor by a
/// [`FileStore`](crate::FileStore) that [marks it](crate::FileStore::mark_use) for a time, together with
/// the lock files that go with them; it also deletes lock files that go with nothing. How many records
/// that were is the answer.
///
/// `keep` is asked for each name of a file, without the ending of its lock, and says for how long it is
/// kept; with `None` it is left alone, as are files whose lock somebody has. Anybody may go on to use
/// the directory meanwhile.
///
/// ```
/// use core::time::Duration;
/// # let directory = std::env::temp_dir().join(format!("mail-login-{}", mail_login_tokens::clock::owner()?));
/// use mail_login_tokens::{FileSlot, remove_unused};
///
/// let slot = FileSlot::new(directory.join("session"));
/// slot.save(None, Some((1, b"{}")))?;
/// let removed = remove_unused(&directory, |_| Some(Duration::from_secs(3600)))?;
/// assert_eq!(removed, 0);
/// # std::fs::remove_dir_all(directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// The first one, after all others were tried.
pub fn remove_unused(
    directory: impl AsRef<Path>,
    mut keep: impl FnMut(&OsStr) -> Option<Duration>,
) -> io::Result<usize> {
    let directory = match Directory::open(directory.as_ref(), false) {
        Ok(directory) => directory,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut removed = 0;
    let mut result = Ok(());
    for name in names(&directory)? {
        let Some(keep) = keep(&name) else { continue };
        match remove(&directory, &name, keep) {
            Ok(true) => removed += 1,
            Ok(false) => {}
            Err(error) => result = result.and(Err(error)),
        }
    }
    result.map(|()| removed)
}

/// What goes with a record, by the ending of its name.
const ENDINGS: [&str; 3] = [".new", ".lock", ".write"];

/// Those of records, whether they are there or only what goes with them.
fn names(directory: &Directory<'_>) -> io::Result<BTreeSet<OsString>> {
    let mut names = directory.names()?;
    let endings = |name: &OsString| {
        let mut found = ENDINGS.iter();
        let bare = found.find_map(|ending| name.as_bytes().strip_suffix(ending.as_bytes()))?;
        Some(OsStr::from_bytes(bare).to_os_string())
    };
    for name in &mut names {
        if let Some(bare) = endings(name) {
            *name = bare;
        }
    }
    Ok(names.into_iter().collect())
}

fn remove(directory: &Directory<'_>, name: &OsStr, keep: Duration) -> io::Result<bool> {
    let is_used = || Ok::<_, io::Error>(directory.age(name)?.is_some_and(|age| age < keep));
    if is_used()? {
        return Ok(false);
    }
    let of = |ending: &str| {
        let mut name = name.to_os_string();
        name.push(ending);
        name
    };
    let Some(_writing) = directory.try_lock(&of(".write"))? else {
        return Ok(false);
    };
    let Some(_lock) = directory.try_lock(&of(".lock"))? else {
        return Ok(false);
    };
    // Somebody may have used it until we had the lock.
    if is_used()? {
        return Ok(false);
    }
    let was_there = directory.delete(name)?;
    // The lock of writings goes last: from then on somebody else may write, and whoever waits for the
    // one that is gone finds that it has no name any more, and tries again.
    for ending in ENDINGS {
        directory.delete(&of(ending))?;
    }
    Ok(was_there)
}

#[cfg(test)]
mod tests;
