//! The server's side of SMTP, whatever clients send.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::serve::accept::<smtp_auth::Smtp>(input));
