//! The IMAP login, whatever the server says.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::oracle::login::<imap_auth::Imap>(input));
