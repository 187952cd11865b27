//! Messages of mechanisms, as a server reads them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::messages::messages(input));
