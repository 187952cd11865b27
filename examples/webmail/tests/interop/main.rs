//! The webmail with Dovecot, Postfix and oidc-provider (tests/interop), in Chromium.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "tests fail loudly, and have an operating system"
)]

mod interop;
