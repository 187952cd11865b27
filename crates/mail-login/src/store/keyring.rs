//! A place in the keyring of the desktop.

use std::{
    io,
    path::Path,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use keyring::v1::{Entry, Error};
use mail_login_tokens::{FileStore, Store};
use token_lifecycle::{Lock, Record, Revision, Saved};
use zeroize::Zeroizing;

/// What the entries are called.
const SERVICE: &str = "mail-login";
/// How long another process may write.
const PATIENCE: Duration = Duration::from_secs(5);

/// The record is in the keyring, which can neither compare nor lock. Both is done by lock files where
/// the tokens would be otherwise, so this is for the processes of one machine, as a keyring is.
pub(super) struct Keyring {
    name: String,
    lock: FileStore,
    /// Locked for the moment of a writing.
    write: FileStore,
    problem: Mutex<Option<String>>,
}

impl Keyring {
    pub(super) fn new(name: &str, directory: &Path) -> Self {
        Self {
            name: name.into(),
            lock: FileStore::new(directory.join(format!("{name}.keyring"))),
            write: FileStore::new(directory.join(format!("{name}.keyring.write"))),
            problem: Mutex::new(None),
        }
    }

    fn entry(&self) -> io::Result<Entry> {
        Entry::new(SERVICE, &self.name).map_err(failed)
    }

    fn read(&self) -> io::Result<Option<Record>> {
        let octets = match self.entry()?.get_secret() {
            Ok(octets) => Zeroizing::new(octets),
            Err(Error::NoEntry) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        Record::from_json(&octets).map(Some).map_err(|error| {
            let text = format!("{SERVICE}/{} in the keyring: {error}", self.name);
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }

    fn replace(&self, expected: Option<Revision>, record: Option<&Record>) -> io::Result<Saved> {
        if self.read()?.as_ref().map(Record::revision) != expected {
            return Ok(Saved::Conflict);
        }
        let entry = self.entry()?;
        match record {
            Some(record) => entry
                .set_secret(record.to_json().expose().as_bytes())
                .map_err(failed)?,
            None => match entry.delete_credential() {
                Ok(()) | Err(Error::NoEntry) => {}
                Err(error) => return Err(failed(error)),
            },
        }
        Ok(Saved::Done)
    }

    fn wait_for_write(&self) -> io::Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.write.lock() {
                Lock::Acquired => return Ok(()),
                Lock::Held if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
                Lock::Held => return Err(io::ErrorKind::TimedOut.into()),
                Lock::Unavailable => {
                    let text = self.write.problem().unwrap_or_default();
                    return Err(io::Error::other(text));
                }
            }
        }
    }

    fn note(&self, text: String) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

impl Store for Keyring {
    fn load(&self) -> io::Result<Option<Record>> {
        self.read()
            .inspect_err(|error| self.note(error.to_string()))
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        let saved = self.wait_for_write().and_then(|()| {
            let saved = self.replace(expected, record);
            self.write.unlock();
            saved
        });
        saved.unwrap_or_else(|error| {
            self.note(error.to_string());
            Saved::Failed
        })
    }

    fn lock(&self) -> Lock {
        self.lock.lock()
    }

    fn unlock(&self) {
        self.lock.unlock();
    }

    fn problem(&self) -> Option<String> {
        let own = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        own.clone().or_else(|| self.lock.problem())
    }
}

/// None of these errors shows a secret.
fn failed(error: Error) -> io::Error {
    let what = match error {
        Error::NoStorageAccess(_) => "is locked or does not answer: unlock it",
        _ => "does not work",
    };
    io::Error::other(format!("the keyring {what} ({error})"))
}
