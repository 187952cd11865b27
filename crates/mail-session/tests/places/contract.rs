//! What every place promises.

use std::sync::Arc;

use mail_session::places::{Places, Stored};
use token_lifecycle::{Lock, Record, Revision, Saved};
use tokio::task::JoinSet;

/// As long as a session may be.
pub(crate) const LONGEST: usize = 256 << 10;

/// Somewhere sessions are kept.
pub(crate) trait Scene {
    /// A handle as another process has it.
    fn places(&self) -> Arc<dyn Places>;
}

/// All promises as tests; the scene is made anew for each.
macro_rules! contract {
    ($scene:expr) => {
        contract! { $scene =>
            a_session_is_made_once
            a_session_is_replaced_if_it_is_the_expected_one
            a_session_is_deleted_if_it_is_the_expected_one
            to_save_the_same_twice_is_as_good_as_once
            what_arrives_late_changes_nothing
            of_those_who_write_at_once_one_is_first
            no_writing_is_lost
            names_are_kept_apart
            any_octets_are_kept
            what_is_too_long_is_not_saved
            revisions_are_exact
            a_grant_is_the_same_for_all
            a_lock_is_let_go_by_its_owner_alone
            grants_are_kept_apart
        }
    };
    ($scene:expr => $($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let scene = $scene;
            $crate::contract::$name(&scene).await;
        }
    )*};
}

pub(crate) fn stored(revision: u64, octets: &[u8]) -> Option<Stored> {
    let octets = octets.to_vec().into();
    Some(Stored { revision, octets })
}

pub(crate) fn record(revision: u64) -> Record {
    let json = format!(
        r#"{{"version":1,"revision":{revision},"generation":1,"signed_in":0,"refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}}"#
    );
    Record::from_json(json.as_bytes()).unwrap()
}

pub(crate) async fn a_session_is_made_once(scene: &impl Scene) {
    let (one, other) = (scene.places(), scene.places());
    assert_eq!(one.load("s").await.unwrap(), None);
    assert_eq!(one.save("s", None, Some((1, b"ours"))).await, Saved::Done);
    let saved = other.save("s", None, Some((1, b"theirs"))).await;
    assert_eq!(saved, Saved::Conflict);
    assert_eq!(other.load("s").await.unwrap(), stored(1, b"ours"));
}

pub(crate) async fn a_session_is_replaced_if_it_is_the_expected_one(scene: &impl Scene) {
    let (one, other) = (scene.places(), scene.places());
    let saved = one.save("s", Some(1), Some((2, b"b"))).await;
    assert_eq!(saved, Saved::Conflict, "there is none");
    assert_eq!(one.load("s").await.unwrap(), None);
    assert_eq!(one.save("s", None, Some((1, b"a"))).await, Saved::Done);
    let saved = other.save("s", Some(2), Some((3, b"c"))).await;
    assert_eq!(saved, Saved::Conflict, "another one is expected");
    assert_eq!(other.load("s").await.unwrap(), stored(1, b"a"));
    let saved = other.save("s", Some(1), Some((2, b"b"))).await;
    assert_eq!(saved, Saved::Done);
    assert_eq!(one.load("s").await.unwrap(), stored(2, b"b"));
    // A shorter and a longer one leave nothing of the one before.
    for (revision, octets) in [(3, &b""[..]), (4, b"longer than before"), (5, b"x")] {
        let saved = one.save("s", Some(revision - 1), Some((revision, octets)));
        assert_eq!(saved.await, Saved::Done);
        assert_eq!(other.load("s").await.unwrap(), stored(revision, octets));
    }
}

pub(crate) async fn a_session_is_deleted_if_it_is_the_expected_one(scene: &impl Scene) {
    let (one, other) = (scene.places(), scene.places());
    assert_eq!(one.save("s", Some(1), None).await, Saved::Conflict);
    assert_eq!(one.save("s", None, Some((1, b"a"))).await, Saved::Done);
    assert_eq!(other.save("s", Some(2), None).await, Saved::Conflict);
    assert_eq!(other.save("s", None, None).await, Saved::Conflict);
    assert_eq!(one.load("s").await.unwrap(), stored(1, b"a"));
    assert_eq!(other.save("s", Some(1), None).await, Saved::Done);
    assert_eq!(one.load("s").await.unwrap(), None);
    // Nobody takes one that was deleted for one that is there.
    let saved = one.save("s", Some(1), Some((2, b"b"))).await;
    assert_eq!(saved, Saved::Conflict);
    assert_eq!(one.load("s").await.unwrap(), None);
    assert_eq!(one.save("s", None, None).await, Saved::Done);
    assert_eq!(one.save("s", None, Some((7, b"new"))).await, Saved::Done);
    assert_eq!(other.load("s").await.unwrap(), stored(7, b"new"));
}

pub(crate) async fn to_save_the_same_twice_is_as_good_as_once(scene: &impl Scene) {
    let (one, other) = (scene.places(), scene.places());
    for places in [&one, &one, &other] {
        assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    }
    for places in [&one, &one, &other] {
        let saved = places.save("s", Some(1), Some((2, b"b"))).await;
        assert_eq!(saved, Saved::Done);
    }
    // The same revision of somebody else is another session.
    let saved = other.save("s", Some(1), Some((2, b"c"))).await;
    assert_eq!(saved, Saved::Conflict);
    // And the same octets under another revision were written by somebody else.
    let saved = other.save("s", Some(1), Some((3, b"b"))).await;
    assert_eq!(saved, Saved::Conflict);
    assert_eq!(one.load("s").await.unwrap(), stored(2, b"b"));
}

pub(crate) async fn what_arrives_late_changes_nothing(scene: &impl Scene) {
    let (one, other) = (scene.places(), scene.places());
    assert_eq!(one.save("s", None, Some((1, b"a"))).await, Saved::Done);
    assert_eq!(one.save("s", Some(1), Some((2, b"b"))).await, Saved::Done);
    assert_eq!(one.save("s", Some(2), Some((3, b"c"))).await, Saved::Done);
    for (expected, revision, octets) in [(None, 1, b"a"), (Some(1), 2, b"b")] {
        let saved = other.save("s", expected, Some((revision, octets))).await;
        assert_eq!(saved, Saved::Conflict, "revision {revision}");
    }
    assert_eq!(other.save("s", Some(1), None).await, Saved::Conflict);
    assert_eq!(one.load("s").await.unwrap(), stored(3, b"c"));
    assert_eq!(one.save("s", Some(3), None).await, Saved::Done);
    let saved = other.save("s", Some(2), Some((3, b"c"))).await;
    assert_eq!(saved, Saved::Conflict, "it has ended");
    assert_eq!(one.load("s").await.unwrap(), None);
}

pub(crate) async fn of_those_who_write_at_once_one_is_first(scene: &impl Scene) {
    for round in 0..10_u64 {
        let mut writers = JoinSet::new();
        for writer in 0..8 {
            let places = scene.places();
            let expected = round.checked_sub(1);
            writers.spawn(async move {
                let octets = format!("writer {writer} of round {round}");
                let new = Some((round, octets.as_bytes()));
                let saved = places.save("s", expected, new).await;
                (saved, octets)
            });
        }
        let all = writers.join_all().await;
        let of = |wanted: Saved| all.iter().filter(move |(saved, _)| *saved == wanted);
        assert_eq!(of(Saved::Done).count(), 1, "{all:?}");
        assert_eq!(of(Saved::Conflict).count(), 7, "{all:?}");
        let (_, octets) = of(Saved::Done).next().unwrap();
        let last = scene.places().load("s").await.unwrap();
        assert_eq!(last, stored(round, octets.as_bytes()));
    }
}

pub(crate) async fn no_writing_is_lost(scene: &impl Scene) {
    let first = scene.places().save("s", None, Some((0, b""))).await;
    assert_eq!(first, Saved::Done);
    let mut writers = JoinSet::new();
    for writer in b'a'..b'e' {
        let places = scene.places();
        writers.spawn(async move {
            let mut left = 10;
            while left > 0 {
                let mut stored = places.load("s").await.unwrap().unwrap();
                stored.octets.push(writer);
                let new = Some((stored.revision + 1, &**stored.octets));
                match places.save("s", Some(stored.revision), new).await {
                    Saved::Done => left -= 1,
                    Saved::Conflict => {}
                    Saved::Failed => panic!("it does not work"),
                }
            }
        });
    }
    writers.join_all().await;
    let last = scene.places().load("s").await.unwrap().unwrap();
    assert_eq!(last.revision, 40);
    for writer in b'a'..b'e' {
        let written = last.octets.iter().filter(|octet| **octet == writer);
        assert_eq!(written.count(), 10, "of {}", char::from(writer));
    }
}

pub(crate) async fn names_are_kept_apart(scene: &impl Scene) {
    let places = scene.places();
    let long = "x".repeat(128);
    let names = [
        "a",
        "A",
        "a/b",
        "a/B",
        "/a",
        "a/",
        "/",
        "//",
        "-",
        "_",
        "0",
        &long,
        &long[1..],
    ];
    for name in names {
        assert_eq!(places.load(name).await.unwrap(), None, "{name}");
        let saved = places.save(name, None, Some((1, name.as_bytes()))).await;
        assert_eq!(saved, Saved::Done, "{name}");
    }
    for name in names {
        let loaded = scene.places().load(name).await.unwrap();
        assert_eq!(loaded, stored(1, name.as_bytes()));
    }
    assert_eq!(places.save("a", Some(1), None).await, Saved::Done);
    for name in &names[1..] {
        assert!(places.load(name).await.unwrap().is_some(), "{name}");
    }
}

pub(crate) async fn any_octets_are_kept(scene: &impl Scene) {
    let places = scene.places();
    let all: Vec<u8> = (0..=255).collect();
    let long = vec![b'\n'; LONGEST];
    let cases = [&b""[..], b"\0", b"\r\n", b"7 1\nx", &all, &long];
    for (number, octets) in (0..).zip(cases) {
        let name = format!("s{number}");
        let saved = places.save(&name, None, Some((1, octets))).await;
        assert_eq!(saved, Saved::Done, "{number}");
        let loaded = scene.places().load(&name).await.unwrap();
        assert!(loaded == stored(1, octets), "{number}: {loaded:?}");
    }
}

pub(crate) async fn what_is_too_long_is_not_saved(scene: &impl Scene) {
    let places = scene.places();
    let long = vec![b'x'; LONGEST + 1];
    assert_eq!(
        places.save("s", None, Some((1, &long))).await,
        Saved::Failed
    );
    assert_eq!(places.load("s").await.unwrap(), None);
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    let saved = places.save("s", Some(1), Some((2, &long))).await;
    assert_eq!(saved, Saved::Failed);
    assert_eq!(places.load("s").await.unwrap(), stored(1, b"a"));
}

pub(crate) async fn revisions_are_exact(scene: &impl Scene) {
    let places = scene.places();
    let last = u64::MAX;
    assert_eq!(
        places.save("s", None, Some((last, b"a"))).await,
        Saved::Done
    );
    let saved = places.save("s", Some(last - 1), Some((0, b"b"))).await;
    assert_eq!(saved, Saved::Conflict);
    assert_eq!(places.load("s").await.unwrap(), stored(last, b"a"));
    let saved = places.save("s", Some(last), Some((0, b"b"))).await;
    assert_eq!(saved, Saved::Done);
    assert_eq!(places.save("s", None, None).await, Saved::Conflict);
    assert_eq!(places.load("s").await.unwrap(), stored(0, b"b"));
}

pub(crate) async fn a_grant_is_the_same_for_all(scene: &impl Scene) {
    let one = scene.places().grant("s/mail").unwrap();
    let other = scene.places().grant("s/mail").unwrap();
    let at = |revision| Some(Revision::from(revision));
    assert_eq!(one.load().await.unwrap(), None);
    assert_eq!(one.save(at(1), Some(&record(2))).await, Saved::Conflict);
    assert_eq!(one.save(None, Some(&record(1))).await, Saved::Done);
    assert_eq!(other.save(None, Some(&record(5))).await, Saved::Conflict);
    assert_eq!(other.load().await.unwrap(), Some(record(1)));
    assert_eq!(other.save(at(1), Some(&record(2))).await, Saved::Done);
    assert_eq!(one.save(at(1), Some(&record(3))).await, Saved::Conflict);
    assert_eq!(one.load().await.unwrap(), Some(record(2)));
    assert_eq!(one.save(at(2), None).await, Saved::Done);
    assert_eq!(other.load().await.unwrap(), None);
    // One who has had it all the time sees what is made anew.
    let anew = scene.places().grant("s/mail").unwrap();
    assert_eq!(anew.save(None, Some(&record(7))).await, Saved::Done);
    assert_eq!(other.load().await.unwrap(), Some(record(7)));
}

pub(crate) async fn a_lock_is_let_go_by_its_owner_alone(scene: &impl Scene) {
    let one = scene.places().grant("s").unwrap();
    let other = scene.places().grant("s").unwrap();
    assert_eq!(one.lock().await, Lock::Acquired);
    assert_eq!(one.lock().await, Lock::Acquired, "it is ours already");
    assert_eq!(other.lock().await, Lock::Held);
    other.unlock().await;
    assert_eq!(other.lock().await, Lock::Held);
    // A lock has nothing to do with whether there is a record.
    assert_eq!(one.save(None, Some(&record(1))).await, Saved::Done);
    assert_eq!(one.save(Some(Revision::from(1)), None).await, Saved::Done);
    assert_eq!(other.lock().await, Lock::Held);
    one.unlock().await;
    assert_eq!(other.lock().await, Lock::Acquired);
}

pub(crate) async fn grants_are_kept_apart(scene: &impl Scene) {
    let places = scene.places();
    let (one, other) = (places.grant("s/a").unwrap(), places.grant("s/b").unwrap());
    assert_eq!(one.lock().await, Lock::Acquired);
    assert_eq!(other.lock().await, Lock::Acquired);
    assert_eq!(one.save(None, Some(&record(1))).await, Saved::Done);
    assert_eq!(other.load().await.unwrap(), None);
    // Sessions and grants may have the same name.
    assert_eq!(places.load("s/a").await.unwrap(), None);
    assert_eq!(places.save("s/a", None, Some((3, b"s"))).await, Saved::Done);
    assert_eq!(places.save("s/b", None, Some((3, b"s"))).await, Saved::Done);
    assert_eq!(one.load().await.unwrap(), Some(record(1)));
    assert_eq!(other.load().await.unwrap(), None);
    assert_eq!(places.save("s/a", Some(3), None).await, Saved::Done);
    assert_eq!(one.load().await.unwrap(), Some(record(1)));
}
