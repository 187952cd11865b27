//! Documents of authorization servers, and answers of browsers.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::tokens::tokens(input));
