//! What tests, fuzz targets and benches share: transcripts, splitters, oracles.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test that fails should fail loudly"
)]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::wildcard_enum_match_arm,
    reason = "tests have `std`, and are no state machines"
)]

pub mod accept;
pub mod answers;
pub mod corpus;
pub mod fleet;
pub mod interop;
pub mod lifecycle;
pub mod machine;
pub mod mechanisms;
pub mod messages;
pub mod middle;
pub mod oracle;
pub mod pair;
pub mod parsers;
pub mod play;
pub mod protocol;
#[cfg(unix)]
pub mod provider;
pub mod recording;
pub mod script;
pub mod secrecy;
pub mod serve;
pub mod sim;
pub mod tokens;

pub use play::{Cut, Trace};
pub use protocol::Tested;
pub use recording::Recording;
pub use script::Script;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

/// So does the one of the page about sessions.
#[cfg(doctest)]
#[doc = include_str!("../../docs/sessions.md")]
mod sessions {}
