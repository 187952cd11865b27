//! A login says how its connection is protected.

use sasl_core::Credentials;

fn imap(credentials: Credentials) {
    let _ = imap_auth::Login::new(credentials, imap_auth::Options::new());
}

fn smtp(credentials: Credentials) {
    let _ = smtp_auth::Login::new(credentials, smtp_auth::Options::new());
}

fn sieve(credentials: Credentials) {
    let _ = sieve_auth::Login::new(credentials, sieve_auth::Options::new());
}

fn main() {}
