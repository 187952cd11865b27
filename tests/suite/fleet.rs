//! A day of a fleet of nodes, with outages and restarts. `bin/fleet.rs` plays it at any size; figures of a
//! million sessions are in `benches/RESULTS.md`.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that fails should fail loudly, and this one says how much it played"
)]

use harness::fleet::{Fleet, Plan, Summary};

fn play(plan: &Plan) -> Summary {
    match Fleet::play(plan.clone(), |_, _| {}) {
        Ok(summary) => summary,
        Err(what) => panic!("{what}"),
    }
}

/// What must hold is checked while it is played. That it was put to the test is checked here.
#[test]
fn a_day() {
    let mut plan = Plan::day(20_000, 10, 120);
    plan.revoked = 500;
    let summary = play(&plan);
    println!("{}", summary.tell(&plan));
    assert!(summary.later > 10_000, "there was no herd");
    assert!(summary.at_once > 2_000_000 && summary.waited > 10_000);
    assert!(
        summary.adopted > 100,
        "no node has used what another one got"
    );
    assert!(summary.repeated > 0, "no answer was lost");
    assert!(summary.ended > 10, "hardly anybody was revoked");
    assert!(
        summary.old > 0,
        "nobody has used a token to its last second"
    );
    assert!(summary.worked_off > 60_000 && summary.worked_off < Plan::HERD);
    // The limit was reached, and not passed.
    assert!(summary.minute * 10 > plan.most(60_000) * 7);
}

#[test]
fn the_same_seed_is_the_same_day() {
    let plan = Plan::day(1_000, 4, 60);
    assert_eq!(play(&plan), play(&plan));
}

/// What the limit is for.
#[test]
fn without_a_limit_all_come_within_a_minute() {
    let plan = Plan::day(2_000, 10, 120);
    let most = plan.most(60_000);
    let summary = play(&Plan {
        rate: 1_000_000,
        ..plan
    });
    assert!(summary.minute > 5 * most, "{} in a minute", summary.minute);
}
