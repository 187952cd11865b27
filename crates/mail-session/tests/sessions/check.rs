//! What becomes of a request.

use std::time::Duration;

use crate::scene::{HOUR, Scene, USER, until};
use mail_session::{EndReason, Outcome};
use mail_testbed::{Endpoint, Fault};
use token_lifecycle::SignInReason;

#[tokio::test]
async fn a_fresh_token_is_answered_from_memory() {
    let scene = Scene::new();
    let node = scene.node();
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    for _ in 0..1000 {
        assert_eq!(session.check(), Some(Outcome::GoOn));
    }
    assert_eq!(session.checked().await, Outcome::GoOn);
    assert_eq!(scene.testbed.provider().requests(Endpoint::Token), 0);
}

#[tokio::test]
async fn in_the_soft_window_nobody_waits() {
    let scene = Scene::new();
    let node = scene.node();
    // The answer is held, so whoever waited for it would wait for ever.
    let (fault, gate) = Fault::none().held();
    scene
        .testbed
        .provider()
        .misbehave_at(Endpoint::Token, fault);
    let (_, session) = node.open(scene.tokens(Duration::from_secs(45))).await;
    for _ in 0..10 {
        assert_eq!(session.checked().await, Outcome::GoOnWithOld);
    }
    gate.open();
    until("the new token", || session.check() == Some(Outcome::GoOn)).await;
    assert_eq!(scene.testbed.provider().refreshes(), 1);
    assert_eq!(session.generation().get(), 2);
}

#[tokio::test]
async fn without_a_good_token_a_request_waits_for_one() {
    let scene = Scene::new();
    let node = scene.node();
    let (_, session) = node.open(scene.tokens(Duration::ZERO)).await;
    let all = (0..100).map(|_| {
        let session = session.clone();
        tokio::spawn(async move { session.checked().await })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(one.await.unwrap().goes_on());
    }
    assert_eq!(scene.testbed.provider().refreshes(), 1);
}

#[tokio::test]
async fn what_passes_by_itself_ends_no_session() {
    let scene = Scene::new();
    let node = scene.node_with(|settings| settings.tokens.wait = Duration::from_millis(300));
    for _ in 0..8 {
        let fault = Fault::too_many_requests(Duration::from_secs(7));
        scene
            .testbed
            .provider()
            .misbehave_at(Endpoint::Token, fault);
    }
    let (id, session) = node.open(scene.tokens(Duration::ZERO)).await;
    let Outcome::Unavailable(wait) = session.checked().await else {
        panic!("it is unavailable");
    };
    assert!((1..=9).contains(&wait.seconds()), "{wait:?}");
    assert!(session.is_over().is_none());
    assert!(node.find(&id).await.is_over().is_none());
    assert_eq!(node.told("Ended"), 0);
}

#[tokio::test]
async fn a_revoked_grant_ends_the_session_once_with_its_reason() {
    let scene = Scene::new();
    let (one, two) = (scene.node(), scene.node());
    let (id, session) = one.open(scene.tokens(Duration::ZERO)).await;
    let other = two.find(&id).await;
    scene.testbed.provider().revoke_user(USER);
    let mut changes = one.sessions.changes();

    let (first, second) = tokio::join!(session.checked(), other.checked());
    for outcome in [first, second] {
        let Outcome::SignIn(ended) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(ended.reason, EndReason::Revoked);
        assert_eq!(ended.code.as_deref(), Some("invalid_grant"));
        assert_eq!(ended.generation, 1);
    }
    // It was written down once, on one of both.
    let told = || one.told("Ended {") + two.told("Ended {");
    until("the end is written down", || told() > 0).await;
    let change = changes.recv().await.unwrap();
    assert!(
        matches!(change, mail_session::Change::Ended { .. }),
        "{change:?}"
    );
    // A node that knew nothing of it says the same.
    let third = scene.node();
    let found = third.find(&id).await;
    assert_eq!(found.is_over().unwrap().reason, EndReason::Revoked);
    for node in [&one, &two] {
        assert!(node.sessions.settle(Duration::from_secs(10)).await);
    }
    assert_eq!(told(), 1);
}

#[tokio::test]
async fn without_a_refresh_token_it_lives_until_the_token_expires() {
    let scene = Scene::new();
    let node = scene.node();
    let mut tokens = scene.tokens(Duration::from_secs(30));
    tokens.refresh = None;
    let (_, session) = node.open(tokens).await;
    assert!(session.checked().await.goes_on());

    let mut tokens = scene.tokens(Duration::ZERO);
    tokens.refresh = None;
    let (_, session) = node.open(tokens).await;
    let Outcome::SignIn(ended) = session.checked().await else {
        panic!("there is no good token");
    };
    assert_eq!(ended.reason, EndReason::NotRenewable);
}

#[tokio::test]
async fn wrong_settings_are_no_reason_to_sign_in_unless_that_is_set() {
    let scene = Scene::new();
    for ends in [false, true] {
        let node = scene.node_with(|settings| {
            settings.tokens.client_id = "somebody-else".into();
            settings.tokens.end_when_misconfigured = ends;
        });
        let (_, session) = node.open(scene.tokens(Duration::ZERO)).await;
        match (ends, session.checked().await) {
            (false, Outcome::Unavailable(_)) => assert!(session.is_over().is_none()),
            (true, Outcome::SignIn(ended)) => assert_eq!(ended.reason, EndReason::Misconfigured),
            (_, outcome) => panic!("{outcome:?}"),
        }
    }
}

#[tokio::test]
async fn who_signs_in_again_within_the_session_goes_on() {
    let scene = Scene::new();
    let node = scene.node();
    let (_, session) = node.open(scene.tokens(Duration::ZERO)).await;
    scene.testbed.provider().revoke_user(USER);
    let time = mail_login_tokio::Deadline::after(Duration::from_secs(10));
    session.keep(scene.tokens(HOUR), time).await.unwrap();
    assert_eq!(session.checked().await, Outcome::GoOn);
    assert!(session.is_over().is_none());
}

#[tokio::test]
async fn a_session_that_nobody_uses_leaves_the_memory_and_comes_back() {
    let scene = Scene::new();
    let node = scene.node_with(|settings| settings.sessions.idle = Duration::from_millis(1500));
    let (id, session) = node.open(scene.tokens(HOUR)).await;
    assert_eq!(node.sessions.len(), 1);
    drop(session);
    until("the memory is empty", || node.sessions.is_empty()).await;
    assert!(node.find(&id).await.checked().await.goes_on());
}

#[tokio::test]
async fn nobody_reads_a_secret_out_of_what_is_told() {
    let scene = Scene::new();
    let node = scene.node();
    let tokens = scene.tokens(Duration::ZERO);
    let secrets = [
        tokens.access.expose().to_owned(),
        tokens.refresh.as_ref().unwrap().expose().to_owned(),
    ];
    let (id, session) = node.open(tokens).await;
    session.checked().await;
    let new = session.export().await.unwrap();
    let new = new.pairs().filter(|(name, _)| !name.ends_with("expiry"));
    let new: Vec<_> = new.map(|(_, value)| value.to_owned()).collect();
    assert!(!new.contains(&secrets[0]) && new.len() == 2);
    let shown = format!("{session:?} {:?} {id:?} {}", node.sessions, node.all_told());
    assert!(shown.contains("Refreshed"));
    for secret in secrets
        .iter()
        .chain(&new)
        .map(String::as_str)
        .chain([id.expose()])
    {
        assert!(!shown.contains(secret));
    }
    assert_eq!(SignInReason::Rejected.name(), "rejected");
}
