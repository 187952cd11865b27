//! The parse functions of ManageSieve.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::parsers::sieve(input));
