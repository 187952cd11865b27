//! The keys of one grant, and what is asked and answered about them.

use alloc::{format, string::ToString, sync::Arc};
use core::{fmt, time::Duration};
use std::io;

use redis::{Cmd, Value};
use token_lifecycle::{Lock, Record, Revision};

use super::{
    Slot,
    slot::{hashed, hex, is_done, refused, script, strange},
};
use crate::clock;

/// The place of one grant in Redis, as commands to send and answers to read. It opens no connection:
/// this is for drivers.
///
/// ```
/// use core::time::Duration;
/// use mail_login_tokens::redis::Place;
///
/// let place = Place::new("google/alice@example.com", Duration::from_secs(60))?;
/// // Nobody reads out of a key whose it is.
/// assert!(!format!("{place:?}").contains("alice"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Place {
    record: Slot,
    lock: Arc<str>,
    /// Who has the lock, if it is ours: nobody can guess it.
    owner: Arc<str>,
    /// In milliseconds.
    lease: u64,
}

/// Ours already, from a request whose answer was lost, is as good as new.
const LOCK: &str = r"
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
";

/// Another's lock is left alone, and so is one that ended and was taken by somebody else.
const UNLOCK: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
";

impl Place {
    /// The place of the grant of this name, whatever it is made of. A lock ends by itself after `lease`, which is
    /// [`Timers::lease`](token_lifecycle::Timers::lease).
    ///
    /// # Errors
    ///
    /// When the operating system gives no random numbers.
    pub fn new(grant: &str, lease: Duration) -> io::Result<Self> {
        Ok(Self {
            record: Slot::record(grant),
            lock: hashed(grant, "lock"),
            owner: hex(&clock::entropy::<16>()?).into(),
            lease: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// A record that nobody reads or writes for so long vanishes.
    pub fn keep(mut self, time: Duration) -> Self {
        self.record = self.record.keep(time);
        self
    }

    /// Asks for the record.
    pub fn load(&self) -> Cmd {
        self.record.load()
    }

    /// Asks for the lock.
    pub fn lock(&self) -> Cmd {
        script(
            LOCK,
            &self.lock,
            &[self.owner.as_bytes(), self.lease.to_string().as_bytes()],
        )
    }

    /// Lets the lock go.
    pub fn unlock(&self) -> Cmd {
        script(UNLOCK, &self.lock, &[self.owner.as_bytes()])
    }

    /// Replaces or deletes the record if the stored one is the expected one.
    pub fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Cmd {
        let json = record.map(|record| (record.revision().get(), record.to_json()));
        let new = json
            .as_ref()
            .map(|(revision, json)| (*revision, json.expose().as_bytes()));
        self.record.save(expected.map(Revision::get), new)
    }

    /// What the answer to [`load`](Self::load) says.
    ///
    /// # Errors
    ///
    /// When it is not a record that this version can read.
    pub fn loaded(reply: Value) -> io::Result<Option<Record>> {
        let Some(stored) = Slot::loaded(reply)? else {
            return Ok(None);
        };
        let record = Record::from_json(&stored.octets)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        // The script compares the one beside the record.
        if record.revision().get() != stored.revision {
            return Err(strange());
        }
        Ok(Some(record))
    }

    /// What the answer to [`lock`](Self::lock) says.
    ///
    /// # Errors
    ///
    /// When Redis does not work.
    pub fn locked(reply: Value) -> io::Result<Lock> {
        Ok(match is_done(reply)? {
            true => Lock::Acquired,
            false => Lock::Held,
        })
    }

    /// What it means that a server answers by an error of this code.
    pub fn refused(code: &str) -> io::Error {
        refused(code)
    }

    /// Says of an error without an answer that it is about Redis, and what to do.
    pub fn unreached(error: io::Error) -> io::Error {
        // What the server says itself, or what is wrong with its certificate, needs no more words.
        if error.kind() == io::ErrorKind::Other {
            return error;
        }
        let text = format!("the Redis server cannot be reached ({error}): check that it runs");
        io::Error::new(error.kind(), text)
    }

    /// What the answers to [`save`](Self::save) and [`unlock`](Self::unlock) say: whether the stored
    /// record was the expected one, and whether there was a lock of ours.
    ///
    /// # Errors
    ///
    /// When Redis does not work.
    pub fn done(reply: Value) -> io::Result<bool> {
        is_done(reply)
    }
}

impl fmt::Debug for Place {
    /// Without the owner, by which one could let the lock go.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.record.key())
    }
}

#[cfg(test)]
mod tests;
