//! In Redis, for many nodes.

use alloc::{boxed::Box, format, string::String};
use core::time::Duration;
use std::io;

use mail_login_tokio::tokens::{
    Store,
    redis::{Redis, RedisSlot},
};
use token_lifecycle::Saved;

use super::{Keep, LEASE, Pending, Places, Stored, bounded, fits, keep_of_grants, saved};

/// Sessions and grants in one Redis server, for any number of nodes.
///
/// What is not used for a time vanishes by itself: sessions after `keep`, their grants a day later, as
/// who has a good token need not load its grant. Keys are hashes of the names, and those of sessions
/// and grants differ. What is saved is as safe as the server keeps it, see [`mail_login_tokio::tokens::redis`].
///
/// ```no_run
/// use core::time::Duration;
/// use mail_login_tokio::tokens::redis::{Redis, RedisServer};
/// use mail_session::places::RedisPlaces;
///
/// let redis = Redis::new(RedisServer::new("rediss://user:password@redis.example.com:6380/0")?);
/// let places = RedisPlaces::new(redis, Some(Duration::from_secs(7 * 24 * 60 * 60)));
/// # drop(places);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RedisPlaces {
    redis: Redis,
    keep: Keep,
}

impl RedisPlaces {
    /// In this server. What nobody uses for `keep` vanishes; with `None`, for as long as
    /// [the settings](crate::settings::Times::keep) say.
    pub fn new(redis: Redis, keep: Option<Duration>) -> Self {
        let keep = Keep::new(keep);
        Self { redis, keep }
    }

    fn session(&self, name: &str) -> RedisSlot {
        let slot = self.redis.slot(&within(name));
        match self.keep.time() {
            Some(keep) => slot.keep(keep),
            None => slot,
        }
    }
}

impl Places for RedisPlaces {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Option<Stored>>> {
        Box::pin(async {
            let stored = self.session(name).load().await?;
            bounded(stored)
        })
    }

    fn save<'a>(
        &'a self,
        name: &'a str,
        expected: Option<u64>,
        new: Option<(u64, &'a [u8])>,
    ) -> Pending<'a, Saved> {
        Box::pin(async move {
            if !fits(new) {
                return Saved::Failed;
            }
            saved(self.session(name).save(expected, new).await)
        })
    }

    fn grant(&self, name: &str) -> io::Result<Box<dyn Store>> {
        let store = self.redis.store_with_lease(&within(name), LEASE)?;
        Ok(Box::new(match self.keep.time() {
            Some(keep) => store.keep(keep_of_grants(keep)),
            None => store,
        }))
    }

    fn keep_unused(&self, time: Duration) {
        self.keep.default_to(time);
    }
}

/// Apart from grants that other programs have in the same server.
fn within(name: &str) -> String {
    format!("mail-session/{name}")
}
