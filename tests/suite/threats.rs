//! The tables of attacks name tests that exist, and where a protocol has a part in it one for each.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test"
)]

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

/// The names in backquotes.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_attack_has_its_tests() {
    let table = include_str!("../THREATS.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| T") || line.starts_with("| S"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let ids: Vec<_> = rows.iter().map(|row| row[0]).collect();
    // Against clients, against servers, against tokens.
    let numbered = |letter: &str, from: u8, to: u8| {
        let letter = letter.to_owned();
        (from..=to).map(move |n| format!("{letter}{n}"))
    };
    let expected = numbered("T", 1, 23)
        .chain(numbered("S", 1, 6))
        .chain(numbered("T", 24, 29));
    assert_eq!(ids, expected.collect::<Vec<_>>());
    for row in rows {
        let (id, tests) = (row[0], &row[3..]);
        let of_tokens = id.starts_with('T') && id[1..].parse::<u8>().unwrap() > 23;
        assert_eq!(tests.len(), if of_tokens { 1 } else { 3 }, "{id}");
        for tests in tests {
            let names = names(tests);
            // There is no cache that anything could be wrong with.
            let none = id == "S6" && *tests == "none";
            let same = !of_tokens && *tests == "the same";
            assert!(!names.is_empty() || same || none, "{id}: no test");
            for name in names {
                assert!(exists(name), "{id}: there is no {name}");
            }
        }
    }
}
