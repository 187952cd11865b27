//! Tokens of a real authorization server: the certified `oidc-provider`, over HTTPS with a private
//! authority, as a whole environment of processes meets it.
//!
//! Each test has a provider of its own, of the program that `tests/interop` installs.

#![cfg(unix)]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

mod browser;
mod clients;
mod crowd;
mod diary;
mod grants;
mod scene;
/// A Redis server, as the tests of the stores in Redis start it.
#[allow(dead_code, reason = "those tests use more of it")]
#[path = "../../../crates/mail-login-tokio/tests/redis/server.rs"]
mod server;
mod storm;
mod story;
mod tokens;
mod window;
