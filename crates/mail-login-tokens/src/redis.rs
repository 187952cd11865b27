//! A place in Redis, for many processes on many machines.
//!
//! The lock of a grant is a key that ends by itself (`SET` with `NX` and `PX`), and that nobody but its
//! owner deletes. The record is replaced by a script that compares its revision first, so that the
//! lock is no more than a courtesy: no record is lost without it. Keys are made of a hash of the grant's name.
//!
//! ```no_run
//! use mail_login_tokens::{Store, redis::{Redis, RedisServer}};
//!
//! let redis = Redis::new(RedisServer::new("rediss://user:password@redis.example.com:6380/0")?);
//! let store = redis.store("google/alice@example.com")?;
//! println!("{:?}", store.load()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is saved is as safe as the server keeps it: only with `appendfsync always` it is still there after
//! the power fails, and a replica that takes over may lack the last writings.
//!
//! Redis is asked by the crate `redis`, which does not wipe what it sends. The asynchronous store of
//! `mail-login-tokio` has the same keys and scripts ([`Place`]), so both kinds of programs can share grants. It also keeps other
//! octets in the same way ([`Slot`]).

mod connection;
mod place;
mod server;
mod slot;
mod store;

pub use place::Place;
pub use server::{InvalidRedis, RedisServer};
pub use slot::Slot;
pub use store::{Redis, RedisStore};
