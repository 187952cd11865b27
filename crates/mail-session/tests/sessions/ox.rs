//! Defects of sessions that were found by reading other software, one test each. Those of tokens and
//! of logins are in `tests/suite`, that of the settings in `ox_settings.rs`.

use std::time::Duration;

use crate::scene::{HOUR, Scene, until};
use mail_login_tokio::Server;
use mail_session::{AccessError, Attributes, InvalidAttribute, Outcome};
use mail_testbed::{Endpoint, Fault, Issue, MailOptions};
use sasl_core::{Credentials, Reason};
use token_lifecycle::Tokens;

/// A session with a good token answers at once, while a refresh of it hangs.
#[tokio::test]
async fn b07_requests_with_a_good_token_do_not_wait_for_a_refresh() {
    let scene = Scene::new();
    let node = scene.node();
    let (fault, gate) = Fault::none().held();
    scene.testbed.provider().misbehave(fault);
    let (_, session) = node.open(scene.tokens(Duration::from_secs(50))).await;
    assert_eq!(session.checked().await, Outcome::GoOnWithOld);
    let requests = || scene.testbed.provider().requests(Endpoint::Token);
    until("the request", || requests() == 1).await;
    for _ in 0..100 {
        let soon = tokio::time::timeout(Duration::from_secs(5), session.checked());
        assert_eq!(soon.await.unwrap(), Outcome::GoOnWithOld);
    }
    gate.open();
}

/// Two nodes, one session, one refresh token that can be used once: it is used once.
#[tokio::test]
async fn b08_nodes_do_not_use_one_refresh_token_twice() {
    let scene = Scene::new();
    let nodes = [scene.node(), scene.node(), scene.node()];
    let (id, _) = nodes[0].open(scene.tokens(Duration::ZERO)).await;
    let mut all = Vec::new();
    for node in &nodes {
        let session = node.find(&id).await;
        for _ in 0..20 {
            let session = session.clone();
            all.push(tokio::spawn(async move { session.checked().await }));
        }
    }
    for one in all {
        assert!(one.await.unwrap().goes_on());
    }
    assert_eq!(scene.testbed.provider().refreshes(), 1);
    assert_eq!(scene.testbed.provider().reuses(), 0);
}

/// What is remembered of a refused login is of one server, one user, one mechanism and one token; and what passes by
/// itself is not remembered.
#[tokio::test]
async fn b24_a_refused_login_is_remembered_for_that_very_login() {
    let scene = Scene::with(MailOptions::new());
    let node = scene.node();
    let bob = scene.testbed.provider().issue(Issue::to("bob@example.com"));
    let mut tokens = scene.tokens(HOUR);
    tokens.access = bob.access_token().into();
    tokens.refresh = bob.refresh_token().map(Into::into);
    let (_, session) = node.open(tokens).await;
    assert!(matches!(
        session.imap("primary").await,
        Err(AccessError::Rejected(_))
    ));
    assert!(matches!(
        session.imap("primary").await,
        Err(AccessError::Remembered(..))
    ));
    // Another server is asked.
    assert!(matches!(
        session.smtp("primary").await,
        Err(AccessError::Rejected(_))
    ));
    // Nothing of the token is kept.
    let shown = format!("{:?}{:?}", node.sessions, session.imap("primary").await);
    assert!(!shown.contains(bob.access_token()));

    let busy = Scene::with(MailOptions::new().refuse(|_| Some(Reason::Temporary)));
    let node = busy.node();
    let (_, session) = node.open(busy.tokens(HOUR)).await;
    for _ in 0..2 {
        let error = session.imap("primary").await.unwrap_err();
        assert!(!matches!(error, AccessError::Remembered(..)), "{error:?}");
    }
}

/// Nothing goes out before TLS, whatever the server offers, unless somebody has said so.
#[tokio::test]
async fn b25_a_token_does_not_go_out_before_tls() {
    let scene = Scene::new();
    let port = scene.testbed.imap().in_clear().port();
    let server = Server::starttls("localhost", port).timeout(Duration::from_secs(5));
    let node = scene.node_with(|settings| settings.primary.imap = Some(server));
    let (_, session) = node.open(scene.tokens(HOUR)).await;
    let error = session.imap("primary").await.unwrap_err();
    assert!(
        matches!(error, AccessError::Connection(_) | AccessError::Rejected(_)),
        "{error:?}"
    );
    assert_eq!(scene.testbed.imap().attempts().len(), 0);
}

/// There is no session without a token, so nothing empty goes to a server.
#[test]
fn b26_an_empty_token_is_none() {
    assert!(Credentials::bearer("alice", "").is_err());
    let now = token_lifecycle::UnixTime::from_secs(1_767_222_000);
    assert!(Tokens::held("", now).is_none());
    let empty = [("__session.oauth.access", "")];
    assert_eq!(
        Attributes::from_pairs(empty).unwrap_err(),
        InvalidAttribute::NoAccessToken
    );
}

/// A claim that is missing, or something else than text, is an error or none, and breaks nothing.
#[test]
fn b16_a_claim_that_is_missing_is_none() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use mail_session::{Expected, Identity};
    use token_lifecycle::UnixTime;

    let read = |claims: &str| {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let expected = Expected::new("https://id.example.com", "webmail");
        let now = UnixTime::from_secs(1_767_222_060);
        Identity::read(&token.into(), &expected, now)
    };
    let good = r#"{"iss":"https://id.example.com","aud":"webmail","sub":"u","exp":1767225600,"iat":1767222000}"#;
    let identity = read(good).unwrap();
    assert_eq!(identity.email(), None);
    assert_eq!(identity.claim("context"), None);
    for name in ["iss", "aud", "sub", "exp"] {
        let missing = good.replacen(&format!("\"{name}\""), "\"other\"", 1);
        assert!(read(&missing).is_err(), "{name}");
    }
    let strange = good.replacen("\"u\"", "{}", 1);
    assert!(read(&strange).is_err());
}
