//! The blocking store.

use alloc::{format, string::String, sync::Arc};
use core::{fmt, time::Duration};
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use mail_login_tls::Deadline;
use redis::{Cmd, Value};
use token_lifecycle::{Lock, Record, Revision, Saved, Timers};

use super::{Place, RedisServer, connection::Connection};
use crate::Store;

/// One connection to a Redis server, for the stores of any number of grants. It is opened when it is
/// needed, and anew when it is lost.
///
/// ```
/// use mail_login_tokens::redis::{Redis, RedisServer};
///
/// let redis = Redis::new(RedisServer::new("unix:///run/redis/redis.sock")?);
/// let store = redis.store("google/alice@example.com")?;
/// # drop(store);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    server: RedisServer,
    connection: Mutex<Option<Connection>>,
}

impl Redis {
    /// This server. Nothing is opened yet.
    pub fn new(server: RedisServer) -> Self {
        Self(Arc::new(Inner {
            server,
            connection: Mutex::new(None),
        }))
    }

    /// The store of the grant of this name: the same name in every process that uses the grant, and
    /// another one for each grant, such as provider and user.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random numbers.
    pub fn store(&self, grant: &str) -> io::Result<RedisStore> {
        self.store_with_lease(grant, Timers::default().lease)
    }

    /// The same with another [`Timers::lease`](token_lifecycle::Timers::lease).
    ///
    /// # Errors
    ///
    /// As for [`store`](Self::store).
    pub fn store_with_lease(&self, grant: &str, lease: Duration) -> io::Result<RedisStore> {
        Ok(RedisStore {
            redis: self.clone(),
            place: Place::new(grant, lease)?,
            problem: Mutex::new(None),
        })
    }

    /// All commands can be repeated: a connection that was lost meanwhile costs one more try.
    fn ask(&self, command: &Cmd) -> io::Result<Value> {
        let mut place = self.connection();
        let deadline = Deadline::after(self.0.server.time());
        if let Some(mut connection) = place.take() {
            if let Ok(value) = connection.ask(command, deadline) {
                *place = Some(connection);
                return Ok(value);
            }
        }
        let mut connection = Connection::open(&self.0.server, deadline)?;
        let value = connection.ask(command, deadline)?;
        *place = Some(connection);
        Ok(value)
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        // One that is in use is not in its place, so nothing is half said on what is there.
        self.0
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({:?})", self.0.server)
    }
}

/// The place of one grant in Redis, see the [module](super).
///
/// ```no_run
/// # fn f(redis: mail_login_tokens::redis::Redis) -> std::io::Result<()> {
/// use mail_login_tokens::Store;
/// use token_lifecycle::Lock;
///
/// let store = redis.store("google/alice@example.com")?;
/// if store.lock() == Lock::Acquired {
///     println!("{:?}", store.load()?);
///     store.unlock();
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct RedisStore {
    redis: Redis,
    place: Place,
    problem: Mutex<Option<String>>,
}

impl RedisStore {
    /// A record that nobody loads or saves for so long vanishes, such as that of a user who does not come
    /// back. Without this it stays until it is deleted. Give it much more time than an access token lives: who has
    /// one that is good may not load the record before the next refresh.
    pub fn keep(mut self, time: Duration) -> Self {
        self.place = self.place.keep(time);
        self
    }

    fn ask<T>(&self, command: &Cmd, read: impl FnOnce(Value) -> io::Result<T>) -> io::Result<T> {
        let answer = self.redis.ask(command);
        let answer = answer.map_err(Place::unreached).and_then(read);
        if let Err(error) = &answer {
            let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
            *problem = Some(format!("{error}"));
        }
        answer
    }
}

impl Store for RedisStore {
    fn load(&self) -> io::Result<Option<Record>> {
        self.ask(&self.place.load(), Place::loaded)
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        match self.ask(&self.place.save(expected, record), Place::done) {
            Ok(true) => Saved::Done,
            Ok(false) => Saved::Conflict,
            Err(_) => Saved::Failed,
        }
    }

    fn lock(&self) -> Lock {
        let lock = self.ask(&self.place.lock(), Place::locked);
        lock.unwrap_or(Lock::Unavailable)
    }

    fn unlock(&self) {
        // One that cannot be let go ends by itself.
        let _ = self.ask(&self.place.unlock(), Place::done);
    }

    fn problem(&self) -> Option<String> {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        problem.clone()
    }
}
