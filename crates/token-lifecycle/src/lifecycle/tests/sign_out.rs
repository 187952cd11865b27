use super::*;

#[test]
fn the_record_is_deleted_and_the_token_revoked() {
    let mut s = Scenario::fresh();
    s.life.sign_out(s.now());
    assert_eq!(s.token().unwrap_err(), Unavailable::SignedOut);
    s.does("load").loads().does("clear").saves(Saved::Done);
    assert!(s.stored.is_none());
    s.does("revoke refresh-1").answers(200, "").does("done");
    assert!(s.life.is_done());
    assert_eq!(s.token().unwrap_err(), Unavailable::SignedOut);
}

#[test]
fn who_refreshed_meanwhile_is_signed_out_too() {
    let mut s = Scenario::fresh();
    s.life.sign_out(s.now());
    s.does("load").loads().does("clear");
    s.others_refresh().saves(Saved::Conflict).pass(2);
    s.does("load").loads().does("clear").saves(Saved::Done);
    s.does("revoke refresh-theirs")
        .answers(200, "")
        .does("revoke refresh-1")
        .answers(200, "")
        .does("done");
}

#[test]
fn an_answer_on_its_way_must_not_outlive_it() {
    let mut s = Scenario::expired();
    s.until("send refresh-1");
    s.life.sign_out(s.now());
    s.does("wait").answers(200, REFRESHED);
    s.does("unlock")
        .does("load")
        .loads()
        .does("clear")
        .saves(Saved::Done);
    s.does("revoke refresh-1")
        .answers(200, "")
        .does("revoke refresh-2")
        .answers(200, "")
        .does("done");
    assert!(s.stored.is_none());
}

#[test]
fn it_works_with_dead_tokens() {
    let mut s = Scenario::expired();
    s.until("send refresh-1")
        .answers(400, r#"{"error":"invalid_grant"}"#);
    s.until("sign-in rejected").until("wait");
    s.life.sign_out(s.now());
    s.does("load")
        .loads()
        .does("clear")
        .saves(Saved::Done)
        .does("done");
    assert!(s.stored.is_none());
}

#[test]
fn it_works_without_a_network() {
    let mut s = Scenario::fresh();
    s.life.sign_out(s.now());
    s.until("revoke refresh-1")
        .fails(HttpStage::Connect)
        .does("wait")
        .pass(1);
    s.does("revoke refresh-1")
        .answers(503, "")
        .does("wait")
        .pass(2);
    s.does("revoke refresh-1")
        .fails(HttpStage::Connect)
        .does("done");
    assert!(s.stored.is_none());
    assert!(s.has_told("revocation-failed"));
}

#[test]
fn what_cannot_be_deleted_is_tried_until_it_is() {
    let mut s = Scenario::fresh();
    s.life.sign_out(s.now());
    for wait in [1, 2, 4] {
        s.does("load")
            .loads()
            .does("clear")
            .saves(Saved::Failed)
            .does("wait")
            .pass(wait);
    }
    s.does("load").cannot_load().does("wait").pass(8);
    s.until("revoke refresh-1");
}

#[test]
fn signing_in_again_is_possible() {
    let mut s = Scenario::fresh();
    s.life.sign_out(s.now());
    s.until("revoke refresh-1").answers(200, "").does("done");
    s.grant("access-7", Some("refresh-7")).until("wait");
    assert_eq!(s.token().unwrap(), "access-7");
}

#[test]
fn revoking_may_be_left_out() {
    let mut options = Options::new("me", Audience::new("mail"));
    options.revoke = false;
    let mut s = Scenario::with(options, 3600);
    s.life.sign_out(s.now());
    s.until("done");
}
