//! Credentials, messages, base64, refusals and exchanges.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::mechanisms::mechanisms(input));
