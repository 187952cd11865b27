//! The machine before TLS takes no credential.

use sasl_core::Credentials;

fn imap(credentials: Credentials) {
    imap_auth::StartTls::new(credentials, imap_auth::Options::new());
}

fn smtp(credentials: Credentials) {
    smtp_auth::StartTls::new(credentials, smtp_auth::Options::new());
}

fn sieve(credentials: Credentials) {
    sieve_auth::StartTls::new(credentials, sieve_auth::Options::new());
}

fn main() {}
