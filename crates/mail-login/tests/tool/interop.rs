//! The tool against real servers.

mod accounts;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use crate::support::{code, json_lines, run, run_with, stdout};
use harness::interop::{self, Case, Interop};

fn attempt(interop: &Interop, case: &Case) -> String {
    let (ca, port) = (interop.ca(), case.port.to_string());
    let output = run_with(
        &[
            "try",
            case.protocol,
            "--host",
            "localhost",
            "--port",
            &port,
            "--tls",
            if case.implicit {
                "implicit"
            } else {
                "starttls"
            },
            "--ca",
            ca.to_str().unwrap(),
            "--bind",
            "127.0.0.2",
            "--user",
            case.user,
            "--token-env",
            "TOKEN",
            "--mechanism",
            &case.mechanism.to_lowercase(),
            "--json",
            "--transcript",
            "--timeout",
            "30",
        ],
        &case.token,
        "",
    );
    let lines = json_lines(&output);
    let result = lines.last().unwrap();
    let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
    let (seen, exit) = match text("result").as_str() {
        "accepted" => {
            assert_eq!(text("mechanism"), case.mechanism);
            ("accepted".to_owned(), 0)
        }
        "rejected" => {
            let exit = if text("advice") == "change-settings" {
                69
            } else {
                77
            };
            (
                format!("rejected {} {}", text("reason"), text("advice")),
                exit,
            )
        }
        _ => (format!("error {}", text("kind")), 76),
    };
    assert_eq!(code(&output), exit, "{}: {result}", case.name);
    seen
}

#[test]
fn every_login_with_the_tool() {
    let interop = interop::start();
    let cases = interop::matrix(interop);
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let run = std::panic::AssertUnwindSafe(|| attempt(interop, case));
                    let seen = std::panic::catch_unwind(run).unwrap_or_else(|_| "a panic".into());
                    if seen != case.expected {
                        let line = format!("{}: {seen} instead of {}", case.name, case.expected);
                        failed.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!(
        "tool: {} logins to real servers, {} otherwise than expected",
        cases.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn check_on_every_service() {
    let interop = interop::start();
    let ca = interop.ca();
    for (service, protocol, url) in [
        ("LOCAL_IMAP", "imap", "imap"),
        ("LOCAL_IMAPS", "imap", "imaps"),
        ("LOCAL_SUBMISSION", "smtp", "submission"),
        ("LOCAL_SUBMISSIONS", "smtp", "submissions"),
        ("LOCAL_SIEVE", "sieve", "sieve"),
        ("POSTFIX_LOCAL_SUBMISSION", "smtp", "smtp"),
        ("POSTFIX_LOCAL_SUBMISSIONS", "smtp", "smtps"),
    ] {
        let port = interop.port(service);
        for server in [
            format!("{url}://localhost:{port}"),
            format!("localhost:{port}"),
        ] {
            let output = run(&[
                "check",
                &server,
                "--ca",
                ca.to_str().unwrap(),
                "--bind",
                "127.0.0.2",
                "--json",
            ]);
            let lines = json_lines(&output);
            assert_eq!(code(&output), 0, "{server}: {lines:?}");
            assert_eq!(lines[0]["protocol"], protocol, "{server}");
            assert_eq!(
                lines[0]["mechanisms"],
                serde_json::json!(["OAUTHBEARER", "XOAUTH2"]),
                "{server}"
            );
            assert_eq!(
                lines[0]["certificate"]["subject"], "CN=localhost",
                "{server}"
            );
        }
        let server = format!("{url}://localhost:{port}");
        let output = run(&["check", &server, "--ca", ca.to_str().unwrap()]);
        assert!(
            stdout(&output).contains("OAUTHBEARER XOAUTH2"),
            "{}",
            stdout(&output)
        );
        // Without the CA nothing is believed.
        let output = run(&["check", &server]);
        assert_eq!(code(&output), 69, "{}", stdout(&output));
    }
}
