//! A session as it is stored.

use alloc::{string::String, vec, vec::Vec};
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Account, Ended, User};

/// What is stored of a session. Its tokens are not in it: each grant has a place of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionRecord {
    version: u32,
    pub(crate) revision: u64,
    /// When the user signed in, in milliseconds since 1970.
    pub(crate) created: u64,
    pub(crate) user: User,
    pub(crate) accounts: Vec<Account>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<Ended>,
    /// When it ended, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<u64>,
    /// Which node wrote this: two that write the same at once are told apart by it.
    writer: String,
}

/// The version that this code writes.
const VERSION: u32 = 1;
/// More are not stored.
pub(crate) const ACCOUNTS: usize = 64;

impl SessionRecord {
    pub(crate) fn new(user: User, created: u64, writer: &str) -> Self {
        Self {
            version: VERSION,
            revision: 1,
            created,
            user,
            accounts: vec![Account::primary()],
            ended: None,
            ended_at: None,
            writer: writer.into(),
        }
    }

    /// The next revision, by this node.
    pub(crate) fn next(&mut self, writer: &str) {
        self.revision = self.revision.saturating_add(1);
        self.writer = writer.into();
    }

    /// Whether this node wrote it.
    pub(crate) fn is_by(&self, writer: &str) -> bool {
        self.writer == writer
    }

    /// Whether it ended so long ago that nobody asks for the reason any more.
    pub(crate) fn is_forgotten(&self, now: u64, grave: Duration) -> bool {
        let since = self.ended_at.map(|at| now.saturating_sub(at));
        since.is_some_and(|since| Duration::from_millis(since) > grave)
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Strings and numbers: it cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads exactly what this version writes: anything else is left alone, for it may be of a newer
    /// version.
    pub(crate) fn from_json(octets: &[u8]) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }

        let head: Head = serde_json::from_slice(octets).map_err(|_| Unreadable::Broken)?;
        if head.version != VERSION {
            return Err(Unreadable::Version(head.version));
        }
        let record: Self = serde_json::from_slice(octets).map_err(|_| Unreadable::Strange)?;
        let primary = record.accounts.first().map(Account::id);
        if primary != Some(Account::PRIMARY) || record.accounts.len() > ACCOUNTS {
            return Err(Unreadable::Strange);
        }
        Ok(record)
    }
}

/// Why a stored session cannot be read. It stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the stored session is damaged: restore it, or delete it and have the user sign in")]
    Broken,
    #[error(
        "the stored session has fields that this version does not know: use the version that wrote it"
    )]
    Strange,
    #[error(
        "the stored session is of version {0}, which this program cannot read: use a newer one"
    )]
    Version(u32),
}

/// The name of an account in a session: 1 to 64 characters that need no escape anywhere.
pub(crate) fn is_name(id: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.@+".contains(&octet);
    (1..=64).contains(&id.len()) && id.bytes().all(fits)
}
