//! Nor does it come from nothing.

fn imap() -> imap_auth::Upgrade {
    Default::default()
}

fn smtp() -> smtp_auth::Upgrade {
    Default::default()
}

fn sieve() -> sieve_auth::Upgrade {
    Default::default()
}

fn main() {}
