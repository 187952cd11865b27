//! The parse functions of SMTP.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::parsers::smtp(input));
