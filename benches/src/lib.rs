//! What the benches share: a runner that compares, inputs, floors, and two peers that are used twice.
//!
//! ```text
//! cargo bench --manifest-path benches/Cargo.toml                       # everything, minutes
//! cargo bench --manifest-path benches/Cargo.toml --bench capabilities  # one subject
//! cargo bench --manifest-path benches/Cargo.toml --bench ehlo -- gmail # tables whose title has "gmail"
//! ROUNDS=101 SLICE_US=3000 cargo bench …                               # more patience
//! ```
//!
//! A floor is the least code that still does the job for one fixed case, written by hand. A ratio to it
//! means something on any machine; a time only on this one. Nothing here is a test of time: what does
//! not depend on the machine (answers, allocations) is asserted where it is measured.

pub mod count;
pub mod floor;
pub mod inputs;
pub mod peers;
pub mod table;

pub use table::Table;
