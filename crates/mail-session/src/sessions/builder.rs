//! How a node is set up.

use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc};
use core::{fmt, num::NonZeroU32, sync::atomic::AtomicUsize};
use std::io;

use mail_login_tokens::clock;
use mail_login_tokio::{
    Server,
    tokens::{Http, HttpClient, Keepers, Settings as GrantSettings},
};
use token_lifecycle::{Audience, InvalidClient, Options, Pace, Timers};
use tokio::{runtime::Handle, sync::broadcast};

use super::{Sessions, Shared, sweep};
use crate::{
    Account, Fact, Service, User,
    failed::FailedLogins,
    places::{HTTP, LEASE, Places},
    sessions::{Observer, Servers},
    settings::{Settings, TokenSettings},
};

/// What a node is made of.
///
/// ```no_run
/// use mail_session::{Sessions, places::MemoryPlaces, settings::Settings};
///
/// # fn main_(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = Sessions::builder(settings)
///     .observer(|fact| println!("{fact:?}"))
///     .build(MemoryPlaces::new())?;
/// # drop(sessions); Ok(()) }
/// ```
pub struct Builder {
    settings: Settings,
    http: Option<Arc<dyn Http>>,
    providers: BTreeMap<String, Arc<GrantSettings>>,
    servers: Option<Box<Servers>>,
    observer: Option<Box<Observer>>,
}

/// Who reads changes later misses some.
const CHANGES: usize = 4096;

impl Builder {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            http: None,
            providers: BTreeMap::new(),
            servers: None,
            observer: None,
        }
    }

    /// Sends requests to authorization servers by this; by an [`HttpClient`] where nothing is said.
    pub fn http(mut self, http: impl Http + 'static) -> Self {
        self.http = Some(Arc::new(http));
        self
    }

    /// Knows a provider of tokens for external accounts by this name.
    pub fn provider(mut self, name: impl Into<String>, settings: GrantSettings) -> Self {
        // Locks are of the same length in the places for all.
        let timers = timers(settings.options().timers);
        let settings = settings.with_timers(timers);
        self.providers.insert(name.into(), Arc::new(settings));
        self
    }

    /// Is asked which server an account has. Where it says `None`, the settings say.
    pub fn servers(
        mut self,
        servers: impl Fn(&User, &Account, Service) -> Option<Server> + Send + Sync + 'static,
    ) -> Self {
        self.servers = Some(Box::new(servers));
        self
    }

    /// Is told what happens. It is called by whoever was at work, and should take no time.
    pub fn observer(mut self, observer: impl Fn(&Fact<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The node. It needs a runtime around it, with timers enabled, and lives on that.
    ///
    /// # Errors
    ///
    /// When the settings name no token endpoint or no client, or the operating system gives no random numbers.
    ///
    /// # Panics
    ///
    /// When there is no runtime.
    pub fn build(self, places: impl Places + 'static) -> Result<Sessions, SetUpError> {
        let grant = self.settings.tokens.grant()?;
        let http = self.http.unwrap_or_else(|| Arc::new(HttpClient::new()));
        let runtime = Handle::current();
        let shared = Arc::new(Shared {
            keepers: keepers(&http, self.settings.tokens.refreshes_per_second),
            places: Arc::new(places),
            grant: Arc::new(grant),
            providers: self.providers,
            servers: self.servers,
            observer: self.observer,
            failed: FailedLogins::new(clock::entropy()?, self.settings.sessions.failed_login),
            changes: broadcast::Sender::new(CHANGES),
            runtime: runtime.clone(),
            http,
            known: papaya::HashMap::new(),
            leaving: AtomicUsize::new(0),
            settings: self.settings,
        });
        let times = shared.settings.sessions;
        shared.places.keep_unused(times.keep);
        runtime.spawn(sweep::run(Arc::downgrade(&shared), times.idle, times.look));
        Ok(Sessions(shared))
    }
}

/// The times that go with locks.
fn timers(timers: Timers) -> Timers {
    Timers {
        http: timers.http.min(HTTP),
        lease: LEASE,
        ..timers
    }
}

/// Keepers that spare the authorization server, if there is a limit.
fn keepers(http: &Arc<dyn Http>, limit: Option<u32>) -> Keepers {
    match limit.and_then(NonZeroU32::new) {
        Some(limit) => Keepers::with_pace(Arc::clone(http), Pace::per_second(limit)),
        None => Keepers::new(Arc::clone(http)),
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl TokenSettings {
    /// What a keeper of tokens needs.
    ///
    /// # Errors
    ///
    /// When there is no token endpoint or no client.
    pub fn grant(&self) -> Result<GrantSettings, SetUpError> {
        let endpoint = self.token_endpoint.clone();
        let endpoint = endpoint.ok_or(SetUpError::NoTokenEndpoint)?;
        let mut options = Options::new(clock::owner()?, self.audience()).with_seed(clock::seed()?);
        options.timers = timers(Timers {
            early: Some(self.early),
            ..Timers::default()
        });
        let settings = GrantSettings::new(endpoint, self.client()?, options);
        Ok(match self.revocation_endpoint.clone() {
            Some(endpoint) => settings.with_revocation(endpoint),
            None => settings,
        })
    }

    /// What the tokens are for.
    pub fn audience(&self) -> Audience {
        let audience = Audience::new(self.scopes.clone());
        match &self.resource {
            Some(resource) => audience.with_resource(resource.clone()),
            None => audience,
        }
    }
}

/// Why a node cannot be set up.
///
/// ```
/// use mail_session::{SetUpError, settings::TokenSettings};
///
/// let error = TokenSettings::default().grant().unwrap_err();
/// assert!(matches!(error, SetUpError::NoTokenEndpoint));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetUpError {
    /// Identifier or secret have an impossible form.
    #[error(transparent)]
    Client(#[from] InvalidClient),
    /// There is no token endpoint.
    #[error("there is no token endpoint: name it in the settings, or the issuer and discover it")]
    NoTokenEndpoint,
    /// The operating system gives no random numbers.
    #[error(transparent)]
    Randomness(#[from] io::Error),
}
