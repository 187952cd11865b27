//! The SMTP login, whatever the server says.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::oracle::login::<smtp_auth::Smtp>(input));
