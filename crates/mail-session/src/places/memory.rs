//! In the memory of one process.

use alloc::{borrow::ToOwned, boxed::Box, collections::BTreeMap, string::String, sync::Arc};
use core::{fmt, time::Duration};
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use mail_login_tokens::MemoryStore;
use mail_login_tokio::tokens::Store;
use token_lifecycle::Saved;
use tokio::time::Instant;

use super::{Pending, Places, Stored, fits, keep_of_grants};
use grant::MemoryGrant;

mod grant;

/// Sessions that end with the process: for tests, and for a back end that signs its users in anew after
/// a restart. Clones share what they hold.
///
/// ```
/// use core::time::Duration;
/// use mail_session::places::MemoryPlaces;
///
/// let places = MemoryPlaces::new().keep(Duration::from_secs(7 * 24 * 60 * 60));
/// # let _ = places;
/// ```
#[derive(Clone, Default)]
pub struct MemoryPlaces(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    sessions: BTreeMap<String, Session>,
    grants: BTreeMap<String, Grant>,
    keep: Option<Duration>,
    swept: Option<Instant>,
}

struct Session {
    stored: Stored,
    used: Instant,
}

struct Grant {
    place: MemoryStore,
    /// How many others have it.
    handles: usize,
    used: Instant,
}

impl MemoryPlaces {
    /// Holds nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets sessions that nobody loads or saves for so long, and a day later their grants, unless
    /// somebody still has their store. Where this is not said, [the settings](crate::settings::Times::keep) say.
    pub fn keep(self, time: Duration) -> Self {
        self.inner().keep = Some(time);
        self
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Whoever panicked had not begun to change it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places for MemoryPlaces {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Option<Stored>>> {
        Box::pin(async { Ok(self.inner().load(name)) })
    }

    fn save<'a>(
        &'a self,
        name: &'a str,
        expected: Option<u64>,
        new: Option<(u64, &'a [u8])>,
    ) -> Pending<'a, Saved> {
        Box::pin(async move { self.inner().save(name, expected, new) })
    }

    fn grant(&self, name: &str) -> io::Result<Box<dyn Store>> {
        let place = self.inner().grant(name);
        let grant = MemoryGrant::new(self.clone(), name.to_owned(), place);
        Ok(Box::new(grant))
    }

    fn keep_unused(&self, time: Duration) {
        self.inner().keep.get_or_insert(time);
    }
}

impl Inner {
    fn load(&mut self, name: &str) -> Option<Stored> {
        self.sweep();
        let session = self.sessions.get_mut(name)?;
        session.used = Instant::now();
        Some(session.stored.clone())
    }

    fn save(&mut self, name: &str, expected: Option<u64>, new: Option<(u64, &[u8])>) -> Saved {
        self.sweep();
        let stored = self.sessions.get(name).map(|session| &session.stored);
        if let (Some(stored), Some((revision, octets))) = (stored, new) {
            // As where answers get lost.
            if stored.revision == revision && **stored.octets == *octets {
                return Saved::Done;
            }
        }
        if stored.map(|stored| stored.revision) != expected {
            return Saved::Conflict;
        }
        let Some((revision, octets)) = new else {
            self.sessions.remove(name);
            return Saved::Done;
        };
        // As where it could not be read again.
        if !fits(new) {
            return Saved::Failed;
        }
        let octets = octets.to_vec().into();
        let session = Session {
            stored: Stored { revision, octets },
            used: Instant::now(),
        };
        self.sessions.insert(name.to_owned(), session);
        Saved::Done
    }

    fn grant(&mut self, name: &str) -> MemoryStore {
        self.sweep();
        let grant = self.grants.entry(name.to_owned());
        let grant = grant.or_insert_with(|| Grant {
            place: MemoryStore::new(),
            handles: 0,
            used: Instant::now(),
        });
        grant.handles += 1;
        grant.used = Instant::now();
        grant.place.another()
    }

    /// Somebody has no use for a grant any more.
    fn leave(&mut self, name: &str, is_empty: bool) {
        let Some(grant) = self.grants.get_mut(name) else {
            return;
        };
        grant.handles = grant.handles.saturating_sub(1);
        grant.used = Instant::now();
        if grant.handles == 0 && is_empty {
            self.grants.remove(name);
        }
    }

    /// Forgets what nobody has used. Every session is looked at, so that is done now and then, and a
    /// session may stay a little longer than it has to.
    fn sweep(&mut self) {
        let Some(keep) = self.keep else { return };
        let now = Instant::now();
        let swept = *self.swept.get_or_insert(now);
        if now.duration_since(swept) < keep / 16 {
            return;
        }
        self.swept = Some(now);
        self.sessions
            .retain(|_, session| now.duration_since(session.used) < keep);
        let keep = keep_of_grants(keep);
        self.grants
            .retain(|_, grant| grant.handles > 0 || now.duration_since(grant.used) < keep);
    }
}

impl fmt::Debug for MemoryPlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        f.debug_struct("MemoryPlaces")
            .field("sessions", &inner.sessions.len())
            .field("grants", &inner.grants.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
