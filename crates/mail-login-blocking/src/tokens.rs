//! Tokens that stay fresh.
//!
//! A [`Keeper`] keeps one grant: it has a thread that refreshes, saves and retries, and gives a good
//! token to any number of callers. [`login_with_keeper`] logs in with it, and once more where the
//! mail server refuses a token.
//!
//! ```no_run
//! use std::time::Duration;
//! use mail_login_blocking::{Deadline, tokens::{FileStore, HttpClient, Keeper, Settings, clock}};
//! use token_lifecycle::{Audience, Client, Options, Url};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options::new(clock::owner()?, Audience::new("https://mail.google.com/"))
//!     .with_seed(clock::seed()?);
//! let endpoint = Url::new("https://oauth2.googleapis.com/token")?;
//! let settings = Settings::new(endpoint, Client::public("my-client-id")?, options);
//! let store = FileStore::new("/home/user/.local/state/my-program/tokens/grant.json");
//! let keeper = Keeper::start(settings, store, HttpClient::new())?;
//! let token = keeper.token(Duration::ZERO, Deadline::after(Duration::from_secs(30)))?;
//! println!("a token of {} octets", token.secret().expose().len());
//! # Ok(()) }
//! ```

mod http;
mod keeper;
mod login;

pub use http::HttpClient;
pub use keeper::Keeper;
pub use login::{LoginError, login_with_keeper};
#[cfg(unix)]
pub use mail_login_tokens::FileStore;
pub use mail_login_tokens::{
    Http, HttpAnswer, HttpProblem, MemoryStore, NoRequest, Notice, Settings, Status, Store,
    TokenError, clock,
};
