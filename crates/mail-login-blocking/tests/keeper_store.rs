//! A keeper whose store or network does not work, or panics.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mail_login_blocking::{
    Deadline,
    tokens::{
        Http, HttpAnswer, HttpClient, HttpProblem, Keeper, MemoryStore, Settings, Store, clock,
    },
};
use mail_testbed::{Endpoint, Fault, Provider, ProviderOptions};
use token_lifecycle::{
    Audience, Client, Exchange, GrantKind, HttpStage, Lock, Options, Record, Request, Response,
    Revision, Saved, Tokens, Url,
};

/// A store that can be broken.
struct Fragile {
    store: MemoryStore,
    broken: Arc<AtomicBool>,
}

impl Fragile {
    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }
}

impl Store for Fragile {
    fn load(&self) -> io::Result<Option<Record>> {
        if self.is_broken() {
            return Err(io::Error::other("the disk is gone"));
        }
        self.store.load()
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        if self.is_broken() {
            return Saved::Failed;
        }
        self.store.save(expected, record)
    }

    fn lock(&self) -> Lock {
        self.store.lock()
    }

    fn unlock(&self) {
        self.store.unlock();
    }

    fn problem(&self) -> Option<String> {
        Some("the disk is gone".into())
    }
}

/// Gives new tokens each time, and breaks the store before if it is told to.
struct Giving {
    count: Arc<AtomicU64>,
    breaks: Option<Arc<AtomicBool>>,
}

impl Http for Giving {
    fn send(&self, _: &Request) -> Result<HttpAnswer, HttpProblem> {
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        if let Some(breaks) = &self.breaks {
            breaks.store(true, Ordering::SeqCst);
        }
        let json = format!(
            r#"{{"access_token":"a{count}","refresh_token":"r{count}","token_type":"Bearer","expires_in":3600}}"#
        );
        Ok(HttpAnswer::new(200, json.into_bytes()).with_header("Content-Type", "application/json"))
    }
}

struct Panicking;

impl Http for Panicking {
    fn send(&self, _: &Request) -> Result<HttpAnswer, HttpProblem> {
        panic!("this is part of a test")
    }
}

fn settings() -> Settings {
    let options = Options::new("me", Audience::new("mail"));
    let endpoint = Url::new("https://id.example.com/token").unwrap();
    Settings::new(endpoint, Client::public("app").unwrap(), options)
}

fn record() -> Record {
    let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"app","refresh":"secret-of-the-test"}"#;
    Record::from_json(json).unwrap()
}

fn tokens() -> Tokens {
    let exchange = Exchange::new(GrantKind::AuthorizationCode, clock::now().wall);
    let body = br#"{"access_token":"new","refresh_token":"newer","token_type":"Bearer","expires_in":3600}"#;
    let response = Response::new(200, body).with_header("Content-Type", "application/json");
    exchange.read(&response).unwrap()
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

#[test]
fn what_cannot_be_saved_is_used_and_saved_at_the_last_moment() {
    let broken = Arc::new(AtomicBool::new(false));
    let store = MemoryStore::with_record(record());
    let fragile = Fragile {
        store: store.another(),
        broken: Arc::clone(&broken),
    };
    let count = Arc::new(AtomicU64::new(0));
    let giving = Giving {
        count: Arc::clone(&count),
        breaks: Some(Arc::clone(&broken)),
    };
    let keeper = Keeper::start(settings(), fragile, giving).unwrap();
    let token = keeper.token(Duration::ZERO, soon()).unwrap();
    assert_eq!(token.secret().expose(), "a0");
    let status = keeper.status();
    assert!(status.is_unsaved);
    assert_eq!(status.problem.as_deref(), Some("the disk is gone"));
    assert_eq!(store.load().unwrap().unwrap().generation().get(), 1);

    broken.store(false, Ordering::SeqCst);
    drop(keeper);
    assert_eq!(store.load().unwrap().unwrap().generation().get(), 2);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_store_that_does_not_work_is_no_sign_out() {
    let fragile = Fragile {
        store: MemoryStore::with_record(record()),
        broken: Arc::new(AtomicBool::new(true)),
    };
    let giving = Giving {
        count: Arc::default(),
        breaks: None,
    };
    let keeper = Keeper::start(settings(), fragile, giving).unwrap();
    let deadline = Deadline::after(Duration::from_millis(300));
    let error = keeper.token(Duration::ZERO, deadline).unwrap_err();
    assert!(error.is_temporary());
    assert!(!error.needs_sign_in());
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}

#[test]
fn a_sign_in_is_saved_before_it_is_done() {
    let store = MemoryStore::new();
    let giving = Giving {
        count: Arc::default(),
        breaks: None,
    };
    let keeper = Keeper::start(settings(), store.another(), giving).unwrap();
    let error = keeper.token(Duration::ZERO, soon()).unwrap_err();
    assert!(error.needs_sign_in());
    keeper.sign_in(tokens(), soon()).unwrap();
    assert!(store.load().unwrap().unwrap().can_refresh());
    let token = keeper.token(Duration::ZERO, soon()).unwrap();
    assert_eq!(token.secret().expose(), "new");
}

#[test]
fn a_sign_in_that_cannot_be_saved_is_an_error() {
    let fragile = Fragile {
        store: MemoryStore::new(),
        broken: Arc::new(AtomicBool::new(true)),
    };
    let giving = Giving {
        count: Arc::default(),
        breaks: None,
    };
    let keeper = Keeper::start(settings(), fragile, giving).unwrap();
    let deadline = Deadline::after(Duration::from_secs(1));
    let error = keeper.sign_in(tokens(), deadline).unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}

#[test]
fn nobody_waits_for_a_thread_that_panicked() {
    let keeper = Keeper::start(settings(), MemoryStore::with_record(record()), Panicking).unwrap();
    let begun = Instant::now();
    let error = keeper.token(Duration::ZERO, Deadline::NEVER).unwrap_err();
    assert_eq!(error.unavailable(), None);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn no_secret_is_shown() {
    let giving = Giving {
        count: Arc::default(),
        breaks: None,
    };
    let store = MemoryStore::with_record(record());
    let shown = format!("{store:?}");
    assert!(!shown.contains("secret-of-the-test"), "{shown}");
    let keeper = Keeper::start(settings(), store, giving).unwrap();
    let token = keeper.token(Duration::ZERO, soon()).unwrap();
    let shown = format!("{keeper:?} {:?} {token:?}", keeper.status());
    for secret in ["secret-of-the-test", "a0", "r0"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

fn https(provider: &Provider) -> HttpClient {
    let pem = provider.authority().pem();
    HttpClient::new().extra_ca_pem(pem.as_bytes()).unwrap()
}

#[test]
fn an_octet_now_and_then_does_not_extend_the_deadline() {
    let provider = Provider::start(ProviderOptions::new()).unwrap();
    let slowly = Fault::none().slowly(Duration::from_millis(200));
    provider.misbehave_at(Endpoint::Discovery, slowly);
    let http = https(&provider).timeout(Duration::from_secs(1));
    let begun = Instant::now();
    let request = Request::fetch(provider.url(Endpoint::Discovery));
    let problem = http.send(&request).unwrap_err();
    assert_eq!(problem.stage(), HttpStage::Sent);
    assert!(begun.elapsed() < Duration::from_secs(4), "{problem}");
}

#[test]
fn how_far_a_request_got() {
    let provider = Provider::start(ProviderOptions::new()).unwrap();
    let url = provider.url(Endpoint::Discovery);
    let stage =
        |http: HttpClient, url: &str| http.send(&Request::fetch(url)).map_err(|p| p.stage());
    assert!(stage(https(&provider), &url).is_ok());
    assert_eq!(stage(HttpClient::new(), &url).unwrap_err(), HttpStage::Tls);
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("https://{}/", listener.local_addr().unwrap())
    };
    let refused = stage(https(&provider), &closed).unwrap_err();
    assert_eq!(refused, HttpStage::Connect);
    provider.misbehave_at(Endpoint::Discovery, Fault::dropped_before());
    assert_eq!(stage(https(&provider), &url).unwrap_err(), HttpStage::Sent);
}
