//! Every transcript, played whole, octet by octet, and with one cut at every place: what can be seen
//! of the conversation is always the same.

#![allow(missing_docs, clippy::print_stdout, clippy::panic, reason = "a test")]

use std::path::Path;

use harness::{Cut, Script, Tested, play::play, protocol, secrecy::leak};

fn transcripts<P: Tested>() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("transcripts")
        .join(P::NAME);
    let scripts = Script::folder(&folder);
    let failed: Vec<_> = scripts
        .iter()
        .filter(|script| std::panic::catch_unwind(|| transcript::<P>(script)).is_err())
        .map(|script| script.name.as_str())
        .collect();
    println!("{}: {} transcripts", P::NAME, scripts.len());
    assert!(failed.is_empty(), "{} failed: {failed:?}", failed.len());
}

fn transcript<P: Tested>(script: &Script) {
    let play = if script.machine.starts_with("accept") {
        harness::accept::play::<P>
    } else {
        play::<P>
    };
    let whole = play(script, Cut::Whole);
    assert_eq!(
        play(script, Cut::Every(1)),
        whole,
        "{}: octet by octet",
        script.name
    );
    let octets: usize = script.flights().map(<[u8]>::len).sum();
    // What is longer repeats itself in the middle.
    let places = (1..octets).filter(|at| octets <= 4096 || *at < 1024 || at + 256 > octets);
    for at in places {
        assert_eq!(
            play(script, Cut::At(at)),
            whole,
            "{}: cut at {at}",
            script.name
        );
    }
    // For `tests/no-secrets`, which looks for secrets in what a program may log.
    if std::env::var_os("MAIL_LOGIN_SHOW").is_some() {
        println!(
            "{}: {:#?} {} {:#?}",
            script.name, whole.events, whole.end, whole.shown
        );
    }
    if !script.credentials.is_empty() {
        let secret = protocol::credentials(&script.credentials);
        let seen = [whole.events.join("\n"), whole.shown.join("\n"), whole.end].join("\n");
        assert_eq!(
            leak(seen.as_bytes(), secret.secret().expose()),
            None,
            "{}",
            script.name
        );
    }
}

#[test]
fn imap() {
    transcripts::<imap_auth::Imap>();
}

#[test]
fn sieve() {
    transcripts::<sieve_auth::Sieve>();
}

#[test]
fn smtp() {
    transcripts::<smtp_auth::Smtp>();
}
