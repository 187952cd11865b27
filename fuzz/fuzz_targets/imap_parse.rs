//! The parse functions of IMAP.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::parsers::imap(input));
