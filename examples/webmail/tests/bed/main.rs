//! The webmail against the servers of the testbed, which need no installation.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "tests fail loudly, and have an operating system"
)]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod chromium;
mod ends;
mod guard;
mod nodes;
mod pages;
mod sign_in;
