use alloc::format;

use sasl_core::Violation;

use sasl_core::{Machine as _, Step};

use super::*;
use crate::tests::{GREETING, IN_CLEAR, Scenario, start_tls, violation};

fn unavailable(end: Result<Upgrade, Error>) -> TlsUnavailable {
    match end {
        Err(Error::TlsUnavailable { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_way_to_tls() {
    let scenario = start_tls().hears(IN_CLEAR);
    assert_eq!(scenario.writes, ["EHLO [127.0.0.1]\r\n", "STARTTLS\r\n"]);
    assert!(scenario.hears("220-go\r\n220 ahead\r\n").end().is_ok());
}

/// T4, S19: refused, not offered, later; never on in clear.
#[test]
fn no_tls_no_upgrade() {
    let asked = || start_tls().hears(IN_CLEAR);
    for (reply, why) in [
        ("454 4.7.0 later\r\n", TlsUnavailable::Temporary),
        ("501 syntax\r\n", TlsUnavailable::Refused),
        ("502 what?\r\n", TlsUnavailable::Refused),
        ("354 go ahead\r\n", TlsUnavailable::Refused),
        ("250 ok\r\n", TlsUnavailable::Refused),
    ] {
        assert_eq!(unavailable(asked().hears(reply).end()), why, "{reply}");
    }
    let scenario = start_tls().hears("250-mx\r\n250 AUTH XOAUTH2\r\n");
    assert_eq!(scenario.writes, ["EHLO [127.0.0.1]\r\n"]);
    assert_eq!(unavailable(scenario.end()), TlsUnavailable::NotOffered);
    let end = start_tls().hears("502 what?\r\n").end();
    assert_eq!(unavailable(end), TlsUnavailable::NotOffered);
    let end = start_tls().hears("451 later\r\n").end();
    assert_eq!(unavailable(end), TlsUnavailable::Temporary);
}

/// S15.
#[test]
fn a_farewell_ends_it() {
    let new = || Scenario::new(StartTls::new(Options::new()));
    for (scenario, during) in [
        (new().hears("554 no\r\n"), Stage::Greeting),
        (new().hears("421 no\r\n"), Stage::Greeting),
        (start_tls().hears("421 no\r\n"), Stage::Capabilities),
        (
            start_tls().hears(IN_CLEAR).hears("421 no\r\n"),
            Stage::StartTls,
        ),
    ] {
        assert_eq!(scenario.end().unwrap_err(), Error::ServerClosing { during });
    }
}

/// D04, T1: at every cut, in the same piece or the next.
#[test]
fn data_behind_the_agreement_is_an_attack() {
    let text = "220 go ahead\r\n250-mx\r\n250 AUTH PLAIN\r\n";
    for cut in 1..text.len() {
        let (first, second) = text.split_at(cut);
        let mut machine = start_tls().hears(IN_CLEAR).machine;
        machine.handle_input(first.as_bytes());
        if matches!(machine.poll(), Ok(Step::Read)) {
            machine.handle_input(second.as_bytes());
            assert!(
                matches!(machine.poll(), Err(Error::DataAfterStartTls { .. })),
                "{cut}"
            );
        } else {
            // T2: too late for the proof that was given, and the machine says so.
            machine.handle_input(second.as_bytes());
            assert!(
                matches!(machine.poll(), Err(Error::DataAfterStartTls { .. })),
                "{cut}"
            );
        }
        assert!(
            matches!(machine.poll(), Err(Error::DataAfterStartTls { .. })),
            "{cut}"
        );
    }
}

/// S17, T3: an agreement that was there before the request.
#[test]
fn an_early_agreement_is_refused() {
    let end = start_tls()
        .hears(format!("{IN_CLEAR}220 go ahead\r\n"))
        .end();
    assert_eq!(violation(end), Violation::UnsolicitedReply);
    let end = Scenario::new(StartTls::new(Options::new()))
        .hears(format!("{GREETING}{IN_CLEAR}220 go ahead\r\n"))
        .end();
    assert_eq!(violation(end), Violation::UnsolicitedReply);
}
