//! Octets under a name, and what is asked and answered about them.

use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
};
use core::{fmt, fmt::Write as _, str, time::Duration};
use std::io;

use redis::{Cmd, Value};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Stored;

/// Octets in Redis that are replaced by comparing their revision, as commands to send and answers to
/// read. It opens no connection: this is for drivers.
///
/// ```
/// use core::time::Duration;
/// use mail_login_tokens::redis::Slot;
///
/// let slot = Slot::new("session/alice").keep(Duration::from_secs(3600));
/// let command = slot.save(None, Some((1, b"{}")));
/// // Nobody reads out of a key whose it is.
/// assert!(!format!("{slot:?}").contains("alice"));
/// # drop(command);
/// ```
#[derive(Clone)]
pub struct Slot {
    key: Arc<str>,
    /// After how many milliseconds without use it vanishes.
    keep: Option<u64>,
}

/// A century: what is longer does not fit the clock of Redis.
const LONGEST: u64 = 100 * 366 * 24 * 60 * 60 * 1000;

/// Reading counts as use.
const LOAD: &str = r"
local stored = redis.call('HMGET', KEYS[1], 'revision', 'record')
if stored[1] then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return stored
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
    if ARGV[4] then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
end
return 1
";

impl Slot {
    /// What is kept under this name, whatever the name is made of. No grant is in the same place.
    pub fn new(name: &str) -> Self {
        Self {
            key: hashed(name, "slot"),
            keep: None,
        }
    }

    /// That of the record of a grant.
    pub(super) fn record(grant: &str) -> Self {
        Self {
            key: hashed(grant, "record"),
            keep: None,
        }
    }

    /// What nobody reads or writes for so long vanishes. Without this it stays until it is deleted.
    pub fn keep(mut self, time: Duration) -> Self {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // No time at all would delete what is being saved.
        self.keep = Some(time.clamp(1, LONGEST));
        self
    }

    /// Asks for the octets.
    pub fn load(&self) -> Cmd {
        if let Some(keep) = self.keep {
            return script(LOAD, &self.key, &[keep.to_string().as_bytes()]);
        }
        let mut command = redis::cmd("HMGET");
        command.arg(&*self.key).arg("revision").arg("record");
        command
    }

    /// Replaces or deletes the octets if the revision of those that are stored is the expected one.
    /// With `None` there must be none. To save the same twice is as good as once.
    pub fn save(&self, expected: Option<u64>, new: Option<(u64, &[u8])>) -> Cmd {
        let text = |revision: Option<u64>| revision.map(|number| number.to_string());
        let expected = text(expected).unwrap_or_default();
        let revision = text(new.map(|(revision, _)| revision)).unwrap_or_default();
        let octets = new.map_or(&b""[..], |(_, octets)| octets);
        let arguments = [expected.as_bytes(), revision.as_bytes(), octets];
        let mut command = script(SAVE, &self.key, &arguments);
        if let Some(keep) = self.keep {
            command.arg(keep);
        }
        command
    }

    /// What the answer to [`load`](Self::load) says.
    ///
    /// # Errors
    ///
    /// When Redis does not work, or something else is stored there.
    pub fn loaded(reply: Value) -> io::Result<Option<Stored>> {
        let Value::Array(fields) = understood(reply)? else {
            return Err(strange());
        };
        let mut fields = fields.into_iter();
        let (revision, octets) = match (fields.next(), fields.next()) {
            (Some(Value::Nil), Some(Value::Nil)) => return Ok(None),
            (Some(Value::BulkString(revision)), Some(Value::BulkString(octets))) => {
                (revision, Zeroizing::new(octets))
            }
            _ => return Err(strange()),
        };
        let revision = canonical(&revision).ok_or_else(strange)?;
        Ok(Some(Stored { revision, octets }))
    }

    /// What the answer to [`save`](Self::save) says: whether what was stored was the expected one.
    ///
    /// # Errors
    ///
    /// When Redis does not work.
    pub fn done(reply: Value) -> io::Result<bool> {
        is_done(reply)
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({})", self.key)
    }
}

/// The key of what this name has of this kind.
pub(super) fn hashed(name: &str, kind: &str) -> Arc<str> {
    let hash = hex(&Sha256::digest(name.as_bytes()));
    // In a cluster, what is in braces decides where a key is.
    format!("mail-login:{{{hash}}}:{kind}").into()
}

/// A number as we write it, for it is compared as text.
fn canonical(text: &[u8]) -> Option<u64> {
    let number: u64 = str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == text).then_some(number)
}

pub(super) fn script(text: &str, key: &str, arguments: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(1).arg(key);
    for argument in arguments {
        command.arg(*argument);
    }
    command
}

pub(super) fn is_done(reply: Value) -> io::Result<bool> {
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

pub(super) fn strange() -> io::Error {
    let text = "what is stored in Redis is not a record of this program: name another database";
    io::Error::new(io::ErrorKind::InvalidData, text)
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
