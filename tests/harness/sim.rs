//! Many processes, one grant: a simulation on a virtual clock.
//!
//! A [`World`] has an authorization server that replaces refresh tokens and detects their reuse, a store, a
//! lock, and processes that each drive a `Lifecycle`. Everything that can go wrong does, by chance
//! that a seed decides: so each schedule can be played again.
//!
//! What must hold is checked at every step; a violation is an `Err` with what happened before it.

mod check;
mod faults;
mod process;
mod random;
mod server;
mod store;
mod world;

pub use faults::Faults;
pub use random::Random;
pub use world::{Summary, World};
