//! Stored records.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::answers::records(input));
