//! What users have behind the login: messages and scripts, in memory.

use alloc::{
    collections::{BTreeMap, VecDeque},
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The mailboxes of all users, which servers that belong together share.
#[derive(Debug, Default)]
pub(crate) struct Boxes(Mutex<BTreeMap<String, Mailbox>>);

/// What one user has.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    /// With the number of each, which never changes.
    messages: VecDeque<(u32, Arc<[u8]>)>,
    last: u32,
    pub(super) scripts: BTreeMap<String, Vec<u8>>,
    pub(super) active: Option<String>,
}

/// A test that sends more looks at the last ones.
const MESSAGES: usize = 64;
const USERS: usize = 256;
/// More is answered by NO.
pub(super) const SCRIPTS: usize = 16;

impl Boxes {
    /// Puts a message into the mailbox of a user.
    pub(crate) fn deliver(&self, user: &str, message: &[u8]) {
        let mut boxes = self.lock();
        // A mailbox that nobody can have, as there are too many.
        if boxes.len() >= USERS && !boxes.contains_key(user) {
            return;
        }
        let mailbox = boxes.entry(user.to_string()).or_default();
        if mailbox.messages.len() == MESSAGES {
            mailbox.messages.pop_front();
        }
        mailbox.last += 1;
        mailbox.messages.push_back((mailbox.last, message.into()));
    }

    /// All messages of a user, oldest first.
    pub(super) fn messages(&self, user: &str) -> Vec<(u32, Arc<[u8]>)> {
        let boxes = self.lock();
        let mailbox = boxes.get(user);
        mailbox.map_or_else(Vec::new, |mailbox| {
            mailbox.messages.iter().cloned().collect()
        })
    }

    /// Looks at the scripts of a user, and changes them.
    pub(super) fn scripts<T>(&self, user: &str, look: impl FnOnce(&mut Mailbox) -> T) -> T {
        let mut boxes = self.lock();
        if boxes.len() >= USERS && !boxes.contains_key(user) {
            return look(&mut Mailbox::default());
        }
        look(boxes.entry(user.to_string()).or_default())
    }

    /// Nothing here is left half-changed by a panic.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Mailbox>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
