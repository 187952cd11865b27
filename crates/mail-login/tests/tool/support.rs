//! Running the tool, and a server that says what it is told to.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

/// A token that would be recognised anywhere.
pub(crate) const TOKEN: &str = "tok-VerySecretAccessTokenOfAlice-0123456789";

/// Runs the tool with the token in the environment; nothing of the caller's terminal leaks in.
pub(crate) fn run(arguments: &[&str]) -> Output {
    run_with(arguments, TOKEN, "")
}

pub(crate) fn run_with(arguments: &[&str], token: &str, stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mail-login"))
        .args(arguments)
        .env("TOKEN", token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The tool may end before it reads.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    for text in [&output.stdout, &output.stderr] {
        assert_eq!(
            harness::secrecy::leak(text, token),
            None,
            "{arguments:?}: the token is shown"
        );
        assert!(
            !text.contains(&0x1b),
            "{arguments:?}: escape sequences without a terminal"
        );
    }
    output
}

pub(crate) fn code(output: &Output) -> i32 {
    output
        .status
        .code()
        .unwrap_or_else(|| panic!("killed: {output:?}"))
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The JSON lines of an output; each is an object of version 1.
pub(crate) fn json_lines(output: &Output) -> Vec<serde_json::Value> {
    let lines: Vec<serde_json::Value> = stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().all(|line| line["v"] == 1), "{lines:?}");
    lines
}

/// What a scripted server does: says something at once, then answers each line it gets. `%TAG%` is
/// the first word of that line, `%LINE%` the line.
pub(crate) fn server(greeting: &str, answers: &[&str]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (greeting, answers) = (
        greeting.to_owned(),
        answers.iter().map(|a| a.to_string()).collect::<Vec<_>>(),
    );
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (greeting, answers) = (greeting.clone(), answers.clone());
            thread::spawn(move || serve(stream, &greeting, &answers));
        }
    });
    port
}

fn serve(mut stream: TcpStream, greeting: &str, answers: &[String]) {
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let _ = stream.write_all(greeting.as_bytes());
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    for answer in answers {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end();
        let tag = line.split(' ').next().unwrap_or_default();
        let answer = answer.replace("%TAG%", tag).replace("%LINE%", line);
        if answer == "<close>" {
            return;
        }
        let _ = stream.write_all(answer.as_bytes());
    }
    // Whatever else comes is read and not answered, until the other side closes.
    let _ = lines.read_to_end(&mut Vec::new());
}

/// `try imap` in clear against a scripted server.
pub(crate) fn try_imap(port: u16, more: &[&str]) -> Output {
    let port = port.to_string();
    let mut arguments = vec![
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
        "alice@example.test",
        "--token-env",
        "TOKEN",
    ];
    arguments.extend(more);
    run(&arguments)
}
