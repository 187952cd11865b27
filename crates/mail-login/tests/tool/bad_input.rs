//! What comes from outside and is no good. Each has its sentence and its exit code, and costs no
//! refresh token: once it is over, `token` works without a new sign-in.

use std::{
    fs,
    net::TcpListener,
    process::{Command, Output},
    time::Duration,
};

use mail_testbed::{Endpoint, Fault, Testbed, TestbedOptions};
use serde_json::Value;

use crate::{
    bed::Bed,
    support::{code, stderr, stdout},
};

/// Somebody who is signed in and needs a new token.
fn signed_in() -> Bed {
    let bed = Bed::start();
    bed.sign_in();
    bed.expire();
    bed
}

fn refresh_token(bed: &Bed) -> Value {
    bed.record()["refresh"].clone()
}

/// All is well again, with the refresh token that was there before.
#[track_caller]
fn goes_on(bed: &Bed, what: &str) {
    let output = bed.run(&["token", "work", "--timeout", "20"]);
    assert_eq!(code(&output), 0, "{what}: {}", stderr(&output));
    let provider = bed.testbed.provider();
    let token = stdout(&output);
    assert!(
        provider.check(token.trim_end(), None, None).is_ok(),
        "{what}"
    );
    assert_eq!(provider.reuses(), 0, "{what}");
}

#[track_caller]
fn says(output: &Output, exit: i32, sentence: &str, what: &str) {
    let said = stderr(output);
    assert_eq!(code(output), exit, "{what}: {said}");
    assert!(said.contains(sentence), "{what}: {said}");
    assert_eq!(stdout(output), "", "{what}");
}

#[test]
fn answers_that_are_none() {
    const NO_ANSWER: &str = "this is not an answer of an authorization server: check the network";
    let token = br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"MAC","expires_in":3600}"#;
    let answer = |body: &[u8]| Fault::answer(200, "application/json", body);
    let elsewhere = "https://thief.example.com/token";
    let rows = [
        ("a page of the network", Fault::html_page(), NO_ANSWER),
        ("nothing", answer(b""), NO_ANSWER),
        ("no object", answer(b"[1]"), NO_ANSWER),
        (
            "no UTF-8",
            answer(b"{\"access_token\":\"\xff\"}"),
            NO_ANSWER,
        ),
        (
            "a picture",
            Fault::answer(200, "image/png", *b"\x89PNG\r\n\x1a\n"),
            NO_ANSWER,
        ),
        ("too much", Fault::oversized(2 << 20), NO_ANSWER),
        ("tokens of another type", answer(token), NO_ANSWER),
        (
            "another place",
            Fault::status(302).header("location", elsewhere),
            NO_ANSWER,
        ),
        ("a proxy that wants a login", Fault::status(407), NO_ANSWER),
        (
            "a gateway",
            Fault::status(503),
            "cannot be reached or cannot answer: try again later",
        ),
        (
            "too many",
            Fault::too_many_requests(Duration::from_secs(3)),
            "wants fewer requests: wait",
        ),
        (
            "no answer",
            Fault::dropped_before(),
            "broke before its answer came",
        ),
    ];
    std::thread::scope(|scope| {
        for (what, fault, sentence) in rows {
            scope.spawn(move || {
                let bed = signed_in();
                let before = refresh_token(&bed);
                // A lost answer is asked for again at once.
                let times = if what == "no answer" { 6 } else { 3 };
                for _ in 0..times {
                    bed.testbed.provider().misbehave(fault.clone());
                }
                let output = bed.run(&["token", "work", "--timeout", "2"]);
                says(&output, 75, sentence, what);
                assert_eq!(refresh_token(&bed), before, "{what}");
                assert_eq!(bed.testbed.provider().refreshes(), 0, "{what}");
                // What is left of the faults is met on the way.
                goes_on(&bed, what);
            });
        }
    });
}

/// Whoever stands in between has a certificate of an authority that nobody trusts.
#[test]
fn somebody_in_between() {
    let bed = signed_in();
    let before = refresh_token(&bed);
    let other = Testbed::with(TestbedOptions::new()).unwrap();
    let pem = fs::read(bed.path("ca.pem")).unwrap();
    fs::write(bed.path("ca.pem"), other.authority().pem()).unwrap();
    let output = bed.run(&["token", "work", "--timeout", "2"]);
    says(&output, 75, "certificate", "another authority");
    assert_eq!(refresh_token(&bed), before);
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
    fs::write(bed.path("ca.pem"), pem).unwrap();
    goes_on(&bed, "another authority");
}

/// A clock that was wrong when the tokens came, or is wrong now: tokens of the far future and of the far
/// past are refreshed, and the refresh token is the one that is sent.
#[test]
fn clocks_that_are_wrong() {
    let year = 365 * 86_400_000_i64;
    for (what, years) in [("ahead", 30), ("behind", -20)] {
        let bed = signed_in();
        bed.change_record(|record| {
            for name in ["issued_at", "expires_at"] {
                let time = record["access"][0][name].as_i64().unwrap();
                record["access"][0][name] = (time + years * year).max(0).into();
            }
        });
        let output = bed.good(&["token", "work"]);
        let provider = bed.testbed.provider();
        assert_eq!(provider.refreshes(), 1, "{what}: {}", stderr(&output));
        assert_eq!(provider.reuses(), 0, "{what}");
        bed.good(&["token", "work"]);
        assert_eq!(provider.refreshes(), 1, "{what}");
    }
}

/// The tokens of a program that is newer, or of none, are told and left as they are.
#[test]
fn records_that_cannot_be_read() {
    let bed = signed_in();
    let good = fs::read_to_string(bed.record_path()).unwrap();
    let newer = good.replace("\"version\":1", "\"version\":2");
    let more = good.replace("\"version\":1", "\"version\":1,\"more\":1");
    let cut = &good[..good.len() / 2];
    let long = " ".repeat(2 << 20);
    let damaged = "the stored tokens cannot be read: restore them from a copy, or move them away and sign in again";
    let rows: [(&str, &[u8], &str); 7] = [
        (
            "newer",
            newer.as_bytes(),
            "have version 2 and not 1: use the program that wrote them",
        ),
        ("with more", more.as_bytes(), damaged),
        ("cut", cut.as_bytes(), damaged),
        ("empty", b"", damaged),
        ("zeroed", &[0; 4096], damaged),
        ("a page", b"<html>", damaged),
        (
            "long",
            long.as_bytes(),
            "too long to be a record: move it away",
        ),
    ];
    for (what, octets, sentence) in rows {
        fs::write(bed.record_path(), octets).unwrap();
        let output = bed.run(&["token", "work"]);
        says(&output, 74, sentence, what);
        assert!(stderr(&output).contains("work.json"), "{what}");
        assert_eq!(fs::read(bed.record_path()).unwrap(), octets, "{what}");
    }
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
    fs::write(bed.record_path(), good).unwrap();
    goes_on(&bed, "readable again");
}

#[cfg(unix)]
mod places {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Runs `token` by a shell that says something first. Root has rights everywhere; there the
    /// program runs without these.
    fn run_behind(bed: &Bed, first: &str) -> Output {
        let root = rights(bed.directory.path()).1 == 0;
        let without = match root {
            true => "setpriv --bounding-set=-all --inh-caps=-all",
            false => "",
        };
        let script = format!(r#"{first} exec {without} "$0" token work --timeout 3"#);
        let mut command = Command::new("sh");
        let tool = bed.command(&[]);
        for (name, value) in tool.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let arguments = ["-c", &script, env!("CARGO_BIN_EXE_mail-login")];
        command.args(arguments).output().unwrap()
    }

    fn rights(path: &std::path::Path) -> (u32, u32) {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = fs::metadata(path).unwrap();
        (metadata.permissions().mode(), metadata.uid())
    }

    fn set_rights(path: &std::path::Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Every writing fails as on a full disk; the signal that would come with it is ignored.
    #[test]
    fn a_full_disk() {
        let bed = signed_in();
        let before = bed.record();
        let output = run_behind(&bed, "trap '' XFSZ; ulimit -f 0;");
        says(&output, 73, "the tokens cannot be saved", "full");
        let said = stderr(&output);
        assert!(said.contains("work.json"), "{said}");
        assert!(said.contains("check rights and space"), "{said}");
        assert_eq!(bed.record(), before);
        assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
        goes_on(&bed, "there is room again");
    }

    #[test]
    fn a_directory_that_cannot_be_written_to() {
        let bed = signed_in();
        let before = bed.record();
        let directory = bed.path("state/accounts");
        // The lock files are there by now; what is missing is room for a new record.
        set_rights(&directory, 0o500);
        let output = run_behind(&bed, "");
        set_rights(&directory, 0o700);
        says(&output, 73, "the tokens cannot be saved", "read-only");
        assert!(
            stderr(&output).contains("Permission denied"),
            "{}",
            stderr(&output)
        );
        assert_eq!(bed.record(), before);
        assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
        goes_on(&bed, "writable again");
    }

    #[test]
    fn a_file_that_must_not_be_read() {
        let bed = signed_in();
        let before = bed.record();
        set_rights(&bed.record_path(), 0o000);
        let output = run_behind(&bed, "");
        set_rights(&bed.record_path(), 0o600);
        says(&output, 74, "the tokens cannot be read", "no rights");
        assert_eq!(bed.record(), before);
        assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
        goes_on(&bed, "readable again");
    }
}

/// Whoever can set an environment variable must not get a refresh token by it.
#[test]
fn no_proxy_of_the_environment_is_asked() {
    let bed = signed_in();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = bed.command(&["token", "work"]);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy"] {
        command.env(name, &url);
    }
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    let asked = proxy.accept().map(drop).unwrap_err();
    assert_eq!(asked.kind(), std::io::ErrorKind::WouldBlock);
}
