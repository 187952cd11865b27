//! What a server remembers for the test.

use alloc::{
    collections::VecDeque,
    string::{String, ToString as _},
    vec::Vec,
};
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sasl_core::{Mechanism, Presented, Reason};

/// A login that was tried.
///
/// ```
/// # fn show(testbed: &mail_testbed::Testbed) {
/// for attempt in testbed.imap().attempts() {
///     println!("{} by {:?}: {:?}", attempt.user, attempt.mechanism, attempt.refused);
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempted {
    /// Whom the client wanted to act as.
    pub user: String,
    /// How. `None`: by the LOGIN command of IMAP.
    pub mechanism: Option<Mechanism>,
    /// Whether TLS was up.
    pub tls: bool,
    /// Why not; `None`: it was accepted.
    pub refused: Option<Reason>,
}

/// A message that an SMTP server accepted.
///
/// ```
/// # fn show(testbed: &mail_testbed::Testbed) {
/// for message in testbed.smtp().messages() {
///     println!("{} to {:?}: {} octets", message.from, message.to, message.content.len());
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Who was logged in.
    pub user: String,
    /// The address of MAIL FROM.
    pub from: String,
    /// The addresses of RCPT TO.
    pub to: Vec<String>,
    /// Header and body, without the dots that were doubled on the way.
    pub content: Vec<u8>,
}

/// Older ones are forgotten.
const KEPT: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Record {
    attempts: Mutex<VecDeque<Attempted>>,
    messages: Mutex<VecDeque<Message>>,
    accepted: AtomicU64,
    refused: AtomicU64,
    connections: AtomicU64,
}

/// Counts a connection for as long as it is held.
#[derive(Debug)]
pub(super) struct Counted<'a>(&'a Record);

impl Record {
    pub(super) fn note_attempt(&self, presented: &Presented, tls: bool, refused: Option<Reason>) {
        let counter = if refused.is_none() {
            &self.accepted
        } else {
            &self.refused
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let attempt = Attempted {
            user: presented.user().to_string(),
            mechanism: presented.mechanism(),
            tls,
            refused,
        };
        keep(lock(&self.attempts), attempt);
    }

    pub(super) fn note_message(&self, message: Message) {
        keep(lock(&self.messages), message);
    }

    pub(super) fn count(&self) -> Counted<'_> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Counted(self)
    }

    pub(super) fn attempts(&self) -> Vec<Attempted> {
        lock(&self.attempts).iter().cloned().collect()
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        lock(&self.messages).iter().cloned().collect()
    }

    pub(super) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn keep<T>(mut queue: MutexGuard<'_, VecDeque<T>>, item: T) {
    if queue.len() == KEPT {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// Nothing here is left half-changed by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
