//! Our client and our server, and somebody between them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::middle::man_in_the_middle(input));
