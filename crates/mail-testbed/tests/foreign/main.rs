//! Mail clients of other authors log in to the testbed: with a good token, with one that has expired,
//! and with one that nobody knows.
//!
//! That our own client and our own server agree shows little. What these clients take for a login, and
//! for a refusal, shows that the servers speak the protocols as others understand them.
//!
//! `tests/install` gets the programs. With `--nocapture` each test shows what its client said.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

/// A module for its name, by which `tests/run --quick` leaves these tests out.
#[path = "."]
mod foreign {
    mod curl;
    mod getmail;
    mod msmtp;
    mod neomutt;
    mod node;
    mod program;
    mod python;
    mod sievelib;
    mod stage;
}
