//! One agreement is one proof.

fn imap(proof: imap_auth::Upgrade) -> [imap_auth::Upgrade; 2] {
    [proof.clone(), proof]
}

fn smtp(proof: smtp_auth::Upgrade) -> [smtp_auth::Upgrade; 2] {
    [proof.clone(), proof]
}

fn sieve(proof: sieve_auth::Upgrade) -> [sieve_auth::Upgrade; 2] {
    [proof.clone(), proof]
}

fn main() {}
