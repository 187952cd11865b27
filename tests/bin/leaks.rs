//! Reads the output of test runs and fails if it shows a secret that the tests log in with: itself,
//! its base64 at any alignment, its URL form, or hexadecimal.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a program for tests"
)]

use std::{
    io::{self, BufRead as _},
    process::ExitCode,
};

use harness::{oracle, secrecy::leak};

/// What the tests of all packages log in with.
const SECRETS: [&str; 5] = [
    "mF_9.B5f-4.1JqM",
    "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
    "tanstaaftanstaaf",
    "a-token-to-keep-secret",
    oracle::TOKEN,
];

fn main() -> ExitCode {
    let (mut lines, mut leaks) = (0, 0);
    for line in io::stdin().lock().split(b'\n') {
        let line = line.unwrap();
        lines += 1;
        if let Some(secret) = SECRETS.iter().find(|secret| leak(&line, secret).is_some()) {
            leaks += 1;
            println!("line {lines} shows a secret of {} octets", secret.len());
        }
    }
    println!("{lines} lines of output, {leaks} with a secret");
    // No output at all means that nothing was looked at.
    if leaks == 0 && lines > 100 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
