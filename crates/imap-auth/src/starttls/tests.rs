use alloc::format;

use sasl_core::{Machine as _, Step};

use super::*;
use crate::tests::{IN_CLEAR, SILENT, Scenario, start_tls, violation};

fn unavailable(end: Result<Upgrade, Error>) -> TlsUnavailable {
    match end {
        Err(Error::TlsUnavailable { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_way_to_tls() {
    let scenario = start_tls().hears(IN_CLEAR);
    assert_eq!(scenario.writes, ["A1 STARTTLS\r\n"]);
    assert!(scenario.hears("* 1 EXISTS\r\nA1 OK go\r\n").end().is_ok());
    let scenario = start_tls().hears(SILENT);
    let scenario = scenario.hears("* CAPABILITY IMAP4rev1 STARTTLS\r\nA1 OK done\r\n");
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n", "A2 STARTTLS\r\n"]);
    assert!(scenario.hears("A2 OK go\r\n").end().is_ok());
}

/// T4: refused, or not offered; never on in clear.
#[test]
fn no_tls_no_upgrade() {
    for answer in ["NO no", "BAD what?", "NO [UNAVAILABLE] later"] {
        let end = start_tls()
            .hears(IN_CLEAR)
            .hears(format!("A1 {answer}\r\n"));
        assert_eq!(unavailable(end.end()), TlsUnavailable::Refused, "{answer}");
    }
    let offers_nothing = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n";
    let scenario = start_tls().hears(offers_nothing);
    assert!(scenario.writes.is_empty());
    assert_eq!(unavailable(scenario.end()), TlsUnavailable::NotOffered);
    // T5: what is assumed was learned under TLS and says nothing here.
    let options = Options::new().assume("IMAP4rev1 STARTTLS").unwrap();
    let scenario = Scenario::new(StartTls::new(options)).hears(SILENT);
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"]);
}

#[test]
fn a_farewell_ends_it() {
    let asked = || start_tls().hears(IN_CLEAR);
    for (scenario, during) in [
        (start_tls().hears("* BYE no\r\n"), Stage::Greeting),
        (asked().hears("* BYE no\r\nA1 OK go\r\n"), Stage::StartTls),
    ] {
        assert_eq!(scenario.end().unwrap_err(), Error::ServerClosing { during });
    }
    let during = Stage::StartTls;
    let end = asked().hears("A1 OK go").hears_end().end();
    assert_eq!(end.unwrap_err(), Error::UnexpectedEnd { during });
    let end = start_tls().hears("* PREAUTH in\r\n").end();
    assert_eq!(end.unwrap_err(), Error::PreauthenticatedInClear);
}

/// D04, T1: at every cut, in the same piece or the next.
#[test]
fn data_behind_the_agreement_is_an_attack() {
    let text = "A1 OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n";
    for cut in 1..text.len() {
        let (first, second) = text.split_at(cut);
        let mut machine = start_tls().hears(IN_CLEAR).machine;
        machine.handle_input(first.as_bytes());
        let _: Result<Step<'_, Upgrade>, Error> = machine.poll();
        // T2: after the end of the first line the proof is out, and the machine still says so.
        machine.handle_input(second.as_bytes());
        for _ in 0..2 {
            let end = machine.poll();
            assert!(matches!(end, Err(Error::DataAfterStartTls { .. })), "{cut}");
        }
    }
}

/// T3: an agreement that was there before the request.
#[test]
fn an_early_agreement_is_refused() {
    for text in ["A1 OK begin\r\n", "A1 OK", "A"] {
        let scenario = start_tls().hears(format!("{IN_CLEAR}{text}"));
        let rest = "A1 OK begin\r\n".strip_prefix(text).unwrap_or_default();
        let end = scenario.hears(rest).end();
        assert_eq!(violation(end), Violation::AnswerBeforeCommand, "{text}");
    }
}

#[test]
fn answers_to_something_else() {
    for (answer, what) in [
        ("A2 OK begin\r\n", Violation::ForeignTag),
        ("a1 OK begin\r\n", Violation::ForeignTag),
        ("+ begin\r\n", Violation::BadLine),
        ("A1 BYE begin\r\n", Violation::BadLine),
        ("OK begin\r\n", Violation::BadLine),
        ("A1 O\0K\r\n", Violation::Nul),
    ] {
        let end = start_tls().hears(IN_CLEAR).hears(answer).end();
        assert_eq!(violation(end), what, "{answer}");
    }
}
