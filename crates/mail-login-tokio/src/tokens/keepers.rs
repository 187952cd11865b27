//! Many grants, and one task that knows when each of them is due.

use alloc::{boxed::Box, sync::Arc};
use core::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use mail_login_tls::Deadline;
use mail_login_tokens::{Notice, Settings};
use token_lifecycle::Pace;
use tokio::{runtime::Handle, time};

use super::{
    Http, Keeper, Store,
    grant::{Grant, Watch},
    schedule::{self, Schedule},
};

/// Keeps the tokens of any number of grants fresh.
///
/// A grant at which nothing is to be done is its [`Lifecycle`](token_lifecycle::Lifecycle) and one entry
/// in one heap: no task and no thread. One task knows when the next one is due; a task of its own has a
/// grant only while something is under way. A grant is kept as long as somebody has its [`Keeper`], and
/// longer if new tokens are not saved yet.
///
/// ```no_run
/// use std::sync::Arc;
/// use mail_login_tokio::tokens::{Blocking, Keepers, MemoryStore, HttpClient, Settings, clock};
/// use token_lifecycle::{Audience, Client, Options, Url};
///
/// # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = Arc::new(Settings::new(
///     Url::new("https://id.example.com/token")?,
///     Client::public("mail-app")?,
///     Options::new(clock::owner()?, Audience::new("mail")),
/// ));
/// let keepers = Keepers::new(HttpClient::new());
/// for _ in ["alice", "bob"] {
///     let store = Blocking::new(MemoryStore::new());
///     let keeper = keepers.add(Arc::clone(&settings), store);
/// #   drop(keeper);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Keepers(Arc<Shared>);

/// What all grants share.
pub(super) struct Shared {
    pub(super) http: Box<dyn Http>,
    pub(super) runtime: Handle,
    pub(super) schedule: Arc<Schedule>,
    added: AtomicU64,
}

/// So many grants at once are refreshed that nobody waits for.
const AT_ONCE: usize = 256;

impl Keepers {
    /// Sends requests by this. It needs a runtime around it, with timers enabled, and lives on that.
    ///
    /// # Panics
    ///
    /// When there is no runtime.
    pub fn new(http: impl Http + 'static) -> Self {
        Self::with_at_once(http, AT_ONCE)
    }

    /// The same with another limit on how many grants are refreshed at once that nobody waits for. It is
    /// 256 where nothing is said, enough for millions of tokens that live an hour.
    ///
    /// # Panics
    ///
    /// When there is no runtime.
    pub fn with_at_once(http: impl Http + 'static, at_once: usize) -> Self {
        Self::start(Box::new(http), at_once, None)
    }

    /// The same with a limit on how many grants are refreshed in a second, for the sake of the authorization
    /// server: also after it was away for an hour, and all tokens have expired.
    ///
    /// Those whom somebody waits for go first, in the order in which they came; a caller whose deadline
    /// passes is told when to come again, and the place of the grant in the line is kept for him. What
    /// another process has got already is used without a turn. Many nodes that share a limit share it as
    /// [`Pace::divided_by`] says. Revocations are not held up, nor a request that is repeated at once because
    /// its answer was lost; those that follow make up for the latter.
    ///
    /// ```no_run
    /// use core::num::NonZeroU32;
    /// use mail_login_tokio::tokens::{HttpClient, Keepers};
    /// use token_lifecycle::Pace;
    ///
    /// # async fn main_() -> Option<()> {
    /// let limit = Pace::per_second(NonZeroU32::new(3600)?);
    /// let keepers = Keepers::with_pace(HttpClient::new(), limit.divided_by(NonZeroU32::new(200)?));
    /// # Some(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no runtime.
    pub fn with_pace(http: impl Http + 'static, pace: Pace) -> Self {
        Self::start(Box::new(http), AT_ONCE, Some(pace))
    }

    fn start(http: Box<dyn Http>, at_once: usize, pace: Option<Pace>) -> Self {
        let runtime = Handle::current();
        let schedule = Arc::new(Schedule::new(at_once, pace));
        let shared = Arc::new(Shared {
            http,
            runtime: runtime.clone(),
            schedule: Arc::clone(&schedule),
            added: AtomicU64::new(0),
        });
        runtime.spawn(schedule::run(schedule, Arc::downgrade(&shared)));
        Self(shared)
    }

    /// Keeps one more grant. Settings that are the same for many are shared; each grant has a moment of
    /// its own all the same. Add a grant once: two of one place do twice the work.
    pub fn add(&self, settings: impl Into<Arc<Settings>>, store: impl Store + 'static) -> Keeper {
        self.keep(settings.into(), Box::new(store), None)
    }

    /// The same for who wants to know what happens. `watch` is called by whoever was at work, and
    /// should take no time.
    pub fn add_watched(
        &self,
        settings: impl Into<Arc<Settings>>,
        store: impl Store + 'static,
        watch: impl Fn(&Notice) + Send + Sync + 'static,
    ) -> Keeper {
        self.keep(settings.into(), Box::new(store), Some(Box::new(watch)))
    }

    fn keep(
        &self,
        settings: Arc<Settings>,
        store: Box<dyn Store>,
        watch: Option<Box<Watch>>,
    ) -> Keeper {
        // Grants that share their settings are not refreshed at one moment.
        let place = self.0.added.fetch_add(1, Ordering::Relaxed);
        let seed = settings.options().seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let ahead = settings.options().ahead;
        let lifecycle = settings.lifecycle().with_seed(seed);
        let shared = Arc::clone(&self.0);
        let grant = Arc::new(Grant::new(shared, settings, lifecycle, store, watch));
        if ahead {
            grant.plan();
        }
        Keeper::new(grant)
    }

    /// Waits until nothing is under way and all tokens are saved, before a program ends. `false`: the
    /// time was over first. Those that wait for a turn ([`with_pace`](Self::with_pace)) are not waited for, and
    /// are not called up meanwhile.
    #[must_use = "tokens may not be saved"]
    pub async fn settle(&self, deadline: Deadline) -> bool {
        let rest = self.0.schedule.at_rest();
        match deadline.instant() {
            None => {
                rest.await;
                true
            }
            Some(instant) => time::timeout_at(instant.into(), rest).await.is_ok(),
        }
    }
}

impl fmt::Debug for Keepers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keepers").finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.schedule.stop();
    }
}
