use super::*;

#[test]
fn what_another_process_got_is_adopted() {
    let mut s = Scenario::expired();
    s.others_refresh();
    s.does("lock").locks(Lock::Acquired);
    s.does("load").loads();
    s.does("unlock").does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
    assert!(s.has_told("adopted"));
}

#[test]
fn a_token_of_another_process_that_is_due_again_is_refreshed_by_its_refresh_token() {
    let mut s = Scenario::expired();
    s.others_refresh().pass(3600);
    s.until("send refresh-theirs");
}

#[test]
fn while_another_process_refreshes_the_old_token_is_given() {
    let mut s = Scenario::fresh();
    s.pass(3300);
    s.does("lock")
        .locks(Lock::Held)
        .does("load")
        .loads()
        .does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    assert!((5000..5200).contains(&s.waits()));
    s.others_refresh().pass(6);
    s.does("lock")
        .locks(Lock::Held)
        .does("load")
        .loads()
        .does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
}

#[test]
fn who_has_no_token_looks_more_often() {
    let mut s = Scenario::expired();
    assert!(s.token().is_err());
    s.does("lock").locks(Lock::Held).does("load").loads();
    assert!((100..250).contains(&s.waits()));
    s.pass_millis(250).does("lock");
}

#[test]
fn without_any_lock_the_mark_keeps_others_away() {
    let mut s = Scenario::expired();
    s.stored.as_mut().unwrap().pending = Some(Pending {
        owner: "other".into(),
        since: s.now().wall,
        locked: false,
    });
    s.does("lock")
        .locks(Lock::Unavailable)
        .does("load")
        .loads()
        .does("wait");
    assert!(s.has_told("lock-unavailable"));
    // Who has the lock keeps away too: the other one has none.
    s.pass(6)
        .does("lock")
        .locks(Lock::Acquired)
        .does("load")
        .loads()
        .does("unlock")
        .does("wait");
    s.pass(60).until("send refresh-1");
}

#[test]
fn a_mark_under_the_lock_is_left_by_somebody_who_is_gone() {
    let mut s = Scenario::expired();
    s.stored.as_mut().unwrap().pending = Some(Pending {
        owner: "other".into(),
        since: s.now().wall,
        locked: true,
    });
    s.until("send refresh-1");
    s.answers(400, r#"{"error":"invalid_grant"}"#)
        .until("sign-in lost-rotation");
}

#[test]
fn a_mark_of_a_quite_different_time_is_old() {
    let mut s = Scenario::expired();
    s.stored.as_mut().unwrap().pending = Some(Pending {
        owner: "other".into(),
        since: s.now().wall + Duration::from_secs(1_000_000),
        locked: false,
    });
    s.does("lock").locks(Lock::Unavailable).does("load").loads();
    s.until("send refresh-1");
}

#[test]
fn without_any_lock_nothing_is_sent_if_that_is_wanted() {
    let mut options = Options::new("me", Audience::new("mail"));
    options.without_lock = false;
    let mut s = Scenario::with(options, 3600);
    s.pass(3300)
        .does("lock")
        .locks(Lock::Unavailable)
        .does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
}

#[test]
fn two_that_mark_at_once_do_not_both_send() {
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Unavailable).does("load").loads();
    s.others_refresh();
    s.does("save").saves(Saved::Conflict);
    s.does("load").loads().does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
}

#[test]
fn a_record_that_never_holds_still_is_left_alone_for_a_while() {
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Acquired);
    for _ in 0..8 {
        s.does("load").loads().does("save").saves(Saved::Conflict);
    }
    s.does("load").loads().does("unlock").does("wait");
}

#[test]
fn signed_out_elsewhere() {
    let mut s = Scenario::expired();
    s.stored = None;
    s.does("lock").locks(Lock::Acquired).does("load").loads();
    s.does("sign-in signed-out").does("unlock").does("wait");
    let Err(Unavailable::SignIn(sign_in)) = s.token() else {
        panic!()
    };
    assert_eq!(sign_in.reason, SignInReason::SignedOut);
    // A sign-in elsewhere is found, and everything goes on.
    s.stored = Some(record(7200));
    s.does("load").loads().does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
}

#[test]
fn a_request_that_would_outlive_the_lock_is_not_sent() {
    let mut s = Scenario::expired();
    s.does("lock").pass(20).locks(Lock::Acquired);
    s.does("load").pass(20).loads();
    // 40 seconds of the lock are over, and a request may take 20.
    s.does("save")
        .saves(Saved::Done)
        .does("unlock")
        .does("lock")
        .locks(Lock::Acquired);
    s.does("load")
        .loads()
        .does("save")
        .saves(Saved::Done)
        .does("send refresh-1");
}
