//! The table of features of `docs/sessions.md` names tests that exist, and the regression tests are all there.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All tests in sources that may hold some.
fn all_tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for place in ["crates", "tests/suite", "examples/webmail"] {
        collect(&root().join(place), &mut names);
    }
    names
}

fn collect(place: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // What a build leaves behind is none of ours.
            if path.file_name().is_none_or(|name| name != "target") {
                collect(&path, names);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            names.extend(tests(&text).map(str::to_owned));
        }
    }
}

/// The names of tests: what stands under an attribute that says so, and lines of a macro.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        // In a macro the attribute may be on the same line, and there the name is a variable.
        let name = name(line)?;
        let counts = !line.contains("fn ") || core::mem::take(&mut is_test);
        counts.then_some(name)
    })
}

/// The name that a line gives to a function, or to what a macro makes.
fn name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("async ").unwrap_or(line);
    match line.strip_prefix("fn ") {
        Some(rest) => rest.split(['(', '<']).next(),
        None => {
            let (name, file) = line.split_once(": \"")?;
            file.ends_with("\",").then_some(name)
        }
    }
}

/// Whether what a word in backquotes names is there: a file, a transcript, a scenario, or a test.
fn exists(word: &str, known: &BTreeSet<String>) -> bool {
    let root = root();
    if word.contains('/') {
        return root.join(word).exists();
    }
    if word.ends_with(".json") {
        return root.join("tests/scenarios").join(word).exists();
    }
    let transcript = |protocol: &str| {
        let place = root.join("tests/transcripts").join(protocol);
        place.join(format!("{word}.txt")).exists()
    };
    known.contains(word) || ["imap", "smtp", "sieve"].into_iter().any(transcript)
}

/// The cells of each row of the tables of features.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let tables = page.split_once("\n### Tokens\n").unwrap().1;
    let tables = tables.split_once("\n## Limits\n").unwrap().0;
    let rows = tables.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| {
        let row = row.strip_prefix('|').and_then(|row| row.strip_suffix('|'));
        row.unwrap().split('|').map(str::trim).collect()
    })
    .filter(|row: &Vec<_>| row[0] != "feature")
    .collect()
}

#[test]
fn what_is_said_of_each_feature_is_shown_by_something() {
    let page = fs::read_to_string(root().join("docs/sessions.md")).unwrap();
    let known = all_tests();
    let rows = rows(&page);
    assert!(rows.len() > 80, "{} rows", rows.len());
    for row in rows {
        assert_eq!(row.len(), 3, "{row:?}");
        let words: Vec<_> = row[2].split('`').skip(1).step_by(2).collect();
        let does_not_hold = row[1].starts_with("**no**");
        assert!(
            does_not_hold || !words.is_empty(),
            "{}: nothing shows it",
            row[0]
        );
        for word in words {
            assert!(exists(word, &known), "{}: there is no {word}", row[0]);
        }
    }
}

#[test]
fn what_does_not_exist_is_noticed() {
    let known = all_tests();
    assert!(exists("what_does_not_exist_is_noticed", &known));
    for word in [
        "no-such-transcript",
        "none.json",
        "tests/none",
        "no_such_test",
    ] {
        assert!(!exists(word, &known), "{word}");
    }
}

/// 26 defects, and at least one test for each.
#[test]
fn no_defect_is_without_its_regression_test() {
    let mut found = BTreeSet::new();
    for file in [
        "tests/suite/ox_tokens.rs",
        "tests/suite/ox_mail.rs",
        "crates/mail-session/tests/sessions/ox.rs",
        "crates/mail-session/tests/ox_settings.rs",
    ] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let names = tests(&text);
        let numbers = names.filter_map(|name| name.strip_prefix('b')?.get(..2)?.parse::<u8>().ok());
        found.extend(numbers);
    }
    assert_eq!(found, (1..=26).collect());
}
