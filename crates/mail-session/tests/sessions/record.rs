//! What is stored of sessions, and how tokens come in and go out.

use std::time::Duration;

use crate::{
    outage::Outage,
    scene::{HOUR, Scene, USER},
};
use mail_session::{
    Attributes, EndReason, Outcome, SessionId, SignInError, User,
    places::{MemoryPlaces, Places},
};
use mail_testbed::{Endpoint, Fault};
use sasl_core::Secret;
use token_lifecycle::Saved;

#[tokio::test]
async fn what_cannot_be_read_is_kept_and_reported() {
    let scene = Scene::new();
    let good = r#"{"version":1,"revision":1,"created":0,"user":{"login":"a"},"accounts":[{"id":"primary","kind":"primary"}],"writer":"n"}"#;
    let newer = good.replacen("\"version\":1", "\"version\":2", 1);
    let unknown = good.replacen("\"created\":0", "\"created\":0,\"color\":\"red\"", 1);
    let cut = &good[..good.len() / 2];
    let none = good.replacen("primary", "other", 1);
    for (octets, word) in [
        (newer.as_str(), "version 2"),
        (unknown.as_str(), "does not know"),
        (cut, "damaged"),
        ("", "damaged"),
        (none.as_str(), "does not know"),
    ] {
        let node = scene.node();
        let id = SessionId::new().unwrap();
        let place = format!("session/{}", id.key());
        let saved = scene
            .places
            .save(&place, None, Some((1, octets.as_bytes())));
        assert_eq!(saved.await, Saved::Done);
        let wait = node.sessions.find(&id).await.unwrap_err();
        assert!(wait.to_string().contains(word), "{wait}");
        assert_eq!(node.told("Store {"), 1);
        let kept = scene.places.load(&place).await.unwrap().unwrap();
        assert_eq!(&**kept.octets, octets.as_bytes());
    }
    let node = scene.node();
    let id = SessionId::new().unwrap();
    let place = format!("session/{}", id.key());
    let saved = scene.places.save(&place, None, Some((1, good.as_bytes())));
    assert_eq!(saved.await, Saved::Done);
    assert_eq!(node.find(&id).await.user().login(), "a");
}

#[tokio::test]
async fn the_reason_is_forgotten_after_a_while() {
    let scene = Scene::new();
    let node = scene.node();
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    session.terminate(EndReason::Terminated).await.unwrap();
    let found = scene.node().find(&id).await;
    assert_eq!(found.is_over().unwrap().reason, EndReason::Terminated);
    let later = scene.node_with(|settings| settings.sessions.grave = Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(later.sessions.find(&id).await.unwrap().is_none());
    let place = format!("session/{}", id.key());
    assert!(scene.places.load(&place).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_that_is_not_there_is_none() {
    let scene = Scene::new();
    let id = SessionId::new().unwrap();
    assert!(scene.node().sessions.find(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_outage_of_the_place_ends_no_session() {
    let scene = Scene::new();
    let places = Outage::of(&scene.places);
    let node = scene.node_at(places.clone(), |settings| {
        settings.sessions.look = Duration::ZERO;
    });
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    places.take_away(true);
    for _ in 0..10 {
        assert!(session.checked().await.goes_on());
        tokio::task::yield_now().await;
    }
    // Another node cannot know whether there is such a session.
    let other = scene.node_at(places.clone(), |_| {});
    let wait = other.sessions.find(&id).await.unwrap_err();
    assert!(wait.to_string().contains("away"), "{wait}");
    let refused = other
        .sessions
        .open(User::new("a"), scene.tokens(HOUR))
        .await;
    assert!(refused.unwrap_err().is_temporary());
    assert!(other.sessions.is_empty());

    places.take_away(false);
    let found = other.sessions.find(&id).await.unwrap().unwrap();
    assert_eq!(found.checked().await, Outcome::GoOn);
}

#[tokio::test]
async fn an_end_that_cannot_be_written_down_ends_it_here() {
    let scene = Scene::new();
    let places = Outage::of(&scene.places);
    let node = scene.node_at(places.clone(), |_| {});
    let (id, session) = node.open(scene.tokens(Duration::ZERO)).await;
    scene.testbed.provider().revoke_user(USER);
    places.take_away(true);
    assert!(matches!(session.checked().await, Outcome::SignIn(_)));
    // The tokens say the same to all others.
    places.take_away(false);
    let other = scene.node().find(&id).await;
    let Outcome::SignIn(ended) = other.checked().await else {
        panic!("the grant has ended");
    };
    assert_eq!(ended.reason, EndReason::Revoked);
}

#[tokio::test]
async fn an_end_that_can_never_be_written_down_is_not_tried_for_ever() {
    let scene = Scene::new();
    let node = scene.node();
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    // A newer program has written it meanwhile.
    let place = format!("session/{}", id.key());
    let newer = scene
        .places
        .save(&place, Some(1), Some((2, br#"{"version":2}"#)));
    assert_eq!(newer.await, Saved::Done);
    session.sign_out().await.unwrap_err();
    assert!(node.sessions.settle(Duration::from_secs(10)).await);
    let kept = scene.places.load(&place).await.unwrap().unwrap();
    assert_eq!(&**kept.octets, br#"{"version":2}"#);
}

#[tokio::test]
async fn tokens_go_out_and_come_in_as_attributes() {
    let scene = Scene::new();
    let one = scene.node();
    let tokens = scene.tokens(HOUR);
    let access = tokens.access.clone();
    let expiry = tokens.expires_at.unwrap().as_millis().to_string();
    let (_, session) = one.open(tokens).await;
    let attributes = session.export().await.unwrap();
    let pairs: Vec<_> = attributes.pairs().collect();
    assert_eq!(pairs[0], ("__session.oauth.access", access.expose()));
    assert_eq!(pairs[1], ("__session.oauth.access.expiry", expiry.as_str()));
    assert_eq!(pairs[2].0, "__session.oauth.refresh");

    // Taken over by another back end, which has sessions of its own.
    let elsewhere = Scene {
        testbed: scene.testbed,
        places: MemoryPlaces::new(),
    };
    let two = elsewhere.node();
    let attributes = Attributes::from_pairs(pairs).unwrap();
    let (_, session) = two.open(attributes.tokens().unwrap()).await;
    assert_eq!(session.checked().await, Outcome::GoOn);
    session.imap("primary").await.unwrap();
    elsewhere.testbed.provider().revoke_token(access.expose());
    // It can refresh, too.
    session.smtp("primary").await.unwrap();
    assert_eq!(session.generation().get(), 2);
}

#[test]
fn attributes_that_are_none_are_refused() {
    let (access, expiry) = ("__session.oauth.access", "__session.oauth.access.expiry");
    for (pairs, word) in [
        (vec![], "no OAuth token"),
        (vec![(access, "")], "no OAuth token"),
        (vec![(access, "a b")], "access token"),
        (vec![(access, "a"), (expiry, "-1")], "milliseconds"),
        (
            vec![(access, "a"), (expiry, "1767225600.0")],
            "milliseconds",
        ),
        (
            vec![(access, "a"), (expiry, "99999999999999999999")],
            "milliseconds",
        ),
    ] {
        let error = Attributes::from_pairs(pairs).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_password_is_taken_where_that_is_allowed() {
    let scene = Scene::new();
    let password = Secret::from("correct horse");
    let off = scene.node().sessions;
    let refused = off
        .open_with_password(User::new(USER), USER, &password)
        .await;
    assert!(matches!(refused, Err(SignInError::PasswordGrantOff)));
    assert_eq!(scene.testbed.provider().requests(Endpoint::Token), 0);

    let on = scene
        .node_with(|settings| settings.tokens.password_grant = true)
        .sessions;
    let opened = on
        .open_with_password(User::new(USER), USER, &password)
        .await;
    let (_, session) = opened.unwrap();
    assert_eq!(session.checked().await, Outcome::GoOn);
    session.imap("primary").await.unwrap();

    let wrong = Secret::from("wrong horse");
    let refused = on.open_with_password(User::new(USER), USER, &wrong).await;
    let error = refused.unwrap_err();
    assert!(!error.is_temporary(), "{error}");
    assert!(!format!("{error} {error:?}").contains("wrong horse"));

    scene
        .testbed
        .provider()
        .misbehave_at(Endpoint::Token, Fault::status(503));
    let refused = on
        .open_with_password(User::new(USER), USER, &password)
        .await;
    assert!(refused.unwrap_err().is_temporary());
}
