//! Sessions with a provider and mail servers, in this process.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

mod access;
mod accounts;
mod check;
mod ended;
#[cfg(feature = "tower")]
mod layer;
mod outage;
mod ox;
mod record;
mod scene;
