//! The program as it is started and stopped.

#![allow(
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "tests fail loudly, and have an operating system"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// Ends with the test, whatever comes of it.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webmail"));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Program(command.spawn().unwrap())
}

#[test]
fn with_servers_of_its_own_it_runs_until_it_is_told_to_stop() {
    let mut program = start(&[
        "--testbed",
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
    ]);
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let ready = line();
    let address = ready.strip_prefix("webmail: http://");
    let address = address.and_then(|rest| rest.strip_suffix(" is ready"));
    let address = address.unwrap_or_else(|| panic!("{ready}"));
    assert!(line().starts_with("webmail: metrics at http://127.0.0.1:"));
    assert!(line().contains("sign in as alice@example.com"));
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let id = program.0.id().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status();
    assert!(told.unwrap().success());
    assert!(program.0.wait().unwrap().success());
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    let listen = ["--listen", "127.0.0.1:0"];
    let plain = ["--testbed", "--public-url", "http://example.com"];
    for (arguments, text) in [
        (&listen[..], "--config"),
        (
            &["--config", "/nowhere/webmail.toml"][..],
            "/nowhere/webmail.toml",
        ),
        (&[&plain[..], &listen].concat(), "https://HOST"),
    ] {
        let mut program = start(arguments);
        let mut said = String::new();
        let mut errors = program.0.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        assert!(!program.0.wait().unwrap().success(), "{arguments:?}");
        assert!(said.contains(text), "{text} is not in {said}");
    }
}
