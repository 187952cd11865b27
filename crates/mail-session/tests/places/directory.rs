//! In files of one directory.

use std::{
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use mail_login_tokio::tokens::clock;
use mail_session::places::{DirectoryPlaces, Places};
use token_lifecycle::{Lock, Revision, Saved};

use crate::contract::{LONGEST, Scene, record, stored};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let name = format!("mail-session-{}", clock::owner().unwrap());
        Self(std::env::temp_dir().join(name))
    }

    fn kept(&self, keep: Option<Duration>) -> DirectoryPlaces {
        DirectoryPlaces::new(&self.0, keep)
    }

    /// The files whose names begin and end like this.
    fn files(&self, begin: &str, end: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with(begin) && name.ends_with(end))
            .map(|name| self.0.join(name))
            .collect()
    }

    /// The one session or grant.
    fn only(&self, begin: &str) -> PathBuf {
        let files = self.files(begin, "");
        let mut records = files.iter().filter(|path| path.extension().is_none());
        let only = records.next().unwrap().clone();
        assert_eq!(records.next(), None);
        only
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Scene for Directory {
    fn places(&self) -> Arc<dyn Places> {
        Arc::new(self.kept(Some(HOUR)))
    }
}

contract!(Directory::new());

/// As if nobody had used it for so long.
fn grow_old(path: &PathBuf, age: Duration) {
    let file = File::open(path).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

/// A session and a grant.
async fn fill(places: &dyn Places) {
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    let grant = places.grant("s/mail").unwrap();
    assert_eq!(grant.lock().await, Lock::Acquired);
    assert_eq!(grant.save(None, Some(&record(1))).await, Saved::Done);
    grant.unlock().await;
}

#[tokio::test]
async fn nobody_else_can_read_them_or_whose_they_are() {
    let directory = Directory::new();
    let places = directory.places();
    let saved = places.save("alice/web", None, Some((1, b"a"))).await;
    assert_eq!(saved, Saved::Done);
    let grant = places.grant("../alice").unwrap();
    assert_eq!(grant.save(None, Some(&record(1))).await, Saved::Done);
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(&directory.0), 0o700);
    let files = directory.files("", "");
    // The records, and the locks of writings.
    assert_eq!(files.len(), 4);
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
        assert!(!file.to_str().unwrap().contains("alice"));
    }
}

#[tokio::test]
async fn all_outlives_the_process() {
    let directory = Directory::new();
    fill(&*directory.places()).await;
    let places = directory.places();
    assert_eq!(places.load("s").await.unwrap(), stored(1, b"a"));
    let grant = places.grant("s/mail").unwrap();
    assert_eq!(grant.load().await.unwrap(), Some(record(1)));
}

#[tokio::test]
async fn what_nobody_uses_is_swept_away() {
    let directory = Directory::new();
    let places = directory.kept(Some(HOUR));
    fill(&places).await;
    let (session, grant) = (directory.only("s-"), directory.only("g-"));
    for path in [&session, &grant] {
        grow_old(path, HOUR / 2);
    }
    assert_eq!(places.sweep().await.unwrap(), 0);
    for path in [&session, &grant] {
        grow_old(path, HOUR);
    }
    // The grant is kept for a day more.
    assert_eq!(places.sweep().await.unwrap(), 1);
    assert_eq!(places.load("s").await.unwrap(), None);
    let store = places.grant("s/mail").unwrap();
    assert_eq!(store.load().await.unwrap(), Some(record(1)));
    grow_old(&grant, 25 * HOUR);
    assert_eq!(places.sweep().await.unwrap(), 1);
    assert_eq!(store.load().await.unwrap(), None);
    assert_eq!(directory.files("", "").len(), 0);
}

#[tokio::test]
async fn what_is_used_is_not_swept_away() {
    let directory = Directory::new();
    let places = directory.kept(Some(HOUR));
    fill(&places).await;
    let (session, grant) = (directory.only("s-"), directory.only("g-"));
    let store = places.grant("s/mail").unwrap();
    for revision in 1..3 {
        for path in [&session, &grant] {
            grow_old(path, 100 * HOUR);
        }
        assert!(places.load("s").await.unwrap().is_some());
        assert!(store.load().await.unwrap().is_some());
        assert_eq!(places.sweep().await.unwrap(), 0);
        for path in [&session, &grant] {
            grow_old(path, 100 * HOUR);
        }
        let new = Some((revision + 1, &b"b"[..]));
        assert_eq!(places.save("s", Some(revision), new).await, Saved::Done);
        let next = record(revision + 1);
        let saved = store
            .save(Some(Revision::from(revision)), Some(&next))
            .await;
        assert_eq!(saved, Saved::Done);
        assert_eq!(places.sweep().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn without_a_time_only_locks_are_swept_away() {
    let directory = Directory::new();
    let places = directory.kept(None);
    fill(&places).await;
    assert_eq!(places.save("t", None, Some((1, b"a"))).await, Saved::Done);
    assert_eq!(places.save("t", Some(1), None).await, Saved::Done);
    for path in [directory.only("s-"), directory.only("g-")] {
        grow_old(&path, 100_000 * HOUR);
    }
    let theirs = directory.0.join("theirs");
    fs::write(&theirs, "").unwrap();
    assert_eq!(directory.files("s-", ".write").len(), 2);
    assert_eq!(places.sweep().await.unwrap(), 0);
    assert_eq!(places.load("s").await.unwrap(), stored(1, b"a"));
    assert_eq!(directory.files("s-", ".write").len(), 1);
    assert!(theirs.exists());
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_is_left_alone() {
    let directory = Directory::new();
    let places = directory.places();
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    let path = directory.only("s-");
    let whole = fs::read(&path).unwrap();
    for content in [&b""[..], &whole[..whole.len() - 1], b"theirs\n"] {
        fs::write(&path, content).unwrap();
        assert!(places.load("s").await.is_err());
        for (expected, new) in [(None, Some((1, &b"b"[..]))), (Some(1), None)] {
            let saved = places.save("s", expected, new).await;
            assert_eq!(saved, Saved::Failed);
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    // A link leads elsewhere.
    let elsewhere = directory.0.join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    fs::write(&elsewhere, &whole).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(places.load("s").await.is_err());
    assert_eq!(places.save("s", Some(1), None).await, Saved::Failed);
    assert_eq!(fs::read(&elsewhere).unwrap(), whole);
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let directory = Directory::new();
    let places = directory.places();
    assert_eq!(places.save("s", None, Some((1, b"a"))).await, Saved::Done);
    let path = directory.only("s-");
    let slot = mail_login_tokens::FileSlot::new(&path);
    let long = vec![b'x'; LONGEST + 1];
    assert!(slot.save(Some(1), Some((2, &long))).unwrap());
    let error = places.load("s").await.unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[tokio::test]
async fn a_directory_that_others_can_write_to_is_an_error_and_never_no_session() {
    let directory = Directory::new();
    let places = directory.kept(Some(HOUR));
    fill(&places).await;
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o770)).unwrap();
    for name in ["s", "none"] {
        let error = places.load(name).await.unwrap_err();
        assert!(error.to_string().ends_with("chmod 700 it"), "{error}");
        let saved = places.save(name, None, Some((1, b"b"))).await;
        assert_eq!(saved, Saved::Failed);
    }
    assert!(places.sweep().await.is_err());
    let grant = places.grant("s/mail").unwrap();
    assert!(grant.load().await.is_err());
    assert_eq!(grant.lock().await, Lock::Unavailable);
}
