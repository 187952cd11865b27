//! In the memory of one process.

use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc};
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use mail_login_tokens::MemoryStore;
use mail_login_tokio::tokens::{Blocking, Store};
use token_lifecycle::Saved;

use super::{Pending, Places, Stored};

/// Sessions that end with the process: for tests, and for a back end that signs its users in anew after
/// a restart. Clones share what they hold.
///
/// ```
/// use mail_session::places::MemoryPlaces;
/// let places = MemoryPlaces::new();
/// # let _ = places;
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryPlaces(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    sessions: BTreeMap<String, Stored>,
    grants: BTreeMap<String, MemoryStore>,
}

impl MemoryPlaces {
    /// Holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places for MemoryPlaces {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Option<Stored>>> {
        let stored = self.inner().sessions.get(name).cloned();
        Box::pin(async { Ok(stored) })
    }

    fn save<'a>(
        &'a self,
        name: &'a str,
        expected: Option<u64>,
        new: Option<(u64, &'a [u8])>,
    ) -> Pending<'a, Saved> {
        let mut inner = self.inner();
        let stored = inner.sessions.get(name).map(|stored| stored.revision);
        let saved = match (stored == expected, new) {
            (false, _) => Saved::Conflict,
            (true, None) => {
                inner.sessions.remove(name);
                Saved::Done
            }
            (true, Some((revision, octets))) => {
                let octets = octets.to_vec().into();
                inner
                    .sessions
                    .insert(name.into(), Stored { revision, octets });
                Saved::Done
            }
        };
        Box::pin(async move { saved })
    }

    fn grant(&self, name: &str) -> io::Result<Box<dyn Store>> {
        let mut inner = self.inner();
        let place = inner.grants.entry(name.into()).or_default();
        // Another machine of the same place.
        Ok(Box::new(Blocking::new(place.another())))
    }
}
