//! What all places promise, and what is each one's own.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

#[macro_use]
mod contract;
#[cfg(unix)]
mod directory;
mod memory;
#[cfg(all(feature = "redis", unix))]
#[path = "../../../mail-login-tokio/tests/redis/process.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod process;
#[cfg(all(feature = "redis", unix))]
mod redis;
