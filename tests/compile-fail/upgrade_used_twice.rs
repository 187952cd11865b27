//! One proof is one login.

use sasl_core::Credentials;

fn imap(proof: imap_auth::Upgrade, credentials: Credentials) {
    let options = imap_auth::Options::new;
    let _ = imap_auth::Login::after_starttls(proof, credentials.clone(), options());
    let _ = imap_auth::Login::after_starttls(proof, credentials, options());
}

fn smtp(proof: smtp_auth::Upgrade, credentials: Credentials) {
    let options = smtp_auth::Options::new;
    let _ = smtp_auth::Login::after_starttls(proof, credentials.clone(), options());
    let _ = smtp_auth::Login::after_starttls(proof, credentials, options());
}

fn sieve(proof: sieve_auth::Upgrade, credentials: Credentials) {
    let options = sieve_auth::Options::new;
    let _ = sieve_auth::Login::after_starttls(proof, credentials.clone(), options());
    let _ = sieve_auth::Login::after_starttls(proof, credentials, options());
}

fn main() {}
