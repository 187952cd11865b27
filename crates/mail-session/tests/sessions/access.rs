//! Logins to mail servers with the tokens of a session.

use std::time::Duration;

use crate::scene::{HOUR, Scene, USER};
use mail_session::{AccessError, EndReason, Outcome, Service, settings::AuthType};
use mail_testbed::{Issue, MailOptions};
use sasl_core::{Mechanism, Reason};

#[tokio::test]
async fn all_three_with_one_token() {
    let scene = Scene::new();
    let node = scene.node();
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    let imap = session.imap("primary").await.unwrap();
    let smtp = session.smtp("primary").await.unwrap();
    let sieve = session.sieve("primary").await.unwrap();
    for connection in [&imap, &smtp, &sieve] {
        assert_eq!(connection.agreed.mechanism(), Some(Mechanism::OAuthBearer));
        assert!(connection.may_be_used() && connection.is_current());
    }
    assert_eq!(node.told("result: \"accepted\""), 3);
    session.sign_out().await.unwrap();
    assert!(!imap.may_be_used());
    let refused = session.imap("primary").await.unwrap_err();
    assert!(matches!(refused, AccessError::SignIn(_)), "{refused:?}");
}

#[tokio::test]
async fn the_mechanism_is_what_the_settings_say() {
    let scene = Scene::new();
    let node = scene.node_with(|settings| {
        settings.primary.access = AuthType::XOAuth2;
        settings.primary.transport = AuthType::Login;
    });
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    let imap = session.imap("primary").await.unwrap();
    assert_eq!(imap.agreed.mechanism(), Some(Mechanism::XOAuth2));
    // There is no password, and a token is none.
    let error = session.smtp("primary").await.unwrap_err();
    assert!(matches!(error, AccessError::Password), "{error:?}");
    assert_eq!(scene.testbed.smtp().connections(), 0);
}

#[tokio::test]
async fn a_mechanism_that_is_not_offered_is_not_replaced_by_another() {
    let scene = Scene::with(MailOptions::new().mechanisms([Mechanism::XOAuth2, Mechanism::Plain]));
    let node = scene.node_with(|settings| {
        settings.primary.access = AuthType::OAuthBearer;
        settings.filter.mechanism = AuthType::OAuthBearer;
    });
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    for error in [
        session.imap("primary").await,
        session.sieve("primary").await,
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.name(), Reason::MechanismUnavailable.name());
    }
    assert_eq!(scene.testbed.imap().refused(), 0);
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_and_the_login_tried_again() {
    let scene = Scene::new();
    let node = scene.node();
    let tokens = scene.tokens(HOUR);
    scene
        .testbed
        .provider()
        .revoke_token(tokens.access.expose());
    let (_, session) = node.open(tokens).await;
    // It looks fresh, and the mail server knows better.
    assert_eq!(session.checked().await, Outcome::GoOn);
    let imap = session.imap("primary").await.unwrap();
    assert_eq!(imap.generation().get(), 2);
    assert_eq!(scene.testbed.provider().refreshes(), 1);
    assert_eq!(scene.testbed.imap().refused(), 1);
}

#[tokio::test]
async fn a_login_that_was_refused_for_good_is_not_tried_again_with_the_same_token() {
    let scene = Scene::new();
    let node = scene.node();
    let issued = scene.testbed.provider().issue(Issue::to("bob@example.com"));
    let mut tokens = scene.tokens(HOUR);
    tokens.access = issued.access_token().into();
    tokens.refresh = issued.refresh_token().map(Into::into);
    let (_, session) = node.open(tokens).await;
    let first = session.imap("primary").await.unwrap_err();
    let attempts = scene.testbed.imap().refused();
    assert!(matches!(first, AccessError::Rejected(_)), "{first:?}");
    let second = session.imap("primary").await.unwrap_err();
    assert!(matches!(second, AccessError::Remembered(..)), "{second:?}");
    assert_eq!(second.name(), first.name());
    assert_eq!(scene.testbed.imap().refused(), attempts);
    // New tokens are another login.
    let time = mail_login_tokio::Deadline::after(Duration::from_secs(10));
    session.keep(scene.tokens(HOUR), time).await.unwrap();
    session.imap("primary").await.unwrap();
}

#[tokio::test]
async fn a_server_that_wants_more_ends_nothing_for_the_others() {
    let scene = Scene::new();
    let strict = MailOptions::new().refuse(|_| Some(Reason::ScopeInsufficient));
    let strict = Scene::with(strict);
    let sieve = strict.server(strict.testbed.sieve().implicit_tls().port());
    let node = scene.node_with(|settings| settings.filter.server = Some(sieve));
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    for _ in 0..2 {
        let error = session.sieve("primary").await.unwrap_err();
        let AccessError::SignIn(ended) = error else {
            panic!("{error:?}");
        };
        assert_eq!(ended.reason, EndReason::ConsentMissing);
        // Mail is read as before.
        assert!(session.checked().await.goes_on());
        session.imap("primary").await.unwrap();
    }
    assert!(session.is_over().is_none());
    assert_eq!(scene.testbed.provider().refreshes(), 0);
    // A moment ago it said no to the same.
    assert_eq!(strict.testbed.sieve().refused(), 1);
}

#[tokio::test]
async fn the_end_of_the_grant_is_the_reason_of_the_login() {
    let scene = Scene::new();
    let node = scene.node();
    let tokens = scene.tokens(HOUR);
    let (_, session) = node.open(tokens).await;
    scene.testbed.provider().revoke_user(USER);
    let error = session.smtp("primary").await.unwrap_err();
    let AccessError::SignIn(ended) = error else {
        panic!("{error:?}");
    };
    assert_eq!(ended.reason, EndReason::Revoked);
    assert!(matches!(session.checked().await, Outcome::SignIn(_)));
}

#[tokio::test]
async fn without_a_server_it_says_so() {
    let scene = Scene::new();
    let node = scene.node_with(|settings| {
        settings.primary.imap = None;
        settings.filter.server = None;
    });
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    for (error, service) in [
        (session.imap("primary").await, Service::Imap),
        (session.sieve("primary").await, Service::Sieve),
    ] {
        let error = error.unwrap_err();
        assert!(matches!(error, AccessError::NoServer(which) if which == service));
    }
    let error = session.imap("nobody").await.unwrap_err();
    assert!(matches!(error, AccessError::UnknownAccount));
}
