//! The demonstration: each step does what it should, and other programs can use its servers.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::support::{code, json_lines, run, run_with, stderr, stdout};

/// The steps, in their order.
const STEPS: [&str; 12] = [
    "signed in",
    "imap implicit",
    "smtp implicit",
    "sieve implicit",
    "imap starttls",
    "smtp starttls",
    "sieve starttls",
    "expired token",
    "refreshed",
    "tried again",
    "revoked grant",
    "sign in again",
];

#[test]
fn every_step_is_shown_in_one_screen() {
    for arguments in [&["demo"][..], &[]] {
        let output = run(arguments);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let shown = stdout(&output);
        for step in STEPS {
            assert!(shown.contains(&format!("✓ {step}")), "{step}: {shown}");
        }
        assert!(shown.lines().count() <= 24, "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80));
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn programs_get_the_same() {
    let output = run(&["demo", "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let lines = json_lines(&output);
    let steps: Vec<_> = lines
        .iter()
        .filter_map(|line| line["step"].as_str())
        .collect();
    assert_eq!(steps, STEPS);
    let result = lines.last().unwrap();
    assert_eq!(result["result"], "done");
    // Two mechanisms, three protocols, two ways of TLS, and the one that was tried again.
    assert_eq!(result["accepted"], 13);
    assert_eq!(result["refused"], 2);
}

#[test]
fn the_servers_can_be_kept() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_mail-login"))
        .args(["demo", "--keep", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever reads no more is not waited for.
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let kept = lines
        .by_ref()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
        .find(|line| line["event"] == "kept")
        .unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (ca, token, user) = (text(&kept["ca"]), text(&kept["token"]), text(&kept["user"]));
    for (protocol, tls) in [
        ("imap", "implicit"),
        ("smtp", "starttls"),
        ("sieve", "starttls"),
    ] {
        let address = text(&kept["servers"][protocol][tls]);
        let (_, port) = address.rsplit_once(':').unwrap();
        let arguments = [
            "try",
            protocol,
            "--host",
            "localhost",
            "--port",
            port,
            "--tls",
            tls,
            "--ca",
            &ca,
            "--user",
            &user,
            "--token-env",
            "TOKEN",
        ];
        let output = run_with(&arguments, &token, "");
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let output = run_with(&arguments, "made-up-by-this-test", "");
        assert_eq!(code(&output), 77, "{}", stderr(&output));
    }
    // The end of its input ends it, and what it had written is gone.
    drop(demo.stdin.take());
    drop(lines);
    assert!(demo.wait().unwrap().success());
    assert!(!std::path::Path::new(&ca).exists());
}
