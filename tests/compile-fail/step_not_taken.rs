//! A step that is not taken stalls the login, and a proof that is not used leaves the server waiting.

#![deny(unused_must_use)]

use sasl_core::Machine;

fn imap(machine: &mut imap_auth::Login, start: impl Fn() -> imap_auth::Upgrade) -> Result<(), sasl_core::Error> {
    machine.poll()?;
    start();
    Ok(())
}

fn smtp(machine: &mut smtp_auth::Login, start: impl Fn() -> smtp_auth::Upgrade) -> Result<(), sasl_core::Error> {
    machine.poll()?;
    start();
    Ok(())
}

fn sieve(machine: &mut sieve_auth::Login, start: impl Fn() -> sieve_auth::Upgrade) -> Result<(), sasl_core::Error> {
    machine.poll()?;
    start();
    Ok(())
}

fn main() {}
