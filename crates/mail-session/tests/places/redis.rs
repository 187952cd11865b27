//! In a real Redis server, which each test starts for itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mail_login_tokio::tokens::redis::Redis;
use mail_session::places::{Places, RedisPlaces};
use token_lifecycle::{Lock, Revision, Saved};

use crate::{
    contract::{LONGEST, Scene, record, stored},
    process::RedisProcess,
};

const HOUR: Duration = Duration::from_secs(60 * 60);

impl Scene for RedisProcess {
    /// With a connection of its own.
    fn places(&self) -> Arc<dyn Places> {
        Arc::new(kept(self, Some(HOUR)))
    }
}

contract!(RedisProcess::start());

fn kept(process: &RedisProcess, keep: Option<Duration>) -> RedisPlaces {
    RedisPlaces::new(Redis::new(process.server()), keep)
}

/// The one key of this kind.
fn key(process: &RedisProcess, kind: &str) -> String {
    let found = process.cli(&["KEYS", &format!("*:{kind}")]);
    assert_eq!(found.lines().count(), 1, "{kind}: {found}");
    found.trim().to_owned()
}

/// How many milliseconds are left to a key.
fn left(process: &RedisProcess, key: &str) -> i64 {
    process.cli(&["PTTL", key]).trim().parse().unwrap()
}

/// A key has this time to live, or a little less, as some of it has passed.
fn assert_left(process: &RedisProcess, key: &str, time: Duration) {
    let whole = i64::try_from(time.as_millis()).unwrap();
    let left = left(process, key);
    assert!((whole - 60_000..=whole).contains(&left), "{key}: {left}");
}

/// As if the rest of the time had passed.
fn shorten(process: &RedisProcess, key: &str) {
    let time = 5 * 60_000;
    assert_eq!(
        process.cli(&["PEXPIRE", key, &time.to_string()]).trim(),
        "1"
    );
    assert!(left(process, key) <= time);
}

#[tokio::test]
async fn keys_tell_nobody_whose_they_are() {
    let process = RedisProcess::start();
    let places = process.places();
    let saved = places.save("alice/web", None, Some((1, b"a"))).await;
    assert_eq!(saved, Saved::Done);
    let grant = places.grant("alice/web").unwrap();
    assert_eq!(grant.lock().await, Lock::Acquired);
    assert_eq!(grant.save(None, Some(&record(1))).await, Saved::Done);
    let keys = process.cli(&["KEYS", "*"]);
    assert_eq!(keys.lines().count(), 3, "{keys}");
    assert!(!keys.contains("alice") && !keys.contains("web"), "{keys}");
}

#[tokio::test]
async fn a_session_lives_on_while_it_is_used() {
    let process = RedisProcess::start();
    let places = process.places();
    let saved = places.save("s", None, Some((1, b"a"))).await;
    assert_eq!(saved, Saved::Done);
    let key = key(&process, "slot");
    assert_left(&process, &key, HOUR);
    shorten(&process, &key);
    assert_eq!(places.load("s").await.unwrap(), stored(1, b"a"));
    assert_left(&process, &key, HOUR);
    shorten(&process, &key);
    let saved = places.save("s", Some(1), Some((2, b"b"))).await;
    assert_eq!(saved, Saved::Done);
    assert_left(&process, &key, HOUR);
    // Whoever asks with a revision that is gone has not used it.
    shorten(&process, &key);
    let saved = places.save("s", Some(1), Some((3, b"c"))).await;
    assert_eq!(saved, Saved::Conflict);
    assert!(left(&process, &key) <= 5 * 60_000);
}

#[tokio::test]
async fn a_grant_lives_a_day_longer_than_its_session() {
    let process = RedisProcess::start();
    let grant = process.places().grant("s/mail").unwrap();
    assert_eq!(grant.save(None, Some(&record(1))).await, Saved::Done);
    let key = key(&process, "record");
    let time = 25 * HOUR;
    assert_left(&process, &key, time);
    shorten(&process, &key);
    assert_eq!(grant.load().await.unwrap(), Some(record(1)));
    assert_left(&process, &key, time);
    shorten(&process, &key);
    let first = Some(Revision::from(1));
    assert_eq!(grant.save(first, Some(&record(2))).await, Saved::Done);
    assert_left(&process, &key, time);
}

#[tokio::test]
async fn what_nobody_uses_vanishes() {
    let process = RedisProcess::start();
    let places = process.places();
    let saved = places.save("s", None, Some((1, b"a"))).await;
    assert_eq!(saved, Saved::Done);
    let key = key(&process, "slot");
    assert_eq!(process.cli(&["PEXPIRE", &key, "1"]).trim(), "1");
    // Redis tells that it has gone; there is nothing to wait for but the clock.
    let end = Instant::now() + Duration::from_secs(20);
    while process.cli(&["EXISTS", &key]).trim() != "0" {
        assert!(Instant::now() < end);
    }
    assert_eq!(places.load("s").await.unwrap(), None);
    assert_eq!(process.cli(&["DBSIZE"]).trim(), "0");
}

#[tokio::test]
async fn without_a_time_all_stays() {
    let process = RedisProcess::start();
    let places = kept(&process, None);
    let saved = places.save("s", None, Some((1, b"a"))).await;
    assert_eq!(saved, Saved::Done);
    assert_eq!(places.load("s").await.unwrap(), stored(1, b"a"));
    let grant = places.grant("s").unwrap();
    assert_eq!(grant.save(None, Some(&record(1))).await, Saved::Done);
    assert_eq!(grant.load().await.unwrap(), Some(record(1)));
    for kind in ["slot", "record"] {
        assert_eq!(left(&process, &key(&process, kind)), -1, "{kind}");
    }
}

#[tokio::test]
async fn any_time_is_one_that_works() {
    let process = RedisProcess::start();
    let places = kept(&process, Some(Duration::MAX));
    let saved = places.save("s", None, Some((1, b"a"))).await;
    assert_eq!(saved, Saved::Done);
    assert_eq!(places.load("s").await.unwrap(), stored(1, b"a"));
    let grant = places.grant("s").unwrap();
    assert_eq!(grant.save(None, Some(&record(1))).await, Saved::Done);
}

#[tokio::test]
async fn an_outage_is_an_error_and_never_no_session() {
    let mut process = RedisProcess::start();
    let places = process.places();
    let grant = places.grant("s").unwrap();
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    assert_eq!(grant.save(None, Some(&record(1))).await, Saved::Done);
    process.kill();
    let begun = Instant::now();
    for places in [&places, &process.places()] {
        let error = places.load("s").await.unwrap_err();
        assert!(
            error.to_string().contains("connect") || error.to_string().contains("Redis"),
            "{error}"
        );
        assert!(places.load("none").await.is_err());
        let saved = places.save("s", Some(1), Some((2, b"b"))).await;
        assert_eq!(saved, Saved::Failed);
        assert_eq!(places.save("s", None, Some((1, b"x"))).await, Saved::Failed);
        assert_eq!(places.save("s", Some(1), None).await, Saved::Failed);
    }
    assert!(grant.load().await.is_err());
    assert_eq!(grant.lock().await, Lock::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(10));
    process.start_again();
    // The same value works again, and what it was told is still there.
    assert_eq!(places.load("s").await.unwrap(), stored(1, b"a"));
    assert_eq!(grant.load().await.unwrap(), Some(record(1)));
    assert_left(&process, &key(&process, "slot"), HOUR);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again() {
    let process = RedisProcess::start();
    let server = process.server().timeout(Duration::from_millis(300));
    let places = RedisPlaces::new(Redis::new(server), Some(HOUR));
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    process.signal("-STOP");
    let new = Some((2, &b"b"[..]));
    assert_eq!(places.save("s", Some(1), new).await, Saved::Failed);
    assert!(places.load("s").await.is_err());
    process.signal("-CONT");
    // Whether the first one arrived or not.
    assert_eq!(process.places().save("s", Some(1), new).await, Saved::Done);
    assert_eq!(places.load("s").await.unwrap(), stored(2, b"b"));
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_is_left_alone() {
    let process = RedisProcess::start();
    let places = process.places();
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    let key = key(&process, "slot");
    // One of the two is an error.
    let content = || process.cli(&["GET", &key]) + &process.cli(&["HGETALL", &key]);
    let strange: [&[&str]; 5] = [
        &["SET", &key, "theirs"],
        &["HSET", &key, "field", "theirs"],
        &["HSET", &key, "record", "theirs"],
        &["HSET", &key, "revision", "1"],
        &["HSET", &key, "revision", "one", "record", "theirs"],
    ];
    for command in strange {
        process.cli(&["DEL", &key]);
        process.cli(command);
        let before = content();
        let loaded = places.load("s").await;
        // A hash without our fields is one of somebody else.
        if command[2] != "field" {
            assert!(loaded.is_err(), "{command:?}");
        }
        for (expected, new) in [(None, Some((1, &b"b"[..]))), (Some(2), None)] {
            let saved = places.save("s", expected, new).await;
            assert_ne!(saved, Saved::Done, "{command:?}");
        }
        assert_eq!(content(), before, "{command:?}");
    }
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let process = RedisProcess::start();
    let places = process.places();
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    let key = key(&process, "slot");
    let set = |length: usize| {
        let value = format!("redis.call('HSET', KEYS[1], 'record', string.rep('x', {length}))");
        process.cli(&["EVAL", &value, "1", &key]);
    };
    set(LONGEST);
    let whole = places.load("s").await.unwrap().unwrap();
    assert_eq!(whole.octets.len(), LONGEST);
    set(LONGEST + 1);
    let error = places.load("s").await.unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}
