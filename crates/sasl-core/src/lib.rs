//! The words, credentials and SASL mechanisms that the mail-login crates share.
//!
//! ```
//! use sasl_core::{Credentials, Endpoint, Mechanism, Response};
//!
//! let credentials = Credentials::bearer("user@example.com", "mF_9.B5f-4.1JqM")?;
//! let endpoint = Endpoint::new("imap.example.com", 993)?;
//! let response = Response::new(&credentials, Mechanism::OAuthBearer, Some(&endpoint)).unwrap();
//! assert!(response.to_vec().starts_with(b"bixhPXVzZXJAZXhhbXBsZS5jb20s"));
//! // What must stay secret stays out of logs.
//! assert!(!format!("{credentials:?}").contains("mF_9"));
//! # Ok::<(), sasl_core::Invalid>(())
//! ```
//!
//! This crate knows no protocol command, opens no socket, reads no clock and draws no random number.
//! The crates `imap-auth`, `smtp-auth` and `sieve-auth` build on it; a driver only needs [`Machine`].
//!
//! # Map
//!
//! | module or type | what |
//! |---|---|
//! | [`Machine`], [`Step`], [`Outgoing`] | a conversation: bytes in, one thing to do next out |
//! | [`Event`], [`Notice`], [`Observer`] | facts on the way, for logs and people |
//! | [`Outcome`], [`Rejection`], [`Reason`], [`Advice`] | how a login ended |
//! | [`Error`], [`Stage`], [`Violation`], [`Limit`], [`Invalid`] | why a conversation broke, why a value was refused |
//! | [`Credentials`], [`Secret`], [`Mechanism`], [`Response`] | what is said |
//! | [`Refusal`] | the JSON document behind a refused token |
//! | [`Settings`], [`Limits`], [`Conformance`], [`Endpoint`] | what the caller decides |
//! | [`Exchange`] | one SASL exchange, whatever protocol carries it |
//! | [`Accepting`], [`Presented`], [`Verdict`], [`AcceptSettings`] | the same for servers: who wants in, and may they |
//! | [`base64`] | strict decoding |
//! | [`wire`] | bounded buffers, literals, the loop under every machine |
//!
//! # Features
//!
//! `std`: base64 by SIMD where the processor has it. Nothing behaves differently.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod accept;
mod attempt;
pub mod base64;
mod capabilities;
mod choose;
mod credentials;
mod error;
mod event;
mod exchange;
mod machine;
mod mechanism;
mod outcome;
mod protocol;
mod refusal;
mod response;
mod secret;
mod session;
mod settings;
mod text;
pub mod wire;

pub use accept::{
    AcceptSettings, Acceptance, Accepted, Accepting, Failure, Farewell, Next, Presented, Verdict,
    document, parse_message,
};
pub use attempt::{Attempt, Payload};
pub use capabilities::Capabilities;
pub use choose::choose;
pub use credentials::{Credentials, Kind};
pub use error::{Error, Invalid, Limit, Stage, TlsUnavailable, Violation, WrongProtocol};
pub use event::{Event, Notice, Observer, Tls};
pub use exchange::{Answer, Exchange};
pub use machine::{Machine, Outgoing, Step};
pub use mechanism::{Mechanism, Mechanisms};
pub use outcome::{Advice, Outcome, Reason, Rejection};
pub use protocol::{Protocol, Service};
pub use refusal::Refusal;
pub use response::Response;
pub use secret::Secret;
pub use session::Session;
pub use settings::{Conformance, Endpoint, Limits, Settings};
pub use text::Text;
