//! Tokens that are fresh whenever somebody asks.
//!
//! ```no_run
//! use core::time::Duration;
//! use mail_login_tokio::{
//!     Deadline,
//!     tokens::{Blocking, Keepers, MemoryStore, HttpClient, Settings, clock},
//! };
//! use token_lifecycle::{Audience, Client, Options, Url};
//!
//! # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::new(
//!     Url::new("https://id.example.com/token")?,
//!     Client::public("mail-app")?,
//!     Options::new(clock::owner()?, Audience::new("mail")),
//! );
//! let keepers = Keepers::new(HttpClient::new());
//! let keeper = keepers.add(settings, Blocking::new(MemoryStore::new()));
//! let token = keeper.token(Duration::ZERO, Deadline::after(Duration::from_secs(10))).await?;
//! # drop(token);
//! # Ok(()) }
//! ```
//!
//! # Map
//!
//! | item | what |
//! |---|---|
//! | [`Keepers`] | keeps the tokens of any number of grants fresh |
//! | [`Keeper`], [`Status`], [`Notice`] | one grant, and what is known and told of it |
//! | [`login_with_keeper`], [`LoginError`] | a login with a fresh token, and another one if it is refused |
//! | [`Store`], [`Blocking`] | where a grant is kept, and how a store that blocks is used |
//! | `redis` | a place in Redis, for processes on many machines (feature `redis`) |
//! | [`Http`], [`HttpClient`] | what sends requests |
//! | [`Settings`], [`MemoryStore`], [`TokenError`], … | shared with the other driver, see [`mail_login_tokens`] |

mod drive;
mod grant;
mod http;
mod keeper;
mod keepers;
mod line;
mod login;
#[cfg(feature = "redis")]
pub mod redis;
mod schedule;
mod store;

use alloc::boxed::Box;
use core::pin::Pin;

pub use http::{Http, HttpClient};
pub use keeper::Keeper;
pub use keepers::Keepers;
pub use login::{LoginError, login_with_keeper};
#[cfg(unix)]
pub use mail_login_tokens::FileStore;
pub use mail_login_tokens::{
    HttpAnswer, HttpProblem, MemoryStore, NoRequest, Notice, Settings, Status, Stored, TokenError,
    clock,
};
pub use store::{Blocking, Store};

/// What an object-safe method promises to give, some time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
