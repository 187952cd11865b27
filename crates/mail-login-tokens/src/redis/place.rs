//! The keys of one grant, and what is asked and answered about them.

use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
};
use core::{fmt, fmt::Write as _, time::Duration};
use std::io;

use redis::{Cmd, Value};
use sha2::{Digest, Sha256};
use token_lifecycle::{Lock, Record, Revision};
use zeroize::Zeroizing;

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
    record: Arc<str>,
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

/// Revisions are compared as text, because numbers of Lua are inexact beyond 2^53. What is stored
/// already, from a request whose answer was lost, is as good as saved.
const SAVE: &str = r"
local stored = redis.call('HGET', KEYS[1], 'revision')
if stored and stored == ARGV[2] and redis.call('HGET', KEYS[1], 'record') == ARGV[3] then return 1 end
if ARGV[1] == '' then
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
elseif stored ~= ARGV[1] then
    return 0
end
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
else
    redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'record', ARGV[3])
end
return 1
";

impl Place {
    /// The place of the grant of this name, whatever it is made of. A lock ends by itself after `lease`, which is
    /// [`Timers::lease`](token_lifecycle::Timers::lease).
    ///
    /// # Errors
    ///
    /// When the operating system gives no random numbers.
    pub fn new(grant: &str, lease: Duration) -> io::Result<Self> {
        let hash = hex(&Sha256::digest(grant.as_bytes()));
        Ok(Self {
            // In a cluster, what is in braces decides where a key is.
            record: format!("mail-login:{{{hash}}}:record").into(),
            lock: format!("mail-login:{{{hash}}}:lock").into(),
            owner: hex(&clock::entropy::<16>()?).into(),
            lease: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Asks for the record.
    pub fn load(&self) -> Cmd {
        let mut command = redis::cmd("HMGET");
        command.arg(&*self.record).arg("revision").arg("record");
        command
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
        let number = |revision: Revision| revision.get().to_string();
        let expected = expected.map(number).unwrap_or_default();
        let revision = record.map(Record::revision).map(number);
        let json = record.map(Record::to_json);
        let json = json.as_ref().map_or("", |json| json.expose());
        let arguments = [
            expected.as_bytes(),
            revision.as_deref().unwrap_or_default().as_bytes(),
            json.as_bytes(),
        ];
        script(SAVE, &self.record, &arguments)
    }

    /// What the answer to [`load`](Self::load) says.
    ///
    /// # Errors
    ///
    /// When it is not a record that this version can read.
    pub fn loaded(reply: Value) -> io::Result<Option<Record>> {
        let Value::Array(fields) = understood(reply)? else {
            return Err(strange());
        };
        let mut fields = fields.into_iter();
        let (revision, record) = match (fields.next(), fields.next()) {
            (Some(Value::Nil), Some(Value::Nil)) => return Ok(None),
            (Some(Value::BulkString(revision)), Some(Value::BulkString(record))) => {
                (revision, Zeroizing::new(record))
            }
            _ => return Err(strange()),
        };
        let record = Record::from_json(&record)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        // The script compares the one beside the record.
        if record.revision().get().to_string().as_bytes() != revision {
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
        write!(f, "Place({})", self.record)
    }
}

fn script(text: &str, key: &str, arguments: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(1).arg(key);
    for argument in arguments {
        command.arg(*argument);
    }
    command
}

fn is_done(reply: Value) -> io::Result<bool> {
    let reply = understood(reply)?;
    if reply == Value::Int(1) {
        return Ok(true);
    }
    if reply == Value::Int(0) {
        return Ok(false);
    }
    Err(strange())
}

/// An error that the server told is one. Of its words the code alone is repeated.
fn understood(reply: Value) -> io::Result<Value> {
    let Value::ServerError(error) = reply else {
        return Ok(reply);
    };
    Err(refused(error.code()))
}

/// What a server's error means for the operator.
pub(super) fn refused(code: &str) -> io::Error {
    let advice = match code {
        "LOADING" | "BUSY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN" => "wait",
        "NOAUTH" | "WRONGPASS" => "check user and password",
        "NOPERM" => "allow the user EVAL, HMGET, HGET, HSET, DEL, EXISTS, GET, SET and PEXPIRE",
        "READONLY" => "name the primary, not a replica",
        "MOVED" | "ASK" => "name the node of the cluster that has the key",
        "OOM" => "give it more memory",
        "MISCONF" => "look at its log, it cannot write to its disk",
        "WRONGTYPE" => "another program uses this key, name another database",
        _ => "look at its log",
    };
    // Codes are short words; anything else is not repeated.
    let code = Some(code).filter(|code| code.bytes().all(|octet| octet.is_ascii_uppercase()));
    let code = code.unwrap_or("an error");
    io::Error::other(format!("the Redis server refuses ({code}): {advice}"))
}

fn strange() -> io::Error {
    let text = "what is stored in Redis is not a record of this program: name another database";
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
