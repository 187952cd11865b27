//! A lifecycle, and whatever happens to it.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::machine::lifecycle(input));
