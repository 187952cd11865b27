use super::*;
use crate::Urgency;

/// The driver has no turn for this many seconds.
fn no_turn(s: &mut Scenario, seconds: u64) {
    let wait = Duration::from_secs(seconds);
    s.life.handle_no_turn(s.now(), wait);
}

fn begins(s: &mut Scenario) -> Option<Urgency> {
    s.life.begins(s.now())
}

fn retry_in(s: &mut Scenario) -> u64 {
    match s.token().unwrap_err() {
        Unavailable::Temporary { retry_in, .. } => retry_in.as_secs(),
        why => panic!("{why:?}"),
    }
}

#[test]
fn it_says_when_a_refresh_begins_and_for_whom() {
    let mut s = Scenario::fresh();
    assert_eq!(begins(&mut s), None);
    s.pass(3300);
    assert_eq!(begins(&mut s), Some(Urgency::Ahead));
    s.pass(300);
    assert_eq!(begins(&mut s), Some(Urgency::Ahead));
    assert!(s.token().unwrap_err().is_temporary());
    assert_eq!(begins(&mut s), Some(Urgency::Wanted));
    // Asked for the lock, it is under way.
    s.does("lock");
    assert_eq!(begins(&mut s), None);
    s.locks(Lock::Acquired).until("send refresh-1");
    s.answers(200, REFRESHED).until("wait");
    assert_eq!(begins(&mut s), None);
}

#[test]
fn facts_are_told_before_a_refresh_begins() {
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Acquired).until("send refresh-1");
    s.fails(HttpStage::Connect).until("wait");
    s.pass(3600);
    s.life.handle_hint(s.now(), Hint::Retry);
    assert_eq!(begins(&mut s), Some(Urgency::Ahead));
    s.does("lock").locks(Lock::Unavailable);
    assert_eq!(begins(&mut s), None);
    s.does("load");
    assert!(s.has_told("lock-unavailable"));
}

#[test]
fn without_a_turn_it_looks_what_others_have_got_and_waits() {
    let mut s = Scenario::expired();
    assert!(s.token().unwrap_err().is_temporary());
    no_turn(&mut s, 600);
    s.does("load").loads().does("wait");
    // Whoever asks is told when to come again, with some spread.
    assert!((600..=675).contains(&retry_in(&mut s)));
    s.pass(300);
    assert!((300..=375).contains(&retry_in(&mut s)));
    s.life.handle_turn(s.now());
    assert_eq!(begins(&mut s), Some(Urgency::Wanted));
    s.does("lock").locks(Lock::Acquired).until("send refresh-1");
    s.answers(200, REFRESHED).until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn what_others_have_got_needs_no_turn() {
    let mut s = Scenario::expired();
    s.others_refresh();
    assert!(s.token().unwrap_err().is_temporary());
    no_turn(&mut s, 600);
    s.does("load").loads();
    assert_eq!(s.token().unwrap(), "access-theirs");
    assert_eq!(begins(&mut s), None);
    s.does("wait");
    assert!(s.has_told("adopted"));
    // The turn that comes is not needed.
    s.life.handle_turn(s.now());
    assert_eq!(begins(&mut s), None);
}

#[test]
fn it_looks_again_when_somebody_asks_and_not_too_often() {
    let mut s = Scenario::expired();
    assert!(s.token().unwrap_err().is_temporary());
    no_turn(&mut s, 600);
    s.does("load").loads().does("wait");
    s.pass(500).does("wait");
    s.others_refresh();
    for _ in 0..2 {
        assert!(s.token().unwrap_err().is_temporary());
        assert_eq!(begins(&mut s), Some(Urgency::Wanted));
        no_turn(&mut s, 100);
        s.does("load");
        s.life.handle_not_loaded(s.now());
        s.until("wait");
        s.pass(10);
    }
    // A moment after the last look.
    assert!(s.token().unwrap_err().is_temporary());
    no_turn(&mut s, 80);
    s.does("load").loads();
    assert_eq!(s.token().unwrap(), "access-theirs");
}

#[test]
fn who_asks_right_after_a_look_has_the_next_one_a_second_after_that() {
    let mut s = Scenario::expired();
    assert!(s.token().unwrap_err().is_temporary());
    no_turn(&mut s, 600);
    s.does("load").loads().does("wait");
    s.others_refresh();
    s.pass_millis(400);
    assert!(s.token().unwrap_err().is_temporary());
    assert_eq!(begins(&mut s), None);
    assert_eq!(s.waits(), 600);
    s.pass_millis(600);
    assert_eq!(begins(&mut s), Some(Urgency::Wanted));
    no_turn(&mut s, 599);
    s.does("load").loads();
    assert_eq!(s.token().unwrap(), "access-theirs");
}

#[test]
fn a_refresh_that_nobody_waited_for_becomes_more_urgent() {
    let mut s = Scenario::fresh();
    s.pass(3500);
    assert_eq!(begins(&mut s), Some(Urgency::Ahead));
    no_turn(&mut s, 600);
    s.does("load").loads().does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    assert_eq!(begins(&mut s), None);
    s.pass(100);
    assert!(s.token().unwrap_err().is_temporary());
    assert_eq!(begins(&mut s), Some(Urgency::Wanted));
    no_turn(&mut s, 20);
    s.until("wait");
    assert!((20..=23).contains(&retry_in(&mut s)));
    assert_eq!(begins(&mut s), None);
}

#[test]
fn a_token_that_is_good_is_given_out_to_the_last() {
    let mut s = Scenario::fresh();
    s.pass(3570);
    assert!(s.token().unwrap_err().is_temporary(), "a refresh is better");
    no_turn(&mut s, 600);
    assert_eq!(s.token().unwrap(), "access-1");
    s.does("load");
    assert_eq!(s.token().unwrap(), "access-1");
    s.loads().does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    s.pass(30);
    assert!(s.token().unwrap_err().is_temporary());
}

#[test]
fn a_turn_that_comes_while_the_store_is_read_is_taken() {
    let mut s = Scenario::expired();
    assert!(s.token().unwrap_err().is_temporary());
    no_turn(&mut s, 600);
    s.does("load");
    s.life.handle_turn(s.now());
    s.loads();
    assert_eq!(begins(&mut s), Some(Urgency::Wanted));
    s.does("lock");
}

#[test]
fn it_wants_to_begin_again_when_the_wait_is_over() {
    let mut s = Scenario::expired();
    no_turn(&mut s, 0);
    s.does("load").loads().does("wait");
    s.pass(1);
    assert_eq!(begins(&mut s), Some(Urgency::Ahead));
    no_turn(&mut s, 10);
    s.does("wait");
    assert!((10..=12).contains(&retry_in(&mut s)));
}

#[test]
fn a_sign_in_and_a_sign_out_wait_for_no_turn() {
    let mut s = Scenario::expired();
    no_turn(&mut s, 600);
    s.does("load").loads().does("wait");
    s.grant("access-9", Some("refresh-9"));
    assert_eq!(begins(&mut s), None);
    s.until("wait");
    assert_eq!(s.token().unwrap(), "access-9");

    let mut s = Scenario::expired();
    no_turn(&mut s, 600);
    s.does("load").loads().does("wait");
    s.life.sign_out(s.now());
    assert_eq!(begins(&mut s), None);
    s.until("revoke refresh-1");
}

#[test]
fn a_pause_that_the_server_asked_for_is_no_wait_for_a_turn() {
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Acquired).until("send refresh-1");
    s.answers_with(503, "", &[("Retry-After", "100")]);
    s.until("wait").pass(50);
    s.life.handle_turn(s.now());
    assert_eq!(begins(&mut s), None);
    s.does("wait");
}

#[test]
fn a_refresh_without_a_lock_waits_for_its_turn_too() {
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Acquired).until("send refresh-1");
    s.answers(200, REFRESHED);
    for _ in 0..3 {
        while s.next() != "save" {
            s.pass(1);
        }
        s.saves(Saved::Failed);
    }
    s.does("wait").pass(3600);
    assert!(s.token().unwrap_err().is_temporary());
    assert_eq!(begins(&mut s), Some(Urgency::Wanted));
    no_turn(&mut s, 600);
    // Saving is tried on.
    s.does("wait")
        .pass(60)
        .does("save")
        .saves(Saved::Failed)
        .does("wait");
    assert!(s.token().unwrap_err().is_temporary());
    assert_eq!(begins(&mut s), None);
    s.life.handle_turn(s.now());
    assert_eq!(begins(&mut s), Some(Urgency::Wanted));
    s.does("send refresh-2");
}

#[test]
fn after_a_failure_it_looks_what_others_have_got_when_somebody_asks() {
    let mut s = Scenario::expired();
    assert!(s.token().unwrap_err().is_temporary());
    s.until("send refresh-1");
    s.answers_with(503, "", &[("Retry-After", "600")]);
    s.until("wait").pass(20);
    assert!(s.token().unwrap_err().is_temporary());
    s.does("wait").pass(10);
    // Nobody asks: the store is left alone.
    s.does("wait");
    assert!(s.token().unwrap_err().is_temporary());
    s.does("load").loads().does("wait");
    assert!(s.token().unwrap_err().is_temporary());
    s.does("wait").pass(30);
    assert!(s.token().unwrap_err().is_temporary());
    s.does("load").cannot_load().does("wait");
    s.others_refresh().pass(30);
    assert!(s.token().unwrap_err().is_temporary());
    s.does("load").loads();
    assert_eq!(s.token().unwrap(), "access-theirs");
}
