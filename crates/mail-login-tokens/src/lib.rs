//! What the drivers of `token-lifecycle` share: where grants are kept, what the clocks say, how what a
//! lifecycle wants becomes a request, and why there is no token.
//!
//! ```
//! use mail_login_tokens::{MemoryStore, Store, clock};
//! use token_lifecycle::{Audience, Lifecycle, Options};
//!
//! let store = MemoryStore::new();
//! let mut lifecycle = Lifecycle::new(Options::new(clock::owner()?, Audience::new("mail")));
//! lifecycle.handle_loaded(clock::now(), store.load()?);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! This crate opens no connection to an authorization server and starts no thread. Programs use the
//! drivers, `mail-login-blocking` and `mail-login-tokio`, which re-export all of this with their
//! feature `tokens`; use it itself to write a driver for another runtime or another store.
//!
//! # Map
//!
//! | item | what |
//! |---|---|
//! | [`Store`] | the place of one grant, and the lock that goes with it |
//! | `FileStore` | a place in a file, for many processes (Unix) |
//! | `redis` | a place in Redis, for processes on many machines (feature `redis`) |
//! | [`MemoryStore`] | a place that ends with the process |
//! | [`Stored`] | octets with a revision, which are kept as grants are: `FileSlot`, `redis::Slot` |
//! | `remove_unused` | deletes files that nobody uses any more (Unix) |
//! | [`Settings`] | the endpoints, the client and the options of one grant |
//! | [`Http`], [`HttpAnswer`], [`HttpProblem`] | what sends requests |
//! | [`Notice`], [`Status`] | what happened, and what is known |
//! | [`TokenError`] | why a caller got no token |
//! | [`clock`] | the clocks and randomness of this computer |

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;

pub mod clock;
mod error;
#[cfg(unix)]
mod file;
mod http;
mod memory;
mod notice;
#[cfg(feature = "redis")]
pub mod redis;
mod settings;
mod store;
mod stored;

pub use error::TokenError;
#[cfg(unix)]
pub use file::{FileSlot, FileStore, remove_unused};
pub use http::{Http, HttpAnswer, HttpProblem};
pub use memory::MemoryStore;
pub use notice::{Notice, Status};
pub use settings::{NoRequest, Settings};
pub use store::Store;
pub use stored::Stored;
