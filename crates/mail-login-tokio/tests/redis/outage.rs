//! The server is gone, stuck, or comes back.

use std::time::{Duration, Instant};

use mail_login_tokio::{
    Deadline,
    tokens::{HttpClient, Keepers, Settings, clock, redis::Redis},
};
use mail_testbed::{Endpoint, Fault, Issue, Provider, ProviderOptions};
use token_lifecycle::{Audience, Client, Lock, Options, Record, Saved, Timers, Url};
use tokio::task::spawn_blocking;

use crate::server::{RedisProcess, both, record};

const LONG: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_outage_is_neither_held_nor_signed_out() {
    let mut process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        let (store, other) = (make(what, LONG), make(what, LONG));
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Done,
            "{what}"
        );
        assert_eq!(other.lock().await, Lock::Acquired, "{what}");
        process.kill();
        let begun = Instant::now();
        assert_eq!(store.lock().await, Lock::Unavailable, "{what}");
        assert!(store.load().await.is_err(), "{what}");
        assert_eq!(store.save(None, None).await, Saved::Failed, "{what}");
        store.unlock().await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
        let problem = store.problem().unwrap();
        assert!(
            problem.contains("cannot be reached") || problem.contains("cannot connect"),
            "{problem}"
        );
        process.start_again();
        // The same value works again, and what it was told is still there.
        assert_eq!(store.load().await.unwrap(), Some(record(1)), "{what}");
        assert_eq!(store.lock().await, Lock::Held, "{what}");
        other.unlock().await;
        assert_eq!(store.lock().await, Lock::Acquired, "{what}");
    }
}

#[tokio::test]
async fn a_server_that_is_stuck_holds_nobody_up() {
    let process = RedisProcess::start();
    let server = process.server().timeout(Duration::from_millis(300));
    for (what, make) in both(&server) {
        let (store, fresh) = (make(what, LONG), make(what, LONG));
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Done,
            "{what}"
        );
        process.signal("-STOP");
        let begun = Instant::now();
        assert_eq!(store.lock().await, Lock::Unavailable, "{what}");
        assert_eq!(fresh.lock().await, Lock::Unavailable, "{what}");
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{what}: {:?}",
            begun.elapsed()
        );
        process.signal("-CONT");
        // Whatever arrived late, the lock is ours or ends by itself.
        process.cli(&["FLUSHALL"]);
        assert_eq!(store.load().await.unwrap(), None, "{what}");
    }
}

fn settings(provider: &Provider) -> Settings {
    // Tries that nobody has to wait for.
    let timers = Timers {
        pause: Duration::from_millis(100),
        blocked_at_most: Duration::from_millis(100),
        ..Timers::default()
    };
    let mut options = Options::new(clock::owner().unwrap(), Audience::new("mail"));
    options.timers = timers;
    let endpoint = Url::new(&provider.url(Endpoint::Token)).unwrap();
    Settings::new(endpoint, Client::public("mail-client").unwrap(), options)
}

#[tokio::test]
async fn a_refresh_that_cannot_be_saved_is_used_and_saved_later() {
    let provider = std::sync::Arc::new(Provider::start(ProviderOptions::new()).unwrap());
    let tokens = provider.issue(Issue::to("alice@example.com").life(Duration::ZERO));
    let json = format!(
        r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"{}"}}"#,
        tokens.refresh_token().unwrap()
    );
    let record = Record::from_json(json.as_bytes()).unwrap();
    let mut process = RedisProcess::start();
    let redis = Redis::new(process.server());
    let [(_, make), _] = both(&process.server());
    assert_eq!(
        make("grant", LONG).save(None, Some(&record)).await,
        Saved::Done
    );

    let pem = provider.authority().pem();
    let http = HttpClient::new().extra_ca_pem(pem.as_bytes()).unwrap();
    let keepers = Keepers::new(http);
    let (fault, gate) = Fault::none().held();
    provider.misbehave(fault);
    let keeper = keepers.add(settings(&provider), redis.store("grant").unwrap());
    let asked = std::sync::Arc::clone(&provider);
    let there = spawn_blocking(move || asked.wait_for(Endpoint::Token, 1, SOON));
    assert!(there.await.unwrap());
    // The request is there, and its answer finds no store.
    process.kill();
    gate.open();
    let token = keeper
        .token(Duration::ZERO, Deadline::after(SOON))
        .await
        .unwrap();
    assert!(
        provider
            .check(token.secret().expose(), None, Some("mail"))
            .is_ok()
    );
    assert!(keeper.status().is_unsaved);
    assert!(keeper.status().problem.is_some());

    process.start_again();
    // Nobody holds the keeper any more, and it is saved all the same.
    drop(keeper);
    assert!(keepers.settle(Deadline::after(SOON)).await);
    let stored = make("grant", LONG).load().await.unwrap().unwrap();
    assert_eq!(stored.generation().get(), 2);
    assert_eq!(provider.refreshes(), 1);
    assert_eq!(provider.reuses(), 0);
}

#[tokio::test]
async fn a_store_that_is_away_costs_no_sign_in() {
    let provider = Provider::start(ProviderOptions::new()).unwrap();
    let tokens = provider.issue(Issue::to("alice@example.com").life(Duration::ZERO));
    let json = format!(
        r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"{}"}}"#,
        tokens.refresh_token().unwrap()
    );
    let record = Record::from_json(json.as_bytes()).unwrap();
    let mut process = RedisProcess::start();
    let [(_, make), _] = both(&process.server());
    assert_eq!(
        make("grant", LONG).save(None, Some(&record)).await,
        Saved::Done
    );
    process.kill();

    let pem = provider.authority().pem();
    let http = HttpClient::new().extra_ca_pem(pem.as_bytes()).unwrap();
    let keepers = Keepers::new(http);
    let store = Redis::new(process.server()).store("grant").unwrap();
    let keeper = keepers.add(settings(&provider), store);
    let error = keeper.token(Duration::ZERO, Deadline::after(Duration::from_millis(300)));
    let error = error.await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    assert_eq!(error.exit_code(), 75);
    assert!(
        error.to_string().contains("Redis") || error.to_string().contains("connect"),
        "{error}"
    );
    assert_eq!(provider.requests(Endpoint::Token), 0);
    process.start_again();
    assert!(
        keeper
            .token(Duration::ZERO, Deadline::after(SOON))
            .await
            .is_ok()
    );
    assert_eq!(provider.refreshes(), 1);
}
