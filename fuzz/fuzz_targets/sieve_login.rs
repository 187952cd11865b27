//! The ManageSieve login, whatever the server says.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::oracle::login::<sieve_auth::Sieve>(input));
