//! What both drivers share: which server, how it is trusted, how long it may take, what went wrong.
//!
//! ```
//! use std::time::Duration;
//! use mail_login_tls::Server;
//!
//! let server = Server::implicit_tls("imap.example.com", 993).timeout(Duration::from_secs(10));
//! assert_eq!(server.name(), "imap.example.com");
//! ```
//!
//! The drivers `mail-login-blocking` and `mail-login-tokio` re-export everything a caller needs.
//! Use this crate itself to write a driver for another runtime: [`Server::prepare`],
//! [`Server::tls`], [`Failure::from_io`] and [`describe`] are the parts that have nothing to do with
//! how bytes move.
//!
//! TLS is rustls with `ring`, and the trust of the operating system plus the authorities that the
//! caller adds. There is no way to accept a certificate that does not verify.
//!
//! # Map
//!
//! | type | what |
//! |---|---|
//! | [`Server`], [`Address`], [`Security`] | where to, and how it is protected |
//! | [`Deadline`] | one point in time over everything |
//! | [`Failure`], [`Phase`], [`TlsProblem`], [`SettingsProblem`] | why there was no conversation |
//! | [`Handshake`], [`describe`] | what a driver hands to rustls, and what came of it |

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;

mod config;
mod deadline;
mod failure;
mod problem;
mod server;
mod verifier;

pub use config::{Handshake, describe};
pub use deadline::Deadline;
pub use failure::{Failure, Phase, Silent};
pub use problem::{SettingsProblem, TlsProblem};
pub use server::{Address, Security, Server};
