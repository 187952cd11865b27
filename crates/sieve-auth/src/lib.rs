//! The login phase of ManageSieve (RFC 5804) as a sans-IO state machine: bytes in, one thing to do
//! next out.
//!
//! ```
//! use sasl_core::{Credentials, Machine, Outcome, Step};
//! use sieve_auth::{Login, Options, StartTls};
//!
//! /// Plays the server: takes what the machine writes and gives what it reads.
//! fn play<M: Machine>(machine: &mut M, answers: &[&str]) -> Result<M::Output, sasl_core::Error> {
//!     let mut answers = answers.iter();
//!     loop {
//!         match machine.poll()? {
//!             Step::Write(bytes) => println!("C: {}", bytes.redacted()),
//!             Step::Read => machine.handle_input(answers.next().map_or(b"", |a| a.as_bytes())),
//!             Step::Event(event) => println!("   {event:?}"),
//!             Step::Done(output) => return Ok(output),
//!         }
//!     }
//! }
//!
//! // Port 4190: in clear up to TLS. `StartTls` holds no credential.
//! let mut start = StartTls::new(Options::new());
//! let proof = play(&mut start, &[
//!     "\"SASL\" \"\"\r\n\"SIEVE\" \"fileinto\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\n",
//!     "OK \"Begin TLS negotiation now.\"\r\n",
//! ])?;
//!
//! // (TLS handshake; everything above is forgotten, and the server lists again what it offers)
//! let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
//! let mut login = Login::after_starttls(proof, credentials, Options::new());
//! let outcome = play(&mut login, &[
//!     "\"SASL\" \"OAUTHBEARER XOAUTH2\"\r\n\"SIEVE\" \"fileinto\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n",
//!     "OK \"Logged in.\"\r\n",
//! ])?;
//! let Outcome::Accepted(session) = outcome else { panic!("refused") };
//! assert!(session.capabilities().has("SIEVE"));
//! assert_eq!(session.round_trips(), 1);
//! # Ok::<(), sasl_core::Error>(())
//! ```
//!
//! # States
//!
//! ```text
//!  in clear                                 under TLS
//!  StartTls: Greeting ─► STARTTLS ─► Upgrade
//!                                       │
//!                                       ▼          silence
//!  Login:    Greeting ────────┐      Resent ──► Asked [─► Syncing]
//!                             ▼         ▼          ▼
//!                          Choosing ◄───┴──────────┘
//!                             │ ▲
//!                             ▼ └──── retry ◄── Rejected
//!                       Authenticating ──────────► │
//!                             └─────► Accepted
//! ```
//!
//! # Map
//!
//! | module or type | what |
//! |---|---|
//! | [`StartTls`], [`Upgrade`] | from the greeting to TLS |
//! | [`Login`] | the login |
//! | [`Probe`] | what the server offers |
//! | [`Options`] | what the caller decides |
//! | [`Accept`], [`Handshake`], [`AcceptOptions`] | the side of the server |
//! | [`Sieve`] | all of it for a driver that serves every protocol |
//! | [`parse`] | pure functions on `&[u8]` |
//!
//! It knows nothing of scripts: after the login the connection belongs to you.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        reason = "a test may panic"
    )
)]

extern crate alloc;

mod accept;
mod command;
mod login;
mod opening;
mod options;
pub mod parse;
mod probe;
mod protocol;
mod quirks;
mod session;
mod starttls;

pub use accept::{Accept, AcceptOptions, Handshake};
pub use login::Login;
pub use options::Options;
pub use probe::Probe;
pub use protocol::Sieve;
pub use sasl_core::Session;
pub use starttls::{StartTls, Upgrade};

#[cfg(test)]
mod tests;
