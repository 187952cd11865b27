use super::*;

const INVALID_GRANT: &str = r#"{"error":"invalid_grant"}"#;

#[test]
fn a_refusal_counts_if_the_stored_generation_is_the_refused_one() {
    let mut s = Scenario::expired();
    assert!(s.token().is_err());
    s.until("send refresh-1").answers(400, INVALID_GRANT);
    s.does("load").loads().does("save").saves(Saved::Done);
    s.does("sign-in rejected").does("unlock").does("wait");
    let stored = s.stored.as_ref().unwrap();
    assert!(stored.is_ended() && !stored.can_refresh());
    // Once, and nothing is asked for any more.
    assert!(matches!(s.token(), Err(Unavailable::SignIn(_))));
    s.pass(10).does("load").loads().does("wait").pass(10);
    assert!(s.token().is_err());
    s.does("wait");
}

#[test]
fn a_refusal_of_what_somebody_has_replaced_is_none() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .others_refresh()
        .answers(400, INVALID_GRANT);
    s.does("load").loads().does("unlock").does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
}

#[test]
fn what_somebody_has_replaced_and_is_due_again_is_tried_once() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .others_refresh()
        .pass(3600)
        .answers(400, INVALID_GRANT);
    s.until("send refresh-theirs").answers(400, INVALID_GRANT);
    s.until("sign-in rejected");
}

#[test]
fn a_replaced_token_that_somebody_has_just_sent_is_waited_for() {
    let mut s = Scenario::expired();
    s.does("lock")
        .locks(Lock::Unavailable)
        .does("load")
        .loads()
        .does("save")
        .saves(Saved::Done);
    s.does("send refresh-1").others_refresh().pass(3600);
    s.stored.as_mut().unwrap().pending = Some(Pending {
        owner: "other".into(),
        since: s.now().wall,
        locked: true,
    });
    s.answers(400, INVALID_GRANT)
        .does("load")
        .loads()
        .does("wait");
}

#[test]
fn a_store_that_fails_ends_no_session() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(400, INVALID_GRANT);
    s.does("load").cannot_load().does("unlock").does("wait");
    assert!(s.token().unwrap_err().is_temporary());
    assert!(s.stored.as_ref().unwrap().can_refresh());
    // What was refused is not sent again.
    s.pass(1).until("sign-in rejected");
}

#[test]
fn the_token_is_used_up_unless_it_must_not() {
    for end_at_once in [false, true] {
        let mut options = Options::new("me", Audience::new("mail"));
        options.end_at_once = end_at_once;
        let mut s = Scenario::with(options, 3600);
        s.pass(3300)
            .until("send refresh-1")
            .answers(400, INVALID_GRANT)
            .until("sign-in rejected");
        assert_eq!(s.token().is_ok(), !end_at_once);
        s.pass(300);
        assert!(matches!(s.token(), Err(Unavailable::SignIn(_))));
    }
}

#[test]
fn a_sign_in_elsewhere_is_found() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .answers(400, INVALID_GRANT)
        .until("sign-in rejected")
        .until("wait");
    s.others_refresh();
    let stored = s.stored.as_mut().unwrap();
    stored.ended = None;
    assert!(s.token().is_err());
    s.does("load").loads().does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
    assert!(s.has_told("restored"));
}

#[test]
fn a_lost_answer_is_asked_for_once_more_at_once() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").fails(HttpStage::Sent);
    s.does("send refresh-1").fails(HttpStage::Sent);
    // The mark stays: nobody knows what became of it.
    s.does("unlock").does("wait");
    assert!(s.stored.as_ref().unwrap().pending.is_some());
    assert!(s.token().unwrap_err().is_temporary());
    s.pass(1000)
        .until("send refresh-1")
        .answers(400, INVALID_GRANT)
        .until("sign-in lost-rotation");
}

#[test]
fn a_failure_that_passes_takes_the_mark_away_and_keeps_the_token() {
    for (status, body) in [
        (503, ""),
        (400, r#"{"error":"temporarily_unavailable"}"#),
        (404, "<html>"),
    ] {
        let mut s = Scenario::expired();
        s.until("send refresh-1").answers(status, body);
        s.does("save")
            .saves(Saved::Done)
            .does("unlock")
            .does("wait");
        let stored = s.stored.as_ref().unwrap();
        assert!(stored.pending.is_none() && stored.can_refresh(), "{status}");
    }
}

#[test]
fn a_success_that_cannot_be_read_may_have_used_the_token_up() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .answers(200, "<html>")
        .does("unlock");
    assert!(s.stored.as_ref().unwrap().pending.is_some());
}

#[test]
fn a_server_that_wants_to_be_left_alone_is() {
    let mut s = Scenario::expired();
    assert!(s.token().is_err());
    s.until("send refresh-1")
        .answers_with(429, "", &[("Retry-After", "600")])
        .until("wait");
    for _ in 0..12 {
        s.life.handle_hint(s.now(), Hint::NetworkUp);
        s.life.handle_hint(s.now(), Hint::Retry);
        assert!(s.token().unwrap_err().is_temporary());
        // The store is no server.
        s.until("wait").pass(50);
    }
    s.pass(61).does("lock");
}

#[test]
fn a_caller_who_waits_is_worth_a_quick_try() {
    let mut s = Scenario::expired();
    assert!(s.token().is_err());
    for wait in [1000, 2000] {
        s.until("send refresh-1")
            .fails(HttpStage::Connect)
            .until("wait");
        assert_eq!(s.waits(), wait);
        s.pass_millis(wait);
    }
    s.until("send refresh-1")
        .fails(HttpStage::Connect)
        .until("wait");
    assert!(s.waits() >= 15_000);
}

/// A thousand callers a second must not stop the time.
#[test]
fn a_pause_ends_however_often_somebody_asks() {
    let mut s = Scenario::fresh();
    s.pass(3000).token().unwrap();
    s.until("send refresh-1").fails(HttpStage::Connect);
    s.until("wait");
    let pause = s.waits();
    for _ in 0..pause * 10 {
        s.pass_micros(100).token().unwrap();
    }
    s.until("send refresh-1");
}

#[test]
fn the_pauses_grow_while_nobody_waits() {
    let mut s = Scenario::fresh();
    s.pass(3000);
    let mut least = 15_000;
    for _ in 0..6 {
        s.until("send refresh-1")
            .fails(HttpStage::Tls)
            .until("wait");
        let mut waited = 0;
        while s.next() == "wait" {
            s.pass_millis(500);
            waited += 500;
        }
        assert!(
            waited >= least && waited <= 2 * least + 500,
            "{waited} {least}"
        );
        least = (2 * least).min(450_000);
        s.locks(Lock::Acquired);
    }
}

#[test]
fn a_wrong_setting_is_probed_now_and_then() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .answers(401, r#"{"error":"invalid_client"}"#)
        .until("wait");
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
    assert!(s.stored.as_ref().unwrap().can_refresh());
    s.pass(899).does("wait").pass(1);
    s.until("send refresh-1")
        .answers(401, r#"{"error":"invalid_client"}"#)
        .until("wait");
    s.pass(1799).does("wait");
    s.life.handle_hint(s.now(), Hint::SettingsChanged);
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn what_is_odd_for_long_is_set_wrong() {
    let mut s = Scenario::expired();
    for times in 1..=5 {
        s.until("send refresh-1")
            .answers(404, "<html>")
            .until("wait");
        assert_eq!(
            matches!(s.token(), Err(Unavailable::Misconfigured(_))),
            times == 5
        );
        s.pass(1000);
    }
}

#[test]
fn a_scope_that_is_refused_is_left_out_once() {
    let mut options = Options::new("me", Audience::new("mail"));
    options.quirks.wants_scope_to_refresh = true;
    let mut s = Scenario::with(options, 3600);
    s.pass(3600)
        .until("send refresh-1 mail")
        .answers(400, r#"{"error":"invalid_scope"}"#);
    s.does("send refresh-1")
        .answers(400, r#"{"error":"invalid_scope"}"#)
        .until("wait");
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
}

#[test]
fn the_user_is_wanted() {
    let mut s = Scenario::expired();
    let body = r#"{"error":"interaction_required","claims":"{\"access_token\":{}}"}"#;
    s.until("send refresh-1")
        .answers(400, body)
        .until("sign-in interaction-required");
    let Err(Unavailable::SignIn(sign_in)) = s.token() else {
        panic!()
    };
    assert_eq!(sign_in.claims.as_deref(), Some(r#"{"access_token":{}}"#));
}

#[test]
fn after_sleep_not_all_at_once() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .fails(HttpStage::Connect)
        .until("wait");
    s.life.handle_hint(s.now(), Hint::Resumed);
    assert!(s.waits() <= 10_000);
    s.pass(11).does("lock");
}
