//! A file that no version can read. A sign-in takes its place, and moves it away: it may be of use to
//! somebody who can mend it.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::PathBuf,
};

use token_lifecycle::{Record, RecordError};
use zeroize::Zeroizing;

use crate::{
    config::{Account, Store as Kind},
    exit::{Exit, Problem},
};

/// The place of a damaged record.
pub(crate) struct Damaged(PathBuf);

/// More files than this are a sign that something else is wrong.
const COPIES: u32 = 100;
/// A longer file is no record, and was refused before.
const LENGTH: u64 = 1 << 20;

impl Damaged {
    /// Whether that is what this error of reading an account's tokens means. A record of another version
    /// is no damage, nor is anything that cannot be read for another reason.
    pub(crate) fn of(error: &io::Error, name: &str, account: &Account) -> Option<Self> {
        if error.kind() != io::ErrorKind::InvalidData || account.store() != Ok(Kind::File) {
            return None;
        }
        let damaged = Self(super::file(name).ok()?);
        damaged.is_damaged().ok()?.then_some(damaged)
    }

    fn is_damaged(&self) -> io::Result<bool> {
        let mut octets = Zeroizing::new(Vec::with_capacity(LENGTH as usize));
        File::open(&self.0)?.take(LENGTH).read_to_end(&mut octets)?;
        Ok(Record::from_json(&octets) == Err(RecordError::Unreadable))
    }

    /// Moves it away, to a name that is free. Nothing is done if somebody has put tokens in its place
    /// meanwhile.
    pub(crate) fn move_away(&self) -> Result<Option<PathBuf>, Problem> {
        self.moved().map_err(|error| {
            let path = self.0.display();
            let message = format!(
                "the new tokens cannot be saved, because {path} cannot be moved away ({error}): move it yourself and sign in again"
            );
            Problem::new(Exit::Unwritable, "store-unwritable", message)
        })
    }

    fn moved(&self) -> io::Result<Option<PathBuf>> {
        if !self.is_damaged()? {
            return Ok(None);
        }
        for copy in 0..COPIES {
            let mut name = self.0.clone().into_os_string();
            match copy {
                0 => name.push(".bad"),
                copy => name.push(format!(".bad.{copy}")),
            }
            if !fs::exists(&name)? {
                fs::rename(&self.0, &name)?;
                return Ok(Some(name.into()));
            }
        }
        let text = "there are too many such files already";
        Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
    }
}
