use alloc::{format, string::String};

use super::*;

#[test]
fn what_cannot_be_saved_is_used_and_saved_later() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    s.does("save").saves(Saved::Failed).does("wait");
    assert_eq!(s.token().unwrap(), "access-2");
    assert!(s.life.is_unsaved());
    s.pass(1).does("save").saves(Saved::Failed).does("wait");
    s.pass(2)
        .does("save")
        .saves(Saved::Done)
        .does("unlock")
        .does("wait");
    assert!(s.has_told("store-unavailable") && s.has_told("saved"));
    assert!(!s.life.is_unsaved());
    assert_eq!(
        s.stored
            .as_ref()
            .unwrap()
            .refresh
            .as_ref()
            .unwrap()
            .expose(),
        "refresh-2"
    );
}

#[test]
fn while_the_store_fails_the_old_refresh_token_is_never_sent_again() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    s.does("save").saves(Saved::Failed);
    for _ in 0..150 {
        s.pass(20);
        match &*s.next() {
            "save" => s.saves(Saved::Failed),
            "wait" => &mut s,
            other => panic!("{other}"),
        };
        assert_eq!(s.token().unwrap(), "access-2");
    }
    // Its time is up, and somebody wants one: the new refresh token gets the next one.
    s.pass(600);
    assert!(s.token().unwrap_err().is_temporary());
    s.does("send refresh-2");
}

/// New tokens that cannot be saved, an hour later: somebody waits, and the next request is on its way.
fn unsaved_and_expired() -> Scenario {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    for _ in 0..3 {
        s.does("save").saves(Saved::Failed).does("wait").pass(4);
    }
    s.pass(3600);
    assert!(s.token().unwrap_err().is_temporary());
    s.does("send refresh-2");
    s
}

#[test]
fn a_sign_in_does_not_hurry_what_cannot_be_saved() {
    let mut s = unsaved_and_expired();
    s.answers(503, "");
    s.does("save").saves(Saved::Failed).does("wait");
    s.grant("access-9", Some("refresh-9"));
    // No request is made for what it replaces, and the store is not asked without end.
    for _ in 0..30 {
        s.does("wait").pass(4);
        s.does("save").saves(Saved::Failed);
    }
    s.does("wait").pass(4);
    s.does("save").saves(Saved::Done);
    s.until("load").loads();
    s.until("save").saves(Saved::Done);
    assert_eq!(s.token().unwrap(), "access-9");
    let stored = s.stored.as_ref().and_then(Record::refresh);
    assert_eq!(stored.map(Secret::expose), Some("refresh-9"));
}

/// Saves in vain for so many seconds, which is all that is done, and says what else comes when.
fn saves_in_vain(s: &mut Scenario, seconds: u64) -> String {
    let mut saved = 0;
    for second in 0..=seconds {
        let mut next = s.next();
        if next == "save" {
            // At once after a request, and every four seconds at the latest after that.
            saved = second;
            s.saves(Saved::Failed);
            next = s.next();
        }
        if next != "wait" {
            return format!("{next} after {second}");
        }
        assert!(second - saved <= 4, "not saved for {} s", second - saved);
        s.pass(1);
    }
    "nothing else".into()
}

#[test]
fn a_request_that_fails_keeps_what_is_unsaved_under_the_lock() {
    type Fail = fn(&mut Scenario);
    let fails: [(&str, Fail); 5] = [
        ("429", |s| {
            s.answers_with(429, "", &[("Retry-After", "7")]);
        }),
        ("503", |s| {
            s.answers(503, "");
        }),
        ("no connection", |s| {
            s.fails(HttpStage::Connect);
        }),
        ("lost twice", |s| {
            s.fails(HttpStage::Sent).does("send refresh-2");
            s.fails(HttpStage::Sent);
        }),
        ("set wrong", |s| {
            s.answers(401, r#"{"error":"invalid_client"}"#);
        }),
    ];
    for (what, fail) in fails {
        let mut s = unsaved_and_expired();
        fail(&mut s);
        assert_eq!(s.next(), "save", "{what}");
        s.saves(Saved::Failed).does("wait");
        s.pass(4);
        let next = saves_in_vain(&mut s, 60);
        let asked = match what {
            "429" => "send refresh-2 after 4",
            "set wrong" => "nothing else",
            _ => "send refresh-2 after 0",
        };
        assert!(next.starts_with(asked), "{what}: {next}");
    }
}

#[test]
fn while_it_saves_a_server_that_wants_to_be_left_alone_is() {
    let mut s = unsaved_and_expired();
    s.answers_with(429, "", &[("Retry-After", "300")]);
    let Err(Unavailable::Temporary { retry_in, .. }) = s.token() else {
        panic!("it has expired")
    };
    assert_eq!(retry_in, Duration::from_secs(60));
    assert_eq!(saves_in_vain(&mut s, 298), "nothing else");
    // No hint helps, and the store is back before.
    s.life.handle_hint(s.now(), Hint::Retry);
    s.does("save").saves(Saved::Done);
    s.does("unlock").does("wait");
    assert_eq!(
        s.stored.as_ref().unwrap().refresh,
        Some(Secret::from("refresh-2"))
    );
    assert!(s.token().unwrap_err().is_temporary());
    s.pass(60).until("send refresh-2");
}

#[test]
fn while_it_saves_each_failure_makes_it_more_patient_until_somebody_hints() {
    let mut s = unsaved_and_expired();
    for least in [1, 2, 15] {
        s.answers(503, "");
        let before = s.now().boot.unwrap();
        let next = saves_in_vain(&mut s, 60);
        assert!(next.starts_with("send refresh-2"), "{next}");
        let waited = s.now().boot.unwrap() - before;
        assert!(waited >= Duration::from_secs(least), "{waited:?}");
        assert!(waited <= Duration::from_secs(2 * least + 2), "{waited:?}");
    }
    s.answers(503, "");
    s.life.handle_hint(s.now(), Hint::NetworkUp);
    // It begins with saving, as there may be a store again too.
    let next = saves_in_vain(&mut s, 10);
    assert_eq!(next, "send refresh-2 after 3");
    s.answers(
        200,
        r#"{"access_token":"access-3","refresh_token":"refresh-3","expires_in":3600}"#,
    );
    s.does("save")
        .saves(Saved::Done)
        .does("unlock")
        .does("wait");
    assert_eq!(s.token().unwrap(), "access-3");
}

#[test]
fn while_it_saves_a_wrong_setting_is_told_and_tried_again_when_it_was_changed() {
    let mut s = unsaved_and_expired();
    s.answers(401, r#"{"error":"invalid_client"}"#);
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
    assert_eq!(saves_in_vain(&mut s, 890), "nothing else");
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
    // Once it is saved, others may have the lock; the setting is as wrong as before.
    s.pass(4).does("save").saves(Saved::Done);
    s.does("unlock").does("wait");
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
    s.life.handle_hint(s.now(), Hint::SettingsChanged);
    s.until("send refresh-2");
    s.answers(200, r#"{"access_token":"access-3","expires_in":3600}"#)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-3");
}

#[test]
fn an_answer_that_is_lost_while_it_saves_is_told_as_that() {
    let mut s = unsaved_and_expired();
    for _ in 0..2 {
        s.fails(HttpStage::Sent);
        s.next();
    }
    s.saves(Saved::Failed).pass(2).does("send refresh-2");
    s.answers(400, r#"{"error":"invalid_grant"}"#);
    s.until("sign-in lost-rotation");
    assert!(s.stored.as_ref().unwrap().is_ended());
}

/// The lock of who has them lasts a minute, and once it has ended others send the old refresh token.
#[test]
fn what_is_unsaved_is_saved_seconds_after_the_store_is_back() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    s.does("save").saves(Saved::Failed);
    for _ in 0..12 {
        s.does("wait").pass(4).does("save").saves(Saved::Failed);
    }
}

/// It is the store that is in the way, which needs no patience as a server of many does.
#[test]
fn who_waits_gets_a_token_seconds_after_the_store_is_back() {
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Acquired);
    for _ in 0..20 {
        s.does("load").cannot_load();
        assert!(s.token().unwrap_err().is_temporary());
        s.does("unlock").does("wait");
        s.pass(4).does("lock").locks(Lock::Acquired);
    }
    s.does("load").loads().until("send refresh-1");
    s.answers(200, REFRESHED).until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
    // While nobody does, it is left alone.
    let mut s = Scenario::fresh();
    s.pass(3300).until("lock").locks(Lock::Acquired);
    for _ in 0..3 {
        s.does("load").cannot_load();
        s.does("unlock").does("wait");
        s.pass(4).does("wait");
        s.pass(3600).does("lock").locks(Lock::Acquired);
    }
}

#[test]
fn a_store_that_takes_no_mark_takes_no_token_either() {
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Acquired).does("load").loads();
    s.does("save")
        .saves(Saved::Failed)
        .does("unlock")
        .does("wait");
    assert!(s.token().unwrap_err().is_temporary());
}

#[test]
fn a_writing_that_failed_may_have_been_written() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    s.does("save");
    let Action::Wait(_) = s.life.poll(s.now()) else {
        panic!()
    };
    // It is on the disk, and the word of it was lost.
    let written = match &s.life.op {
        Op::Save(save) => save.record.clone(),
        other => panic!("{other:?}"),
    };
    s.stored = Some(written);
    s.life.handle_saved(s.now(), Saved::Failed);
    s.pass(1).does("save").saves(Saved::Conflict);
    s.does("load").loads().does("unlock").does("wait");
    assert!(s.has_told("saved"));
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn of_two_refreshes_the_later_one_is_kept_and_the_other_is_a_spare() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    s.pass(1).others_refresh();
    s.does("save")
        .saves(Saved::Conflict)
        .does("load")
        .loads()
        .does("unlock")
        .does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
    assert!(s.has_told("conflict"));
    s.pass(3600)
        .until("send refresh-theirs")
        .answers(400, r#"{"error":"invalid_grant"}"#);
    s.until("send refresh-2")
        .answers(
            200,
            r#"{"access_token":"access-3","refresh_token":"refresh-3"}"#,
        )
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-3");
}

#[test]
fn of_two_refreshes_ours_may_be_the_later_one() {
    let mut s = Scenario::expired();
    s.others_refresh().pass(3600);
    s.until("send refresh-theirs")
        .pass(1)
        .answers(200, REFRESHED);
    let stored = s.stored.as_mut().unwrap();
    stored.generation = stored.generation.next();
    stored.revision = stored.revision.next();
    s.does("save")
        .saves(Saved::Conflict)
        .does("load")
        .loads()
        .does("save")
        .saves(Saved::Done);
    assert_eq!(s.token().unwrap(), "access-2");
    assert_eq!(s.stored.as_ref().unwrap().generation, Generation::from(4));
}

/// What was reported as failed was written, and somebody whose clock is behind has refreshed it by now: the old
/// refresh token must not come back.
#[test]
fn of_two_refreshes_the_one_that_began_with_the_other_is_kept() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    s.does("save");
    let Op::Save(save) = &s.life.op else { panic!() };
    s.stored = Some(save.record.clone());
    s.life.handle_saved(s.now(), Saved::Failed);
    s.others_refresh();
    let token = s.stored.as_mut().unwrap().access.first_mut().unwrap();
    token.issued_at = token.issued_at - Duration::from_secs(120);
    s.pass(1).does("save").saves(Saved::Conflict);
    s.does("load").loads().does("unlock").does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
}

#[test]
fn signed_out_elsewhere_while_we_refreshed() {
    let mut s = Scenario::expired();
    s.until("send refresh-1").answers(200, REFRESHED);
    s.stored = None;
    s.does("save").saves(Saved::Conflict).does("load").loads();
    s.does("sign-in signed-out")
        .does("unlock")
        .does("revoke refresh-2")
        .answers(200, "")
        .does("done");
    assert!(s.stored.is_none());
}

#[test]
fn a_store_that_lost_what_it_had_gets_it_back() {
    let mut s = Scenario::expired();
    let before = s.stored.clone();
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    s.stored = before;
    s.pass(3600)
        .does("lock")
        .locks(Lock::Acquired)
        .does("load")
        .loads();
    s.does("save").saves(Saved::Done);
    assert_eq!(
        s.stored
            .as_ref()
            .unwrap()
            .refresh
            .as_ref()
            .unwrap()
            .expose(),
        "refresh-2"
    );
    s.until("send refresh-2");
}

#[test]
fn a_store_that_cannot_be_written_to_is_enough_for_a_token_that_never_changes() {
    let mut options = Options::new("me", Audience::new("mail"));
    options.quirks.never_rotates = true;
    let mut s = Scenario::with(options, 3600);
    for _ in 0..3 {
        s.pass(3600)
            .does("lock")
            .locks(Lock::Acquired)
            .does("load")
            .loads();
        s.does("send refresh-1")
            .answers(200, r#"{"access_token":"access-2","expires_in":3600}"#);
        s.does("save")
            .saves(Saved::Failed)
            .does("unlock")
            .does("wait");
        assert_eq!(s.token().unwrap(), "access-2");
    }
}

#[test]
fn a_store_that_fails_at_first_is_asked_again() {
    let mut s = Scenario::with_stored(
        Options::new("me", Audience::new("mail")),
        Some(record(3600)),
    );
    assert!(s.token().unwrap_err().is_temporary());
    s.does("load")
        .cannot_load()
        .does("wait")
        .pass(1)
        .does("load")
        .loads();
    assert_eq!(s.token().unwrap(), "access-1");
}

#[test]
fn a_sign_in_waits_for_the_store() {
    let mut s = Scenario::fresh();
    s.grant("access-7", Some("refresh-7"));
    s.does("load").cannot_load().does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    s.pass(2).until("wait");
    assert_eq!(s.token().unwrap(), "access-7");
    // What cannot be saved is used.
    let mut s = Scenario::fresh();
    s.grant("access-7", Some("refresh-7"));
    s.does("load")
        .loads()
        .does("save")
        .saves(Saved::Failed)
        .does("wait");
    assert_eq!(s.token().unwrap(), "access-7");
    s.others_refresh()
        .pass(1)
        .does("save")
        .saves(Saved::Conflict)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-7");
    assert_eq!(
        s.stored
            .as_ref()
            .unwrap()
            .refresh
            .as_ref()
            .unwrap()
            .expose(),
        "refresh-7"
    );
}

#[test]
fn what_was_refused_is_not_sent_again_although_a_store_fails_all_the_time() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .answers(400, r#"{"error":"invalid_grant"}"#);
    s.does("load")
        .loads()
        .does("save")
        .saves(Saved::Failed)
        .does("sign-in rejected");
    s.grant("access-7", Some("refresh-7"));
    s.does("unlock")
        .does("load")
        .cannot_load()
        .does("wait")
        .pass(1)
        .does("wait");
    assert!(s.token().unwrap_err().is_temporary());
    s.pass(1).until("wait");
    assert_eq!(s.token().unwrap(), "access-7");
}

#[test]
fn what_was_cancelled_is_done_again() {
    let mut s = Scenario::expired();
    for step in ["lock", "load", "wait"] {
        s.does(step);
        s.life.handle_abandoned(s.now());
    }
    s.pass(60).until("send refresh-1");
    s.life.handle_abandoned(s.now());
    s.does("send refresh-1")
        .answers(200, REFRESHED)
        .does("save");
    s.life.handle_abandoned(s.now());
    assert_eq!(s.token().unwrap(), "access-2");
    assert!(s.life.is_unsaved());
}

/// "It cannot be saved" is no help to whoever has a file that cannot be read.
#[test]
fn whether_it_was_read_or_written_is_told() {
    let told = |s: &mut Scenario| {
        s.next();
        let writing = s.told.iter().filter_map(|event| match event {
            Event::StoreUnavailable { writing } => Some(*writing),
            _ => None,
        });
        let writing = writing.collect::<Vec<_>>();
        s.told.clear();
        writing
    };
    let mut s = Scenario::expired();
    s.does("lock").locks(Lock::Acquired);
    s.does("load").cannot_load();
    assert_eq!(told(&mut s), [false]);
    s.pass(60).does("lock").locks(Lock::Acquired);
    s.does("load").loads().does("save").saves(Saved::Failed);
    assert_eq!(told(&mut s), [true]);
    // What was cancelled is as if it had failed.
    s.pass(120).until("send refresh-1").answers(200, REFRESHED);
    s.does("save");
    s.life.handle_abandoned(s.now());
    assert_eq!(told(&mut s), [true]);
    let mut s = Scenario::fresh();
    s.life.sign_out(s.now());
    s.does("load").loads().does("clear").saves(Saved::Failed);
    assert_eq!(told(&mut s), [true]);
}
