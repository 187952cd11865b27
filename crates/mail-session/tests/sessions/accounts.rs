//! Mailboxes with tokens of their own, and without.

use std::time::Duration;

use crate::scene::{HOUR, Scene, USER, until};
use mail_login_tokio::tokens::Settings as GrantSettings;
use mail_session::{
    AccessError, Account, AccountError, Outcome, Service, Session, SessionId, Sessions, User,
    settings::{AuthType, Settings},
};
use mail_testbed::{Endpoint, Issue};
use sasl_core::Mechanism;
use token_lifecycle::{Audience, Client, Options, Tokens, Url};

const BOB: &str = "bob@example.com";

/// Somebody at the provider of this scene, of whom another provider knows, too.
struct World {
    scene: Scene,
    elsewhere: Scene,
}

impl World {
    fn new() -> Self {
        Self {
            scene: Scene::new(),
            elsewhere: Scene::new(),
        }
    }

    fn node(&self) -> Sessions {
        self.node_with(|_| {})
    }

    fn node_with(&self, change: impl FnOnce(&mut Settings)) -> Sessions {
        let grant = |scene: &Scene| {
            let url = |endpoint| Url::new(&scene.testbed.provider().url(endpoint)).unwrap();
            let options = Options::new("node", Audience::new("mail"));
            let client = Client::public("mail-client").unwrap();
            GrantSettings::new(url(Endpoint::Token), client, options)
                .with_revocation(url(Endpoint::Revoke))
        };
        let server = self
            .scene
            .server(self.scene.testbed.imap().implicit_tls().port());
        let authority = self.elsewhere.testbed.authority().pem();
        let http = self.scene.http().extra_ca_pem(authority.as_bytes());
        let mut settings = self.scene.settings();
        settings.sessions.look = Duration::ZERO;
        change(&mut settings);
        Sessions::builder(settings)
            .http(http.unwrap())
            .provider("google", grant(&self.scene))
            .provider("other", grant(&self.elsewhere))
            .servers(move |_, account, service| {
                let is_theirs = account.provider().is_some() && service == Service::Imap;
                is_theirs.then(|| server.clone())
            })
            .build(self.scene.places.clone())
            .unwrap()
    }

    async fn open(&self, node: &Sessions) -> (SessionId, Session) {
        let opened = node.open(User::new(USER), self.scene.tokens(HOUR));
        opened.await.unwrap()
    }
}

/// Bob's account by this provider.
fn bob(provider: &str) -> Account {
    Account::external("private", provider, BOB).with_auth(AuthType::XOAuth2, AuthType::XOAuth2)
}

/// Bob's tokens by the provider of this scene, which are good for so long.
fn tokens_of_bob(scene: &Scene, left: Duration) -> Tokens {
    let issued = scene.testbed.provider().issue(Issue::to(BOB));
    let mut tokens = scene.tokens(left);
    tokens.access = issued.access_token().into();
    tokens.refresh = issued.refresh_token().map(Into::into);
    tokens
}

#[tokio::test]
async fn accounts_are_known_to_all_nodes_and_an_external_one_ends_alone() {
    let world = World::new();
    let (one, two) = (world.node(), world.node());
    let (id, session) = world.open(&one).await;
    let tokens = tokens_of_bob(&world.scene, HOUR);
    session
        .add_account(bob("google"), Some(tokens))
        .await
        .unwrap();
    let secondary = Account::secondary("shared", USER);
    session.add_account(secondary, None).await.unwrap();

    let other = two.find(&id).await.unwrap().unwrap();
    let names: Vec<_> = other
        .accounts()
        .iter()
        .map(|account| account.id().to_owned())
        .collect();
    assert_eq!(names, ["primary", "private", "shared"]);
    let imap = other.imap("private").await.unwrap();
    assert_eq!(imap.agreed.mechanism(), Some(Mechanism::XOAuth2));
    other.imap("shared").await.unwrap();

    world.scene.testbed.provider().revoke_user(BOB);
    let error = session.imap("private").await.unwrap_err();
    assert!(matches!(error, AccessError::SignIn(_)), "{error:?}");
    let marked = session.checked_account("private").await.unwrap();
    assert!(matches!(marked, Outcome::SignIn(_)), "{marked:?}");
    assert!(session.checked().await.goes_on());
    session.imap("primary").await.unwrap();

    session.remove_account("private").await.unwrap();
    assert!(session.checked_account("private").await.is_none());
    let error = session.remove_account("primary").await.unwrap_err();
    assert!(matches!(error, AccountError::Primary));
}

#[tokio::test]
async fn an_account_that_is_moved_to_another_provider_sends_it_nothing_of_the_old_one() {
    let world = World::new();
    let (one, two) = (world.node(), world.node());
    let (id, session) = world.open(&one).await;
    let old = tokens_of_bob(&world.scene, HOUR);
    session.add_account(bob("google"), Some(old)).await.unwrap();
    let other = two.find(&id).await.unwrap().unwrap();
    for session in [&session, &other] {
        let outcome = session.checked_account("private").await.unwrap();
        assert!(outcome.goes_on(), "{outcome:?}");
    }
    // It expires at once, so that it is refreshed.
    let new = tokens_of_bob(&world.elsewhere, Duration::ZERO);
    session.add_account(bob("other"), Some(new)).await.unwrap();
    for session in [&session, &other] {
        let outcome = session.checked_account("private").await.unwrap();
        assert!(outcome.goes_on(), "{outcome:?}");
    }
    assert_eq!(world.elsewhere.testbed.provider().refreshes(), 1);
    let provider = world.scene.testbed.provider();
    assert_eq!(provider.requests(Endpoint::Token), 0);
    // Those that nobody has any more are taken back.
    let requests = || provider.requests(Endpoint::Revoke);
    until("the revocation", || requests() == 1).await;
}

#[tokio::test]
async fn an_account_that_is_removed_and_added_again_keeps_its_new_tokens() {
    let world = World::new();
    let (one, two) = (world.node(), world.node());
    let (id, session) = world.open(&one).await;
    let other = two.find(&id).await.unwrap().unwrap();
    let provider = world.scene.testbed.provider();
    for round in 1..=5 {
        let tokens = tokens_of_bob(&world.scene, HOUR);
        let refresh = tokens.refresh.clone().unwrap();
        let account = bob("google");
        session.add_account(account, Some(tokens)).await.unwrap();
        let outcome = other.checked_account("private").await.unwrap();
        assert!(outcome.goes_on(), "{round}: {outcome:?}");
        session.remove_account("private").await.unwrap();
        // No wait for the deletion of the old ones.
        let tokens = tokens_of_bob(&world.scene, HOUR);
        let account = bob("google");
        session.add_account(account, Some(tokens)).await.unwrap();
        let requests = || provider.requests(Endpoint::Revoke);
        // Of what was removed; what makes room for others of the same provider is deleted alone.
        until("the revocation", || requests() == round).await;
        assert!(!refresh.expose().is_empty());
        let outcome = session.checked_account("private").await.unwrap();
        assert!(outcome.goes_on(), "{round}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_node_that_knows_an_old_account_takes_back_the_tokens_of_the_new_one() {
    let world = World::new();
    let one = world.node();
    // It does not look for an hour.
    let two = world.node_with(|settings| settings.sessions.look = HOUR);
    let (id, session) = world.open(&one).await;
    let provider = world.scene.testbed.provider();
    let (old, new) = (
        tokens_of_bob(&world.scene, HOUR),
        tokens_of_bob(&world.scene, HOUR),
    );
    session.add_account(bob("google"), Some(old)).await.unwrap();
    let other = two.find(&id).await.unwrap().unwrap();
    session.add_account(bob("google"), Some(new)).await.unwrap();
    other.remove_account("private").await.unwrap();
    let requests = || provider.requests(Endpoint::Revoke);
    until("the revocation", || requests() == 1).await;
    assert!(two.settle(HOUR).await);
    // The same where the session ends.
    let last = tokens_of_bob(&world.scene, HOUR);
    session
        .add_account(bob("google"), Some(last))
        .await
        .unwrap();
    other.sign_out().await.unwrap();
    until("all are taken back", || requests() == 3).await;
}

#[tokio::test]
async fn a_new_sign_in_to_an_account_is_another_login() {
    let world = World::new();
    let node = world.node();
    let (_, session) = world.open(&node).await;
    // Alice's token for Bob's mailbox: the server refuses it for good.
    let wrong = world.scene.tokens(HOUR);
    let account = bob("google");
    session.add_account(account, Some(wrong)).await.unwrap();
    let error = session.imap("private").await.unwrap_err();
    assert!(matches!(error, AccessError::Rejected(_)), "{error:?}");
    let error = session.imap("private").await.unwrap_err();
    assert!(matches!(error, AccessError::Remembered(..)), "{error:?}");
    session.remove_account("private").await.unwrap();
    let right = tokens_of_bob(&world.scene, HOUR);
    let account = bob("google");
    session.add_account(account, Some(right)).await.unwrap();
    session.imap("private").await.unwrap();
}
