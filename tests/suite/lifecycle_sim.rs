//! Many processes that share a grant, in worlds where everything goes wrong.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that fails should fail loudly, and this one says how much it played"
)]

use std::time::Instant;

use harness::sim::{Faults, Random, Summary, World};

/// How many schedules a run of the tests plays. The release step of `tests/run` plays more.
fn schedules(debug: u64, release: u64) -> u64 {
    let default = if cfg!(debug_assertions) {
        debug
    } else {
        release
    };
    std::env::var("LIFECYCLE_SCHEDULES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(default)
}

fn play(from: u64, count: u64, minutes: u64, faults: impl Fn(&mut Random) -> Faults) -> Summary {
    let begin = Instant::now();
    let mut sum = Summary::default();
    for seed in from..from + count {
        let mut random = Random::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let processes = random.between(1, 5) as usize;
        let faults = faults(&mut random);
        match World::play(seed, processes, faults, minutes) {
            Ok(one) => {
                sum.steps += one.steps;
                sum.refreshes += one.refreshes;
                sum.adoptions += one.adoptions;
                sum.crashes += one.crashes;
                sum.excused_losses += one.excused_losses;
                sum.sign_ins += one.sign_ins;
            }
            Err(what) => panic!("{what}"),
        }
    }
    println!(
        "{count} schedules in {:.1} s: {sum:?}",
        begin.elapsed().as_secs_f64()
    );
    sum
}

#[test]
fn nothing_goes_wrong() {
    let sum = play(0, schedules(500, 10_000), 120, |_| Faults::NONE);
    assert!(sum.refreshes > 0 && sum.adoptions > 0);
    assert_eq!(sum.excused_losses, 0);
}

/// Without any lock, the mark in the record is enough as long as the store works.
#[test]
fn without_a_lock_no_login_is_lost() {
    let sum = play(1_000_000, schedules(500, 10_000), 120, |_| Faults::NO_LOCK);
    assert!(sum.refreshes > 0);
    assert_eq!(sum.excused_losses, 0);
}

/// As long as no answer is lost that replaced a refresh token, no login is lost.
#[test]
fn what_passes_costs_no_login() {
    let sum = play(2_000_000, schedules(500, 20_000), 120, |_| Faults::HARMLESS);
    assert!(sum.refreshes > 0);
    assert_eq!(sum.excused_losses, 0);
}

/// Others are kept away by the lock until new tokens are saved, whatever the server says meanwhile.
#[test]
fn what_is_unsaved_keeps_the_lock() {
    let sum = play(4_000_000, schedules(300, 5000), 120, |_| Faults::OUTAGES);
    assert!(sum.refreshes > 0 && sum.adoptions > 0);
}

#[test]
fn everything_goes_wrong() {
    let sum = play(3_000_000, schedules(2000, 80_000), 120, Faults::chance);
    assert!(sum.refreshes > 0 && sum.crashes > 0 && sum.sign_ins > 0);
}
