//! Mail access for webmail back ends: sessions whose OAuth tokens stay fresh, on one node or many.
//!
//! ```no_run
//! use mail_session::{Outcome, Sessions, User, places::MemoryPlaces, settings::Settings};
//! use token_lifecycle::{Tokens, Url};
//!
//! # async fn main_(tokens: Tokens) -> Result<(), Box<dyn std::error::Error>> {
//! let mut settings = Settings::default();
//! settings.tokens.token_endpoint = Some(Url::new("https://id.example.com/token")?);
//! settings.tokens.client_id = "webmail".into();
//! settings.primary.imap = Some(mail_login_tokio::Server::implicit_tls("imap.example.com", 993));
//!
//! let sessions = Sessions::builder(settings).build(MemoryPlaces::new())?;
//! // Somebody has signed in, and these are the tokens.
//! let (id, session) = sessions.open(User::new("alice@example.com"), tokens).await?;
//! // Before each request:
//! match session.checked().await {
//!     Outcome::GoOn | Outcome::GoOnWithOld => {
//!         let mail = session.imap("primary").await?;
//! #       drop(mail);
//!     }
//!     Outcome::Unavailable(wait) => println!("503, Retry-After: {}", wait.seconds()),
//!     Outcome::SignIn(ended) => println!("401: {ended}"),
//! }
//! # drop(id); Ok(()) }
//! ```
//!
//! # Map
//!
//! | item | what |
//! |---|---|
//! | [`Sessions`], [`Session`], [`SessionId`] | all sessions of a node, one of them, and its secret name |
//! | [`Session::check`], [`Session::checked`], [`Outcome`] | what is to be done with a request |
//! | `layer` | the same as a layer of tower, for axum and hyper (feature `tower`) |
//! | [`Session::imap`], [`Session::smtp`], [`Session::sieve`] | connections that are logged in |
//! | [`Account`] | further mailboxes: of the same provider, or with tokens of their own |
//! | [`Sessions::changes`], [`MailConnection`] | which connections to close |
//! | [`places`] | where sessions are kept: memory, a directory, Redis (feature `redis`) |
//! | [`settings`] | what the operator decides, from TOML or from App Suite's files |
//! | [`Attributes`] | tokens as attributes of another system's session |
//! | [`Fact`] | what to count and to log |
//!
//! # The life of a session
//!
//! ```text
//!   open ──► alive ──────────────────────────────► ended, with a reason
//!              │   grant refused, sign_out,          ▲
//!              │   terminate                         │ told to all nodes by the stored session
//!              └── provider or store away: it lives, and requests get 503 once the token has expired
//! ```
//!
//! A session is stored in its place, and each grant in another one. A node has in memory what it has used
//! lately; any node can serve any request. Which node refreshes is settled by the lock and the revision of
//! the stored grant, so a refresh token is sent once.
//!
//! A session ends only by what somebody has said: the authorization server, the user, the operator. What
//! fails by itself never ends one.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;

#[cfg(feature = "sessions")]
mod access;
#[cfg(feature = "sessions")]
mod account;
#[cfg(feature = "sessions")]
mod attributes;
#[cfg(feature = "sessions")]
mod end;
#[cfg(feature = "sessions")]
mod failed;
#[cfg(feature = "sessions")]
mod id;
#[cfg(feature = "sessions")]
mod identity;
#[cfg(feature = "tower")]
pub mod layer;
#[cfg(feature = "sessions")]
mod outcome;
#[cfg(feature = "sessions")]
pub mod places;
#[cfg(feature = "sessions")]
mod record;
#[cfg(feature = "sessions")]
mod session;
#[cfg(feature = "sessions")]
mod sessions;
pub mod settings;
mod user;
#[cfg(feature = "sessions")]
mod watch;

#[cfg(feature = "sessions")]
pub use access::{AccessError, MailConnection, Service};
#[cfg(feature = "sessions")]
pub use account::{Account, AccountKind};
#[cfg(feature = "sessions")]
pub use attributes::{Attributes, InvalidAttribute};
#[cfg(feature = "sessions")]
pub use end::{EndReason, Ended};
#[cfg(feature = "sessions")]
pub use id::{SessionId, SessionKey};
#[cfg(feature = "sessions")]
pub use identity::{Expected, Identity, IdentityError};
#[cfg(feature = "sessions")]
pub use outcome::{Outcome, Wait};
#[cfg(feature = "sessions")]
pub use session::{AccountError, EndNotStored, Session};
#[cfg(feature = "sessions")]
pub use sessions::{Builder, Sessions, SetUpError, SignInError};
pub use user::User;
#[cfg(feature = "sessions")]
pub use watch::{Change, Fact};
