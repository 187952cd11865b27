use alloc::{vec, vec::Vec};

use proptest::{collection::vec as many, prelude::*};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// Takes what there is.
fn drain(pace: &mut Pace, now: Duration) -> usize {
    let mut taken = 0;
    while let Ok(turn) = pace.reserve(now) {
        pace.spend(now, turn);
        taken += 1;
    }
    taken
}

#[test]
fn it_begins_empty_and_fills_up_to_the_burst() {
    let mut pace = Pace::per_second(number(10)).with_burst(number(3));
    assert_eq!(pace.reserve(SECOND).unwrap_err(), SECOND / 10);
    assert_eq!(drain(&mut pace, SECOND + SECOND / 10), 1);
    assert_eq!(drain(&mut pace, SECOND * 100), 3);
    assert_eq!(drain(&mut pace, SECOND * 100), 0);
    assert_eq!(drain(&mut pace, SECOND * 100 + SECOND / 5), 2);
}

#[test]
fn a_limit_that_is_not_a_whole_part_of_a_second_is_kept() {
    let mut pace = Pace::per_second(number(3)).with_burst(number(1));
    let mut taken = 0;
    for millis in 0..10_000 {
        taken += drain(&mut pace, Duration::from_millis(millis));
    }
    // Three a second, less the first one: each waits for the next millisecond.
    assert!((29..=30).contains(&taken), "{taken}");
}

#[test]
fn what_is_given_back_is_there_for_the_next() {
    let mut pace = Pace::every(SECOND);
    assert!(pace.reserve(Duration::ZERO).is_err());
    for _ in 0..1000 {
        let turn = pace.reserve(SECOND).unwrap();
        assert!(pace.reserve(SECOND).is_err());
        pace.give_back(turn);
    }
    assert_eq!(drain(&mut pace, SECOND), 1);
}

#[test]
fn what_is_reserved_is_not_there_for_others_however_long_it_takes() {
    let mut pace = Pace::per_second(number(10)).with_burst(number(2));
    assert!(pace.reserve(Duration::ZERO).is_err());
    let turn = pace.reserve(SECOND * 100).unwrap();
    assert_eq!(drain(&mut pace, SECOND * 200), 1);
    assert_eq!(drain(&mut pace, SECOND * 200), 0);
    pace.spend(SECOND * 200, turn);
    assert_eq!(drain(&mut pace, SECOND * 200), 0);
}

#[test]
fn requests_that_could_not_wait_are_made_up_for() {
    let mut pace = Pace::every(SECOND);
    assert!(pace.reserve(Duration::ZERO).is_err());
    for _ in 0..5 {
        pace.count(SECOND);
    }
    // One turn was there; four are missing.
    assert_eq!(pace.wait(SECOND, 1), SECOND * 5);
    assert_eq!(drain(&mut pace, SECOND * 5), 0);
    assert_eq!(drain(&mut pace, SECOND * 6), 1);
}

#[test]
fn a_queue_is_as_long_as_its_turns_take() {
    let mut pace = Pace::per_second(number(10)).with_burst(number(1));
    assert!(pace.reserve(Duration::ZERO).is_err());
    assert_eq!(pace.wait(Duration::ZERO, 10), SECOND);
    let turn = pace.reserve(SECOND).unwrap();
    assert_eq!(pace.wait(SECOND, 10), SECOND);
    pace.spend(SECOND, turn);
    assert_eq!(pace.wait(SECOND, 10), SECOND);
}

#[test]
fn nodes_share_a_limit() {
    let mut nodes: Vec<_> = (0..7)
        .map(|_| Pace::per_second(number(100)).divided_by(number(7)))
        .collect();
    let mut taken = 0;
    for millis in 0..=100_000 {
        let now = Duration::from_millis(millis);
        taken += nodes.iter_mut().map(|node| drain(node, now)).sum::<usize>();
    }
    assert!((9_800..=10_000).contains(&taken), "{taken}");
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let all = NonZeroU32::MAX;
    for mut pace in [
        Pace::per_second(all).with_burst(all).divided_by(all),
        Pace::every(Duration::MAX).with_burst(all).divided_by(all),
        Pace::every(Duration::ZERO).with_burst(all),
    ] {
        for now in [Duration::ZERO, SECOND, Duration::MAX, SECOND] {
            if let Ok(turn) = pace.reserve(now) {
                pace.spend(now, turn);
            }
            pace.count(now);
            let _ = pace.wait(now, u64::MAX);
        }
    }
}

/// What callers do, in any order.
#[derive(Clone, Debug)]
enum Step {
    /// Time passes, or the clock is set back.
    Pass(u64),
    Back(u64),
    Reserve,
    Spend,
    GiveBack,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0u64..400_000_000).prop_map(Step::Pass),
        1 => (0u64..3_000_000).prop_map(Step::Pass),
        1 => (0u64..100_000_000).prop_map(Step::Back),
        6 => Just(Step::Reserve),
        3 => Just(Step::Spend),
        2 => Just(Step::GiveBack),
    ]
}

proptest! {
    #[test]
    fn never_more_than_the_burst_and_the_rate(
        rate in 1u32..200,
        burst in 1u32..20,
        steps in many(step(), 1..400),
    ) {
        let mut pace = Pace::per_second(number(rate)).with_burst(number(burst));
        let interval = u128::from(super::SECOND.div_ceil(u64::from(rate)));
        let (mut now, mut latest) = (0u64, 0u64);
        let (mut turns, mut sent) = (vec![], vec![]);
        prop_assert!(pace.reserve(Duration::ZERO).is_err());
        for step in steps {
            let at = Duration::from_nanos(now);
            // A clock that is set back shows more in less time: what counts is the latest that it was seen at.
            let looks = matches!(step, Step::Reserve) || matches!(step, Step::Spend) && !turns.is_empty();
            if looks {
                latest = latest.max(now);
            }
            match step {
                Step::Pass(nanos) => now += nanos,
                Step::Back(nanos) => now = now.saturating_sub(nanos),
                Step::Reserve => {
                    let wait = pace.wait(at, 1);
                    let turn = pace.reserve(at);
                    prop_assert_eq!(turn.is_ok(), wait.is_zero());
                    turns.extend(turn);
                }
                Step::Spend => if let Some(turn) = turns.pop() {
                    pace.spend(at, turn);
                    sent.push(latest);
                },
                Step::GiveBack => if let Some(turn) = turns.pop() {
                    pace.give_back(turn);
                },
            }
            // A turn that is reserved can be spent at any time.
            prop_assert!(pace.wait(at, 0).is_zero());
        }
        for (first, from) in sent.iter().enumerate() {
            for (last, to) in sent.iter().enumerate().skip(first) {
                let most = u128::from(burst) + u128::from(to - from) / interval;
                prop_assert!((last - first + 1) as u128 <= most, "{} in {} ns", last - first + 1, to - from);
            }
        }
    }

    /// Who waits as long as he is told gets a turn, and not one moment sooner.
    #[test]
    fn the_wait_is_exact(rate in 1u32..1000, burst in 1u32..10, spent in 0usize..30, after in 0u64..3_000_000_000) {
        let mut pace = Pace::per_second(number(rate)).with_burst(number(burst));
        assert!(pace.reserve(Duration::ZERO).is_err());
        let now = Duration::from_nanos(after);
        for _ in 0..spent {
            pace.count(now);
        }
        match pace.clone().reserve(now) {
            Ok(_) => prop_assert_eq!(pace.wait(now, 1), Duration::ZERO),
            Err(wait) => {
                prop_assert!(pace.clone().reserve(now + wait - Duration::from_nanos(1)).is_err());
                prop_assert!(pace.clone().reserve(now + wait).is_ok());
            }
        }
    }
}
