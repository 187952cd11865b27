//! The server's side of IMAP, whatever clients send.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::serve::accept::<imap_auth::Imap>(input));
