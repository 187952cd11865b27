//! Which server, and how it is reached.

use alloc::string::{String, ToString};
use core::{fmt, net::IpAddr, time::Duration};
use std::path::Path;

use mail_login_tls::{Address, Security, Server, SettingsProblem};
use redis::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};

/// A Redis server, how it is trusted, and how long it may take.
///
/// ```
/// use mail_login_tokens::redis::{InvalidRedis, RedisServer};
///
/// let server = RedisServer::new("rediss://:secret@redis.example.com:6380/2")?;
/// assert_eq!(format!("{server:?}"), "RedisServer(redis.example.com:6380)");
/// let local = RedisServer::new("unix:///run/redis/redis.sock")?;
/// // Refresh tokens do not cross a network in clear.
/// assert!(RedisServer::new("redis://redis.example.com").is_err());
/// # Ok::<(), InvalidRedis>(())
/// ```
#[derive(Clone)]
pub struct RedisServer {
    server: Server,
    settings: RedisConnectionInfo,
    timeout: Duration,
}

/// Where nothing else is said, no call takes longer.
const TIMEOUT: Duration = Duration::from_secs(2);

impl RedisServer {
    /// The server of a URL: `rediss://[user[:password]@]host[:port][/database]` for TLS,
    /// `redis://…` for this very machine alone, or `unix:///path[?user=…&pass=…&db=…]`.
    ///
    /// # Errors
    ///
    /// When it is no such URL, or leads to another machine without TLS.
    pub fn new(url: &str) -> Result<Self, InvalidRedis> {
        let server = Self::dangerous_in_clear(url)?;
        let local = match server.server.address() {
            Address::Tcp { host, .. } => is_loopback(host),
            Address::Unix(_) | _ => true,
        };
        match server.server.security() {
            Security::InClear if !local => Err(InvalidRedis::InClear),
            Security::ImplicitTls | Security::InClear | Security::StartTls => Ok(server),
        }
    }

    /// The same, and `redis://` may lead to other machines: whoever is on the way reads refresh tokens.
    ///
    /// # Errors
    ///
    /// When it is no such URL.
    pub fn dangerous_in_clear(url: &str) -> Result<Self, InvalidRedis> {
        // The crate would do TLS itself; here it is that of the mail servers.
        let (plain, tls) = match url.strip_prefix("rediss://") {
            Some(rest) => (String::from("redis://") + rest, true),
            None => (url.to_string(), false),
        };
        if plain.contains('#') {
            return Err(InvalidRedis::Url);
        }
        let info = plain
            .into_connection_info()
            .map_err(|_| InvalidRedis::Url)?;
        let server = match (info.addr(), tls) {
            (ConnectionAddr::Tcp(host, port), true) => Server::implicit_tls(host, *port),
            (ConnectionAddr::Tcp(host, port), false) => Server::dangerous_in_clear(host, *port),
            #[cfg(unix)]
            (ConnectionAddr::Unix(path), false) => Server::unix(path.as_path()),
            _ => return Err(InvalidRedis::Url),
        };
        Ok(Self {
            server: server.timeout(TIMEOUT),
            settings: info.redis_settings().clone().set_skip_set_lib_name(),
            timeout: TIMEOUT,
        })
    }

    /// Trusts these authorities (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When there is no certificate in it, or a malformed one.
    pub fn extra_ca_pem(mut self, pem: &[u8]) -> Result<Self, SettingsProblem> {
        self.server = self.server.extra_ca_pem(pem)?;
        Ok(self)
    }

    /// Trusts the authorities in this file (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as for [`extra_ca_pem`](Self::extra_ca_pem).
    pub fn extra_ca_file(mut self, path: impl AsRef<Path>) -> Result<Self, SettingsProblem> {
        self.server = self.server.extra_ca_file(path)?;
        Ok(self)
    }

    /// How long a call takes at most, a new connection included. It is 2 seconds where nothing is
    /// said; a lock is worth little if it takes longer than that.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.server = self.server.timeout(time);
        self.timeout = time;
        self
    }

    /// How long a call takes at most, for drivers.
    pub fn time(&self) -> Duration {
        self.timeout
    }

    /// Address and trust, for drivers.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// User, password and database, for drivers.
    pub fn settings(&self) -> &RedisConnectionInfo {
        &self.settings
    }
}

impl fmt::Debug for RedisServer {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisServer({})", self.server.address())
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Why a URL does not say which Redis server is meant. The URL is not in it, for it may hold a password.
///
/// ```
/// use mail_login_tokens::redis::{InvalidRedis, RedisServer};
/// assert_eq!(RedisServer::new("https://example.com").unwrap_err(), InvalidRedis::Url);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRedis {
    /// It leads to another machine without TLS.
    #[error("the URL of the Redis server leads to another machine without TLS: use rediss://")]
    InClear,
    /// It is none.
    #[error(
        "this is not the URL of a Redis server: write rediss://[user[:password]@]host[:port][/database] or unix:///path"
    )]
    Url,
}
