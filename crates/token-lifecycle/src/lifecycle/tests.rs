#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "tests are no state machines"
)]

mod expiry;
mod hostile;
mod locks;
mod refusals;
mod rejections;
mod scenario;
mod sign_out;
mod stores;
mod turns;

use alloc::format;
use core::time::Duration;

use scenario::{REFRESHED, Scenario, record};

use super::*;
use crate::{AccessToken, Exchange, GrantKind, HttpStage, Response, Scopes, Unavailable};

#[test]
fn a_token_is_refreshed_under_the_lock_and_saved_first() {
    let mut s = Scenario::expired();
    assert!(s.token().unwrap_err().is_temporary());
    s.does("lock").locks(Lock::Acquired);
    s.does("load").loads();
    // The mark.
    s.does("save").saves(Saved::Done);
    assert!(s.stored.as_ref().unwrap().pending.is_some());
    s.does("send refresh-1").answers(200, REFRESHED);
    // Nobody gets it before it is saved.
    assert!(s.token().unwrap_err().is_temporary());
    s.does("save").saves(Saved::Done);
    assert_eq!(s.token().unwrap(), "access-2");
    s.does("unlock").does("wait");
    let stored = s.stored.as_ref().unwrap();
    assert_eq!(
        stored.refresh.as_ref().map(Secret::expose),
        Some("refresh-2")
    );
    assert!(stored.pending.is_none());
    assert!(s.has_told("refreshed"));
}

#[test]
fn one_request_whoever_asks() {
    let mut s = Scenario::expired();
    s.until("send refresh-1");
    for _ in 0..100 {
        assert!(s.token().unwrap_err().is_temporary());
        s.does("wait");
    }
    s.answers(200, REFRESHED).until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn an_answer_that_nobody_waits_for_is_ignored() {
    let mut s = Scenario::fresh();
    s.answers(200, REFRESHED)
        .fails(HttpStage::Sent)
        .saves(Saved::Failed)
        .loads();
    assert_eq!(s.token().unwrap(), "access-1");
    s.does("wait");
    // A lock that comes too late is let go.
    s.locks(Lock::Acquired).does("unlock").does("wait");
}

#[test]
fn nobody_is_signed_in() {
    let mut s = Scenario::empty();
    s.does("load").loads();
    s.does("sign-in not-signed-in").does("wait");
    assert!(matches!(s.token(), Err(Unavailable::SignIn(_))));
}

#[test]
fn a_sign_in_is_saved_before_it_is_used() {
    let mut s = Scenario::empty();
    s.does("load").loads().does("sign-in not-signed-in");
    s.grant("access-7", Some("refresh-7"));
    s.does("load").loads();
    assert!(s.token().is_err());
    s.does("save").saves(Saved::Done);
    assert_eq!(s.token().unwrap(), "access-7");
    s.does("wait");
    assert!(s.has_told("restored"));
    // At once, before anything was read.
    let mut s = Scenario::empty();
    s.grant("access-7", Some("refresh-7")).until("wait");
    assert_eq!(s.token().unwrap(), "access-7");
}

#[test]
fn a_new_sign_in_goes_on_where_the_generations_were() {
    let mut s = Scenario::fresh();
    let before = s.stored.clone().unwrap();
    s.grant("access-7", Some("refresh-7")).until("wait");
    let after = s.stored.clone().unwrap();
    assert!(after.generation > before.generation && after.signed_in > before.signed_in);
    assert_eq!(after.access.len(), 1);
}

#[test]
fn several_audiences_share_one_refresh_token() {
    let graph = Audience::new("graph").with_resource("https://graph.example.com");
    let mut s = Scenario::with(
        Options::new("me", Audience::new("mail")).with_audience(graph.clone()),
        3600,
    );
    let now = s.now();
    assert!(
        s.life
            .token_for(now, &graph, Duration::ZERO)
            .unwrap_err()
            .is_temporary()
    );
    s.until("send refresh-1 graph https://graph.example.com");
    s.answers(200, REFRESHED).until("wait");
    let now = s.now();
    assert_eq!(
        s.life
            .token_for(now, &graph, Duration::ZERO)
            .unwrap()
            .secret()
            .expose(),
        "access-2"
    );
    assert_eq!(s.token().unwrap(), "access-1");
    let unknown = s
        .life
        .token_for(now, &Audience::new("x"), Duration::ZERO)
        .unwrap_err();
    assert_eq!(unknown, Unavailable::UnknownAudience);
}

#[test]
fn a_grant_that_needs_no_user_is_sent_again() {
    let options =
        Options::new("me", Audience::new("mail")).with_renewal(GrantKind::ClientCredentials);
    let mut s = Scenario::with_stored(options, None);
    s.until("send grant client_credentials");
    s.answers(200, r#"{"access_token":"access-2","expires_in":3600}"#)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
    s.pass(3600).until("send grant client_credentials");
    s.answers(401, r#"{"error":"invalid_client"}"#)
        .until("wait");
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
}

#[test]
fn an_assertion_is_dated_by_the_clock_of_the_server_once() {
    let options = Options::new("me", Audience::new("mail")).with_renewal(GrantKind::JwtBearer);
    let mut s = Scenario::with_stored(options, None);
    s.until("send grant urn:ietf:params:oauth:grant-type:jwt-bearer");
    // 120 seconds ahead.
    s.answers_with(
        400,
        r#"{"error":"invalid_grant"}"#,
        &[("Date", "Wed, 31 Dec 2025 23:02:00 GMT")],
    );
    s.until("send grant urn:ietf:params:oauth:grant-type:jwt-bearer skew 120");
    s.answers(400, r#"{"error":"invalid_grant"}"#).until("wait");
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
    assert!(s.has_told("clock-skew"));
}

#[test]
fn no_secret_is_shown() {
    let mut s = Scenario::expired();
    let mut shown = format!("{:?}", s.life);
    for step in [
        "lock",
        "load",
        "save",
        "send refresh-1",
        "save",
        "unlock",
        "wait",
    ] {
        s.does(step);
        let now = s.now();
        shown += &format!("{:?}", s.life.token(now, Duration::ZERO));
        shown += &format!("{:?}", s.life);
        match step {
            "lock" => s.locks(Lock::Acquired),
            "load" => s.loads(),
            "save" => s.saves(Saved::Done),
            "send refresh-1" => s.answers(200, REFRESHED),
            _ => &mut s,
        };
    }
    s.grant("access-7", Some("refresh-7"));
    shown += &format!("{:?}", s.life);
    shown += &format!("{:?}", s.life.poll(s.now()));
    assert!(
        !shown.contains("access-") && !shown.contains("refresh-"),
        "{shown}"
    );
}

#[test]
fn the_machine_goes_between_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Lifecycle>();
    is_send_and_sync::<Unavailable>();
}

#[test]
fn a_record_of_another_client_is_left_alone() {
    let options = Options::new("me", Audience::new("mail")).with_client_id("ours");
    let mut stored = record(3600);
    stored.client_id = "theirs".into();
    let mut s = Scenario::with_stored(options, Some(stored.clone()));
    s.until("wait");
    assert!(matches!(s.token(), Err(Unavailable::Misconfigured(_))));
    assert_eq!(s.stored, Some(stored));
}
