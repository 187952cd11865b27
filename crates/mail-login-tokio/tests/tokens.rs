//! A keeper without blocking, against an authorization server that rotates, stalls, lies and loses answers.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    env,
    io::{ErrorKind, Write as _},
    net::TcpListener,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use mail_login_tokio::{
    Deadline,
    tokens::{
        Blocking, HttpClient, Keeper, Keepers, MemoryStore, Notice, Settings, TokenError, clock,
    },
};
use mail_testbed::{Endpoint, Fault, Issue, Provider, ProviderOptions, Tokens};
use token_lifecycle::{
    Audience, Class, Client, Event, Options, Record, SignInReason, Unavailable, Url,
};

use mail_login_tokens::Store as _;
use tokio::task::spawn_blocking;

const SOON: Duration = Duration::from_secs(20);

/// One grant of a provider whose access token has expired, and a keeper of it.
struct Scene {
    provider: Arc<Provider>,
    tokens: Tokens,
    store: MemoryStore,
    notices: Arc<Mutex<Vec<Notice>>>,
    keeper: Option<Keeper>,
    keepers: Keepers,
}

impl Scene {
    fn new() -> Self {
        Self::with(ProviderOptions::new())
    }

    fn with(options: ProviderOptions) -> Self {
        let provider = Provider::start(options).unwrap();
        let tokens = provider.issue(Issue::to("alice@example.com").life(Duration::ZERO));
        let http = HttpClient::new()
            .extra_ca_pem(provider.authority().pem().as_bytes())
            .unwrap();
        Self::start(provider, tokens, http, |settings| settings)
    }

    /// The access token is good for less than a minute.
    fn ending() -> Self {
        let provider = Provider::start(ProviderOptions::new()).unwrap();
        let tokens = provider.issue("alice@example.com");
        let now = clock::now().wall;
        let (issued, expires) = (
            now - Duration::from_secs(3555),
            now + Duration::from_secs(45),
        );
        let record = record_of(&tokens, issued.as_millis(), expires.as_millis());
        let http = HttpClient::new()
            .extra_ca_pem(provider.authority().pem().as_bytes())
            .unwrap();
        Self::start_with(provider, tokens, record, http, |settings| settings)
    }

    fn start(
        provider: Provider,
        tokens: Tokens,
        http: HttpClient,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let record = record(&tokens);
        Self::start_with(provider, tokens, record, http, change)
    }

    fn start_with(
        provider: Provider,
        tokens: Tokens,
        record: Record,
        http: HttpClient,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let store = MemoryStore::with_record(record);
        let notices = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&notices);
        let watch = move |notice: &Notice| kept.lock().unwrap().push(notice.clone());
        let settings = change(settings(&provider));
        let keepers = Keepers::new(http);
        let keeper = keepers.add_watched(settings, Blocking::new(store.another()), watch);
        Self {
            provider: Arc::new(provider),
            tokens,
            store,
            notices,
            keeper: Some(keeper),
            keepers,
        }
    }

    async fn token(&self, wait: Duration) -> Result<String, TokenError> {
        let deadline = Deadline::after(wait);
        let token = self.keeper().token(Duration::ZERO, deadline).await?;
        Ok(token.secret().expose().to_owned())
    }

    fn keeper(&self) -> &Keeper {
        self.keeper.as_ref().unwrap()
    }

    /// Waits until the keeper has told all it had to tell.
    async fn end(&mut self) {
        self.keeper = None;
        assert!(self.keepers.settle(Deadline::after(SOON)).await);
    }

    /// Waits until so many requests have come.
    async fn wait_for(&self, requests: u64) {
        let provider = Arc::clone(&self.provider);
        let there = move || provider.wait_for(Endpoint::Token, requests, SOON);
        assert!(spawn_blocking(there).await.unwrap());
    }

    fn stored(&self) -> Option<Record> {
        self.store.load().unwrap()
    }

    fn requests(&self) -> u64 {
        self.provider.requests(Endpoint::Token)
    }

    async fn sign_ins(&mut self) -> Vec<SignInReason> {
        self.end().await;
        let notices = self.notices.lock().unwrap();
        let sign_ins = notices.iter().filter_map(|notice| match notice {
            Notice::SignIn(sign_in) => Some(sign_in.reason),
            Notice::Event(_) | Notice::Problem(_) => None,
        });
        sign_ins.collect()
    }

    async fn failures(&mut self) -> Vec<Class> {
        self.end().await;
        let notices = self.notices.lock().unwrap();
        let failures = notices.iter().filter_map(|notice| match notice {
            Notice::Event(Event::Failed(failure)) => Some(failure.class()),
            Notice::Event(_) | Notice::Problem(_) | Notice::SignIn(_) => None,
        });
        failures.collect()
    }
}

fn settings(provider: &Provider) -> Settings {
    let options = Options::new(clock::owner().unwrap(), Audience::new("mail"));
    let url = |endpoint| Url::dangerous_loopback(&provider.url(endpoint)).unwrap();
    Settings::new(
        url(Endpoint::Token),
        Client::public("mail-client").unwrap(),
        options,
    )
    .with_revocation(url(Endpoint::Revoke))
}

/// A record with an access token that has expired.
fn record(tokens: &Tokens) -> Record {
    record_of(tokens, 0, 1)
}

fn record_of(tokens: &Tokens, issued: u64, expires: u64) -> Record {
    let (access, refresh) = (tokens.access_token(), tokens.refresh_token().unwrap());
    let json = format!(
        r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"{refresh}",
            "access":[{{"token":"{access}","scope":"mail","generation":1,"issued_at":{issued},"expires_at":{expires}}}]}}"#
    );
    Record::from_json(json.as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_are_one_refresh() {
    let scene = Scene::new();
    let (fault, gate) = Fault::none().held();
    scene.provider.misbehave(fault);
    let ask = || {
        let keeper = scene.keeper().clone();
        let deadline = Deadline::after(SOON);
        tokio::spawn(async move { keeper.token(Duration::ZERO, deadline).await })
    };
    let callers: Vec<_> = (0..10_000).map(|_| ask()).collect();
    scene.wait_for(1).await;
    gate.open();
    let mut tokens = Vec::new();
    for caller in callers {
        let token = caller.await.unwrap().unwrap();
        tokens.push(token.secret().expose().to_owned());
    }
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert!(scene.provider.check(&tokens[0], None, Some("mail")).is_ok());
    assert_eq!(scene.requests(), 1);
    assert_eq!(scene.stored().unwrap().generation().get(), 2);
}

#[tokio::test]
async fn callers_that_are_dropped_break_nothing_off() {
    let scene = Scene::new();
    let (fault, gate) = Fault::none().held();
    scene.provider.misbehave(fault);
    let ask = || {
        let keeper = scene.keeper().clone();
        tokio::spawn(async move { keeper.token(Duration::ZERO, Deadline::NEVER).await })
    };
    let callers: Vec<_> = (0..100).map(|_| ask()).collect();
    scene.wait_for(1).await;
    for caller in callers {
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    }
    gate.open();
    assert!(scene.token(SOON).await.is_ok());
    assert_eq!(scene.requests(), 1);
    assert_eq!(scene.provider.reuses(), 0);
}

/// In the last minute of a token a better one is waited for, and where that takes too long it is good all the same.
#[tokio::test]
async fn a_caller_who_can_wait_no_longer_gets_what_is_left() {
    let scene = Scene::ending();
    let (fault, gate) = Fault::none().held();
    scene.provider.misbehave(fault);
    scene.wait_for(1).await;
    let short = Duration::from_millis(200);
    let left = scene.token(short).await.unwrap();
    assert_eq!(left, scene.tokens.access_token());
    let minutes = Duration::from_secs(600);
    let longer = scene.keeper().token(minutes, Deadline::after(short)).await;
    assert!(longer.unwrap_err().is_temporary());
    let mail = Audience::new("mail");
    let same = scene
        .keeper()
        .token_for(&mail, Duration::ZERO, Deadline::after(short))
        .await;
    assert_eq!(same.unwrap().generation().get(), 1);
    gate.open();
    assert_ne!(
        scene.token(SOON).await.unwrap(),
        scene.tokens.access_token()
    );
    assert_eq!(scene.requests(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_loses_nothing() {
    let scene = Scene::new();
    let (fault, gate) = Fault::none().held();
    scene.provider.misbehave(fault);
    let begun = Instant::now();
    let error = scene.token(Duration::from_millis(200)).await.unwrap_err();
    assert!(error.is_temporary());
    assert_eq!(error.exit_code(), 75);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "its own deadline"
    );
    scene.wait_for(1).await;
    gate.open();
    // What it had asked for came all the same.
    assert!(scene.token(SOON).await.is_ok());
    assert_eq!(scene.requests(), 1);
}

#[tokio::test]
async fn dropping_the_keeper_saves_what_is_under_way() {
    let mut scene = Scene::new();
    let (fault, gate) = Fault::none().held();
    scene.provider.misbehave(fault);
    // It begins when the record is read, if somebody still wants the token then.
    while scene.requests() == 0 {
        scene.token(Duration::from_millis(1)).await.unwrap_err();
    }
    scene.keeper = None;
    assert!(
        !scene
            .keepers
            .settle(Deadline::after(Duration::from_millis(50)))
            .await
    );
    gate.open();
    assert!(scene.keepers.settle(Deadline::after(SOON)).await);
    assert_eq!(scene.stored().unwrap().generation().get(), 2);
    assert_eq!(scene.provider.refreshes(), 1);
}

#[tokio::test]
async fn an_answer_lost_before_anything_happened_is_asked_for_again() {
    let mut scene = Scene::new();
    scene.provider.misbehave(Fault::dropped_before());
    assert!(scene.token(SOON).await.is_ok());
    assert_eq!(scene.failures().await, [Class::Ambiguous]);
    assert_eq!(scene.requests(), 2);
    assert_eq!(scene.provider.reuses(), 0);
}

#[tokio::test]
async fn an_answer_lost_after_the_rotation_is_told_as_that() {
    for fault in [Fault::dropped_after(), Fault::cut_short()] {
        let mut scene = Scene::new();
        scene.provider.misbehave(fault);
        let error = scene.token(SOON).await.unwrap_err();
        assert!(error.needs_sign_in());
        assert_eq!(error.exit_code(), 77);
        assert_eq!(scene.sign_ins().await, [SignInReason::LostRotation]);
        assert!(scene.stored().unwrap().is_ended());
    }
}

#[tokio::test]
async fn where_the_server_has_grace_a_lost_answer_costs_nothing() {
    let mut scene = Scene::with(ProviderOptions::new().grace(Duration::from_secs(30)));
    scene.provider.misbehave(Fault::dropped_after());
    assert!(scene.token(SOON).await.is_ok());
    assert_eq!(scene.sign_ins().await, []);
    assert_eq!(scene.provider.reuses(), 0);
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_is() {
    let mut scene = Scene::new();
    scene
        .provider
        .misbehave(Fault::too_many_requests(Duration::from_secs(2)));
    let begun = Instant::now();
    let error = scene.token(Duration::from_millis(500)).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    assert!(scene.token(SOON).await.is_ok());
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_eq!(scene.requests(), 2);
    assert_eq!(scene.failures().await, [Class::Throttled]);
}

#[tokio::test]
async fn what_is_no_answer_costs_no_sign_in() {
    let faults = [
        ("a page", Fault::html_page()),
        ("503", Fault::status(503)),
        ("two MiB", Fault::oversized(2 << 20)),
    ];
    for (what, fault) in faults {
        let mut scene = Scene::new();
        scene.provider.misbehave(fault);
        let error = scene.token(Duration::from_millis(1000)).await.unwrap_err();
        assert!(error.is_temporary(), "{what}: {error}");
        assert!(!scene.stored().unwrap().is_ended(), "{what}");
        assert_eq!(scene.sign_ins().await, [], "{what}");
        assert_eq!(scene.provider.refreshes(), 0, "{what}");
    }
}

/// A body of a GiB, as it says of itself, of which a few MiB at most go into the buffers of sockets.
#[tokio::test]
async fn a_body_that_does_not_end_is_not_read_to_its_end() {
    const GIB: usize = 1 << 30;
    let scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {GIB}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let piece = [b' '; 65536];
        (0..GIB / piece.len())
            .take_while(|_| stream.write_all(&piece).is_ok())
            .count()
            * piece.len()
    });
    let store = MemoryStore::with_record(record(&scene.tokens));
    let url = format!("http://{address}/token");
    let settings = Settings::new(
        Url::dangerous_loopback(&url).unwrap(),
        Client::public("mail-client").unwrap(),
        Options::new(clock::owner().unwrap(), Audience::new("mail")),
    );
    let http = HttpClient::new().dangerous_loopback();
    let keepers = Keepers::new(http);
    let keeper = keepers.add(settings, Blocking::new(store.another()));
    let deadline = Deadline::after(Duration::from_secs(2));
    let token = keeper.token(Duration::ZERO, deadline);
    let error = token.await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    let written = spawn_blocking(move || server.join().unwrap())
        .await
        .unwrap();
    assert!(written < 64 << 20, "{written} octets were taken");
    assert!(store.load().unwrap().unwrap().can_refresh());
}

#[tokio::test]
async fn no_redirect_is_followed() {
    // No certificate stands in the way of whoever follows.
    let thief = Provider::start(ProviderOptions::new().plain_http()).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let mut scene = Scene::new();
        let fault = Fault::status(status).header("location", &thief.url(Endpoint::Token));
        scene.provider.misbehave(fault);
        let error = scene.token(Duration::from_millis(500)).await.unwrap_err();
        assert!(error.is_temporary(), "{status}: {error}");
        assert_eq!(scene.failures().await, [Class::Suspicious], "{status}");
        assert_eq!(thief.requests(Endpoint::Token), 0, "{status}");
        assert!(scene.stored().unwrap().can_refresh(), "{status}");
    }
}

/// Another of these tests in a process whose environment names a proxy: a provider, TLS and a refresh.
#[test]
fn no_proxy_of_the_environment_is_asked() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([
        "--exact",
        "where_the_server_has_grace_a_lost_answer_costs_nothing",
    ]);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy"] {
        command.env(name, &url);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    let asked = proxy.accept().map(drop).unwrap_err();
    assert_eq!(asked.kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn an_unknown_authority_gets_no_token_and_costs_no_sign_in() {
    let provider = Provider::start(ProviderOptions::new()).unwrap();
    let tokens = provider.issue("alice@example.com");
    let mut scene = Scene::start(provider, tokens, HttpClient::new(), |settings| settings);
    let error = scene.token(Duration::from_millis(500)).await.unwrap_err();
    assert!(error.is_temporary());
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(scene.requests(), 0);
    assert_eq!(scene.sign_ins().await, []);
    assert!(scene.stored().unwrap().can_refresh());
}

#[tokio::test]
async fn http_needs_two_words_of_the_caller() {
    let scene = |http| {
        let provider = Provider::start(ProviderOptions::new().plain_http()).unwrap();
        let tokens = provider.issue("alice@example.com");
        Scene::start(provider, tokens, http, |settings| settings)
    };
    let refused = scene(HttpClient::new());
    let error = refused.token(Duration::from_millis(500)).await.unwrap_err();
    assert!(error.to_string().contains("https://"), "{error}");
    assert_eq!(refused.requests(), 0);
    let allowed = scene(HttpClient::new().dangerous_loopback());
    assert!(allowed.token(SOON).await.is_ok());
}

#[tokio::test]
async fn a_revoked_grant_is_one_sign_in() {
    let mut scene = Scene::new();
    scene.provider.revoke_grant(scene.tokens.grant());
    for _ in 0..3 {
        let error = scene.token(SOON).await.unwrap_err();
        assert!(error.needs_sign_in());
        let why = error.unavailable();
        assert!(matches!(why, Some(Unavailable::SignIn(_))), "{error}");
    }
    assert_eq!(scene.sign_ins().await, [SignInReason::Rejected]);
    assert_eq!(scene.requests(), 1);
}

#[tokio::test]
async fn signing_out_deletes_and_revokes() {
    let scene = Scene::new();
    let token = scene.token(SOON).await.unwrap();
    scene
        .keeper()
        .sign_out(Deadline::after(SOON))
        .await
        .unwrap();
    assert_eq!(scene.stored(), None);
    assert!(scene.provider.check(&token, None, None).is_err());
    let error = scene.token(SOON).await.unwrap_err();
    assert_eq!(error.unavailable(), Some(&Unavailable::SignedOut));
}
