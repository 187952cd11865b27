//! Many grants in one process: who gets a turn, and what is left of them at rest.

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
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use mail_login_tokens::Store as _;
use mail_login_tokio::{
    Deadline,
    tokens::{
        Blocking, Http, HttpAnswer, HttpProblem, Keeper, Keepers, MemoryStore, Pending, Settings,
        Store, clock,
    },
};
use token_lifecycle::{
    Audience, Client, Lock, Options, Record, Request, Revision, Saved, Timers, Url,
};
use tokio::{runtime::Handle, sync::Semaphore, task::yield_now};

const SOON: Duration = Duration::from_secs(20);

/// An authorization server that gives a token to everybody whom the gate lets in.
#[derive(Clone)]
struct Server(Arc<Inside>);

struct Inside {
    gate: Semaphore,
    arrived: Semaphore,
    requests: AtomicUsize,
    inside: AtomicUsize,
    most: AtomicUsize,
    panics: AtomicUsize,
}

impl Server {
    /// It lets in so many.
    fn new(permits: usize) -> Self {
        Self(Arc::new(Inside {
            gate: Semaphore::new(permits),
            arrived: Semaphore::new(0),
            requests: AtomicUsize::new(0),
            inside: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            panics: AtomicUsize::new(0),
        }))
    }

    fn open() -> Self {
        Self::new(Semaphore::MAX_PERMITS)
    }

    fn requests(&self) -> usize {
        self.0.requests.load(Ordering::SeqCst)
    }

    /// Waits until so many more have come.
    async fn wait_for(&self, requests: u32) {
        let permits = tokio::time::timeout(SOON, self.0.arrived.acquire_many(requests)).await;
        permits.unwrap().unwrap().forget();
    }
}

impl Http for Server {
    fn send<'a>(&'a self, _: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        Box::pin(async {
            let server = &self.0;
            server.requests.fetch_add(1, Ordering::SeqCst);
            let inside = server.inside.fetch_add(1, Ordering::SeqCst) + 1;
            server.most.fetch_max(inside, Ordering::SeqCst);
            server.arrived.add_permits(1);
            let take = |left: usize| left.checked_sub(1);
            let panics = &server.panics;
            let panics = panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
            assert!(panics.is_err(), "as the test wants it");
            server.gate.acquire().await.unwrap().forget();
            server.inside.fetch_sub(1, Ordering::SeqCst);
            let json =
                br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600}"#;
            Ok(HttpAnswer::new(200, json.to_vec()))
        })
    }
}

fn settings(change: impl FnOnce(&mut Options)) -> Arc<Settings> {
    let mut options = Options::new(clock::owner().unwrap(), Audience::new("mail"));
    change(&mut options);
    let endpoint = Url::new("https://id.example.com/token").unwrap();
    Arc::new(Settings::new(
        endpoint,
        Client::public("mail-client").unwrap(),
        options,
    ))
}

fn record() -> Record {
    let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
    Record::from_json(json).unwrap()
}

/// A store that needs no thread, and that can fail.
#[derive(Clone)]
struct Place {
    store: Arc<MemoryStore>,
    fails: Arc<AtomicBool>,
}

impl Place {
    fn new() -> Self {
        Self {
            store: Arc::new(MemoryStore::with_record(record())),
            fails: Arc::default(),
        }
    }

    fn fails(&self) -> bool {
        self.fails.load(Ordering::SeqCst)
    }
}

impl Store for Place {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        Box::pin(async {
            match self.fails() {
                true => Err(io::Error::other("as the test wants it")),
                false => self.store.load(),
            }
        })
    }

    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved> {
        Box::pin(async move {
            match self.fails() {
                true => Saved::Failed,
                false => self.store.save(expected, record),
            }
        })
    }

    fn lock(&self) -> Pending<'_, Lock> {
        Box::pin(async { self.store.lock() })
    }

    fn unlock(&self) -> Pending<'_, ()> {
        Box::pin(async { self.store.unlock() })
    }
}

async fn token(keeper: &Keeper) -> Result<(), mail_login_tokio::tokens::TokenError> {
    let token = keeper.token(Duration::ZERO, Deadline::after(SOON)).await?;
    assert_eq!(token.secret().expose(), "mF_9.B5f-4.1JqM");
    Ok(())
}

async fn settled(keepers: &Keepers) {
    assert!(keepers.settle(Deadline::after(SOON)).await);
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test]
async fn grants_at_rest_have_no_task() {
    let server = Server::open();
    let keepers = Keepers::with_at_once(server.clone(), 8);
    let settings = settings(|_| {});
    let add = |_| keepers.add(Arc::clone(&settings), Place::new());
    let grants: Vec<_> = (0..2000).map(add).collect();
    // Nobody asks, and all of them get a token.
    server.wait_for(2000).await;
    settled(&keepers).await;
    assert_eq!(server.requests(), 2000);
    assert!(server.0.most.load(Ordering::SeqCst) <= 8);
    assert_eq!(tasks(), 1, "the one that knows who is next");
    for grant in &grants {
        assert_eq!(grant.status().generation.unwrap().get(), 2);
        token(grant).await.unwrap();
    }
    assert_eq!(server.requests(), 2000);
    drop(grants);
    drop(keepers);
    while tasks() > 0 {
        yield_now().await;
    }
}

#[tokio::test]
async fn who_waits_does_not_wait_for_those_whom_nobody_asks_for() {
    let server = Server::new(0);
    let keepers = Keepers::with_at_once(server.clone(), 2);
    let settings = settings(|_| {});
    let add = |_| keepers.add(Arc::clone(&settings), Place::new());
    let grants: Vec<_> = (0..10).map(add).collect();
    server.wait_for(2).await;
    // Two are under way, and stuck. The last one is asked for:
    let keeper = grants[9].clone();
    let waiting = tokio::spawn(async move { token(&keeper).await });
    server.wait_for(1).await;
    assert_eq!(server.requests(), 3);
    server.0.gate.add_permits(100);
    waiting.await.unwrap().unwrap();
    // And the others get their turn.
    server.wait_for(7).await;
    settled(&keepers).await;
    assert_eq!(server.requests(), 10);
}

#[tokio::test]
async fn without_ahead_nothing_happens_until_somebody_asks() {
    let server = Server::open();
    let keepers = Keepers::new(server.clone());
    let keeper = keepers.add(settings(|options| options.ahead = false), Place::new());
    settled(&keepers).await;
    assert_eq!(tasks(), 1);
    assert_eq!(server.requests(), 0);
    token(&keeper).await.unwrap();
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_client_that_panics_leaves_nobody_waiting() {
    let server = Server::open();
    server.0.panics.store(1, Ordering::SeqCst);
    let keepers = Keepers::new(server.clone());
    let keeper = keepers.add(settings(|_| {}), Place::new());
    token(&keeper).await.unwrap();
    assert_eq!(server.requests(), 2);
    settled(&keepers).await;
    assert_eq!(tasks(), 1);
}

#[tokio::test]
async fn a_grant_at_rest_goes_with_its_keeper() {
    let place = Place::new();
    let keepers = Keepers::new(Server::open());
    let keeper = keepers.add(settings(|_| {}), place.clone());
    token(&keeper).await.unwrap();
    settled(&keepers).await;
    assert_eq!(Arc::strong_count(&place.store), 2);
    drop(keeper);
    assert_eq!(Arc::strong_count(&place.store), 1);
}

#[tokio::test]
async fn tokens_that_cannot_be_saved_outlive_their_keeper() {
    let place = Place::new();
    let server = Server::new(0);
    let keepers = Keepers::new(server.clone());
    // A new refresh token would come with it: none is lost if it is not saved, but for the mark.
    let keeper = keepers.add(settings(|_| {}), place.clone());
    server.wait_for(1).await;
    place.fails.store(true, Ordering::SeqCst);
    server.0.gate.add_permits(1);
    token(&keeper).await.unwrap();
    assert!(keeper.status().is_unsaved);
    let error = keeper.status().problem.unwrap();
    assert_eq!(error, "the store does not work");
    drop(keeper);
    assert!(
        !keepers
            .settle(Deadline::after(Duration::from_millis(50)))
            .await
    );
    place.fails.store(false, Ordering::SeqCst);
    settled(&keepers).await;
    assert_eq!(place.store.load().unwrap().unwrap().generation().get(), 2);
    assert_eq!(Arc::strong_count(&place.store), 1);
}

#[tokio::test]
async fn a_user_who_signs_in_is_saved_before_it_is_told() {
    let store = MemoryStore::new();
    let keepers = Keepers::new(Server::open());
    let keeper = keepers.add(settings(|_| {}), Blocking::new(store.another()));
    let error = token(&keeper).await.unwrap_err();
    assert!(error.needs_sign_in(), "{error}");
    let exchange = token_lifecycle::Exchange::new(
        token_lifecycle::GrantKind::AuthorizationCode,
        clock::now().wall,
    );
    let body = br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600,"refresh_token":"r"}"#;
    let tokens = exchange
        .read(&token_lifecycle::Response::new(200, body))
        .unwrap();
    keeper.sign_in(tokens, Deadline::after(SOON)).await.unwrap();
    assert!(store.load().unwrap().unwrap().can_refresh());
    token(&keeper).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_saved_is_told_at_once() {
    let place = Place::new();
    let timers = Timers::default();
    let keepers = Keepers::new(Server::open());
    let keeper = keepers.add(settings(|options| options.timers = timers), place.clone());
    token(&keeper).await.unwrap();
    settled(&keepers).await;
    let exchange = token_lifecycle::Exchange::new(
        token_lifecycle::GrantKind::AuthorizationCode,
        clock::now().wall,
    );
    let body = br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600,"refresh_token":"r"}"#;
    let tokens = exchange
        .read(&token_lifecycle::Response::new(200, body))
        .unwrap();
    place.fails.store(true, Ordering::SeqCst);
    let error = keeper.sign_in(tokens, Deadline::NEVER).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    place.fails.store(false, Ordering::SeqCst);
    keeper.hint(token_lifecycle::Hint::Retry);
    settled(&keepers).await;
}
