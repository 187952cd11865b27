use std::{
    io,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use mail_login_tokens::{Http, HttpAnswer, HttpProblem, MemoryStore};
use token_lifecycle::{Audience, Client, Options, Record, Request, Revision, Saved, Url};

use super::*;

/// A store in which one thing or another does not work.
struct Faulty {
    store: MemoryStore,
    /// How many loads work before none does any more.
    loads: AtomicU32,
    /// How many savings fail before they work.
    failing_saves: AtomicU32,
    problem: Mutex<Option<String>>,
}

impl Faulty {
    /// Works, and holds a grant that needs a new token.
    fn new() -> Self {
        let store = MemoryStore::new();
        let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"r-e-f"}"#;
        let record = Record::from_json(json).unwrap();
        assert_eq!(store.save(None, Some(&record)), Saved::Done);
        Self {
            store,
            loads: AtomicU32::new(u32::MAX),
            failing_saves: AtomicU32::new(0),
            problem: Mutex::new(None),
        }
    }
}

/// Takes one of what is left; whether there was any.
fn take(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
        .is_ok()
}

impl Store for Faulty {
    fn load(&self) -> io::Result<Option<Record>> {
        if take(&self.loads) {
            return self.store.load();
        }
        Err(io::Error::other("the disk is gone"))
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        if !take(&self.failing_saves) {
            return self.store.save(expected, record);
        }
        *self.problem.lock().unwrap() = Some("the disk is full".into());
        Saved::Failed
    }

    fn lock(&self) -> Lock {
        self.store.lock()
    }

    fn unlock(&self) {
        self.store.unlock();
    }

    fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap().clone()
    }
}

/// A server that has no time.
struct Busy;

impl Http for Busy {
    fn send(&self, _: &Request) -> Result<HttpAnswer, HttpProblem> {
        Ok(HttpAnswer::new(503, Vec::new()))
    }
}

/// Why there is no token after so many milliseconds.
fn why(store: Faulty, time: u64) -> Problem {
    let endpoint = Url::new("https://id.example.com/token").unwrap();
    let client = Client::public("app").unwrap();
    let options = Options::new("me", Audience::new("mail"));
    let settings = Settings::new(endpoint, client, options);
    let session = Session::start("work", settings, store, Busy).unwrap();
    let deadline = Deadline::after(Duration::from_millis(time));
    session.token(Duration::ZERO, deadline).unwrap_err()
}

#[test]
fn a_store_that_cannot_be_read_any_more() {
    let mut store = Faulty::new();
    // The first look, and not the one under the lock.
    store.loads = AtomicU32::new(1);
    let problem = why(store, 500);
    assert_eq!(problem.exit, Exit::Unreadable, "{}", problem.message);
    assert_eq!(problem.kind, "store-unreadable");
    assert!(
        problem.message.contains("the disk is gone"),
        "{}",
        problem.message
    );
}

#[test]
fn a_store_that_cannot_be_written_to() {
    let mut store = Faulty::new();
    store.failing_saves = AtomicU32::new(u32::MAX);
    let problem = why(store, 500);
    assert_eq!(problem.exit, Exit::Unwritable, "{}", problem.message);
    assert_eq!(problem.kind, "store-unwritable");
    assert!(
        problem.message.contains("the disk is full"),
        "{}",
        problem.message
    );
}

#[test]
fn a_store_that_works_again_is_not_to_blame() {
    let mut store = Faulty::new();
    store.failing_saves = AtomicU32::new(1);
    let problem = why(store, 2500);
    assert_eq!(problem.exit, Exit::Temporary, "{}", problem.message);
    assert_eq!(problem.kind, "transient");
}

#[test]
fn new_tokens_show_that_the_trouble_is_over() {
    let mut store = Faulty::new();
    store.failing_saves = AtomicU32::new(1);
    let store = Watched::new(store);
    let troubles = store.troubles();
    assert!(troubles.problem().is_none());
    assert_eq!(store.save(None, None), Saved::Failed);
    // That it can be read and locked does not mean that it can be written to.
    assert!(store.load().unwrap().is_some());
    assert_eq!(store.lock(), Lock::Acquired);
    assert_eq!(troubles.problem().unwrap().exit, Exit::Unwritable);
    troubles.forget();
    assert!(troubles.problem().is_none());
}
