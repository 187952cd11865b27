//! The tool's contract: exit codes, what goes where, what never goes anywhere.

use std::{fs, time::Instant};

use crate::support::{TOKEN, code, json_lines, run, run_with, server, stderr, stdout, try_imap};

const IMAP: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n";

fn exit_of(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    (code(&output), stderr(&output))
}

#[test]
fn accepted() {
    let port = server(IMAP, &["%TAG% OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"]);
    let output = try_imap(port, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("accepted the login of alice@example.test"));
    assert_eq!(stderr(&output), "");

    let lines = json_lines(&try_imap(port, &["--json"]));
    let events: Vec<_> = lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    assert_eq!(events, ["greeting", "offered", "chosen"]);
    let result = lines.last().unwrap();
    assert_eq!(result["result"], "accepted");
    assert_eq!(result["protocol"], "imap");
    assert_eq!(result["mechanism"], "XOAUTH2");
    assert_eq!(result["tls"], "none");
    assert_eq!(result["round_trips"], 1);
    assert_eq!(
        result["capabilities"],
        serde_json::json!(["IMAP4rev1", "IDLE"])
    );
}

#[test]
fn rejected_with_document() {
    let port = server(
        IMAP,
        &[
            "+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJtYWlsIn0=\r\n",
            "A1 NO never read\r\n",
        ],
    );
    // The scripted answer to the empty line has no tag to copy, so the conversation breaks there.
    let output = try_imap(port, &["--json"]);
    assert_eq!(code(&output), 76);
    let lines = json_lines(&output);
    assert!(
        lines
            .iter()
            .any(|line| line["event"] == "refused" && line["status"] == "401")
    );
    assert_eq!(lines.last().unwrap()["result"], "error");
    assert_eq!(lines.last().unwrap()["kind"], "protocol");
}

#[test]
fn refusals_have_their_codes() {
    for (answer, exit, advice) in [
        (
            "%TAG% NO [AUTHENTICATIONFAILED] no\r\n",
            77,
            "refresh-token",
        ),
        ("%TAG% NO [EXPIRED] no\r\n", 77, "refresh-token"),
        ("%TAG% NO [UNAVAILABLE] later\r\n", 75, "retry-later"),
        (
            "%TAG% NO [AUTHORIZATIONFAILED] no\r\n",
            69,
            "change-settings",
        ),
        ("%TAG% NO [CONTACTADMIN] no\r\n", 69, "change-settings"),
        ("%TAG% NO [PRIVACYREQUIRED] no\r\n", 69, "change-settings"),
    ] {
        let output = try_imap(server(IMAP, &[answer]), &["--json"]);
        assert_eq!(code(&output), exit, "{answer}");
        let lines = json_lines(&output);
        let result = lines.last().unwrap();
        assert_eq!(
            (&result["result"], &result["advice"]),
            (&"rejected".into(), &advice.into()),
            "{answer}"
        );
    }
}

#[test]
fn broken_conversations_have_their_codes() {
    let cases: [(&str, &[&str], i32, &str); 8] = [
        (
            "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n",
            &[],
            69,
            "mechanism-unavailable",
        ),
        ("* BYE [UNAVAILABLE] full\r\n", &[], 75, "temporary"),
        ("HTTP/1.1 400 Bad Request\r\n", &[], 76, "wrong-protocol"),
        ("* OK re\0ady\r\n", &[], 76, "protocol"),
        (IMAP, &["B9 OK in\r\n"], 76, "protocol"),
        (IMAP, &["<close>"], 76, "unexpected-end"),
        (
            IMAP,
            &["* 1 FETCH (X {4294967295}\r\n"],
            76,
            "limit-exceeded",
        ),
        ("* PREAUTH in\r\n", &[], 76, "preauthenticated-in-clear"),
    ];
    for (greeting, answers, exit, kind) in cases {
        let output = try_imap(server(greeting, answers), &["--json"]);
        let lines = json_lines(&output);
        let result = lines.last().unwrap();
        let seen = result["kind"]
            .as_str()
            .or_else(|| result["reason"].as_str());
        assert_eq!(
            (code(&output), seen),
            (exit, Some(kind)),
            "{greeting:?} {answers:?}"
        );
    }
}

#[test]
fn starttls_is_required() {
    let starttls = |port: u16, more: &[&str]| {
        let port = port.to_string();
        let mut arguments = vec![
            "try",
            "imap",
            "--host",
            "127.0.0.1",
            "--port",
            &port,
            "--tls",
            "starttls",
            "--user",
            "alice",
            "--token-env",
            "TOKEN",
            "--json",
        ];
        arguments.extend(more);
        run(&arguments)
    };
    let none = starttls(server(IMAP, &[]), &[]);
    assert_eq!(code(&none), 69);
    assert_eq!(json_lines(&none).last().unwrap()["kind"], "tls-unavailable");
    let greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n";
    let refused = starttls(server(greeting, &["%TAG% NO not now\r\n"]), &[]);
    assert_eq!(code(&refused), 69);
    let injected = starttls(
        server(greeting, &["%TAG% OK go\r\n* CAPABILITY AUTH=PLAIN\r\n"]),
        &[],
    );
    assert_eq!(code(&injected), 76);
    assert_eq!(
        json_lines(&injected).last().unwrap()["kind"],
        "data-after-starttls"
    );
}

#[test]
fn the_deadline_holds() {
    for greeting in ["", "* OK [CAPABILITY"] {
        let start = Instant::now();
        let output = try_imap(server(greeting, &[]), &["--timeout", "0.5", "--json"]);
        assert_eq!(code(&output), 75);
        assert_eq!(json_lines(&output).last().unwrap()["kind"], "deadline");
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}

#[test]
fn usage() {
    let base = ["try", "imap", "--host", "localhost", "--user", "alice"];
    let with = |more: &[&str]| exit_of(&[&base[..], more].concat());
    assert_eq!(with(&[]).0, 64, "no token");
    assert_eq!(
        with(&["--token-env", "TOKEN", "--token-file", "x"]).0,
        64,
        "two tokens"
    );
    assert_eq!(with(&["--token", TOKEN]).0, 64, "a token as an argument");
    let (exit, message) = with(&["--token-env", "TOKEN", "--tls", "none"]);
    assert_eq!(exit, 64);
    assert!(message.contains("--dangerous-in-clear"), "{message}");
    assert_eq!(with(&["--token-env", "TOKEN", "--port", "0"]).0, 64);
    assert_eq!(with(&["--token-env", "TOKEN", "--timeout", "-1"]).0, 64);
    assert_eq!(with(&["--token-env", "TOKEN", "--assume", "x\ny"]).0, 64);
    assert_eq!(exit_of(&["try", "pop3"]).0, 64);
    assert_eq!(exit_of(&["check", "http://example.com"]).0, 64);
    let evil = [
        "try",
        "imap",
        "--host",
        "h",
        "--user",
        "a\u{1}auth=Bearer x",
        "--token-env",
        "TOKEN",
    ];
    let (exit, message) = exit_of(&evil);
    assert_eq!(exit, 64);
    assert!(message.contains("control character"), "{message}");
    let smtp = [
        "try",
        "smtp",
        "--host",
        "h",
        "--user",
        "a",
        "--token-env",
        "TOKEN",
        "--client-name",
        "a b",
    ];
    assert_eq!(exit_of(&smtp).0, 64);
}

#[test]
fn what_cannot_be_read() {
    let base = ["try", "imap", "--host", "localhost", "--user", "alice"];
    let with = |more: &[&str]| exit_of(&[&base[..], more].concat());
    for missing in [
        &["--token-file", "/nonexistent/token"][..],
        &["--token-file", "/"],
        &["--token-env", "NOT_SET_AT_ALL"],
    ] {
        let (exit, message) = with(missing);
        assert_eq!(exit, 74, "{missing:?}");
        assert_eq!(message.lines().count(), 1, "{message}");
        let output = run(&[&base[..], missing, &["--json"]].concat());
        assert_eq!(
            json_lines(&output).last().unwrap()["kind"],
            "token-unreadable"
        );
    }
    let (exit, message) = with(&["--token-env", "TOKEN", "--ca", "/nonexistent/ca.pem"]);
    assert_eq!((exit, message.lines().count()), (78, 1), "{message}");
    let empty = std::env::temp_dir().join(format!("mail-login-empty-{}", std::process::id()));
    fs::write(&empty, "no certificate").unwrap();
    assert_eq!(
        with(&["--token-env", "TOKEN", "--ca", empty.to_str().unwrap()]).0,
        78
    );
    fs::remove_file(empty).unwrap();
    let bad = run_with(
        &[&base[..], &["--token-env", "TOKEN"]].concat(),
        "Bearer with-a-space-inside",
        "",
    );
    assert_eq!(code(&bad), 64);
}

#[test]
fn the_token_from_stdin() {
    let port = server(IMAP, &["%TAG% OK in\r\n"]).to_string();
    let arguments = [
        "try",
        "imap",
        "--host",
        "127.0.0.1",
        "--port",
        &port,
        "--tls",
        "none",
        "--dangerous-in-clear",
        "--user",
        "alice",
        "--token-file",
        "-",
    ];
    let output = run_with(&arguments, TOKEN, &format!("{TOKEN}\n"));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

/// Wherever a server puts the token that it got, it is not shown.
#[test]
fn reflected_tokens_are_not_shown() {
    for answer in [
        "%TAG% OK [CAPABILITY IMAP4rev1 %LINE%] in\r\n",
        "* CAPABILITY IMAP4rev1 %LINE%\r\n%TAG% OK in\r\n",
        "%TAG% OK [ALERT] %LINE%\r\n",
        "%TAG% NO [ALERT] %LINE%\r\n",
        "%TAG% NO [%LINE%] no\r\n",
        "%TAG% NO [REFERRAL imap://%LINE%/] no\r\n",
        "* BYE %LINE%\r\n",
        "%LINE%\r\n",
    ] {
        // `run` looks for the token in what is printed.
        for more in [&["--json"][..], &["--transcript"]] {
            try_imap(server(IMAP, &[answer]), more);
        }
    }
}

/// The dialogue is on stderr, without the token, even when the server sends it back.
#[test]
fn the_transcript_has_no_secret() {
    let reflecting = "* NO you sent %LINE%\r\n%TAG% NO bad %LINE%\r\n";
    let output = try_imap(server(IMAP, &[reflecting]), &["--transcript", "--json"]);
    let said = stderr(&output);
    assert!(said.contains("S: * OK [CAPABILITY"), "{said}");
    assert!(said.contains("AUTHENTICATE XOAUTH2 <"), "{said}");
    assert_eq!(code(&output), 77, "{said}");
}

#[test]
fn a_port_where_nobody_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    assert_eq!(code(&try_imap(free, &[])), 75);
    assert_eq!(
        exit_of(&["check", &format!("imap://127.0.0.1:{free}")]).0,
        75
    );
}

/// A port that says nothing about itself: the first line tells.
#[test]
fn check_finds_out_what_is_there() {
    let smtp = server(
        "220 mail.example.test ESMTP\r\n",
        &[
            "250-mail.example.test\r\n250 STARTTLS\r\n",
            "454 4.7.0 not now\r\n",
        ],
    );
    let output = run(&["check", &format!("127.0.0.1:{smtp}"), "--json"]);
    let lines = json_lines(&output);
    assert_eq!(lines[0]["protocol"], "smtp", "{lines:?}");
    assert_eq!(code(&output), 75, "{lines:?}");
}

#[test]
fn help_version_completions_man() {
    for arguments in [
        &["--help"][..],
        &["try", "--help"],
        &["check", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
        &["account", "add", "--help"],
        &["account", "list", "--help"],
        &["account", "remove", "--help"],
        &["account", "show", "--help"],
        &["sign-in", "--help"],
        &["sign-out", "--help"],
        &["status", "--help"],
        &["token", "--help"],
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 0);
        let is_command = arguments.len() > 1;
        assert!(
            !is_command || stdout(&output).contains("Example:"),
            "{arguments:?}"
        );
    }
    assert!(stdout(&run(&["--version"])).starts_with("mail-login "));
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(stdout(&output).contains("mail-login"), "{shell}");
    }
    let man = stdout(&run(&["man"]));
    assert!(
        man.starts_with(".ie") || man.starts_with(".TH") || man.contains(".TH mail-login"),
        "{man}"
    );
    assert!(man.contains("token\\-file"), "{man}");
    assert!(man.contains(".SH \"MAIL\\-LOGIN ACCOUNT ADD\""), "{man}");
}

/// A result that is lost is no success.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let port = server(IMAP, &["%TAG% OK in\r\n"]).to_string();
    let login =
        "try imap --host 127.0.0.1 --tls none --dangerous-in-clear --user u --token-env TOKEN";
    for command in [format!("{login} --port {port}"), "man".to_owned()] {
        for more in ["", " --json"] {
            if command == "man" && !more.is_empty() {
                continue;
            }
            let status = std::process::Command::new("sh")
                .env("TOKEN", TOKEN)
                .arg("-c")
                .arg(format!(
                    "'{}' {command}{more} >/dev/full 2>/dev/null",
                    env!("CARGO_BIN_EXE_mail-login")
                ))
                .status()
                .unwrap();
            assert_eq!(status.code(), Some(74), "{command}{more}");
        }
    }
}

/// `mail-login … | head` must not end in a panic.
#[test]
fn a_reader_that_goes_away() {
    let binary = env!("CARGO_BIN_EXE_mail-login");
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            &format!(
                "'{binary}' completions zsh 2>&1 >&- | cat; '{binary}' man | head -c 1 >/dev/null"
            ),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn wrong_arguments_are_told_in_json_too() {
    for (arguments, word) in [
        (&["token", "--json"][..], "<NAME>"),
        (
            &["token", "work", "--min-valid", "x", "--json"],
            "--min-valid",
        ),
        (&["try", "pop3", "--json"], "pop3"),
        (&["try", "imap", "--json"], "--user <USER>"),
        (&["frobnicate", "--json"], "frobnicate"),
        (&["status", "--json", "--no-such"], "--no-such"),
        (&["--json"], "--json"),
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 64, "{arguments:?}");
        let lines = json_lines(&output);
        assert_eq!(lines.len(), 1, "{arguments:?}: {lines:?}");
        assert_eq!(lines[0]["result"], "error");
        assert_eq!(lines[0]["kind"], "usage");
        let message = lines[0]["message"].as_str().unwrap();
        assert!(message.contains(word), "{arguments:?}: {message}");
        assert!(message.ends_with("see --help"), "{message}");
        assert!(!message.starts_with("error"), "{message}");
        // People are told as always.
        assert!(stderr(&output).contains("error: "), "{}", stderr(&output));
    }
    let output = run(&["account", "--json"]);
    assert_eq!(code(&output), 64);
    // Without it, and behind the arguments, stdout stays empty; and help is a result.
    for arguments in [&["token"][..], &["token", "a", "--", "b", "--json"]] {
        let output = run(arguments);
        assert_eq!(code(&output), 64, "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    let output = run(&["token", "--json", "--help"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("Usage"), "{}", stdout(&output));
}
