//! Real servers: every protocol, transport, mechanism and kind of token, through both drivers, and a
//! command that works on the stream they hand back.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::std_instead_of_core,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use harness::interop::{self, Case, Interop, command_after_login, is_answered};
use mail_login_blocking::{Failure, Server, Silent};
use sasl_core::{Advice, Credentials, Mechanism, Protocol, Reason, Rejection, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// As a remote client: Dovecot takes one with its own address for secure without TLS.
const REMOTE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn server(interop: &Interop, case: &Case) -> Server {
    let server = match case.implicit {
        true => Server::implicit_tls("localhost", case.port),
        false => Server::starttls("localhost", case.port),
    };
    let server = server.bind(REMOTE).timeout(Duration::from_secs(30));
    server.extra_ca_file(interop.ca()).unwrap()
}

fn options<P: Protocol>(case: &Case) -> P::Options {
    let mechanism = Mechanism::parse(case.mechanism.as_bytes()).unwrap();
    P::Options::from(Settings::new().mechanisms(&[mechanism]))
}

fn describe(rejection: &Rejection) -> String {
    format!(
        "rejected {} {}",
        rejection.reason().name(),
        rejection.advice().name()
    )
}

fn blocking<P: Protocol>(interop: &Interop, case: &Case) -> String {
    use mail_login_blocking::{Login, login};

    let credentials = Credentials::bearer(case.user, case.token.as_str()).unwrap();
    match login::<P>(
        &server(interop, case),
        credentials,
        options::<P>(case),
        &mut Silent,
    ) {
        Ok(Login::Accepted(mut connection)) => {
            assert_eq!(
                connection.session.mechanism().map(|m| m.name()),
                Some(case.mechanism)
            );
            check_round_trips(case, connection.session.round_trips());
            let (command, expected) = command_after_login(case.protocol);
            connection
                .stream
                .set_read_timeout(Some(Duration::from_secs(10)));
            connection.stream.write_all(command.as_bytes()).unwrap();
            connection.stream.flush().unwrap();
            let mut answer = String::from_utf8(connection.remaining).unwrap();
            while !is_answered(&answer, expected) {
                let mut buffer = [0; 4096];
                let read = connection.stream.read(&mut buffer).unwrap();
                assert_ne!(read, 0, "{}: closed after {answer:?}", case.name);
                answer.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            "accepted".into()
        }
        Ok(Login::Rejected(refused)) => describe(refused.rejection()),
        Err(failure) => format!("error {}", failure.kind()),
    }
}

async fn tokio_driver<P: Protocol>(interop: &Interop, case: &Case) -> String {
    use mail_login_tokio::{Login, login};

    let credentials = Credentials::bearer(case.user, case.token.as_str()).unwrap();
    let server = server(interop, case);
    match login::<P>(&server, credentials, options::<P>(case), &mut Silent).await {
        Ok(Login::Accepted(mut connection)) => {
            assert_eq!(
                connection.session.mechanism().map(|m| m.name()),
                Some(case.mechanism)
            );
            check_round_trips(case, connection.session.round_trips());
            let (command, expected) = command_after_login(case.protocol);
            connection
                .stream
                .write_all(command.as_bytes())
                .await
                .unwrap();
            connection.stream.flush().await.unwrap();
            let mut answer = String::from_utf8(connection.remaining).unwrap();
            while !is_answered(&answer, expected) {
                let mut buffer = [0; 4096];
                let read = connection.stream.read(&mut buffer);
                let read = tokio::time::timeout(Duration::from_secs(10), read).await;
                let read = read.expect("an answer in time").unwrap();
                assert_ne!(read, 0, "{}: closed after {answer:?}", case.name);
                answer.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            "accepted".into()
        }
        Ok(Login::Rejected(refused)) => describe(refused.rejection()),
        Err(failure) => format!("error {}", failure.kind()),
    }
}

/// Commands that waited for an answer since the connection was secure.
fn check_round_trips(case: &Case, round_trips: u32) {
    let long = case.token.len() > 300;
    let expected = match (case.protocol, case.implicit) {
        ("smtp", _) if long => 3,
        ("smtp", _) => 2,
        // After STARTTLS IMAP has no greeting that could carry the capabilities; a message over
        // 8000 octets is sent apart.
        ("imap", implicit) => 1 + u32::from(!implicit) + u32::from(case.token.len() > 5900),
        _ => 1,
    };
    assert_eq!(round_trips, expected, "{}: round trips", case.name);
}

fn run_blocking(interop: &Interop, case: &Case) -> String {
    match case.protocol {
        "imap" => blocking::<imap_auth::Imap>(interop, case),
        "smtp" => blocking::<smtp_auth::Smtp>(interop, case),
        _ => blocking::<sieve_auth::Sieve>(interop, case),
    }
}

fn run_tokio(interop: &Interop, case: &Case) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match case.protocol {
            "imap" => tokio_driver::<imap_auth::Imap>(interop, case).await,
            "smtp" => tokio_driver::<smtp_auth::Smtp>(interop, case).await,
            _ => tokio_driver::<sieve_auth::Sieve>(interop, case).await,
        }
    })
}

/// Runs every case, some at once: refusals take the servers up to two seconds each.
fn every_case(driver: &str, run: impl Fn(&Interop, &Case) -> String + Sync) {
    let interop = interop::start();
    let cases = interop::matrix(interop);
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        run(interop, case)
                    }));
                    let seen = seen.unwrap_or_else(|_| "a panic".into());
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
        "{driver}: {} logins to real servers, {} otherwise than expected",
        cases.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_login_with_the_blocking_driver() {
    every_case("blocking", run_blocking);
}

#[test]
fn every_login_with_the_tokio_driver() {
    every_case("tokio", run_tokio);
}

/// A refused token, and a good one on the same connection.
#[test]
fn retry_on_the_same_connection() {
    fn again<P: Protocol>(interop: &Interop, service: &str) {
        use mail_login_blocking::{Login, login};

        let expired = interop.mint(serde_json::json!({"exp": 1_000_000_000}), 0);
        let good = interop.mint(serde_json::json!({}), 0);
        let server = Server::starttls("localhost", interop.port(service))
            .bind(REMOTE)
            .extra_ca_file(interop.ca())
            .unwrap();
        let first = Credentials::bearer("alice@example.test", expired).unwrap();
        let second = Credentials::bearer("alice@example.test", good).unwrap();
        let refused = match login::<P>(&server, first, P::Options::default(), &mut Silent).unwrap()
        {
            Login::Rejected(refused) => refused,
            Login::Accepted(_) => panic!("{service}: an expired token was taken"),
        };
        assert_eq!(
            refused.rejection().reason(),
            Reason::TokenRejected,
            "{service}"
        );
        assert_eq!(
            refused.rejection().advice(),
            Advice::RefreshToken,
            "{service}"
        );
        assert!(
            refused.rejection().refusal().is_some(),
            "{service}: no document"
        );
        match refused.retry(second, &mut Silent).unwrap() {
            Login::Accepted(_) => {}
            Login::Rejected(refused) => panic!("{service}: {}", refused.rejection()),
        }
    }
    let interop = interop::start();
    again::<imap_auth::Imap>(interop, "LOCAL_IMAP");
    again::<smtp_auth::Smtp>(interop, "LOCAL_SUBMISSION");
    again::<smtp_auth::Smtp>(interop, "POSTFIX_LOCAL_SUBMISSION");
    again::<sieve_auth::Sieve>(interop, "LOCAL_SIEVE");
}

/// Without TLS a remote client is offered nothing, and our machine sends nothing.
#[test]
fn nothing_is_sent_in_clear() {
    fn refused<P: Protocol>(interop: &Interop, service: &str) {
        use mail_login_blocking::{Login, login};

        let server = Server::dangerous_in_clear("localhost", interop.port(service)).bind(REMOTE);
        let token = interop.mint(serde_json::json!({}), 0);
        let credentials = Credentials::bearer("alice@example.test", token).unwrap();
        match login::<P>(&server, credentials, P::Options::default(), &mut Silent).unwrap() {
            Login::Rejected(refused) => {
                assert_eq!(
                    refused.rejection().reason(),
                    Reason::EncryptionRequired,
                    "{service}"
                );
            }
            Login::Accepted(_) => panic!("{service}: logged in in clear"),
        }
    }
    let interop = interop::start();
    refused::<imap_auth::Imap>(interop, "LOCAL_IMAP");
    refused::<smtp_auth::Smtp>(interop, "LOCAL_SUBMISSION");
    refused::<smtp_auth::Smtp>(interop, "POSTFIX_LOCAL_SUBMISSION");
    refused::<sieve_auth::Sieve>(interop, "LOCAL_SIEVE");
}

/// The interop CA is not trusted unless it is added.
#[test]
fn an_unknown_authority_is_refused() {
    use mail_login_blocking::login;

    let interop = interop::start();
    let server = Server::implicit_tls("localhost", interop.port("LOCAL_IMAPS"));
    let credentials = Credentials::bearer("alice@example.test", "token").unwrap();
    let options = imap_auth::Options::default();
    let failure = login::<imap_auth::Imap>(&server, credentials, options, &mut Silent)
        .err()
        .unwrap();
    assert!(matches!(failure, Failure::Tls(_)), "{failure}");
}
