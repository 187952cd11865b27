//! Log in to IMAP, SMTP and ManageSieve with tokio and rustls.
//!
//! ```no_run
//! use imap_auth::Imap;
//! use mail_login_tokio::{Login, Server, Silent, login};
//! use sasl_core::Credentials;
//!
//! # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::implicit_tls("imap.example.com", 993);
//! let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM")?;
//! match login::<Imap>(&server, credentials, imap_auth::Options::default(), &mut Silent).await? {
//!     Login::Accepted(connection) => println!("in, by {:?}", connection.session.mechanism()),
//!     Login::Rejected(refused) => println!("{}: {:?}", refused.rejection(), refused.rejection().advice()),
//! }
//! # Ok(()) }
//! ```
//!
//! Everything about the protocols is in `imap-auth`, `smtp-auth` and `sieve-auth`; here are sockets,
//! TLS and the deadline, and nothing else. `mail-login-blocking` has the same names for blocking
//! sockets.
//!
//! # Map
//!
//! | item | what |
//! |---|---|
//! | [`login`], [`Login`], [`Connection`], [`Refused`] | one login, and another try on the same connection |
//! | [`probe`] | what a server offers, without credentials |
//! | [`drive`] | runs any [`Machine`](sasl_core::Machine) over any stream of your own |
//! | [`Stream`] | the connection, in clear or in TLS |
//! | `tokens` | OAuth tokens that are fresh whenever somebody asks (feature `tokens`) |
//! | [`Server`], [`Failure`], [`Phase`], … | shared with the other driver, see [`mail_login_tls`] |
//!
//! # The deadline
//!
//! One deadline ([`Server::timeout`]) covers name lookup, connecting, STARTTLS, the TLS handshake
//! and the login. So a server that sends one octet now and then gains nothing.
//!
//! # Cancelling
//!
//! Dropping a future closes its connection. No task is spawned, but for those that keep tokens fresh. Only a name lookup under way goes on
//! in tokio's blocking pool until the operating system gives up; nobody sees its result.
//!
//! # What blocks
//!
//! The first login with a [`Server`] reads the certificates of the platform, which takes some
//! milliseconds of the calling thread. Keep the value, or clone it: then it happens once.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;

mod connect;
mod drive;
mod login;
mod probe;
mod socket;
mod stream;
#[cfg(feature = "tokens")]
pub mod tokens;

pub use drive::drive;
pub use login::{Connection, Login, Refused, login};
pub use mail_login_tls::{
    Address, Deadline, Failure, Phase, Security, Server, SettingsProblem, Silent, TlsProblem,
};
pub use probe::probe;
pub use stream::Stream;
