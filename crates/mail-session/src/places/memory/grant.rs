//! A grant that is forgotten when it was deleted and nobody has it any more.

use alloc::{boxed::Box, string::String};
use std::io;

use mail_login_tokens::{MemoryStore, Store as _};
use mail_login_tokio::tokens::Store;
use token_lifecycle::{Lock, Record, Revision, Saved};

use super::{super::Pending, MemoryPlaces};

pub(super) struct MemoryGrant {
    places: MemoryPlaces,
    name: String,
    place: MemoryStore,
}

impl MemoryGrant {
    pub(super) fn new(places: MemoryPlaces, name: String, place: MemoryStore) -> Self {
        Self {
            places,
            name,
            place,
        }
    }
}

impl Store for MemoryGrant {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        Box::pin(async { self.place.load() })
    }

    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved> {
        Box::pin(async move { self.place.save(expected, record) })
    }

    fn lock(&self) -> Pending<'_, Lock> {
        Box::pin(async { self.place.lock() })
    }

    fn unlock(&self) -> Pending<'_, ()> {
        Box::pin(async { self.place.unlock() })
    }
}

impl Drop for MemoryGrant {
    fn drop(&mut self) {
        // Nobody gets it meanwhile.
        let mut inner = self.places.inner();
        let is_empty = matches!(self.place.load(), Ok(None));
        inner.leave(&self.name, is_empty);
    }
}
