//! Where sessions and their tokens are kept.
//!
//! | type | for | what nobody uses |
//! |---|---|---|
//! | [`MemoryPlaces`] | one process, until it ends | is forgotten |
//! | `DirectoryPlaces` | processes on one computer (Unix) | is deleted by `sweep` |
//! | `RedisPlaces` | processes on many machines (feature `redis`) | vanishes |

use alloc::{boxed::Box, sync::Arc};
use core::{future::Future, pin::Pin, time::Duration};
use std::{io, sync::OnceLock};

use mail_login_tokio::tokens::Store;
pub use mail_login_tokio::tokens::Stored;
use token_lifecycle::Saved;

#[cfg(unix)]
mod directory;
mod memory;
#[cfg(feature = "redis")]
mod redis;

#[cfg(unix)]
pub use directory::DirectoryPlaces;
pub use memory::MemoryPlaces;
#[cfg(feature = "redis")]
pub use redis::RedisPlaces;

/// What a place does without blocking.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where sessions and their tokens are kept, for all nodes that serve the same users.
///
/// Whoever implements it holds to this:
///
/// - A session is some kilobytes under a name of 1 to 128 characters out of `A-Z a-z 0-9 _ - /`, which are no secret.
/// - `save` compares revisions and replaces in one step; what it calls [`Saved::Done`] is what `load` gives
///   from then on, on all nodes.
/// - What is stored already is saved, for answers get lost. So two who write never have the same octets under the
///   same revision, unless they mean the same.
/// - A place that does not work is an error of `load` or [`Saved::Failed`]; never "no session" or
///   [`Saved::Conflict`].
/// - What cannot be read is an error, and is never overwritten. A session of more than 256 KiB is none.
/// - Where sessions vanish that nobody uses, so do their grants, a day later: to load a grant is to use it,
///   and a session whose tokens live longer than that has to do so now and then.
/// - Every call ends in a bounded time.
/// - A lock of a grant ends by itself after [`LEASE`], if its holder is gone.
///
/// ```
/// use mail_session::places::{MemoryPlaces, Places};
/// use token_lifecycle::Saved;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let places = MemoryPlaces::new();
/// assert_eq!(places.save("s1", None, Some((1, b"{}"))).await, Saved::Done);
/// assert_eq!(places.save("s1", None, Some((1, b"{}x"))).await, Saved::Conflict);
/// assert_eq!(places.load("s1").await?.map(|stored| stored.revision), Some(1));
/// # Ok::<(), std::io::Error>(()) })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Places: Send + Sync {
    /// Reads a session. Reading also counts as use, where a place forgets what is not used.
    ///
    /// # Errors
    ///
    /// When the place does not work.
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Option<Stored>>>;

    /// Replaces a session, or deletes it, if the revision of the stored one is the expected one. With
    /// `None` there must be none.
    fn save<'a>(
        &'a self,
        name: &'a str,
        expected: Option<u64>,
        new: Option<(u64, &'a [u8])>,
    ) -> Pending<'a, Saved>;

    /// The place of one grant, by a name as above.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random numbers.
    fn grant(&self, name: &str) -> io::Result<Box<dyn Store>>;

    /// Is told once, by each node, what the settings say: a session that nobody uses for so long may be
    /// forgotten. A place that was given a time of its own keeps to that.
    fn keep_unused(&self, time: Duration) {
        let _ = time;
    }
}

/// A longer session is none.
const LONGEST: usize = 256 << 10;

/// How long a lock of a grant is held at most, in whatever place and by whatever provider. A node that is
/// killed while it refreshes leaves its lock behind, and its answer is lost: the next node has to ask for it
/// again while the provider still takes the old refresh token, which many do for half a minute.
pub const LEASE: Duration = Duration::from_secs(20);

/// How long a request to an authorization server takes at most: a lock has time for two.
pub(crate) const HTTP: Duration = Duration::from_secs(8);

/// A session that is used need not load its grants as often: who has a good token waits for its end.
const GRANTS_LONGER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a grant is kept that nobody uses, if a session is kept for so long.
fn keep_of_grants(keep: Duration) -> Duration {
    keep.saturating_add(GRANTS_LONGER)
}

/// For how long is kept what nobody uses: what the place was given, or else what the settings say.
#[cfg(any(unix, feature = "redis"))]
#[derive(Clone, Debug, Default)]
struct Keep(Arc<OnceLock<Duration>>);

#[cfg(any(unix, feature = "redis"))]
impl Keep {
    fn new(time: Option<Duration>) -> Self {
        let keep = Self::default();
        if let Some(time) = time {
            keep.default_to(time);
        }
        keep
    }

    fn default_to(&self, time: Duration) {
        // The first one counts.
        let _ = self.0.set(time);
    }

    fn time(&self) -> Option<Duration> {
        self.0.get().copied()
    }
}

/// Whether it may be saved: nobody could read a longer one again.
fn fits(new: Option<(u64, &[u8])>) -> bool {
    new.is_none_or(|(_, octets)| octets.len() <= LONGEST)
}

/// What was loaded, if it can be a session.
#[cfg(any(unix, feature = "redis"))]
fn bounded(stored: Option<Stored>) -> io::Result<Option<Stored>> {
    if stored
        .as_ref()
        .is_some_and(|stored| stored.octets.len() > LONGEST)
    {
        let text = "what is stored is too long to be a session: look at who writes there";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(stored)
}

/// What a compare-and-swap came to.
#[cfg(any(unix, feature = "redis"))]
fn saved(swapped: io::Result<bool>) -> Saved {
    match swapped {
        Ok(true) => Saved::Done,
        Ok(false) => Saved::Conflict,
        Err(_) => Saved::Failed,
    }
}
