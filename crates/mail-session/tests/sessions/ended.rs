//! How sessions end, on all nodes.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::{
    outage::Outage,
    scene::{HOUR, Scene, until},
};
use mail_session::{AccessError, Change, EndNotStored, EndReason, Outcome, SessionKey};
use mail_testbed::{Endpoint, Fault};

#[tokio::test]
async fn sign_out_ends_it_everywhere_and_revokes() {
    let scene = Scene::new();
    let one = scene.node();
    let two = scene.node_with(|settings| settings.sessions.look = Duration::ZERO);
    let (id, session) = one.open(scene.tokens(HOUR)).await;
    let other = two.find(&id).await;
    assert!(other.checked().await.goes_on());
    session.sign_out().await.unwrap();
    assert!(matches!(session.checked().await, Outcome::SignIn(_)));
    // What it knows is too old, so it looks first.
    assert!(matches!(other.checked().await, Outcome::SignIn(_)));
    assert_eq!(other.is_over().unwrap().reason, EndReason::SignedOut);
    let requests = || scene.testbed.provider().requests(Endpoint::Revoke);
    until("the revocation", || requests() == 1).await;
    until("no session", || one.told("Ended {") == 1).await;
}

#[tokio::test]
async fn sign_out_works_with_dead_tokens_and_a_dead_provider() {
    let scene = Scene::new();
    let node = scene.node();
    let (id, session) = node.open(scene.tokens(Duration::ZERO)).await;
    for _ in 0..20 {
        scene.testbed.provider().misbehave(Fault::dropped_before());
    }
    session.sign_out().await.unwrap();
    let found = scene.node().find(&id).await;
    assert_eq!(found.is_over().unwrap().reason, EndReason::SignedOut);
}

#[tokio::test]
async fn who_signs_out_and_goes_away_is_signed_out_on_all_nodes() {
    let scene = Scene::new();
    let node = scene.node();
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    {
        // As where a browser closes the connection.
        let mut sign_out = pin!(session.sign_out());
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(
            sign_out.as_mut().poll(&mut context),
            Poll::Pending
        ));
    }
    until("it is written down", || node.told("Ended {") == 1).await;
    let found = scene.node().find(&id).await;
    assert_eq!(found.is_over().unwrap().reason, EndReason::SignedOut);
    let requests = || scene.testbed.provider().requests(Endpoint::Revoke);
    until("the revocation", || requests() == 1).await;
}

#[tokio::test]
async fn an_end_that_could_not_be_written_down_is_written_down_later() {
    let scene = Scene::new();
    let places = Outage::of(&scene.places);
    let node = scene.node_at(places.clone(), |settings| {
        settings.sessions.idle = Duration::from_millis(1);
    });
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    places.take_away(true);
    assert_eq!(session.sign_out().await, Err(EndNotStored));
    assert_eq!(
        session.is_over().unwrap().reason,
        EndReason::SignedOut,
        "it has ended here"
    );
    drop(session);
    assert!(
        !node.sessions.settle(Duration::from_millis(1500)).await,
        "a program that ends now would lose the end"
    );
    // Nor did it leave the memory, and come back as if nothing had been.
    assert!(node.find(&id).await.is_over().is_some());
    places.take_away(false);
    assert!(node.sessions.settle(Duration::from_secs(10)).await);
    let found = scene.node().find(&id).await;
    assert_eq!(found.is_over().unwrap().reason, EndReason::SignedOut);
}

#[tokio::test]
async fn a_node_that_was_not_asked_for_long_looks_before_it_answers() {
    let scene = Scene::new();
    let one = scene.node();
    let look = Duration::from_millis(100);
    let two = scene.node_with(|settings| settings.sessions.look = look);
    let (id, session) = one.open(scene.tokens(HOUR)).await;
    let other = two.find(&id).await;
    session.sign_out().await.unwrap();
    tokio::time::sleep(look * 3).await;
    // Although its token looks good.
    assert!(matches!(other.checked().await, Outcome::SignIn(_)));

    let (id, session) = one.open(scene.tokens(HOUR)).await;
    let other = two.find(&id).await;
    session.sign_out().await.unwrap();
    tokio::time::sleep(look * 3).await;
    let error = other.imap("primary").await.unwrap_err();
    assert!(matches!(error, AccessError::SignIn(_)), "{error:?}");
    assert_eq!(scene.testbed.imap().connections(), 0);
}

#[tokio::test]
async fn a_place_that_hangs_holds_no_request_for_long() {
    let scene = Scene::new();
    let places = Outage::of(&scene.places);
    let node = scene.node_at(places.clone(), |settings| {
        settings.sessions.look = Duration::ZERO;
    });
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    places.hang();
    let soon = tokio::time::timeout(Duration::from_secs(5), session.checked());
    assert!(soon.await.unwrap().goes_on());
}

#[tokio::test]
async fn a_connection_that_waits_for_mail_hears_of_the_end_on_another_node() {
    let scene = Scene::new();
    let one = scene.node();
    let two = scene.node_with(|settings| {
        settings.sessions.look = Duration::from_millis(100);
        settings.sessions.idle = Duration::from_millis(100);
    });
    let (id, session) = one.open(scene.tokens(HOUR)).await;
    let mut changes = two.sessions.changes();
    let imap = two.find(&id).await.imap("primary").await.unwrap();
    // Longer than sessions that nobody has stay in memory.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(two.sessions.find_here(&id).is_some());
    assert!(imap.may_be_used());
    session.sign_out().await.unwrap();
    // Nobody asks for anything.
    let change = tokio::time::timeout(Duration::from_secs(10), changes.recv());
    let change = change.await.unwrap().unwrap();
    assert!(matches!(change, Change::Ended { session, .. } if session == id.key()));
    assert!(!imap.may_be_used());
    drop(imap);
    until("it leaves the memory", || two.sessions.is_empty()).await;
}

#[tokio::test]
async fn an_operator_ends_a_session_by_its_public_name() {
    let scene = Scene::new();
    let node = scene.node();
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    let name = session.key().to_string();
    let key = SessionKey::parse(&name).unwrap();
    let operator = scene.node();
    let found = operator.sessions.find_key(key).await.unwrap().unwrap();
    found.terminate(EndReason::Terminated).await.unwrap();
    let other = scene.node().find(&id).await;
    assert_eq!(other.is_over().unwrap().reason, EndReason::Terminated);
    for text in [
        "",
        "x",
        &name[1..],
        &format!("{name}0"),
        &"g".repeat(64),
        &"é".repeat(32),
    ] {
        assert_eq!(SessionKey::parse(text), None, "{text}");
    }
}

#[tokio::test]
async fn whoever_sees_the_end_by_the_tokens_alone_says_why_it_ended() {
    let scene = Scene::new();
    let (one, two) = (scene.node(), scene.node());
    let (id, session) = one.open(scene.tokens(Duration::ZERO)).await;
    // It does not look for an hour, and its token has expired.
    let other = two.find(&id).await;
    session.terminate(EndReason::Terminated).await.unwrap();
    assert!(one.sessions.settle(Duration::from_secs(10)).await);
    let Outcome::SignIn(ended) = other.checked().await else {
        panic!("there are no tokens");
    };
    assert_eq!(ended.reason, EndReason::Terminated);
}

#[tokio::test]
async fn a_session_that_has_ended_takes_no_tokens() {
    let scene = Scene::new();
    let node = scene.node();
    let (_, session) = node.open(scene.tokens(Duration::ZERO)).await;
    session.terminate(EndReason::Terminated).await.unwrap();
    let time = mail_login_tokio::Deadline::after(Duration::from_secs(10));
    let error = session.keep(scene.tokens(HOUR), time).await.unwrap_err();
    assert!(error.needs_sign_in(), "{error}");
}

#[tokio::test]
async fn a_session_that_was_forgotten_has_expired() {
    let scene = Scene::new();
    let node = scene.node_with(|settings| settings.sessions.look = Duration::ZERO);
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    scene.forget(&id).await;
    let Outcome::SignIn(ended) = session.checked().await else {
        panic!("there is no session");
    };
    assert_eq!(ended.reason, EndReason::Expired);
}
