//! A login after STARTTLS needs the proof that there was one.

use sasl_core::Credentials;

fn imap(credentials: Credentials) {
    imap_auth::Login::after_starttls(credentials, imap_auth::Options::new());
}

fn smtp(credentials: Credentials) {
    smtp_auth::Login::after_starttls(credentials, smtp_auth::Options::new());
}

fn sieve(credentials: Credentials) {
    sieve_auth::Login::after_starttls(credentials, sieve_auth::Options::new());
}

fn main() {}
