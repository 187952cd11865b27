//! The login phase of SMTP submission as a sans-IO state machine: bytes in, one thing to do next out.
//!
//! ```
//! use sasl_core::{Credentials, Machine, Outcome, Step};
//! use smtp_auth::{Login, Options, StartTls};
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
//! // Port 587: in clear up to TLS. `StartTls` holds no credential.
//! let options = Options::new().client_name("client.example.org").unwrap();
//! let mut start = StartTls::new(options.clone());
//! let proof = play(&mut start, &[
//!     "220-smtp.example.com ESMTP\r\n220 ready\r\n",
//!     "250-smtp.example.com greets you\r\n250 STARTTLS\r\n",
//!     "220 2.0.0 Ready to start TLS\r\n",
//! ])?;
//!
//! // (TLS handshake; everything above is forgotten)
//! let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
//! let mut login = Login::after_starttls(proof, credentials, options);
//! let outcome = play(&mut login, &[
//!     "250-smtp.example.com\r\n250-PIPELINING\r\n250 AUTH OAUTHBEARER XOAUTH2\r\n",
//!     "235 2.7.0 Authentication successful\r\n",
//! ])?;
//! let Outcome::Accepted(session) = outcome else { panic!("refused") };
//! assert!(session.capabilities().has("PIPELINING"));
//! # Ok::<(), sasl_core::Error>(())
//! ```
//!
//! # States
//!
//! ```text
//!  in clear                                   under TLS
//!  StartTls: Greeting ─► Ehlo ─► STARTTLS ─► Upgrade
//!                                               │
//!  Login:    Greeting ─► Ehlo ◄─────────────────┘
//!                         │
//!                         ▼
//!                      Choosing ─► Authenticating ─► Accepted
//!                       ▲   ▲          │   │
//!                       │   └──────────┘   │ (another mechanism, or the first message apart)
//!                       └── retry ◄── Rejected
//! ```
//!
//! A login costs two round trips: EHLO cannot be left out, and AUTH. It costs a third one when AUTH
//! with its first message would exceed 512 octets, which is so with most tokens; see
//! [`Options::long_initial_response`].
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
//! | [`Smtp`] | all of it for a driver that serves every protocol |
//! | [`parse`] | pure functions on `&[u8]` |
//!
//! It knows nothing of mails: after the login the connection belongs to you.

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
mod reply;
mod session;
mod starttls;
#[cfg(test)]
mod tests;

pub use accept::{Accept, AcceptOptions, Handshake};
pub use login::Login;
pub use options::Options;
pub use probe::Probe;
pub use protocol::Smtp;
pub use sasl_core::Session;
pub use starttls::{StartTls, Upgrade};
