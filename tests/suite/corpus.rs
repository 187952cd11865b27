//! The corpus of the fuzz targets: it is what the transcripts give, and every input of it passes.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::{collections::BTreeMap, fs};

use harness::corpus::{TARGETS, folder, seeds};

/// What is on disk: target, name, input.
fn files() -> BTreeMap<(String, String), Vec<u8>> {
    let mut files = BTreeMap::new();
    for (target, _) in TARGETS {
        let entries = fs::read_dir(folder().join(target));
        for entry in entries.into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert((target.to_owned(), name), fs::read(path).unwrap());
        }
    }
    files
}

#[test]
fn seeds_are_what_the_transcripts_give() {
    let mut files = files();
    files.retain(|(_, name), _| !name.starts_with("found-"));
    let expected = seeds();
    let differing: Vec<_> = expected
        .keys()
        .chain(files.keys())
        .filter(|key| files.get(key) != expected.get(key))
        .collect();
    let first: Vec<_> = differing.iter().take(5).collect();
    assert!(
        differing.is_empty(),
        "{} seeds differ, such as {first:?}: run `cargo run -p mail-login-tests --bin seed-corpus` and \
         commit fuzz/corpus",
        differing.len()
    );
    let octets: usize = files.values().map(Vec::len).sum();
    assert!(octets < 1 << 20, "{octets} octets of seeds");
}

#[test]
fn every_input_passes() {
    let files = files();
    let mut failed = Vec::new();
    for (target, run) in TARGETS {
        let ours = files.iter().filter(|((other, _), _)| other == target);
        let mut count = 0;
        for (key, input) in ours {
            count += 1;
            if std::panic::catch_unwind(|| run(input)).is_err() {
                failed.push(key.clone());
            }
        }
        println!("{target}: {count} inputs");
        assert!(count > 0, "{target} has no seeds");
    }
    assert!(failed.is_empty(), "{} failed: {failed:?}", failed.len());
}
