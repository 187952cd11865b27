use alloc::format;

use token_lifecycle::{Record, Revision};
use tokio::time::advance;

use super::*;

const HOUR: Duration = Duration::from_secs(60 * 60);
const MINUTE: Duration = Duration::from_secs(60);

fn record() -> Record {
    let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"r"}"#;
    Record::from_json(json).unwrap()
}

fn grants(places: &MemoryPlaces) -> usize {
    places.inner().grants.len()
}

fn sessions(places: &MemoryPlaces) -> usize {
    places.inner().sessions.len()
}

#[tokio::test]
async fn a_grant_that_was_deleted_leaves_nothing() {
    let places = MemoryPlaces::new();
    let (one, other) = (places.grant("s").unwrap(), places.grant("s").unwrap());
    assert_eq!(one.save(None, Some(&record())).await, Saved::Done);
    drop(other);
    drop(one);
    assert_eq!(grants(&places), 1);
    let (one, other) = (places.grant("s").unwrap(), places.grant("s").unwrap());
    assert_eq!(one.save(Some(Revision::from(1)), None).await, Saved::Done);
    drop(one);
    // Who still has it may put something there again.
    assert_eq!(grants(&places), 1);
    drop(other);
    assert_eq!(grants(&places), 0);
}

#[tokio::test]
async fn a_grant_that_was_only_looked_at_leaves_nothing() {
    let places = MemoryPlaces::new();
    for _ in 0..3 {
        assert_eq!(places.grant("s").unwrap().load().await.unwrap(), None);
    }
    assert_eq!(grants(&places), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_stays_while_it_is_used() {
    let places = MemoryPlaces::new().keep(HOUR);
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    for _ in 0..3 {
        advance(HOUR - MINUTE).await;
        assert!(places.load("s").await.unwrap().is_some());
    }
    for revision in 1..4 {
        advance(HOUR - MINUTE).await;
        let new = Some((revision + 1, &b"a"[..]));
        assert_eq!(places.save("s", Some(revision), new).await, Saved::Done);
    }
    advance(HOUR).await;
    assert_eq!(places.load("s").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_uses_is_forgotten_whoever_asks_for_what() {
    let places = MemoryPlaces::new().keep(HOUR);
    for number in 0..100 {
        let name = format!("s{number}");
        assert_eq!(places.save(&name, None, Some((1, b"a"))).await, Saved::Done);
        let grant = places.grant(&name).unwrap();
        assert_eq!(grant.save(None, Some(&record())).await, Saved::Done);
    }
    let held = places.grant("s0").unwrap();
    assert_eq!((sessions(&places), grants(&places)), (100, 100));
    advance(HOUR).await;
    assert_eq!(places.load("other").await.unwrap(), None);
    assert_eq!((sessions(&places), grants(&places)), (0, 100));
    // The one that somebody has stays.
    advance(24 * HOUR).await;
    assert_eq!(places.load("other").await.unwrap(), None);
    assert_eq!((sessions(&places), grants(&places)), (0, 1));
    assert_eq!(held.load().await.unwrap(), Some(record()));
}

#[tokio::test(start_paused = true)]
async fn without_a_time_all_stays() {
    let places = MemoryPlaces::new();
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    advance(10_000 * HOUR).await;
    assert!(places.load("s").await.unwrap().is_some());
}

#[tokio::test]
async fn nothing_of_a_session_is_shown() {
    let places = MemoryPlaces::new();
    let saved = places.save("alice", None, Some((1, b"tGzv"))).await;
    assert_eq!(saved, Saved::Done);
    let shown = format!("{places:?}");
    assert_eq!(shown, "MemoryPlaces { sessions: 1, grants: 0, .. }");
}
