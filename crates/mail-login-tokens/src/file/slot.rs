//! Octets that are no grant, but are kept as grants are.

use alloc::{format, string::String, vec::Vec};
use core::{fmt, str};
use std::{
    io,
    path::{Path, PathBuf},
};

use token_lifecycle::Saved;
use zeroize::Zeroizing;

use super::place::{Compared, Place};
use crate::Stored;

/// Octets in a file that are replaced by comparing their revision, for what goes with grants, such as
/// the session of a user. It is as safe as a [`FileStore`](crate::FileStore), and keeps the same rules:
/// the file is for its owner alone, and what cannot be read is never overwritten. It takes about a
/// mebibyte at most.
///
/// Every load changes the time of the file, by which [`remove_unused`](crate::remove_unused) goes.
///
/// ```
/// use mail_login_tokens::FileSlot;
/// # let directory = std::env::temp_dir().join(format!("mail-login-{}", mail_login_tokens::clock::owner()?));
///
/// let slot = FileSlot::new(directory.join("session"));
/// assert!(slot.save(None, Some((1, b"{}")))?);
/// assert!(!slot.save(None, Some((1, b"other")))?);
/// assert_eq!(slot.load()?.map(|stored| stored.revision), Some(1));
/// # std::fs::remove_dir_all(directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct FileSlot(Place);

/// So that a file of something else, or half a file, is told from one of ours.
const MARK: &str = "mail-login-slot 1 ";
/// No first line is longer.
const HEAD: usize = 64;

impl FileSlot {
    /// The place at this path. Nothing is opened or made yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let mut place = Place::new(path.into());
        place.marks_use = true;
        Self(place)
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Reads the octets; `None` if there are none.
    ///
    /// # Errors
    ///
    /// When the place does not work, or holds something else.
    pub fn load(&self) -> io::Result<Option<Stored>> {
        let Some(file) = self.0.load()? else {
            return Ok(None);
        };
        let (revision, octets) = self.parse(&file)?;
        let octets = octets.to_vec().into();
        Ok(Some(Stored { revision, octets }))
    }

    /// Replaces the octets, or deletes them, if the revision of those that are stored is the expected
    /// one; `false` if it is not. With `None` there must be none. To save the same twice is as good as once.
    ///
    /// # Errors
    ///
    /// When the place does not work, or holds something else. It may have been written or not.
    pub fn save(&self, expected: Option<u64>, new: Option<(u64, &[u8])>) -> io::Result<bool> {
        let file = new.map(|(revision, octets)| written(revision, octets));
        let file = file.as_ref().map(|file| file.as_slice());
        let saved = self.0.replace(file, |stored| {
            let stored = stored.map(|file| self.parse(file)).transpose()?;
            if stored.is_some() && stored == new {
                return Ok(Compared::Same);
            }
            let same = stored.map(|(revision, _)| revision) == expected;
            Ok(if same {
                Compared::Expected
            } else {
                Compared::Other
            })
        })?;
        match saved {
            Saved::Done => Ok(true),
            Saved::Conflict => Ok(false),
            Saved::Failed => Err(io::ErrorKind::Other.into()),
        }
    }

    fn parse<'a>(&self, file: &'a [u8]) -> io::Result<(u64, &'a [u8])> {
        read(file).ok_or_else(|| {
            let why = "it is not what this program writes: move it away";
            self.0.unreadable(&why)
        })
    }
}

impl fmt::Debug for FileSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSlot")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

fn written(revision: u64, octets: &[u8]) -> Zeroizing<Vec<u8>> {
    let line = first_line(revision, octets);
    // Of exactly this size, so that it leaves no copy behind by growing.
    let mut file = Vec::with_capacity(line.len() + octets.len());
    file.extend_from_slice(line.as_bytes());
    file.extend_from_slice(octets);
    file.into()
}

fn read(file: &[u8]) -> Option<(u64, &[u8])> {
    let end = file.iter().take(HEAD).position(|octet| *octet == b'\n')?;
    let (line, octets) = file.split_at_checked(end + 1)?;
    let numbers = str::from_utf8(line).ok()?.strip_prefix(MARK)?;
    let revision = numbers.split(' ').next()?.parse().ok()?;
    // Exactly what this version writes, and all of it.
    (line == first_line(revision, octets).as_bytes()).then_some((revision, octets))
}

fn first_line(revision: u64, octets: &[u8]) -> String {
    format!("{MARK}{revision} {}\n", octets.len())
}

#[cfg(test)]
mod tests;
