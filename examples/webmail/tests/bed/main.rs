//! The webmail against the servers of the testbed, which need no installation.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail loudly"
)]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod ends;
mod guard;
mod logs;
mod nodes;
mod pages;
mod sign_in;
