//! The server's side of ManageSieve, whatever clients send.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::serve::accept::<sieve_auth::Sieve>(input));
