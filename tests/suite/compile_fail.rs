//! What the types forbid. Each program in `compile-fail` does one of these things for all three
//! protocols and must be refused in the words beside it.
//!
//! The words are those of the stable compiler. `TRYBUILD=overwrite` writes down what another one says.

#![allow(missing_docs, reason = "a test")]

#[test]
fn what_the_types_forbid() {
    trybuild::TestCases::new().compile_fail("compile-fail/*.rs");
}
