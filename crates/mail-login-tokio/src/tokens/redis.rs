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
pub use mail_login_tokens::redis::{InvalidRedis, Place, RedisServer};
use redis::{AsyncConnectionConfig, Cmd, RedisError, Value, aio::MultiplexedConnection};
use token_lifecycle::{Lock, Record, Revision, Saved, Timers};
use tokio::{sync, time};

use super::{Pending, Store};
use crate::{connect::connect, stream::Stream};

/// One connection to a Redis server, for the stores of any number of grants; any number of commands are
/// under way on it at once. It is opened when it is needed, and anew when it is lost.
///
/// For an example see the [module](self).
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    server: RedisServer,
    connection: sync::Mutex<Option<Arc<MultiplexedConnection>>>,
}

impl Redis {
    /// This server. Nothing is opened yet.
    pub fn new(server: RedisServer) -> Self {
        Self(Arc::new(Inner {
            server,
            connection: sync::Mutex::new(None),
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

    async fn ask(&self, command: &Cmd) -> io::Result<Value> {
        let asked = time::timeout(self.0.server.time(), self.ask_twice(command)).await;
        match asked {
            Ok(answer) => answer,
            Err(_) => {
                // It may be stuck for good.
                self.0.connection.lock().await.take();
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }

    /// All commands can be repeated: a connection that was lost meanwhile costs one more try.
    async fn ask_twice(&self, command: &Cmd) -> io::Result<Value> {
        let (connection, is_new) = self.connection().await?;
        let answer = self.ask_on(&connection, command).await;
        if is_new || answer.is_ok() {
            return answer;
        }
        let (connection, _) = self.connection().await?;
        self.ask_on(&connection, command).await
    }

    async fn ask_on(
        &self,
        connection: &Arc<MultiplexedConnection>,
        command: &Cmd,
    ) -> io::Result<Value> {
        let answer = (**connection).clone().send_packed_command(command).await;
        let error = match answer {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        // An error of the server leaves the connection as it was.
        if error.is_io_error() || error.is_connection_dropped() || error.is_unrecoverable_error() {
            let mut place = self.0.connection.lock().await;
            if place.as_ref().is_some_and(|it| Arc::ptr_eq(it, connection)) {
                *place = None;
            }
        }
        Err(described(&error))
    }

    /// The connection, and whether it was made right now.
    async fn connection(&self) -> io::Result<(Arc<MultiplexedConnection>, bool)> {
        let mut place = self.0.connection.lock().await;
        if let Some(connection) = &*place {
            return Ok((Arc::clone(connection), false));
        }
        let connection = Arc::new(self.open().await?);
        *place = Some(Arc::clone(&connection));
        Ok((connection, true))
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
