//! Only a machine makes the proof.

fn imap() -> imap_auth::Upgrade {
    imap_auth::Upgrade(())
}

fn smtp() -> smtp_auth::Upgrade {
    smtp_auth::Upgrade(())
}

fn sieve() -> sieve_auth::Upgrade {
    sieve_auth::Upgrade(())
}

fn main() {}
