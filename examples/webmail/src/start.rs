//! From settings to a server that runs.

use std::{fmt, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use mail_login_tokio::{
    SettingsProblem,
    tokens::{
        HttpClient,
        redis::{InvalidRedis, Redis, RedisServer},
    },
};
use mail_session::{
    Service, Sessions, SetUpError,
    places::{DirectoryPlaces, MemoryPlaces, RedisPlaces},
    settings::{DiscoverError, Settings},
};
use token_lifecycle::{DiscoveryError, InvalidRedirect};
use tokio::{
    net::TcpListener,
    sync::{broadcast::error::RecvError, watch},
    task::JoinHandle,
    time,
};
use zeroize::Zeroizing;

use crate::{
    Options, app::App, log, mail::Pool, metrics::Metrics, public::Public, router::router,
    seal::Sealer,
};

/// A server that is not yet started.
///
/// ```no_run
/// use webmail::{Bed, Webmail};
///
/// # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
/// let bed = Bed::start()?;
/// let webmail = Webmail::new(bed.settings()?).with_http(bed.http()).start().await?;
/// println!("{}", webmail.url());
/// assert!(webmail.stop().await);
/// # Ok(()) }
/// ```
pub struct Webmail {
    settings: Settings,
    http: HttpClient,
    listen: SocketAddr,
    public_url: Option<String>,
    keep: Keep,
    key: Option<Zeroizing<Vec<u8>>>,
    login_claim: String,
    metrics: Option<SocketAddr>,
}

impl fmt::Debug for Webmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webmail")
            .field("settings", &self.settings)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// Where sessions are kept.
#[derive(Clone, Debug)]
pub enum Keep {
    /// In a directory.
    Directory(PathBuf),
    /// In memory, until the program ends.
    Memory(MemoryPlaces),
    /// In Redis, for many nodes.
    Redis(Redis),
}

/// The provider of further accounts: the one by which users sign in.
pub(crate) const SAME: &str = "same";
/// How long requests may take when the server stops, and saving tokens after that.
const LAST: Duration = Duration::from_secs(10);

impl Webmail {
    /// With these settings, on a free port of this machine, and nothing kept beyond its end.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            http: HttpClient::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            keep: Keep::Memory(MemoryPlaces::new()),
            key: None,
            login_claim: "email".to_owned(),
            metrics: None,
        }
    }

    /// As the command line says.
    ///
    /// # Errors
    ///
    /// When a file that it names cannot be read, or the address of Redis is none.
    pub fn with_options(mut self, options: &Options) -> Result<Self, StartError> {
        if let Some(file) = &options.ca {
            self.http = self.http.extra_ca_file(file)?;
        }
        if let Some(file) = &options.key {
            let key = Zeroizing::new(std::fs::read(file).map_err(StartError::Key)?);
            if key.len() < 32 {
                return Err(StartError::Key(io::Error::other(
                    "32 octets or more are needed",
                )));
            }
            self.key = Some(key);
        }
        if let Some(url) = &options.redis {
            self.keep = Keep::Redis(Redis::new(RedisServer::new(url)?));
        } else if let Some(path) = &options.store {
            self.keep = Keep::Directory(path.clone());
        }
        self.listen = options.listen;
        self.public_url.clone_from(&options.public_url);
        self.login_claim.clone_from(&options.login_claim);
        self.metrics = options.metrics;
        Ok(self)
    }

    /// Asks the authorization server by this.
    #[must_use]
    pub fn with_http(mut self, http: HttpClient) -> Self {
        self.http = http;
        self
    }

    /// Keeps sessions there.
    #[must_use]
    pub fn with_keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Is reached by browsers at this address, which nodes behind one balancer have in common.
    #[must_use]
    pub fn with_public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.to_owned());
        self
    }

    /// Takes the login name of users from this claim of their ID tokens.
    #[must_use]
    pub fn with_login_claim(mut self, name: &str) -> Self {
        name.clone_into(&mut self.login_claim);
        self
    }

    /// Serves metrics on a free port of this machine.
    #[must_use]
    pub fn with_metrics(mut self) -> Self {
        self.metrics = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        self
    }

    /// Starts it, on the runtime around it.
    ///
    /// # Errors
    ///
    /// When the settings are not complete, the authorization server does not describe itself, an address
    /// is taken, or there is no key though sessions are kept beyond this process.
    pub async fn start(mut self) -> Result<Running, StartError> {
        let sealer = self.sealer()?;
        let listener = TcpListener::bind(self.listen).await?;
        let address = listener.local_addr()?;
        let plain = format!("http://{address}");
        let public = Public::new(self.public_url.as_deref().unwrap_or(&plain))?;
        let metadata = self.settings.tokens.discover(&self.http).await?;
        let tokens = &self.settings.tokens;
        let client = tokens.client().map_err(SetUpError::from)?;
        let endpoint = tokens.authorization_endpoint.clone();
        let endpoint = endpoint.ok_or(DiscoveryError::Missing("authorization_endpoint"))?;
        let metrics = Metrics::default();
        let sessions = sessions(self.settings, self.http, self.keep, &metrics)?;
        let app = Arc::new(App {
            sessions,
            public,
            client,
            authorization_endpoint: endpoint,
            metadata,
            login_claim: self.login_claim,
            sealer,
            pool: Pool::default(),
            metrics,
        });
        let (stop, stopped) = watch::channel(());
        let mut tasks = vec![tokio::spawn(app.pool.clone().listen(app.sessions.clone()))];
        let metrics = match self.metrics {
            None => None,
            Some(address) => {
                let listener = TcpListener::bind(address).await?;
                let address = listener.local_addr()?;
                tasks.push(tokio::spawn(watch_over(listener, Arc::clone(&app))));
                Some(address)
            }
        };
        let server = axum::serve(listener, router(&app));
        let server = server.with_graceful_shutdown(until(stopped));
        Ok(Running {
            server: tokio::spawn(server.into_future()),
            url: app.public.origin().to_owned(),
            address,
            app,
            stop,
            tasks,
            metrics,
        })
    }

    /// What seals sign-ins under way. Its key is made up where nobody needs it later, or elsewhere.
    fn sealer(&self) -> Result<Sealer, StartError> {
        let secret = self.settings.tokens.client_secret.as_ref();
        let secret = secret.map(|secret| secret.expose().as_bytes());
        let secret = secret.filter(|secret| !secret.is_empty());
        let key = self.key.as_deref().map(Vec::as_slice).or(secret);
        match (&self.keep, key) {
            (Keep::Directory(_) | Keep::Redis(_), None) => Err(StartError::NoKey),
            (Keep::Memory(_), None) | (_, Some(_)) => Ok(Sealer::new(key)?),
        }
    }
}

fn sessions(
    settings: Settings,
    http: HttpClient,
    keep: Keep,
    metrics: &Metrics,
) -> Result<Sessions, SetUpError> {
    let time = Some(settings.sessions.keep);
    let metrics = metrics.clone();
    let same = settings.tokens.grant()?;
    let (mail, filter) = (settings.primary.clone(), settings.filter.server.clone());
    let builder = Sessions::builder(settings)
        .http(http)
        .observer(move |fact| {
            metrics.fact(fact);
            log::fact(fact);
        })
        .provider(SAME, same)
        .servers(
            move |_, account, service| match (account.provider(), service) {
                (None, _) => None,
                (Some(_), Service::Imap) => mail.imap.clone(),
                (Some(_), Service::Smtp) => mail.smtp.clone(),
                (Some(_), Service::Sieve) => filter.clone(),
            },
        );
    match keep {
        Keep::Directory(path) => {
            let places = DirectoryPlaces::new(path, time);
            let sessions = builder.build(places.clone())?;
            tokio::spawn(sweep(places, sessions.clone()));
            Ok(sessions)
        }
        Keep::Memory(places) => builder.build(places),
        Keep::Redis(redis) => builder.build(RedisPlaces::new(redis, time)),
    }
}

/// Deletes what nobody used for a long time, for as long as somebody changes sessions.
async fn sweep(places: DirectoryPlaces, sessions: Sessions) {
    let mut changes = sessions.changes();
    drop(sessions);
    let mut hours = time::interval(Duration::from_secs(60 * 60));
    loop {
        tokio::select! {
            _ = hours.tick() => if let Err(error) = places.sweep().await {
                tracing::warn!(%error, "what nobody uses is not deleted");
            },
            change = changes.recv() => if matches!(change, Err(RecvError::Closed)) {
                return;
            },
        }
    }
}

async fn until(mut stopped: watch::Receiver<()>) {
    // An error says the same: nobody is left who could ask for it.
    let _ = stopped.changed().await;
}

/// Metrics are for operators: they have a listener of their own, which no user can reach.
async fn watch_over(listener: TcpListener, app: Arc<App>) {
    let text = move || async move {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let text = app.metrics.text(app.sessions.len(), app.pool.len());
        ([(http::header::CONTENT_TYPE, kind)], text)
    };
    // It ends when the program does.
    let _ = axum::serve(listener, Router::new().route("/metrics", get(text))).await;
}

/// A server that runs.
pub struct Running {
    app: Arc<App>,
    url: String,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    stop: watch::Sender<()>,
    server: JoinHandle<io::Result<()>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// The address that browsers see.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its metrics are, if they are served.
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// The sessions of this node.
    pub fn sessions(&self) -> &Sessions {
        &self.app.sessions
    }

    /// Takes no more requests, finishes those under way, and waits until all tokens are saved. `false`: the
    /// time was over first.
    #[must_use = "tokens may not be saved"]
    pub async fn stop(mut self) -> bool {
        let _ = self.stop.send(());
        let finished = time::timeout(LAST, &mut self.server).await.is_ok();
        // Connections that browsers keep open have no request under way.
        self.server.abort();
        for task in &self.tasks {
            task.abort();
        }
        self.app.sessions.settle(LAST).await && finished
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The authorization server does not describe itself.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// It does not say where users sign in.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// An address is taken.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file with the key is of no use.
    #[error("the key cannot be used: {0}")]
    Key(#[source] io::Error),
    /// Other nodes could not read what this one seals, nor it itself after a restart.
    #[error(
        "sign-ins under way need a key that outlives this process, and the client has no secret to derive it from: \
         write 32 random octets to a file (head -c 32 /dev/urandom), give it to all nodes, and name it by --key"
    )]
    NoKey,
    /// The public address is none.
    #[error(
        "the public address is none ({0}): https://HOST, or http://127.0.0.1:PORT for this machine"
    )]
    PublicUrl(#[from] InvalidRedirect),
    /// The address of Redis is none.
    #[error(transparent)]
    Redis(#[from] InvalidRedis),
    /// The settings are not complete.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// A certificate authority cannot be read.
    #[error(transparent)]
    Trust(#[from] SettingsProblem),
}
