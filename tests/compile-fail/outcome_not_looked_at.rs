//! A login that ran to its end may have been refused.

#![deny(unused_must_use)]

use sasl_core::{Outcome, Session};

fn finish(login: impl Fn() -> Outcome<Session>) {
    login();
}

fn main() {}
