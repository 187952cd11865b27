use alloc::string::ToString as _;
use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    thread,
    time::SystemTime,
};

use token_lifecycle::{Lock, Revision, Saved};

use super::*;
use crate::{
    FileSlot, FileStore, Store,
    file::tests::{Scene, record},
};

const HOUR: Duration = Duration::from_secs(3600);

fn slot(scene: &Scene, name: &str) -> FileSlot {
    let slot = FileSlot::new(scene.0.join(name));
    assert!(slot.save(None, Some((1, b"octets"))).unwrap());
    slot
}

fn store(scene: &Scene, name: &str) -> FileStore {
    let store = FileStore::new(scene.0.join(name)).mark_use();
    assert_eq!(store.save(None, Some(&record(1))), Saved::Done);
    store
}

/// As if nobody had used it for so long.
fn grow_old(path: &Path, age: Duration) {
    let file = File::open(path).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

fn sweep(scene: &Scene) -> io::Result<usize> {
    remove_unused(&scene.0, |_| Some(HOUR))
}

#[test]
fn what_is_used_stays() {
    let scene = Scene::new();
    let (slot, store) = (slot(&scene, "slot"), store(&scene, "store"));
    for path in [slot.path(), store.path()] {
        grow_old(path, 2 * HOUR);
    }
    assert!(slot.load().unwrap().is_some());
    assert!(store.load().unwrap().is_some());
    assert_eq!(sweep(&scene).unwrap(), 0);
    for path in [slot.path(), store.path()] {
        grow_old(path, HOUR / 2);
    }
    let before = scene.names();
    assert_eq!(sweep(&scene).unwrap(), 0);
    assert_eq!(scene.names(), before);
    assert!(slot.load().unwrap().is_some());
}

#[test]
fn what_is_not_used_goes_with_all_that_belongs_to_it() {
    let scene = Scene::new();
    let (slot, store) = (slot(&scene, "slot"), store(&scene, "store"));
    assert_eq!(store.lock(), Lock::Acquired);
    store.unlock();
    fs::write(scene.0.join("store.new"), "half a rec").unwrap();
    for path in [slot.path(), store.path()] {
        grow_old(path, HOUR);
    }
    assert_eq!(sweep(&scene).unwrap(), 2);
    assert_eq!(scene.names(), [""; 0]);
    // Who still has them finds nothing, and may begin anew.
    assert_eq!(slot.load().unwrap(), None);
    assert!(!slot.save(Some(1), Some((2, b"new"))).unwrap());
    assert!(slot.save(None, Some((2, b"new"))).unwrap());
    assert_eq!(store.load().unwrap(), None);
    assert_eq!(store.save(None, Some(&record(2))), Saved::Done);
}

#[test]
fn locks_of_what_was_deleted_go() {
    let scene = Scene::new();
    let (slot, store) = (slot(&scene, "slot"), store(&scene, "store"));
    assert_eq!(store.lock(), Lock::Acquired);
    store.unlock();
    assert!(slot.save(Some(1), None).unwrap());
    assert_eq!(store.save(Some(Revision::from(1)), None), Saved::Done);
    assert!(!scene.names().is_empty());
    assert_eq!(sweep(&scene).unwrap(), 0);
    assert_eq!(scene.names(), [""; 0]);
}

#[test]
fn what_somebody_has_a_lock_of_stays() {
    let scene = Scene::new();
    let store = store(&scene, "store");
    assert_eq!(store.lock(), Lock::Acquired);
    grow_old(store.path(), 2 * HOUR);
    assert_eq!(sweep(&scene).unwrap(), 0);
    assert_eq!(store.load().unwrap(), Some(record(1)));
    // Nor is the lock taken away, when there is nothing else.
    assert_eq!(store.save(Some(Revision::from(1)), None), Saved::Done);
    assert_eq!(sweep(&scene).unwrap(), 0);
    let other = FileStore::new(store.path());
    assert_eq!(other.lock(), Lock::Held);
}

#[test]
fn what_is_not_ours_stays() {
    let scene = Scene::new();
    let (ours, theirs) = (slot(&scene, "ours"), slot(&scene, "theirs"));
    for path in [ours.path(), theirs.path()] {
        grow_old(path, 2 * HOUR);
    }
    let removed = remove_unused(&scene.0, |name| (name == "ours").then_some(HOUR));
    assert_eq!(removed.unwrap(), 1);
    assert_eq!(scene.names(), ["theirs", "theirs.write"]);
}

#[test]
fn what_is_no_file_is_told_and_holds_nothing_up() {
    let scene = Scene::new();
    let slots = [slot(&scene, "a"), slot(&scene, "c")];
    for slot in &slots {
        grow_old(slot.path(), 2 * HOUR);
    }
    symlink(slots[0].path(), scene.0.join("b")).unwrap();
    let error = sweep(&scene).unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
    assert_eq!(scene.names(), ["b"]);
}

#[test]
fn a_directory_that_is_not_there_is_empty() {
    let scene = Scene::new();
    assert_eq!(sweep(&scene).unwrap(), 0);
    assert!(!scene.0.exists());
}

#[test]
fn a_time_of_the_future_is_new() {
    let scene = Scene::new();
    let slot = slot(&scene, "slot");
    let file = File::open(slot.path()).unwrap();
    file.set_modified(SystemTime::now() + 24 * HOUR).unwrap();
    assert_eq!(sweep(&scene).unwrap(), 0);
    assert!(slot.load().unwrap().is_some());
}

/// Of those who make a slot at once one is first, whatever is taken away meanwhile.
#[test]
fn no_two_write_at_once_while_locks_are_deleted() {
    let scene = Scene::new();
    let path = scene.0.join("slot");
    let write = |writer: u64| {
        let slot = FileSlot::new(&path);
        let mut made = 0;
        while made < 25 {
            let octets = [writer, made].map(u64::to_le_bytes).concat();
            if slot.save(None, Some((made, &octets))).unwrap() {
                // It is ours until we delete it.
                let stored = slot.load().unwrap().unwrap();
                assert_eq!(*stored.octets, octets);
                assert!(slot.save(Some(made), None).unwrap());
                made += 1;
            }
        }
    };
    thread::scope(|scope| {
        let write = &write;
        let writers = [0, 1, 2, 3].map(|writer| scope.spawn(move || write(writer)));
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            sweep(&scene).unwrap();
        }
    });
    assert_eq!(sweep(&scene).unwrap(), 0);
    assert_eq!(scene.names(), [""; 0]);
}
