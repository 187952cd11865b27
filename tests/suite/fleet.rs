//! A day of a fleet of 200 nodes, with outages and restarts. `bin/fleet.rs` plays it at any size.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that fails should fail loudly, and this one says how much it played"
)]

use harness::fleet::{Fleet, Plan};

#[test]
fn a_day() {
    let plan = Plan::day(20_000, 200);
    match Fleet::play(plan.clone(), |_, _| {}) {
        Ok(summary) => println!("{}", summary.tell(&plan)),
        Err(what) => panic!("{what}"),
    }
}
