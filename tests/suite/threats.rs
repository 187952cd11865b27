//! The table of attacks names tests that exist, and one for each protocol.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{fs, path::Path};

/// Whether the test that a word in backquotes names is there.
fn exists(name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match name.split_once("::") {
        None => root
            .join("tests/transcripts")
            .join(format!("{name}.txt"))
            .exists(),
        Some((file, function)) => fs::read_to_string(root.join(file))
            .is_ok_and(|text| text.contains(&format!("fn {function}("))),
    }
}

#[test]
fn every_attack_has_its_tests() {
    let table = include_str!("../THREATS.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| T") || line.starts_with("| S"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    // 23 against clients, 6 against servers.
    assert_eq!(rows.len(), 23 + 6);
    for row in rows {
        let [id, _, _, protocols @ ..] = row.as_slice() else {
            panic!("{row:?}")
        };
        assert_eq!(protocols.len(), 3, "{id}");
        for tests in protocols {
            let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
            // There is no cache that anything could be wrong with.
            let none = *id == "S6" && *tests == "none";
            assert!(
                !names.is_empty() || *tests == "the same" || none,
                "{id}: no test"
            );
            for name in names {
                assert!(exists(name), "{id}: there is no {name}");
            }
        }
    }
}
