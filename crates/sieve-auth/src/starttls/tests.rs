use alloc::format;

use sasl_core::{Error, Limit, Machine, Stage, Step, TlsUnavailable, Violation};

use super::*;
use crate::tests::{GREETING, IN_CLEAR, Scenario, start_tls, strict, violation};

fn asked() -> Scenario<StartTls> {
    let scenario = start_tls().hears(IN_CLEAR);
    assert_eq!(scenario.writes, ["STARTTLS\r\n"]);
    scenario
}

#[test]
fn one_command_up_to_tls() {
    for agreement in ["OK\r\n", "oK \"begin\"\r\n", "OK {4}\r\na\r\nb\r\n"] {
        assert!(asked().hears(agreement).end().is_ok(), "{agreement}");
    }
    let scenario = Scenario::new(StartTls::new(strict())).hears(IN_CLEAR);
    assert!(scenario.hears("OK\r\n").end().is_ok());
}

/// T1, D04: every split of the agreement and what is smuggled in behind it.
#[test]
fn nothing_may_stand_behind_the_agreement() {
    let agreement = "OK \"begin\"\r\n";
    let text = format!("{agreement}{GREETING}OK\r\n");
    let octets = text.len() - agreement.len();
    let end = asked().hears(&text).end();
    assert_eq!(end.err(), Some(Error::DataAfterStartTls { octets }));
    for split in agreement.len() + 1..text.len() {
        let end = asked().hears(&text[..split]).end();
        let octets = split - agreement.len();
        assert_eq!(end.err(), Some(Error::DataAfterStartTls { octets }));
    }
}

/// T2: nor may it come a moment later.
#[test]
fn nothing_may_follow_the_agreement() {
    let mut machine = StartTls::new(Options::new());
    machine.handle_input(IN_CLEAR.as_bytes());
    loop {
        match machine.poll().unwrap() {
            Step::Read => machine.handle_input(b"OK\r\n"),
            Step::Write(_) | Step::Event(_) => {}
            Step::Done(_) => break,
        }
    }
    machine.handle_input(b"OK");
    let octets = 2;
    assert_eq!(
        machine.poll().err(),
        Some(Error::DataAfterStartTls { octets })
    );
    assert_eq!(
        machine.poll().err(),
        Some(Error::DataAfterStartTls { octets })
    );
}

/// T3: an agreement that was there before the question.
#[test]
fn the_agreement_answers_the_command() {
    for (forged, rest) in [("OK\r\n", ""), ("NO\r\n", ""), ("O", "K\r\n")] {
        let scenario = start_tls().hears(format!("{IN_CLEAR}{forged}")).hears(rest);
        assert_eq!(violation(scenario.end()), Violation::AnswerBeforeCommand);
    }
    let scenario = start_tls().hears(format!("{IN_CLEAR}BYE\r\n"));
    let during = Stage::StartTls;
    assert_eq!(scenario.end().err(), Some(Error::ServerClosing { during }));
}

/// T4: whatever is answered but OK, it ends here.
#[test]
fn no_tls_no_login() {
    let unavailable = |why| Some(Error::TlsUnavailable { why });
    let stripped = start_tls().hears(GREETING);
    assert!(stripped.writes.is_empty());
    assert_eq!(
        stripped.end().err(),
        unavailable(TlsUnavailable::NotOffered)
    );
    for (answer, expected) in [
        ("NO\r\n", unavailable(TlsUnavailable::Refused)),
        (
            "NO (ENCRYPT-NEEDED) \"x\"\r\n",
            unavailable(TlsUnavailable::Refused),
        ),
        (
            "no (TRYLATER) \"x\"\r\n",
            unavailable(TlsUnavailable::Temporary),
        ),
        (
            "BYE\r\n",
            Some(Error::ServerClosing {
                during: Stage::StartTls,
            }),
        ),
    ] {
        let scenario = asked().hears(answer);
        assert_eq!(scenario.writes.len(), 1);
        assert_eq!(scenario.end().err(), expected, "{answer}");
    }
    for answer in [
        "\"\"\r\n",
        "+ go\r\n",
        "\"STARTTLS\"\r\n",
        "220 go\r\n",
        "\r\n",
    ] {
        let end = asked().hears(answer).end();
        assert_eq!(violation(end), Violation::BadLine, "{answer}");
    }
    let end = start_tls().hears("NO \"full\"\r\n").end();
    let during = Stage::Greeting;
    assert_eq!(end.err(), Some(Error::ServerClosing { during }));
}

/// D05, T18.
#[test]
fn the_end_and_too_much() {
    let during = Stage::StartTls;
    let end = asked().hears("OK").hears_end().end();
    assert_eq!(end.err(), Some(Error::UnexpectedEnd { during }));
    let end = asked().hears("x".repeat(17_000)).end();
    let limit = Limit::Line;
    assert_eq!(end.err(), Some(Error::LimitExceeded { limit, during }));
}
