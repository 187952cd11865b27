//! The whole loop: a keeper, a provider and a mail server that takes its tokens.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use imap_auth::{Imap, Options as ImapOptions};
use mail_login_tokens::Store as _;
use mail_login_tokio::{
    Deadline, Login, Server, Silent,
    tokens::{
        Blocking, HttpClient, Keeper, Keepers, LoginError, MemoryStore, Settings, clock,
        login_with_keeper,
    },
};
use mail_testbed::{Endpoint, MailOptions, Quirk, Testbed, TestbedOptions, Tokens};
use sasl_core::Reason;
use token_lifecycle::{Audience, Client, Options, Record, SignInReason, Timers, Unavailable, Url};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const USER: &str = "alice@example.com";

struct Scene {
    testbed: Testbed,
    tokens: Tokens,
    store: MemoryStore,
    keeper: Keeper,
}

impl Scene {
    /// A keeper of a token that looks good for an hour.
    fn new(mail: MailOptions) -> Self {
        let testbed = Testbed::with(TestbedOptions::new().imap(mail)).unwrap();
        let tokens = testbed.provider().issue(USER);
        let now = clock::now().wall;
        let json = format!(
            r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"{}",
                "access":[{{"token":"{}","scope":"mail","generation":1,"issued_at":{},"expires_at":{}}}]}}"#,
            tokens.refresh_token().unwrap(),
            tokens.access_token(),
            (now - Duration::from_secs(600)).as_millis(),
            (now + Duration::from_secs(3000)).as_millis(),
        );
        let store = MemoryStore::with_record(Record::from_json(json.as_bytes()).unwrap());
        // A refused token is refreshed each time, however young it is.
        let timers = Timers {
            fresh: Duration::ZERO,
            ..Timers::default()
        };
        let options =
            Options::new(clock::owner().unwrap(), Audience::new("mail")).with_timers(timers);
        let endpoint = Url::new(&testbed.provider().url(Endpoint::Token)).unwrap();
        let settings = Settings::new(endpoint, Client::public("mail-client").unwrap(), options);
        let pem = testbed.authority().pem();
        let http = HttpClient::new().extra_ca_pem(pem.as_bytes()).unwrap();
        let keeper = Keepers::new(http).add(settings, Blocking::new(store.another()));
        Self {
            testbed,
            tokens,
            store,
            keeper,
        }
    }

    async fn login(&self) -> Result<Login<Imap>, LoginError> {
        let address = self.testbed.imap().implicit_tls();
        let server = Server::implicit_tls("localhost", address.port())
            .extra_ca_pem(self.testbed.authority().pem().as_bytes())
            .unwrap();
        let options = ImapOptions::new();
        login_with_keeper(&server, USER, &self.keeper, options, &mut Silent).await
    }

    async fn is_in(&self) -> bool {
        matches!(self.login().await.unwrap(), Login::Accepted(_))
    }

    async fn current(&self) -> String {
        let token = self
            .keeper
            .token(Duration::ZERO, Deadline::after(Duration::from_secs(20)));
        token.await.unwrap().secret().expose().to_owned()
    }
}

#[tokio::test]
async fn a_good_token_logs_in_without_a_request() {
    let scene = Scene::new(MailOptions::new());
    assert!(scene.is_in().await);
    assert_eq!(scene.testbed.provider().requests(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_refused_token_is_refreshed_and_the_login_tried_again() {
    let scene = Scene::new(MailOptions::new());
    for turn in 1..=5 {
        scene
            .testbed
            .provider()
            .revoke_token(&scene.current().await);
        assert!(scene.is_in().await);
        assert_eq!(scene.testbed.imap().refused(), turn);
        assert_eq!(scene.testbed.imap().accepted(), turn);
    }
    // Each refresh had the newest refresh token.
    assert_eq!(
        scene.testbed.provider().refreshes_of(scene.tokens.grant()),
        5
    );
    assert_eq!(scene.testbed.provider().reuses(), 0);
    assert_eq!(scene.store.load().unwrap().unwrap().generation().get(), 6);
}

/// A refusal names where a description of the provider is. Whoever asked there could be led anywhere.
#[tokio::test]
async fn what_a_refusal_names_is_told_and_never_asked() {
    let scene = Scene::new(MailOptions::new().refuse(|_| Some(Reason::TokenRejected)));
    let Login::Rejected(refused) = scene.login().await.unwrap() else {
        panic!("it refuses everybody");
    };
    let refusal = refused.rejection().refusal().unwrap();
    let provider = scene.testbed.provider();
    assert_eq!(
        refusal.openid_configuration(),
        Some(&*provider.url(Endpoint::Discovery))
    );
    assert_eq!(provider.requests(Endpoint::Discovery), 0);
}

/// A session may live longer than the token that opened it
/// (<https://www.rfc-editor.org/rfc/rfc7628#section-5>), and there is no second login on it.
#[tokio::test]
async fn a_session_outlives_its_token() {
    let scene = Scene::new(MailOptions::new());
    let Login::Accepted(mut connection) = scene.login().await.unwrap() else {
        panic!("the token is good");
    };
    // That token ends, and another login gets a new one.
    let old = scene.current().await;
    scene.testbed.provider().revoke_token(&old);
    assert!(scene.is_in().await);
    assert_ne!(scene.current().await, old);
    // The first session goes on, on the same connection.
    let mut answer = [0; 5];
    connection.stream.write_all(b"a NOOP\r\n").await.unwrap();
    connection.stream.flush().await.unwrap();
    connection.stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"a OK ");
    assert_eq!(scene.testbed.imap().accepted(), 2);
}

#[tokio::test]
async fn a_server_that_hangs_up_on_a_refused_token_is_called_again() {
    // Greeting, challenge with the reason, refusal; nothing after that.
    for quirk in [
        MailOptions::new().failures(1),
        MailOptions::new().quirk(Quirk::close_after(3)),
    ] {
        let scene = Scene::new(quirk);
        scene
            .testbed
            .provider()
            .revoke_token(&scene.current().await);
        let login = scene.login().await;
        assert!(matches!(login, Ok(Login::Accepted(_))), "{login:?}");
        assert_eq!(scene.testbed.provider().refreshes(), 1);
    }
}

#[tokio::test]
async fn a_mailbox_that_refuses_every_token_is_not_asked_on_and_on() {
    let scene = Scene::new(MailOptions::new().refuse(|_| Some(Reason::TokenRejected)));
    assert!(matches!(scene.login().await.unwrap(), Login::Rejected(_)));
    assert_eq!(scene.testbed.imap().refused(), 2);
    assert_eq!(scene.testbed.provider().requests(Endpoint::Token), 1);
}

#[tokio::test]
async fn a_server_that_cannot_say_costs_no_refresh() {
    static BUSY: AtomicBool = AtomicBool::new(true);
    let busy = |_: &_| BUSY.load(Ordering::Relaxed).then_some(Reason::Temporary);
    let scene = Scene::new(MailOptions::new().refuse(busy));
    assert!(matches!(scene.login().await.unwrap(), Login::Rejected(_)));
    BUSY.store(false, Ordering::Relaxed);
    assert!(scene.is_in().await);
    assert_eq!(scene.testbed.provider().requests(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_revoked_grant_is_told_as_a_sign_in() {
    let scene = Scene::new(MailOptions::new());
    scene.testbed.provider().revoke_grant(scene.tokens.grant());
    let Err(LoginError::Token(error)) = scene.login().await else {
        panic!("the grant is gone");
    };
    let Some(Unavailable::SignIn(sign_in)) = error.unavailable() else {
        panic!("{error}");
    };
    assert_eq!(sign_in.reason, SignInReason::Rejected);
    assert_eq!(error.exit_code(), 77);
}

/// Sending is one scope, reading is another: a server that wants more is no reason to stop using the rest.
#[tokio::test]
async fn a_scope_that_one_server_misses_keeps_no_token_from_others() {
    let scene = Scene::new(MailOptions::new().refuse(|_| Some(Reason::ScopeInsufficient)));
    for turn in 1..=2 {
        let Err(LoginError::Token(error)) = scene.login().await else {
            panic!("it refuses everybody");
        };
        let Some(Unavailable::SignIn(sign_in)) = error.unavailable() else {
            panic!("{error}");
        };
        assert_eq!(sign_in.reason, SignInReason::ConsentMissing);
        assert_eq!(sign_in.generation.get(), 1);
        assert_eq!(error.exit_code(), 77);
        // It is not tried again, and nothing is refreshed for it.
        assert_eq!(scene.testbed.imap().refused(), turn);
        assert_eq!(scene.current().await, scene.tokens.access_token());
    }
    assert_eq!(scene.testbed.provider().requests(Endpoint::Token), 0);
}
