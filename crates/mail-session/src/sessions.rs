//! All sessions of one node.

mod builder;
mod find;
mod open;
mod sweep;

use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::String,
    sync::{Arc, Weak},
};
use core::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use mail_login_tokio::{
    Deadline, Server,
    tokens::{Http, Keepers, Settings as GrantSettings},
};
use tokio::{runtime::Handle, sync::broadcast, time};

pub use builder::{Builder, SetUpError};
pub use open::SignInError;

use crate::{
    Account, Change, Fact, Service, SessionKey, User, failed::FailedLogins, places::Places,
    session::Inner, settings::Settings,
};

/// The sessions that one node serves: those that it has in memory, and by their place those of all
/// nodes. Clones are of the same node.
///
/// ```no_run
/// use mail_session::{SessionId, Sessions, places::MemoryPlaces, settings::Settings};
///
/// # async fn main_(settings: Settings, cookie: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = Sessions::builder(settings).build(MemoryPlaces::new())?;
/// let id = SessionId::parse(cookie).ok_or("no session")?;
/// if let Some(session) = sessions.find(&id).await? {
///     println!("{}: {:?}", session.user().login(), session.checked().await);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Sessions(pub(crate) Arc<Shared>);

/// Which server an account has, if the settings do not say.
pub(crate) type Servers = dyn Fn(&User, &Account, Service) -> Option<Server> + Send + Sync;
/// Whoever wants to know what happens.
pub(crate) type Observer = dyn Fn(&Fact<'_>) + Send + Sync;

/// What all sessions share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) keepers: Keepers,
    pub(crate) places: Arc<dyn Places>,
    pub(crate) grant: Arc<GrantSettings>,
    pub(crate) providers: BTreeMap<String, Arc<GrantSettings>>,
    pub(crate) servers: Option<Box<Servers>>,
    pub(crate) observer: Option<Box<Observer>>,
    pub(crate) failed: FailedLogins,
    pub(crate) changes: broadcast::Sender<Change>,
    pub(crate) runtime: Handle,
    pub(crate) http: Arc<dyn Http>,
    pub(crate) known: papaya::HashMap<SessionKey, Arc<Inner>>,
    /// How many keepers are about to sign out.
    leaving: AtomicUsize,
}

/// A keeper is about to sign out, until this is dropped.
pub(crate) struct Leaving(Weak<Shared>);

impl Leaving {
    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        shared.leaving.fetch_add(1, Ordering::AcqRel);
        Self(Arc::downgrade(shared))
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.leaving.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Sessions {
    /// A node with these settings.
    pub fn builder(settings: Settings) -> Builder {
        Builder::new(settings)
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Tells of changes from now on. Who is too slow misses some, and is told so: look at all
    /// connections then, by [`Session::is_over`](crate::Session::is_over) and
    /// [`Session::generation`](crate::Session::generation).
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// How many sessions are in the memory of this node.
    pub fn len(&self) -> usize {
        self.0.known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until nothing is under way, and all tokens and ends of sessions are stored, before a program ends.
    /// `false`: the time was over first.
    #[must_use = "tokens may not be saved"]
    pub async fn settle(&self, time: Duration) -> bool {
        let deadline = Deadline::after(time);
        self.0.ends_are_written(deadline).await && self.0.keepers.settle(deadline).await
    }
}

impl Shared {
    /// Waits until all nodes can know which sessions have ended, and nobody is about to sign out.
    async fn ends_are_written(&self, deadline: Deadline) -> bool {
        let is_unwritten = |inner: &Arc<Inner>| inner.unwritten.load(Ordering::Acquire);
        while self.known.pin().values().any(is_unwritten)
            || self.leaving.load(Ordering::Acquire) > 0
        {
            if deadline.left().is_err() {
                return false;
            }
            time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    pub(crate) fn tell(&self, fact: &Fact<'_>) {
        if let Some(observer) = &self.observer {
            observer(fact);
        }
    }

    /// Which node this is.
    pub(crate) fn writer(&self) -> &str {
        &self.grant.options().owner
    }

    /// The settings of the grant of an account.
    pub(crate) fn grant_of(&self, account: &Account) -> Option<&Arc<GrantSettings>> {
        match account.provider() {
            None => Some(&self.grant),
            Some(provider) => self.providers.get(provider),
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("known", &self.len())
            .finish_non_exhaustive()
    }
}
