use alloc::{string::ToString as _, vec::Vec};
use core::time::Duration;
use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    thread,
};

use super::*;
use crate::clock;

/// A directory that goes with the test.
pub(super) struct Scene(pub(super) PathBuf);

impl Scene {
    pub(super) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("mail-login-{}", clock::owner().unwrap())))
    }

    fn path(&self) -> PathBuf {
        self.0.join("grant.json")
    }

    fn store(&self) -> FileStore {
        FileStore::new(self.path())
    }

    /// A store with a record in it.
    fn filled(&self) -> FileStore {
        let store = self.store();
        assert_eq!(store.save(None, Some(&record(1))), Saved::Done);
        store
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) fn record(revision: u64) -> Record {
    let json = format!(
        r#"{{"version":1,"revision":{revision},"generation":1,"signed_in":0,"refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}}"#
    );
    Record::from_json(json.as_bytes()).unwrap()
}

pub(super) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

pub(super) fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_record_is_replaced_only_where_it_is_the_expected_one() {
    let scene = Scene::new();
    let store = scene.filled();
    assert_eq!(store.save(None, Some(&record(2))), Saved::Conflict);
    let (first, second) = (Some(Revision::from(1)), Some(Revision::from(2)));
    assert_eq!(store.save(second, Some(&record(3))), Saved::Conflict);
    assert_eq!(store.save(first, Some(&record(2))), Saved::Done);
    assert_eq!(scene.store().load().unwrap(), Some(record(2)));
    assert_eq!(store.save(first, None), Saved::Conflict);
    assert_eq!(store.save(second, None), Saved::Done);
    assert_eq!(store.load().unwrap(), None);
    assert_eq!(store.save(second, None), Saved::Conflict);
}

#[test]
fn nobody_else_can_read_it() {
    let scene = Scene::new();
    let store = scene.filled();
    assert_eq!(store.lock(), Lock::Acquired);
    assert_eq!(mode(&scene.0), 0o700);
    let names = scene.names();
    assert_eq!(names, ["grant.json", "grant.json.lock", "grant.json.write"]);
    for name in names {
        assert_eq!(mode(&scene.0.join(&name)), 0o600, "{name}");
    }
}

#[test]
fn a_file_that_others_can_read_is_refused_and_kept() {
    let scene = Scene::new();
    let store = scene.filled();
    chmod(&scene.path(), 0o640);
    let error = store.load().unwrap_err();
    assert!(error.to_string().ends_with("chmod 600 it"), "{error}");
    let saved = store.save(Some(Revision::from(1)), Some(&record(2)));
    assert_eq!(saved, Saved::Failed);
    chmod(&scene.path(), 0o600);
    assert_eq!(store.load().unwrap(), Some(record(1)));
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let scene = Scene::new();
    let store = scene.filled();
    chmod(&scene.0, 0o770);
    let error = store.load().unwrap_err();
    assert!(error.to_string().ends_with("chmod 700 it"), "{error}");
    assert_eq!(store.lock(), Lock::Unavailable);
    assert!(store.problem().unwrap().ends_with("chmod 700 it"));
}

#[test]
fn what_cannot_be_read_is_never_overwritten() {
    let json = record(1).to_json();
    let cut = &json.expose()[..json.expose().len() - 1];
    for content in [r#"{"version":2,"revision":1}"#, cut, ""] {
        let scene = Scene::new();
        let store = scene.filled();
        fs::write(scene.path(), content).unwrap();
        let error = store.load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{content}");
        assert!(!error.to_string().contains("tGzv"), "{error}");
        for expected in [None, Some(Revision::from(1))] {
            assert_eq!(store.save(expected, Some(&record(2))), Saved::Failed);
            assert_eq!(store.save(expected, None), Saved::Failed);
        }
        assert_eq!(fs::read_to_string(scene.path()).unwrap(), content);
    }
}

#[test]
fn links_are_not_followed() {
    let scene = Scene::new();
    let store = scene.filled();
    let victim = scene.0.join("victim");
    fs::rename(scene.path(), &victim).unwrap();
    symlink(&victim, scene.path()).unwrap();
    let error = store.load().unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
    assert_eq!(store.save(Some(Revision::from(1)), None), Saved::Failed);

    fs::remove_file(scene.path()).unwrap();
    let before = fs::read(&victim).unwrap();
    for name in ["grant.json.lock", "grant.json.new", "grant.json.write"] {
        let _ = fs::remove_file(scene.0.join(name));
        symlink(&victim, scene.0.join(name)).unwrap();
    }
    assert_eq!(store.lock(), Lock::Unavailable);
    assert_eq!(store.save(None, Some(&record(2))), Saved::Failed);
    fs::remove_file(scene.0.join("grant.json.write")).unwrap();
    assert_eq!(store.save(None, Some(&record(2))), Saved::Done);
    assert_eq!(fs::read(&victim).unwrap(), before);
}

#[test]
fn what_is_no_file_is_refused_without_waiting_for_it() {
    let scene = Scene::new();
    let store = scene.filled();
    fs::remove_file(scene.path()).unwrap();
    fs::create_dir(scene.path()).unwrap();
    assert!(store.load().is_err());
    fs::remove_dir(scene.path()).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(scene.path())
        .status();
    assert!(made.unwrap().success());
    let error = store.load().unwrap_err();
    assert!(error.to_string().contains("is no file"), "{error}");
}

#[test]
fn what_a_dead_process_left_is_cleaned_up() {
    let scene = Scene::new();
    let store = scene.filled();
    fs::write(scene.0.join("grant.json.new"), "half a rec").unwrap();
    let saved = store.save(Some(Revision::from(1)), Some(&record(2)));
    assert_eq!(saved, Saved::Done);
    assert_eq!(scene.names(), ["grant.json", "grant.json.write"]);
}

#[test]
fn one_handle_at_a_time_has_the_lock() {
    let scene = Scene::new();
    let (one, other) = (scene.store(), scene.store());
    assert_eq!(one.lock(), Lock::Acquired);
    assert_eq!(one.lock(), Lock::Acquired);
    assert_eq!(other.lock(), Lock::Held);
    other.unlock();
    assert_eq!(other.lock(), Lock::Held);
    one.unlock();
    assert_eq!(other.lock(), Lock::Acquired);
    drop(other);
    assert_eq!(one.lock(), Lock::Acquired);
}

#[test]
fn a_lock_file_that_was_deleted_locks_nobody_out() {
    let scene = Scene::new();
    let (one, other) = (scene.store(), scene.store());
    assert_eq!(one.lock(), Lock::Acquired);
    fs::remove_file(scene.0.join("grant.json.lock")).unwrap();
    assert_eq!(other.lock(), Lock::Acquired);
}

#[test]
fn a_writer_that_hangs_makes_saving_fail_and_not_wait() {
    let scene = Scene::new();
    let mut store = scene.filled();
    store.place.patience = Duration::from_millis(20);
    let directory = store.place.directory(false).unwrap();
    let lock = directory.try_lock("grant.json.write".as_ref()).unwrap();
    assert!(lock.is_some());
    let saved = store.save(Some(Revision::from(1)), Some(&record(2)));
    assert_eq!(saved, Saved::Failed);
    assert!(store.problem().unwrap().contains("hangs"));
    // Reading needs no lock.
    assert_eq!(store.load().unwrap(), Some(record(1)));
}

#[test]
fn a_path_without_a_name_is_an_error() {
    for path in ["/", "..", ""] {
        let store = FileStore::new(path);
        assert_eq!(store.save(None, Some(&record(1))), Saved::Failed, "{path}");
        assert!(store.load().is_err(), "{path}");
        assert_eq!(store.lock(), Lock::Unavailable, "{path}");
    }
}

#[test]
fn many_writers_are_one_after_the_other() {
    let scene = Scene::new();
    let writers = 4;
    let each = 25;
    scene.filled();
    thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                let store = scene.store();
                let mut done = 0;
                while done < each {
                    let revision = store.load().unwrap().unwrap().revision();
                    let next = record(revision.get() + 1);
                    match store.save(Some(revision), Some(&next)) {
                        Saved::Done => done += 1,
                        Saved::Conflict => {}
                        Saved::Failed => panic!("{:?}", store.problem()),
                    }
                }
            });
        }
    });
    // Not one writing was lost, and none was done over another.
    let last = scene.store().load().unwrap().unwrap().revision();
    assert_eq!(last.get(), 1 + writers * each);
}
