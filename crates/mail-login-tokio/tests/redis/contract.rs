//! What every store promises, kept by those in Redis.

use std::{sync::Arc, time::Duration};

use mail_login_tokio::tokens::{Blocking, Store};
use token_lifecycle::{Lock, Revision, Saved};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::server::{RedisProcess, both, record};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_record_is_replaced_if_it_is_the_expected_one() {
    let process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        let store = make(what, LONG);
        let at = |revision| Some(Revision::from(revision));
        assert_eq!(store.load().await.unwrap(), None, "{what}");
        assert_eq!(
            store.save(at(1), Some(&record(2))).await,
            Saved::Conflict,
            "{what}"
        );
        assert_eq!(store.save(at(1), None).await, Saved::Conflict, "{what}");
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Done,
            "{what}"
        );
        assert_eq!(
            store.save(None, Some(&record(5))).await,
            Saved::Conflict,
            "{what}"
        );
        assert_eq!(store.load().await.unwrap(), Some(record(1)), "{what}");
        assert_eq!(
            store.save(at(1), Some(&record(2))).await,
            Saved::Done,
            "{what}"
        );
        assert_eq!(
            store.save(at(1), Some(&record(3))).await,
            Saved::Conflict,
            "{what}"
        );
        assert_eq!(store.load().await.unwrap(), Some(record(2)), "{what}");
        assert_eq!(store.save(at(1), None).await, Saved::Conflict, "{what}");
        assert_eq!(store.save(at(2), None).await, Saved::Done, "{what}");
        assert_eq!(store.load().await.unwrap(), None, "{what}");
    }
}

#[tokio::test]
async fn revisions_beyond_what_lua_can_count_are_told_apart() {
    let process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        let store = make(what, LONG);
        assert_eq!(store.save(None, Some(&record(u64::MAX))).await, Saved::Done);
        let near = Some(Revision::from(u64::MAX - 1));
        assert_eq!(
            store.save(near, Some(&record(1))).await,
            Saved::Conflict,
            "{what}"
        );
        assert_eq!(
            store.load().await.unwrap(),
            Some(record(u64::MAX)),
            "{what}"
        );
    }
}

#[tokio::test]
async fn what_was_saved_by_a_request_whose_answer_was_lost_is_saved() {
    let process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        let store = make(what, LONG);
        assert_eq!(store.save(None, Some(&record(1))).await, Saved::Done);
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Done,
            "{what}"
        );
        // The same revision of somebody else is another record.
        let theirs = crate::server::JSON.replace("tGzv", "xxxx");
        let theirs = token_lifecycle::Record::from_json(theirs.as_bytes()).unwrap();
        assert_eq!(
            store.save(None, Some(&theirs)).await,
            Saved::Conflict,
            "{what}"
        );
    }
}

#[tokio::test]
async fn of_those_who_write_at_once_one_is_first() {
    let process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        assert_eq!(
            make(what, LONG).save(None, Some(&record(1))).await,
            Saved::Done
        );
        for revision in 1..20 {
            let mut writers = JoinSet::new();
            for writer in 0..8 {
                let store = make(what, LONG);
                // Each has a record of its own.
                let json = crate::server::JSON
                    .replace(
                        r#""revision":1"#,
                        &format!(r#""revision":{}"#, revision + 1),
                    )
                    .replace("tGzv", &format!("w{writer}"));
                let record = token_lifecycle::Record::from_json(json.as_bytes()).unwrap();
                let expected = Some(Revision::from(revision));
                writers.spawn(async move { store.save(expected, Some(&record)).await });
            }
            let saved = writers.join_all().await;
            let done = saved.iter().filter(|saved| **saved == Saved::Done).count();
            let conflicts = saved
                .iter()
                .filter(|saved| **saved == Saved::Conflict)
                .count();
            assert_eq!((done, conflicts), (1, 7), "{what}: {saved:?}");
        }
    }
}

#[tokio::test]
async fn a_lock_is_let_go_by_its_owner_alone() {
    let process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        let (ours, theirs) = (make(what, LONG), make(what, LONG));
        assert_eq!(ours.lock().await, Lock::Acquired, "{what}");
        assert_eq!(theirs.lock().await, Lock::Held, "{what}");
        // From a request whose answer was lost.
        assert_eq!(ours.lock().await, Lock::Acquired, "{what}");
        theirs.unlock().await;
        assert_eq!(theirs.lock().await, Lock::Held, "{what}");
        ours.unlock().await;
        assert_eq!(theirs.lock().await, Lock::Acquired, "{what}");
        assert_eq!(make("another grant", LONG).lock().await, Lock::Acquired);
        make("another grant", LONG).unlock().await;
        process.cli(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn a_lock_whose_owner_is_gone_ends_by_itself() {
    let process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        let (gone, next) = (make(what, Duration::from_millis(300)), make(what, LONG));
        // Before the server begins to count.
        let begun = Instant::now();
        assert_eq!(gone.lock().await, Lock::Acquired, "{what}");
        loop {
            match next.lock().await {
                Lock::Acquired => break,
                Lock::Held => assert!(begun.elapsed() < Duration::from_secs(10), "{what}"),
                Lock::Unavailable => panic!("{what}: {:?}", next.problem()),
            }
            // Only the server's clock ends the wait.
            sleep(Duration::from_millis(10)).await;
        }
        // The server counts in whole milliseconds.
        assert!(begun.elapsed() >= Duration::from_millis(295), "{what}");
        // Whoever had it comes back late, and lets nobody else's go.
        gone.unlock().await;
        assert_eq!(gone.lock().await, Lock::Held, "{what}");
    }
}

#[tokio::test]
async fn keys_tell_nobody_whose_they_are() {
    let process = RedisProcess::start();
    for (_, make) in both(&process.server()) {
        let store = make("google/alice@example.com", LONG);
        assert_eq!(store.lock().await, Lock::Acquired);
        assert_eq!(store.save(None, Some(&record(1))).await, Saved::Done);
        let keys = process.cli(&["KEYS", "*"]);
        assert_eq!(keys.lines().count(), 2, "{keys}");
        for key in keys.lines() {
            assert!(key.starts_with("mail-login:{"), "{key}");
            assert!(!key.contains("alice") && !key.contains("tGzv"), "{key}");
        }
        let lock = keys.lines().find(|key| key.ends_with(":lock")).unwrap();
        let left: u64 = process.cli(&["PTTL", lock]).trim().parse().unwrap();
        assert!((50_000..=60_000).contains(&left), "{left}");
        let kept = keys.lines().find(|key| key.ends_with(":record")).unwrap();
        assert_eq!(process.cli(&["PTTL", kept]).trim(), "-1");
        process.cli(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn a_record_is_kept_for_a_time_after_each_use() {
    let process = RedisProcess::start();
    let time = Duration::from_secs(3600);
    let without = mail_login_tokio::tokens::redis::Redis::new(process.server());
    let with = mail_login_tokens::redis::Redis::new(process.server());
    let stores: [(&str, Box<dyn Store>); 2] = [
        (
            "without blocking",
            Box::new(without.store("a").unwrap().keep(time)),
        ),
        (
            "blocking",
            Box::new(Blocking::new(with.store("b").unwrap().keep(time))),
        ),
    ];
    for (what, store) in stores {
        assert_eq!(store.save(None, Some(&record(1))).await, Saved::Done);
        let key = process.cli(&["KEYS", "*:record"]).trim().to_owned();
        let left = || process.cli(&["PTTL", &key]).trim().parse::<u64>().unwrap();
        assert!((3_500_000..=3_600_000).contains(&left()), "{what}");
        process.cli(&["PEXPIRE", &key, "60000"]);
        assert_eq!(store.load().await.unwrap(), Some(record(1)), "{what}");
        assert!((3_500_000..=3_600_000).contains(&left()), "{what}");
        process.cli(&["PEXPIRE", &key, "60000"]);
        let first = Some(Revision::from(1));
        assert_eq!(store.save(first, Some(&record(2))).await, Saved::Done);
        assert!((3_500_000..=3_600_000).contains(&left()), "{what}");
        process.cli(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn both_kinds_share_a_grant() {
    let process = RedisProcess::start();
    let [(_, one), (_, other)] = both(&process.server());
    let (one, other) = (one("shared", LONG), other("shared", LONG));
    assert_eq!(one.lock().await, Lock::Acquired);
    assert_eq!(other.lock().await, Lock::Held);
    assert_eq!(one.save(None, Some(&record(1))).await, Saved::Done);
    assert_eq!(other.load().await.unwrap(), Some(record(1)));
}

#[tokio::test]
async fn many_commands_are_under_way_on_one_connection() {
    let process = RedisProcess::start();
    let redis = mail_login_tokio::tokens::redis::Redis::new(process.server());
    let mut all = JoinSet::new();
    for grant in 0..1000 {
        let store = Arc::new(redis.store(&format!("grant {grant}")).unwrap());
        all.spawn(async move {
            let saved = store.save(None, Some(&record(1))).await;
            (saved, store.load().await.unwrap().is_some())
        });
    }
    assert!(
        all.join_all()
            .await
            .iter()
            .all(|one| *one == (Saved::Done, true))
    );
    let clients = process.cli(&["CLIENT", "LIST"]);
    // Ours, and that of redis-cli.
    assert_eq!(clients.lines().count(), 2, "{clients}");
}

#[tokio::test]
async fn what_is_not_a_record_is_an_error_and_is_left_alone() {
    let process = RedisProcess::start();
    for (what, make) in both(&process.server()) {
        let store = make(what, LONG);
        assert_eq!(store.save(None, Some(&record(1))).await, Saved::Done);
        let key = process.cli(&["KEYS", "*:record"]).trim().to_owned();
        let newer = r#"{"version":99,"revision":1,"refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
        process.cli(&["HSET", &key, "record", newer]);
        let error = store.load().await.unwrap_err().to_string();
        assert!(!error.contains("tGzv"), "{what}: {error}");
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Conflict,
            "{what}"
        );
        assert_eq!(process.cli(&["HGET", &key, "record"]).trim(), newer);
        // Another program's key.
        process.cli(&["DEL", &key]);
        process.cli(&["SET", &key, "theirs"]);
        assert!(store.load().await.is_err(), "{what}");
        assert_eq!(
            store.save(None, Some(&record(1))).await,
            Saved::Failed,
            "{what}"
        );
        assert!(store.problem().unwrap().contains("WRONGTYPE"), "{what}");
        assert_eq!(process.cli(&["GET", &key]).trim(), "theirs");
        process.cli(&["FLUSHALL"]);
    }
}
