//! The login phase of IMAP as a sans-IO state machine: bytes in, one thing to do next out.
//!
//! ```
//! use imap_auth::{Login, Options, StartTls};
//! use sasl_core::{Credentials, Machine, Outcome, Step};
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
//! // Port 143: in clear up to TLS. `StartTls` holds no credential.
//! let mut start = StartTls::new(Options::new());
//! let proof = play(&mut start, &[
//!     "* OK [CAPABILITY IMAP4rev1 SASL-IR STARTTLS LOGINDISABLED] ready\r\n",
//!     "A1 OK Begin TLS negotiation now.\r\n",
//! ])?;
//!
//! // (TLS handshake; everything above is forgotten)
//! let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM").unwrap();
//! let mut login = Login::after_starttls(proof, credentials, Options::new());
//! let outcome = play(&mut login, &[
//!     "* CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2\r\nA1 OK done\r\n",
//!     "A2 OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n* 1 EXISTS\r\n",
//! ])?;
//! let Outcome::Accepted(session) = outcome else { panic!("refused") };
//! assert!(session.capabilities().has("IDLE"));
//! // What came behind the answer belongs to whoever speaks next.
//! assert_eq!(login.remaining(), b"* 1 EXISTS\r\n");
//! # Ok::<(), sasl_core::Error>(())
//! ```
//!
//! # States
//!
//! ```text
//!  in clear                                          under TLS
//!  StartTls: Greeting ─► Capability ─► STARTTLS ─► Upgrade
//!                                                     │
//!  Login:    Greeting ──────────┬─► Capability ◄──────┘
//!                               └──────► │ (a list in the greeting, or assumed, saves this step)
//!                                        ▼
//!                     [Identify] ─► Choosing ─► Authenticating ─► Accepted
//!                                      ▲             │
//!                                      └── retry ◄── Rejected
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
//! | [`Imap`] | all of it for a driver that serves every protocol |
//! | [`parse`] | pure functions on `&[u8]` |
//!
//! It knows nothing of mailboxes: after the login the connection belongs to you.

#![no_std]
#![forbid(unsafe_code)]

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
mod tag;
#[cfg(test)]
mod tests;

pub use accept::{Accept, AcceptOptions, Handshake};
pub use login::Login;
pub use options::Options;
pub use probe::Probe;
pub use protocol::Imap;
pub use sasl_core::Session;
pub use starttls::{StartTls, Upgrade};
