//! `try --account`: the whole loop.

use std::time::{Duration, Instant};

use mail_testbed::{Endpoint, Fault, MailOptions, Quirk, TestbedOptions};

use crate::{
    bed::Bed,
    support::{code, json_lines, stderr, stdout},
};

#[test]
fn every_protocol() {
    let bed = Bed::start();
    bed.sign_in();
    for protocol in ["imap", "smtp", "sieve"] {
        let output = bed.good(&["try", protocol, "--account", "work"]);
        assert!(stdout(&output).contains("accepted the login of alice@example.com"));
    }
    assert_eq!(bed.testbed.provider().requests(Endpoint::Token), 0);
}

#[test]
fn a_refused_token_is_refreshed_once_and_tried_once_more() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    // The client's clock says that it is good; the server knows better.
    bed.life(1800);
    bed.testbed.provider().revoke_token(tokens.access_token());
    let output = bed.good(&["try", "imap", "--account", "work", "--transcript"]);
    assert!(
        stderr(&output).contains("trying once more with a new one"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        stderr(&output).matches("--- TLS").count(),
        1,
        "one connection"
    );
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    assert_eq!(
        (bed.testbed.imap().refused(), bed.testbed.imap().accepted()),
        (1, 1)
    );
}

#[test]
fn a_server_that_says_goodbye_meanwhile_is_called_again() {
    use std::sync::atomic::{AtomicU32, Ordering};

    // It takes the first login, and is tired of waiting when the second one comes.
    let logins = AtomicU32::new(0);
    let tired = Quirk::instead("goodbye instead of a second login", move |line| {
        let is_login = line.windows(13).any(|part| part == b" AUTHENTICATE");
        let is_second = is_login && logins.fetch_add(1, Ordering::Relaxed) == 1;
        is_second.then(|| b"* BYE Autologout; idle for too long\r\n".to_vec())
    });
    let mail = MailOptions::new().quirk(tired);
    let bed = Bed::with(TestbedOptions::new().mail(mail));
    let tokens = bed.sign_in();
    bed.life(1800);
    bed.testbed.provider().revoke_token(tokens.access_token());
    let output = bed.good(&["try", "imap", "--account", "work", "--transcript"]);
    let told = stderr(&output);
    assert!(told.contains("BYE Autologout"), "{told}");
    assert_eq!(
        told.matches("--- TLS").count(),
        2,
        "two connections: {told}"
    );
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    assert_eq!(
        (bed.testbed.imap().refused(), bed.testbed.imap().accepted()),
        (1, 1)
    );
}

#[test]
fn programs_see_the_same() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    bed.life(1800);
    bed.testbed.provider().revoke_token(tokens.access_token());
    let output = bed.good(&["try", "smtp", "--account", "work", "--json"]);
    let lines = json_lines(&output);
    let events: Vec<_> = lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    assert!(events.contains(&"retry"), "{events:?}");
    assert_eq!(lines.last().unwrap()["result"], "accepted");
}

#[test]
fn a_revoked_grant_ends_with_its_reason() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    bed.life(1800);
    bed.testbed.provider().revoke_grant(tokens.grant());
    let output = bed.run(&["try", "imap", "--account", "work"]);
    assert_eq!(code(&output), 77);
    assert!(
        stderr(&output).contains("sign in again"),
        "{}",
        stderr(&output)
    );
    assert!(
        stderr(&output).contains("mail-login sign-in work"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_second_refusal_is_the_end() {
    // A token for another audience is refused, and so is every new one.
    let bed = Bed::with(
        TestbedOptions::new().mail(MailOptions::new().audience("https://other.example/")),
    );
    bed.sign_in();
    bed.life(1800);
    let look = || {
        let output = bed.run(&["try", "imap", "--account", "work", "--json"]);
        assert_eq!(code(&output), 77, "{}", stdout(&output));
        let result = json_lines(&output).pop().unwrap();
        assert_eq!(result["result"], "rejected", "{result}");
        assert_eq!(result["advice"], "sign-in-again", "{result}");
        let remedy = result["remedy"].as_str().unwrap().to_owned();
        assert!(
            remedy.contains("a new token is refused as well"),
            "{remedy}"
        );
        assert!(remedy.contains("mail-login sign-in work"), "{remedy}");
    };
    let counts = || {
        (
            bed.testbed.imap().refused(),
            bed.testbed.provider().refreshes(),
        )
    };
    look();
    assert_eq!(counts(), (2, 1));
    // The new token is known to be refused: another one is not worth a request.
    look();
    assert_eq!(counts(), (3, 1));
}

#[test]
fn arguments_come_before_the_account() {
    let bed = Bed::start();
    bed.sign_in();
    let port = bed.testbed.imap().starttls().port().to_string();
    bed.good(&[
        "try",
        "imap",
        "--account",
        "work",
        "--host",
        "localhost",
        "--port",
        &port,
        "--tls",
        "starttls",
    ]);
    let output = bed.run(&["try", "imap", "--account", "work", "--token-env", "TOKEN"]);
    assert_eq!(code(&output), 64);
    let output = bed.run(&["try", "imap", "--account", "nobody"]);
    assert_eq!(code(&output), 78);
    let output = bed.run(&["try", "imap", "--account", "work", "--tls", "none"]);
    assert_eq!(code(&output), 64, "{}", stderr(&output));
}

#[test]
fn a_server_without_tokens_is_no_matter_of_the_account() {
    let plain = MailOptions::new().mechanisms([sasl_core::Mechanism::Plain]);
    let bed = Bed::with(TestbedOptions::new().mail(plain));
    bed.sign_in();
    let output = bed.run(&["try", "imap", "--account", "work", "--json"]);
    assert_eq!(code(&output), 69, "{}", stdout(&output));
    assert_eq!(bed.testbed.provider().refreshes(), 0);
    bed.good(&["token", "work"]);
}

#[test]
fn a_conversation_that_breaks_is_no_matter_of_the_account() {
    let quirk = Quirk::close_after(1);
    let options = MailOptions::new().quirk(quirk);
    let bed = Bed::with(TestbedOptions::new().mail(options));
    bed.sign_in();
    let output = bed.run(&["try", "imap", "--account", "work", "--json"]);
    assert_eq!(code(&output), 76, "{}", stdout(&output));
    bed.good(&["status", "work", "--check"]);
}

#[test]
fn the_deadline_holds_for_the_issuer_too() {
    let bed = Bed::start();
    bed.sign_in();
    std::fs::remove_dir_all(bed.path("state/issuers")).unwrap();
    let (fault, gate) = Fault::none().held();
    bed.testbed
        .provider()
        .misbehave_at(Endpoint::Discovery, fault);
    let start = Instant::now();
    let output = bed.run(&["try", "imap", "--account", "work", "--timeout", "1"]);
    // A request may take 20 s otherwise.
    assert!(start.elapsed() < Duration::from_secs(10));
    drop(gate);
    assert_eq!(code(&output), 75, "{}", stderr(&output));
    assert_eq!(bed.testbed.imap().connections(), 0);
}

#[test]
fn the_deadline_holds_for_both_logins_together() {
    // The greeting and a refusal, and not a word more.
    let mail = MailOptions::new().quirk(Quirk::silent_after(3));
    let bed = Bed::with(TestbedOptions::new().mail(mail));
    let tokens = bed.sign_in();
    bed.life(1800);
    bed.testbed.provider().revoke_token(tokens.access_token());
    let slow = Fault::none().delayed(Duration::from_secs(3));
    bed.testbed.provider().misbehave(slow);
    let login = ["try", "imap", "--account", "work", "--timeout", "5"];
    let start = Instant::now();
    let output = bed.run(&[&login[..], &["--transcript"]].concat());
    let took = start.elapsed();
    let told = stderr(&output);
    assert_eq!(code(&output), 75, "{told}");
    assert!(told.contains("trying once more"), "{told}");
    assert_eq!(told.matches("--- TLS").count(), 1, "{told}");
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    // With as much time as at first, the second login would end after eight seconds.
    assert!(took < Duration::from_secs(7), "{took:?}: {told}");
    // The new token was saved all the same.
    assert_ne!(bed.record()["access"][0]["token"], tokens.access_token());
}

#[test]
fn a_token_that_comes_late_is_not_waited_for_and_not_lost() {
    let bed = Bed::start();
    let tokens = bed.sign_in();
    bed.expire();
    let slow = Fault::none().delayed(Duration::from_secs(3));
    bed.testbed.provider().misbehave(slow);
    let mut child = bed.spawn(&[
        "try",
        "imap",
        "--account",
        "work",
        "--timeout",
        "1",
        "--json",
    ]);
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
    // It is told while the answer is on its way, and that is saved when it is there.
    assert_eq!(bed.testbed.provider().refreshes(), 0, "{line}");
    let result: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(result["kind"], "deadline");
    assert_eq!(child.wait().unwrap().code(), Some(75));
    assert_eq!(bed.testbed.provider().refreshes(), 1);
    assert_ne!(bed.record()["refresh"], tokens.refresh_token().unwrap());
    bed.good(&["try", "imap", "--account", "work"]);
}
