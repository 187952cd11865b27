//! Places that fail.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use mail_login_tokio::tokens::Store;
use mail_session::places::{MemoryPlaces, Pending, Places, Stored};
use token_lifecycle::Saved;

/// A place that can be taken away.
#[derive(Clone)]
pub(crate) struct Outage(MemoryPlaces, Arc<AtomicU8>);

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;

impl Outage {
    /// Of sessions, that is: grants are still there.
    pub(crate) fn of(places: &MemoryPlaces) -> Self {
        Self(places.clone(), Arc::default())
    }

    pub(crate) fn take_away(&self, gone: bool) {
        let state = if gone { FAILS } else { WORKS };
        self.1.store(state, Ordering::SeqCst);
    }

    /// From now on it says nothing at all.
    pub(crate) fn hang(&self) {
        self.1.store(HANGS, Ordering::SeqCst);
    }

    fn is(&self, state: u8) -> bool {
        self.1.load(Ordering::SeqCst) == state
    }
}

impl Places for Outage {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Option<Stored>>> {
        if self.is(FAILS) {
            return Box::pin(async { Err(io::Error::other("the place is away")) });
        }
        if self.is(HANGS) {
            return Box::pin(std::future::pending());
        }
        self.0.load(name)
    }

    fn save<'a>(
        &'a self,
        name: &'a str,
        expected: Option<u64>,
        new: Option<(u64, &'a [u8])>,
    ) -> Pending<'a, Saved> {
        if self.is(FAILS) {
            return Box::pin(async { Saved::Failed });
        }
        self.0.save(name, expected, new)
    }

    fn grant(&self, name: &str) -> io::Result<Box<dyn Store>> {
        self.0.grant(name)
    }
}
