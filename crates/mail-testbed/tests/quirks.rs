//! Each quirk does what it says, as this project's own driver sees it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

#[path = "support/login.rs"]
mod support;

use std::time::{Duration, Instant};

use imap_auth::Imap;
use mail_login_blocking::{Failure, Phase, Server};
use mail_testbed::{MailOptions, MailServer, Quirk, Testbed, TestbedOptions};
use sasl_core::{Conformance, Error, Mechanism, Protocol, Reason, Settings, Stage};
use sieve_auth::Sieve;
use smtp_auth::Smtp;
use support::{DOORS, Door, Ended, Heard, ask, bearer, by, log_in, log_in_heard, through};

/// Short, for servers that never answer.
const PATIENCE: Duration = Duration::from_millis(300);

const TOKENS: [Mechanism; 2] = [Mechanism::OAuthBearer, Mechanism::XOAuth2];

fn with(quirk: Quirk) -> Testbed {
    Testbed::with(TestbedOptions::new().mail(MailOptions::new().quirk(quirk))).unwrap()
}

/// Logs in with a good token, and says what was heard.
fn enter<P: Protocol>(
    testbed: &Testbed,
    server: &MailServer,
    door: Door,
    settings: Settings,
) -> (Ended, Heard) {
    let mut heard = Heard::default();
    let credentials = bearer(&testbed.token(support::USER));
    let server = through(door, server, testbed.authority());
    let ended = log_in_heard::<P>(&server, credentials, settings, &mut heard);
    (ended, heard)
}

/// A good token by each mechanism through each door: always in, and each time `sign` is heard.
#[track_caller]
fn always_in<P: Protocol>(testbed: &Testbed, server: &MailServer, sign: &str) {
    for door in DOORS {
        for mechanism in TOKENS {
            // Without an initial response there is a challenge to see.
            let settings = by(mechanism).initial_response(false);
            let (ended, heard) = enter::<P>(testbed, server, door, settings);
            assert!(
                heard.has(sign),
                "{} {door:?} {mechanism:?}: {}",
                P::NAME,
                heard.shown()
            );
            assert_eq!(ended.accepted().session.mechanism(), Some(mechanism));
        }
    }
    assert_eq!(server.accepted(), 6);
}

#[test]
fn a_bare_challenge() {
    let testbed = with(Quirk::bare_challenge());
    always_in::<Imap>(&testbed, testbed.imap(), "\r\n+\r\n");
    always_in::<Smtp>(&testbed, testbed.smtp(), "\r\n334\r\n");
}

#[test]
fn prose_for_a_challenge() {
    let testbed = with(Quirk::prose_challenge());
    always_in::<Imap>(&testbed, testbed.imap(), "+ Go ahead\r\n");
    always_in::<Smtp>(&testbed, testbed.smtp(), "334 Go on\r\n");
}

#[test]
fn the_old_form_of_the_auth_line() {
    let testbed = with(Quirk::legacy_auth_line());
    always_in::<Smtp>(&testbed, testbed.smtp(), "250-AUTH=OAUTHBEARER");
}

#[test]
fn no_capabilities_in_the_greeting() {
    let testbed = with(Quirk::no_capabilities_in_greeting());
    always_in::<Imap>(&testbed, testbed.imap(), "* CAPABILITY ");
    let (_, heard) = enter::<Imap>(&testbed, testbed.imap(), Door::ImplicitTls, Settings::new());
    assert!(heard.0.starts_with(b"* OK ready\r\n"), "{}", heard.shown());
}

#[test]
fn an_octet_at_a_time() {
    let testbed = with(Quirk::byte_at_a_time());
    always_in::<Imap>(&testbed, testbed.imap(), "* OK");
    for door in DOORS {
        let (ended, heard) = enter::<Smtp>(&testbed, testbed.smtp(), door, Settings::new());
        ended.accepted();
        assert!(octets_per_read(&heard) < 4, "{door:?}: {}", heard.1);
        let (ended, heard) = enter::<Sieve>(&testbed, testbed.sieve(), door, Settings::new());
        ended.accepted();
        assert!(octets_per_read(&heard) < 4, "{door:?}: {}", heard.1);
    }
    // It is no accident: otherwise there are whole answers.
    let testbed = Testbed::start().unwrap();
    let (_, heard) = enter::<Smtp>(&testbed, testbed.smtp(), Door::Clear, Settings::new());
    assert!(octets_per_read(&heard) > 20, "{}", heard.1);
}

/// One, where they come one by one; a machine that is busy may see a few of them together.
fn octets_per_read(heard: &Heard) -> usize {
    heard.0.len() / heard.1
}

#[test]
fn every_answer_is_late() {
    let late = Duration::from_millis(50);
    let testbed = with(Quirk::delay(late));
    let start = Instant::now();
    let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), Door::ImplicitTls, Settings::new());
    ended.accepted();
    // The greeting, and the answer to the login.
    assert!(start.elapsed() >= late * 2, "{:?}", start.elapsed());
}

#[test]
fn lines_that_end_with_lf_alone() {
    let testbed = with(Quirk::bare_line_feeds());
    for door in DOORS {
        let (ended, heard) = enter::<Imap>(&testbed, testbed.imap(), door, Settings::new());
        ended.accepted();
        assert!(!heard.has("\r"), "{}", heard.shown());
        let strict = Settings::new().conformance(Conformance::Strict);
        let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), door, strict);
        assert_eq!(ended.broken().kind(), "protocol", "{door:?}");
    }
}

#[test]
fn a_silent_server_runs_into_the_deadline() {
    let testbed = with(Quirk::silent());
    for (door, expected) in [
        (Door::ImplicitTls, Phase::Handshake),
        (Door::StartTls, Phase::StartTls),
        (Door::Clear, Phase::Conversation),
    ] {
        assert_eq!(late::<Imap>(&testbed, testbed.imap(), door), expected);
        assert_eq!(late::<Smtp>(&testbed, testbed.smtp(), door), expected);
        assert_eq!(late::<Sieve>(&testbed, testbed.sieve(), door), expected);
    }
    assert!(testbed.imap().attempts().is_empty());
}

#[test]
fn a_server_that_falls_silent_runs_into_the_deadline() {
    // The greeting comes. In clear, and after it, is where the second thing would be said.
    let testbed = with(Quirk::silent_after(1));
    for (door, expected) in [
        (Door::ImplicitTls, Phase::Conversation),
        (Door::StartTls, Phase::StartTls),
        (Door::Clear, Phase::Conversation),
    ] {
        assert_eq!(late::<Imap>(&testbed, testbed.imap(), door), expected);
        assert_eq!(late::<Smtp>(&testbed, testbed.smtp(), door), expected);
        assert_eq!(late::<Sieve>(&testbed, testbed.sieve(), door), expected);
    }
}

/// What took too long.
#[track_caller]
fn late<P: Protocol>(testbed: &Testbed, server: &MailServer, door: Door) -> Phase {
    let server = through(door, server, testbed.authority()).timeout(PATIENCE);
    let credentials = bearer(&testbed.token(support::USER));
    match log_in::<P>(&server, credentials, Settings::new()).broken() {
        Failure::Deadline { during } => during,
        other => panic!("{} {door:?}: {other:?}", P::NAME),
    }
}

#[test]
fn a_server_that_closes() {
    let testbed = with(Quirk::close_after(0));
    for door in DOORS {
        let (ended, heard) = enter::<Imap>(&testbed, testbed.imap(), door, Settings::new());
        assert_eq!(unexpected_end(ended), Stage::Greeting, "{door:?}");
        assert_eq!(heard.shown(), "");
    }
    let testbed = with(Quirk::close_after(1));
    for (door, stage) in [
        (Door::ImplicitTls, Stage::Authenticate),
        (Door::StartTls, Stage::StartTls),
        (Door::Clear, Stage::Authenticate),
    ] {
        let (ended, heard) = enter::<Imap>(&testbed, testbed.imap(), door, Settings::new());
        assert_eq!(unexpected_end(ended), stage, "{door:?}");
        assert!(heard.has("* OK"), "{}", heard.shown());
    }
}

#[track_caller]
fn unexpected_end(ended: Ended) -> Stage {
    match ended.broken() {
        Failure::Conversation(Error::UnexpectedEnd { during }) => during,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_resets_the_connection() {
    let testbed = with(Quirk::reset_after(1));
    for door in DOORS {
        let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), door, Settings::new());
        match ended.broken() {
            Failure::Io { cause, .. } => {
                assert_eq!(
                    cause.kind(),
                    std::io::ErrorKind::ConnectionReset,
                    "{door:?}"
                );
            }
            other => panic!("{door:?}: {other:?}"),
        }
    }
}

#[test]
fn lines_that_are_cut() {
    let testbed = with(Quirk::cut_lines(64));
    for mechanism in TOKENS {
        let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), Door::ImplicitTls, by(mechanism));
        let rejection = ended.rejected();
        // Half a message is no message, so nothing is there to be checked.
        assert_eq!(
            rejection.reason(),
            Reason::CredentialsRejected,
            "{mechanism:?}"
        );
        assert_eq!(rejection.text().to_string(), "Invalid login message");
    }
    assert!(testbed.imap().attempts().is_empty());
    // What is no longer than that arrives whole.
    let testbed = with(Quirk::cut_lines(16 << 10));
    let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), Door::ImplicitTls, Settings::new());
    ended.accepted();
}

#[test]
fn authenticated_but_not_connected() {
    let testbed = with(Quirk::not_connected());
    for door in DOORS {
        let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), door, Settings::new());
        let answer = ask(&mut ended.accepted(), "x SELECT INBOX\r\n", "\r\n");
        assert_eq!(answer, "x BAD User is authenticated but not connected.\r\n");
        let (ended, _) = enter::<Smtp>(&testbed, testbed.smtp(), door, Settings::new());
        let answer = ask(
            &mut ended.accepted(),
            "MAIL FROM:<a@example.com>\r\n",
            "\r\n",
        );
        assert!(answer.starts_with("530 5.7.57 "), "{answer}");
        let (ended, _) = enter::<Sieve>(&testbed, testbed.sieve(), door, Settings::new());
        let answer = ask(&mut ended.accepted(), "LISTSCRIPTS\r\n", "connected\"\r\n");
        assert!(answer.contains("NO "), "{answer}");
    }
    assert_eq!(testbed.imap().refused(), 0);
}

#[test]
fn bytes_behind_starttls_are_seen_as_an_attack() {
    let testbed = with(Quirk::inject_after_starttls(b"* OK injected\r\n"));
    let attacked = |ended: Ended| match ended.broken() {
        Failure::Conversation(Error::DataAfterStartTls { octets }) => octets,
        other => panic!("{other:?}"),
    };
    let door = Door::StartTls;
    let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), door, Settings::new());
    assert_eq!(attacked(ended), 15);
    let (ended, _) = enter::<Smtp>(&testbed, testbed.smtp(), door, Settings::new());
    assert_eq!(attacked(ended), 15);
    let (ended, _) = enter::<Sieve>(&testbed, testbed.sieve(), door, Settings::new());
    assert_eq!(attacked(ended), 15);
    for server in [testbed.imap(), testbed.smtp(), testbed.sieve()] {
        assert!(server.attempts().is_empty(), "{:?}", server.attempts());
    }
    // Where there is no STARTTLS there is nothing to attack.
    let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), Door::ImplicitTls, Settings::new());
    ended.accepted();
}

#[test]
fn quirks_add_up_and_anything_can_be_changed() {
    let options = MailOptions::new()
        .quirk(Quirk::answers("another name", |said| {
            String::from_utf8_lossy(said)
                .replace("OK Done", "OK did it")
                .into_bytes()
        }))
        .quirk(Quirk::no_capabilities_in_greeting())
        .quirk(Quirk::byte_at_a_time());
    let testbed = Testbed::with(TestbedOptions::new().imap(options)).unwrap();
    let (ended, heard) =
        enter::<Imap>(&testbed, testbed.imap(), Door::ImplicitTls, Settings::new());
    assert!(heard.0.starts_with(b"* OK ready\r\n"), "{}", heard.shown());
    assert_eq!(
        ask(&mut ended.accepted(), "x NOOP\r\n", "\r\n"),
        "x OK did it\r\n"
    );
}

#[test]
fn a_server_is_reached_by_its_other_name() {
    let testbed = Testbed::start().unwrap();
    let server = Server::implicit_tls("localhost", testbed.imap().implicit_tls().port())
        .timeout(Duration::from_secs(20))
        .extra_ca_pem(testbed.authority().pem().as_bytes())
        .unwrap();
    let credentials = bearer(&testbed.token(support::USER));
    log_in::<Imap>(&server, credentials, Settings::new()).accepted();
}

#[test]
fn initial_responses_are_refused() {
    let testbed = with(Quirk::refuse_initial_response());
    for mechanism in TOKENS {
        let door = Door::ImplicitTls;
        let (ended, heard) = enter::<Imap>(&testbed, testbed.imap(), door, by(mechanism));
        // Our client tries again with the message apart.
        ended.accepted();
        assert!(
            heard.has("BAD Parse command error"),
            "{mechanism:?}: {}",
            heard.shown()
        );
    }
}

#[test]
fn long_commands_are_refused_and_long_lines_end_it() {
    let testbed = with(Quirk::refuse_long_commands(1024));
    let options = smtp_auth::Options::new().long_initial_response(true);
    let long = "t".repeat(2000);
    let server = through(Door::ImplicitTls, testbed.smtp(), testbed.authority());
    let mut heard = Heard::default();
    let login =
        mail_login_blocking::login::<Smtp>(&server, bearer(&long), options, &mut heard).unwrap();
    assert!(matches!(login, mail_login_blocking::Login::Rejected(_)));
    assert!(heard.has("500 5.5.2 Line too long"), "{}", heard.shown());

    let testbed = with(Quirk::hang_up_on_long_lines(8192));
    let server = through(Door::ImplicitTls, testbed.imap(), testbed.authority());
    let long = "t".repeat(7000);
    let ended = log_in::<Imap>(&server, bearer(&long), Settings::new());
    assert!(
        matches!(
            ended.broken(),
            Failure::Conversation(Error::ResponseTooLong { .. })
        ),
        "the length explains it"
    );
}

#[test]
fn capabilities_that_are_missing_or_come_at_any_time() {
    let quirks = MailOptions::new()
        .quirk(Quirk::no_capabilities_in_greeting())
        .quirk(Quirk::no_capabilities());
    let testbed = Testbed::with(TestbedOptions::new().imap(quirks)).unwrap();
    let door = Door::ImplicitTls;
    let (ended, _) = enter::<Imap>(&testbed, testbed.imap(), door, Settings::new());
    assert_eq!(ended.rejected().reason(), Reason::MechanismUnavailable);

    let testbed = with(Quirk::capabilities_during_login());
    always_in::<Imap>(
        &testbed,
        testbed.imap(),
        "* CAPABILITY IMAP4rev1 SASL-IR\r\n+ ",
    );
}

#[test]
fn a_literal_without_its_end() {
    let testbed = with(Quirk::unfinished_literal_challenge());
    let server = through(Door::ImplicitTls, testbed.sieve(), testbed.authority());
    let server = server.timeout(PATIENCE);
    let credentials = bearer(&testbed.token(support::USER));
    // Whoever sends the message along never sees it; else there is nothing to be done but to wait.
    log_in::<Sieve>(&server, credentials.clone(), Settings::new()).accepted();
    let apart = Settings::new().initial_response(false);
    let ended = log_in::<Sieve>(&server, credentials, apart);
    assert!(matches!(ended.broken(), Failure::Deadline { .. }));
}

#[test]
fn a_silent_server_lets_go_of_clients_that_leave() {
    let testbed = with(Quirk::silent());
    let stream = std::net::TcpStream::connect(testbed.imap().in_clear()).unwrap();
    let waits = |count| {
        let end = Instant::now() + Duration::from_secs(5);
        while testbed.imap().connections() != count {
            assert!(Instant::now() < end, "{}", testbed.imap().connections());
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    waits(1);
    drop(stream);
    waits(0);
}
