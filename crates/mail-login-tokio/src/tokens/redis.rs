//! A place in Redis, without blocking. It has the same keys and scripts as the blocking one, see
//! [`mail_login_tokens::redis`].
//!
//! ```no_run
//! use mail_login_tokio::tokens::{HttpClient, Keepers, redis::{Redis, RedisServer}};
//! # fn f(keepers: Keepers, settings: mail_login_tokio::tokens::Settings) -> Result<(), Box<dyn std::error::Error>> {
//! let redis = Redis::new(RedisServer::new("rediss://user:password@redis.example.com:6380/0")?);
//! let keeper = keepers.add(settings, redis.store("google/alice@example.com")?);
//! # drop(keeper); Ok(()) }
//! ```

use alloc::{boxed::Box, format, string::String, sync::Arc};
use core::{fmt, time::Duration};
use std::{
    io,
    sync::{Mutex, PoisonError},
};

use mail_login_tls::{Security, Silent};
pub use mail_login_tokens::redis::{InvalidRedis, Place, RedisServer, Slot};
use redis::{AsyncConnectionConfig, Cmd, ErrorKind, RedisError, Value, aio::MultiplexedConnection};
use token_lifecycle::{Lock, Record, Revision, Saved, Timers};
use tokio::{sync, time};

use super::{Pending, Store};
use crate::{connect::connect, stream::Stream};

mod slot;

pub use slot::RedisSlot;

/// One connection to a Redis server, for the stores of any number of grants; any number of commands are
/// under way on it at once. It is opened when it is needed, and anew when it is lost.
///
/// For an example see the [module](self).
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    server: RedisServer,
    connection: Mutex<Option<Shared>>,
    /// One connection is opened at a time.
    opening: sync::Mutex<()>,
}

type Shared = Arc<MultiplexedConnection>;

impl Redis {
    /// This server. Nothing is opened yet.
    pub fn new(server: RedisServer) -> Self {
        Self(Arc::new(Inner {
            server,
            connection: Mutex::new(None),
            opening: sync::Mutex::new(()),
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

    /// Octets of this name: the same name in every process that uses them. No grant is in the same place.
    pub fn slot(&self, name: &str) -> RedisSlot {
        RedisSlot::new(self.clone(), Slot::new(name))
    }

    async fn ask(&self, command: &Cmd) -> io::Result<Value> {
        let mut used = None;
        let asked = time::timeout(self.0.server.time(), self.ask_twice(command, &mut used)).await;
        asked.unwrap_or_else(|_| {
            // It may be stuck for good.
            self.leave(used.as_ref());
            Err(io::ErrorKind::TimedOut.into())
        })
    }

    /// All commands can be repeated: a connection that was lost meanwhile costs one more try.
    async fn ask_twice(&self, command: &Cmd, used: &mut Option<Shared>) -> io::Result<Value> {
        if let Some(connection) = self.current() {
            let connection = used.insert(connection);
            match self.ask_on(connection, command).await {
                Err(error) if error.kind() != io::ErrorKind::Other => {}
                answer => return answer,
            }
        }
        let connection = used.insert(self.connection().await?);
        self.ask_on(connection, command).await
    }

    async fn ask_on(&self, connection: &Shared, command: &Cmd) -> io::Result<Value> {
        let mut handle = (**connection).clone();
        let answer = handle.send_packed_command(command).await;
        answer.map_err(|error| {
            // An error that the server tells leaves the connection as it was.
            if error.code().is_none() {
                self.leave(Some(connection));
            }
            described(&error)
        })
    }

    fn current(&self) -> Option<Shared> {
        let place = self.0.connection.lock();
        place.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// This connection is of no use any more.
    fn leave(&self, connection: Option<&Shared>) {
        let place = self.0.connection.lock();
        let mut place = place.unwrap_or_else(PoisonError::into_inner);
        let same = |known: &mut Shared| connection.is_some_and(|it| Arc::ptr_eq(it, known));
        place.take_if(same);
    }

    /// The one there is, or a new one.
    async fn connection(&self) -> io::Result<Shared> {
        let _turn = self.0.opening.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let connection = Arc::new(self.open().await?);
        let place = self.0.connection.lock();
        *place.unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&connection));
        Ok(connection)
    }

    async fn open(&self) -> io::Result<MultiplexedConnection> {
        let server = self.0.server.server();
        let socket = connect(server, server.deadline()).await;
        let socket = socket.map_err(io::Error::other)?;
        let stream = match server.security() {
            Security::InClear => Stream::plain(socket),
            Security::ImplicitTls | Security::StartTls => {
                let handshake = server.tls(None).map_err(io::Error::other)?;
                let stream = Stream::tls(socket, handshake, &mut Silent).await;
                stream.map_err(io::Error::other)?
            }
        };
        // The time is kept here, over all that a call takes.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let settings = self.0.server.settings();
        let opening = MultiplexedConnection::new_with_config(settings, stream, config);
        let (connection, work) = opening.await.map_err(|error| described(&error))?;
        // It ends when the connection is dropped.
        tokio::spawn(work);
        Ok(connection)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({:?})", self.0.server)
    }
}

/// Without the words of the server, of which nobody knows what they repeat.
fn described(error: &RedisError) -> io::Error {
    match error.code() {
        Some(code) => Place::refused(code),
        None if error.kind() == ErrorKind::AuthenticationFailed => Place::refused("WRONGPASS"),
        None if error.is_timeout() => io::ErrorKind::TimedOut.into(),
        None => io::ErrorKind::ConnectionAborted.into(),
    }
}

/// The place of one grant in Redis, see the [module](self).
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

    async fn ask<T>(
        &self,
        command: Cmd,
        read: impl FnOnce(Value) -> io::Result<T>,
    ) -> io::Result<T> {
        let answer = self.redis.ask(&command).await;
        let answer = answer.map_err(Place::unreached).and_then(read);
        if let Err(error) = &answer {
            let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
            *problem = Some(format!("{error}"));
        }
        answer
    }
}

impl Store for RedisStore {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        Box::pin(self.ask(self.place.load(), Place::loaded))
    }

    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved> {
        let command = self.place.save(expected, record);
        Box::pin(async {
            match self.ask(command, Place::done).await {
                Ok(true) => Saved::Done,
                Ok(false) => Saved::Conflict,
                Err(_) => Saved::Failed,
            }
        })
    }

    fn lock(&self) -> Pending<'_, Lock> {
        Box::pin(async {
            let lock = self.ask(self.place.lock(), Place::locked).await;
            lock.unwrap_or(Lock::Unavailable)
        })
    }

    fn unlock(&self) -> Pending<'_, ()> {
        Box::pin(async {
            // One that cannot be let go ends by itself.
            let _ = self.ask(self.place.unlock(), Place::done).await;
        })
    }

    fn problem(&self) -> Option<String> {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        problem.clone()
    }
}
