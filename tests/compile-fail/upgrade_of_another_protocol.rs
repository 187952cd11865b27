//! A proof is for the connection that it was given on, which speaks one protocol.

use sasl_core::Credentials;

fn imap(proof: smtp_auth::Upgrade, credentials: Credentials) {
    let _ = imap_auth::Login::after_starttls(proof, credentials, imap_auth::Options::new());
}

fn smtp(proof: sieve_auth::Upgrade, credentials: Credentials) {
    let _ = smtp_auth::Login::after_starttls(proof, credentials, smtp_auth::Options::new());
}

fn sieve(proof: imap_auth::Upgrade, credentials: Credentials) {
    let _ = sieve_auth::Login::after_starttls(proof, credentials, sieve_auth::Options::new());
}

fn main() {}
