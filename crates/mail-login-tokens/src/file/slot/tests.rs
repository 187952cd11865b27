use alloc::{string::ToString as _, vec, vec::Vec};
use core::time::Duration;
use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    time::SystemTime,
};

use super::*;
use crate::file::tests::{Scene, chmod, mode};

fn slot(scene: &Scene) -> FileSlot {
    FileSlot::new(scene.0.join("slot"))
}

/// One with octets in it.
fn filled(scene: &Scene) -> FileSlot {
    let slot = slot(scene);
    assert!(slot.save(None, Some((1, b"octets"))).unwrap());
    slot
}

fn stored(revision: u64, octets: &[u8]) -> Option<Stored> {
    let octets = octets.to_vec().into();
    Some(Stored { revision, octets })
}

#[test]
fn nobody_else_can_read_it() {
    let scene = Scene::new();
    filled(&scene);
    assert_eq!(mode(&scene.0), 0o700);
    assert_eq!(scene.names(), ["slot", "slot.write"]);
    for name in scene.names() {
        assert_eq!(mode(&scene.0.join(&name)), 0o600, "{name}");
    }
    assert_eq!(
        fs::read(scene.0.join("slot")).unwrap(),
        b"mail-login-slot 1 1 6\noctets"
    );
}

#[test]
fn what_others_can_read_is_refused_and_kept() {
    let scene = Scene::new();
    let slot = filled(&scene);
    chmod(slot.path(), 0o644);
    let error = slot.load().unwrap_err();
    assert!(error.to_string().ends_with("chmod 600 it"), "{error}");
    assert!(slot.save(Some(1), Some((2, b"new"))).is_err());
    assert!(slot.save(Some(1), None).is_err());
    chmod(slot.path(), 0o600);
    assert_eq!(slot.load().unwrap(), stored(1, b"octets"));
}

#[test]
fn links_are_not_followed() {
    let scene = Scene::new();
    let slot = filled(&scene);
    let victim = scene.0.join("victim");
    fs::rename(slot.path(), &victim).unwrap();
    symlink(&victim, slot.path()).unwrap();
    let error = slot.load().unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
    assert!(slot.save(Some(1), Some((2, b"new"))).is_err());
    assert!(slot.save(Some(1), None).is_err());
    assert!(victim.exists());
}

#[test]
fn what_cannot_be_read_is_an_error_and_never_overwritten() {
    let long = [b"mail-login-slot 1 ", &[b'1'; 1000][..]].concat();
    let cases = [
        &b""[..],
        b"\n",
        b"mail-login-slot 1 1 6\noctet",
        b"mail-login-slot 1 1 6\noctets!",
        b"mail-login-slot 1 1 6octets",
        b"mail-login-slot 1 01 6\noctets",
        b"mail-login-slot 1 +1 6\noctets",
        b"mail-login-slot 1 1 06\noctets",
        b"mail-login-slot 1 1 6 \noctets",
        b"mail-login-slot 1 1 6\r\noctets",
        b"mail-login-slot 1 18446744073709551616 6\noctets",
        b"mail-login-slot 2 1 6\noctets",
        b"mail-login-slot 1\n",
        b"{\"version\":1,\"revision\":1}\n",
        b"\xff 1 1\n",
        &long,
    ];
    for content in cases {
        let scene = Scene::new();
        let slot = filled(&scene);
        fs::write(slot.path(), content).unwrap();
        let shown = String::from_utf8_lossy(content);
        let error = slot.load().expect_err(&shown);
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{shown}");
        assert!(!error.to_string().contains("octets"), "{error}");
        for expected in [None, Some(1)] {
            assert!(slot.save(expected, Some((2, b"new"))).is_err(), "{shown}");
            assert!(slot.save(expected, None).is_err(), "{shown}");
        }
        assert_eq!(fs::read(slot.path()).unwrap(), content);
    }
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let scene = Scene::new();
    let slot = filled(&scene);
    let most = (1 << 20) - first_line(2, &[0; 1 << 20]).len();
    let long = vec![b'x'; most + 1];
    assert!(slot.save(Some(1), Some((2, &long))).is_err());
    assert_eq!(slot.load().unwrap(), stored(1, b"octets"));
    assert!(slot.save(Some(1), Some((2, &long[1..]))).unwrap());
    assert_eq!(slot.load().unwrap().unwrap().octets.len(), most);
}

#[test]
fn to_load_is_to_use() {
    let scene = Scene::new();
    let slot = filled(&scene);
    let past = SystemTime::now() - Duration::from_secs(3600);
    let file = File::open(slot.path()).unwrap();
    file.set_modified(past).unwrap();
    assert!(slot.load().unwrap().is_some());
    let age = file.metadata().unwrap().modified().unwrap().elapsed();
    assert!(age.unwrap_or_default() < Duration::from_secs(600));
}

#[test]
fn nothing_is_made_by_looking() {
    let scene = Scene::new();
    let slot = slot(&scene);
    assert_eq!(slot.load().unwrap(), None);
    assert!(!slot.save(Some(1), None).unwrap());
    assert!(slot.save(None, None).unwrap());
    assert!(!scene.0.exists());
}

#[test]
fn any_octets_are_read_as_they_were_written() {
    let all: Vec<u8> = (0..=255).collect();
    for octets in [&b""[..], b"\n", b"mail-login-slot 1 1 0\n", &all] {
        let file = written(u64::MAX, octets);
        assert_eq!(read(&file), Some((u64::MAX, octets)));
    }
}
