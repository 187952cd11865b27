//! `account`: what is written, what is refused, and what is left alone.

use std::fs;

use crate::{
    bed::Bed,
    support::{code, json_lines, stderr, stdout},
};

#[test]
fn added_shown_listed_removed() {
    let bed = Bed::start();
    let before = fs::read_to_string(bed.path("config.toml")).unwrap();
    let output = bed.good(&[
        "account",
        "add",
        "home",
        "--provider",
        "gmail",
        "--user",
        "me@gmail.com",
        "--client-id",
        "id.apps.googleusercontent.com",
        "--client-secret-command",
        "pass show gmail",
    ]);
    assert!(stdout(&output).contains("mail-login sign-in home"));
    let text = fs::read_to_string(bed.path("config.toml")).unwrap();
    assert!(text.starts_with(&before), "{text}");
    let output = bed.good(&["account", "show", "home"]);
    for part in ["imap.gmail.com:993", "pass", "seven days"] {
        assert!(
            stdout(&output).contains(part),
            "{part}: {}",
            stdout(&output)
        );
    }
    let output = bed.good(&["account", "list"]);
    assert!(stdout(&output).contains("home") && stdout(&output).contains("work"));
    let lines = json_lines(&bed.good(&["account", "list", "--json"]));
    assert_eq!(lines.last().unwrap()["accounts"], 2);
    bed.good(&["account", "remove", "home"]);
    assert_eq!(fs::read_to_string(bed.path("config.toml")).unwrap(), before);
    assert_eq!(code(&bed.run(&["account", "remove", "home"])), 78);
}

#[test]
fn an_issuer_is_asked() {
    let bed = Bed::start();
    let issuer = bed.testbed.provider().issuer().to_owned();
    let ca = bed.path("ca.pem");
    let add = |name: &str, issuer: &str| {
        bed.run(&[
            "account",
            "add",
            name,
            "--issuer",
            issuer,
            "--user",
            "a",
            "--client-id",
            "mail-client",
            "--ca",
            ca.to_str().unwrap(),
            "--imap",
            "localhost:1993",
            "--sieve",
            "localhost",
        ])
    };
    let output = add("good", &issuer);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = add("slash", &format!("{issuer}/"));
    assert_eq!(code(&output), 78, "{}", stderr(&output));
    let output = add("http", &issuer.replace("https", "http"));
    assert_eq!(code(&output), 78, "{}", stderr(&output));
    let output = bed.good(&["account", "show", "good", "--json"]);
    let shown = json_lines(&output);
    assert_eq!(shown[0]["servers"]["imap"]["port"], 1993);
    assert_eq!(code(&bed.run(&["account", "show", "slash"])), 78);
}

#[test]
fn what_cannot_be_is_not_written() {
    let bed = Bed::start();
    let before = fs::read_to_string(bed.path("config.toml")).unwrap();
    let add = |more: &[&str]| {
        let mut arguments = vec!["account", "add", "new", "--user", "a", "--client-id", "b"];
        arguments.extend(more);
        code(&bed.run(&arguments))
    };
    assert_eq!(add(&[]), 78);
    assert_eq!(add(&["--provider", "nobody"]), 78);
    assert_eq!(add(&["--provider", "gmail", "--issuer", "https://a"]), 64);
    assert_eq!(add(&["--provider", "gmail", "--imap", "h:0"]), 64);
    assert_eq!(add(&["--provider", "gmail", "--store", "cloud"]), 78);
    let output = bed.run(&[
        "account",
        "add",
        "work",
        "--user",
        "a",
        "--client-id",
        "b",
        "--provider",
        "gmail",
    ]);
    assert_eq!(code(&output), 64, "{}", stderr(&output));
    let output = bed.run(&[
        "account",
        "add",
        "../x",
        "--user",
        "a",
        "--client-id",
        "b",
        "--provider",
        "gmail",
    ]);
    assert_eq!(code(&output), 64, "{}", stderr(&output));
    assert_eq!(fs::read_to_string(bed.path("config.toml")).unwrap(), before);
    let output = bed
        .command(&[
            "account",
            "add",
            "new",
            "--user",
            "a",
            "--client-id",
            "b",
            "--provider",
            "gmail",
            "--config",
            "/proc/no/such.toml",
        ])
        .output()
        .unwrap();
    assert_eq!(code(&output), 73, "{}", stderr(&output));
}

#[test]
fn slips_in_the_file_are_told_with_their_line() {
    let bed = Bed::start();
    bed.configure("client_secret = \"hush-hush-hush\"");
    let output = bed.run(&["token", "work"]);
    assert_eq!(code(&output), 78);
    let told = stderr(&output);
    assert!(
        told.contains("line 2") && told.contains("client_secret_file"),
        "{told}"
    );
    assert!(!told.contains("hush"), "{told}");
    bed.configure("scoep = \"mail\"");
    let told = stderr(&bed.run(&["status"]));
    assert!(told.contains("line 9: unknown field `scoep`"), "{told}");
}

#[test]
fn tokens_are_not_left_behind() {
    let bed = Bed::start();
    bed.sign_in();
    let output = bed.run(&["account", "remove", "work"]);
    assert_eq!(code(&output), 64);
    assert!(
        stderr(&output).contains("mail-login sign-out work"),
        "{}",
        stderr(&output)
    );
    bed.good(&["sign-out", "work"]);
    bed.good(&["account", "remove", "work"]);
}

#[test]
fn a_store_that_this_program_lacks_is_named() {
    let bed = Bed::start();
    bed.configure("store = \"keyring\"");
    let output = bed
        .command(&["token", "work"])
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .output()
        .unwrap();
    let there = cfg!(feature = "keyring");
    assert_eq!(code(&output), if there { 74 } else { 78 });
    assert!(stderr(&output).contains("store"), "{}", stderr(&output));
    bed.configure("store = \"redis://user:hush@redis.example.com\"");
    let output = bed.run(&["token", "work"]);
    assert_eq!(code(&output), 78);
    assert!(!stderr(&output).contains("hush"), "{}", stderr(&output));
}

#[test]
fn what_a_provider_wants_is_said_before_it_refuses() {
    let bed = Bed::start();
    let add = |name: &str, provider: &str| {
        bed.good(&[
            "account",
            "add",
            name,
            "--provider",
            provider,
            "--user",
            "a@example.com",
            "--client-id",
            "b",
        ])
    };
    assert!(stderr(&add("g", "gmail")).contains("wants a client secret"));
    assert_eq!(stderr(&add("m", "microsoft365")), "");
    // Neither the port nor the browser of this machine would help.
    add("y", "yandex");
    for way in [&["sign-in", "y"][..], &["sign-in", "y", "--paste"]] {
        let output = bed.run(way);
        assert_eq!(code(&output), 78, "{}", stderr(&output));
        assert!(
            stderr(&output).contains("set redirect_uri"),
            "{}",
            stderr(&output)
        );
    }
    let output = bed.run(&["sign-in", "g", "--device"]);
    assert_eq!(code(&output), 78, "{}", stderr(&output));
}
