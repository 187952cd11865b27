//! Tests of the tool as its users run it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test"
)]

mod accounts;
mod bad_input;
mod bed;
mod chromium;
mod cli;
mod demo;
mod home;
mod interop;
#[cfg(all(target_os = "linux", feature = "keyring"))]
mod keyring;
mod real;
#[cfg(all(unix, feature = "redis"))]
mod redis;
mod settings;
mod sign_in;
mod status;
mod support;
mod tokens;
mod try_account;
mod work;
