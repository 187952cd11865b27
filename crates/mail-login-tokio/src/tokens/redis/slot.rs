//! Octets that are no grant, but are kept as grants are.

use core::time::Duration;
use std::io;

use mail_login_tokens::{
    Stored,
    redis::{Place, Slot},
};
use redis::{Cmd, Value};

use super::Redis;

/// Octets in Redis that are replaced by comparing their revision, for what goes with grants, such as
/// the session of a user.
///
/// ```no_run
/// # async fn f(redis: mail_login_tokio::tokens::redis::Redis) -> std::io::Result<()> {
/// use core::time::Duration;
///
/// let slot = redis.slot("session/alice").keep(Duration::from_secs(3600));
/// if slot.save(None, Some((1, b"{}"))).await? {
///     println!("{:?}", slot.load().await?);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct RedisSlot {
    redis: Redis,
    slot: Slot,
}

impl RedisSlot {
    pub(super) fn new(redis: Redis, slot: Slot) -> Self {
        Self { redis, slot }
    }

    /// What nobody loads or saves for so long vanishes. Without this it stays until it is deleted.
    pub fn keep(mut self, time: Duration) -> Self {
        self.slot = self.slot.keep(time);
        self
    }

    /// Reads the octets; `None` if there are none.
    ///
    /// # Errors
    ///
    /// When Redis does not work, or something else is stored there.
    pub async fn load(&self) -> io::Result<Option<Stored>> {
        self.ask(self.slot.load(), Slot::loaded).await
    }

    /// Replaces the octets, or deletes them, if the revision of those that are stored is the expected
    /// one; `false` if it is not. With `None` there must be none. To save the same twice is as good as once.
    ///
    /// # Errors
    ///
    /// When Redis does not work. It may have been written or not.
    pub async fn save(&self, expected: Option<u64>, new: Option<(u64, &[u8])>) -> io::Result<bool> {
        self.ask(self.slot.save(expected, new), Slot::done).await
    }

    async fn ask<T>(
        &self,
        command: Cmd,
        read: impl FnOnce(Value) -> io::Result<T>,
    ) -> io::Result<T> {
        let answer = self.redis.ask(&command).await;
        answer.map_err(Place::unreached).and_then(read)
    }
}
