use alloc::format;

use sasl_core::{Error, Limit, Reason, Stage, Violation, WrongProtocol};

use crate::{
    Login, Options,
    tests::{GREETING, Scenario, login, login_with, strict, token, violation},
};

/// A list in the greeting saves a round trip.
#[test]
fn a_greeting_may_have_a_list() {
    let scenario = login().hears(GREETING);
    assert!(scenario.last_write().starts_with("A1 AUTHENTICATE "));
    assert_eq!(scenario.events[0], "Greeting(\"ready\")");
    assert!(scenario.has_told("Offered([\"IMAP4rev1\", \"SASL-IR\""));
    for greeting in ["* OK ready\r\n", "* ok [ALERT] ready\r\n", "* OK\r\n"] {
        let scenario = login().hears(greeting);
        assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"], "{greeting}");
        assert!(!scenario.has_told("Offered") && !scenario.has_told("Alert"));
    }
}

/// T7: the server may say no from the start.
#[test]
fn a_refusing_greeting_ends_it() {
    for (greeting, reason, code) in [
        ("* BYE no", Reason::Closed, ""),
        (
            "* bye [UNAVAILABLE] later",
            Reason::Temporary,
            "UNAVAILABLE",
        ),
        ("* BYE [X-NEW a] no", Reason::Closed, "X-NEW"),
        ("* BYE [X\u{7f}] no", Reason::Closed, ""),
        (
            "* BYE [REFERRAL imap://b.example/] no",
            Reason::Referral,
            "REFERRAL",
        ),
    ] {
        let scenario = login().hears(format!("{greeting}\r\n"));
        assert!(scenario.writes.is_empty());
        let rejection = scenario.rejected();
        assert_eq!((rejection.reason(), rejection.code()), (reason, code));
        let referral = (reason == Reason::Referral).then_some("imap://b.example/");
        assert_eq!(rejection.referral(), referral);
        assert!(rejection.is_closed());
    }
}

/// Logged in as somebody is not logged in by these credentials.
#[test]
fn preauth_is_taken_where_allowed() {
    let in_clear = |options| Scenario::new(Login::dangerous_in_clear(token(), options));
    let allowed = || Options::new().allow_preauth(true);
    let preauth = "* PREAUTH [CAPABILITY IMAP4rev1 IDLE] in\r\n* 1 EXISTS\r\n";
    let end = login().hears(preauth).end();
    assert_eq!(end.unwrap_err(), Error::Preauthenticated);
    let end = in_clear(Options::new()).hears(preauth).end();
    assert_eq!(end.unwrap_err(), Error::PreauthenticatedInClear);
    for scenario in [login_with(allowed()), in_clear(allowed())] {
        let scenario = scenario.hears(preauth);
        assert!(scenario.writes.is_empty());
        let session = scenario.accepted();
        assert_eq!((session.mechanism(), session.round_trips()), (None, 0));
        assert!(session.capabilities().has("IDLE"));
    }
    let session = login_with(allowed()).hears("* PREAUTH in\r\n").accepted();
    assert!(session.capabilities().is_empty());
}

/// T7: anything else is no greeting.
#[test]
fn another_protocol_is_named() {
    for (greeting, hint) in [
        ("220 mx ready\r\n", WrongProtocol::Smtp),
        ("+OK ready\r\n", WrongProtocol::Pop3),
        ("HTTP/1.1 400 Bad Request\r\n", WrongProtocol::Http),
        ("\x16\x03\x01", WrongProtocol::Tls),
        ("\x15\x03\x01", WrongProtocol::Tls),
        ("\"IMPLEMENTATION\" \"x\"\r\n", WrongProtocol::Sieve),
        ("* NO no\r\n", WrongProtocol::Unknown),
        ("* BAD no\r\n", WrongProtocol::Unknown),
        ("* CAPABILITY IMAP4rev1\r\n", WrongProtocol::Unknown),
        ("A1 OK ready\r\n", WrongProtocol::Unknown),
        ("+ \r\n", WrongProtocol::Unknown),
        ("\r\n", WrongProtocol::Unknown),
    ] {
        let end = login().hears(greeting).end();
        assert_eq!(
            end.unwrap_err(),
            Error::WrongProtocol { hint },
            "{greeting}"
        );
    }
}

/// D01, D02, D03, D05 before anything was said.
#[test]
fn a_malformed_greeting_is_an_error() {
    let broken = |text: &str| violation(login().hears(text).end());
    assert_eq!(broken("* OK \0\r\n"), Violation::Nul);
    assert_eq!(broken("* OK \rx\r\n"), Violation::BadLineEnd);
    let end = login_with(strict()).hears("* OK ready\n").end();
    assert_eq!(violation(end), Violation::BadLineEnd);
    assert_eq!(login().hears("* OK ready\n").writes.len(), 1);
    let during = Stage::Greeting;
    for part in ["", "* OK ready"] {
        let end = login().hears(part).hears_end().end();
        assert_eq!(end.unwrap_err(), Error::UnexpectedEnd { during });
    }
    let limit = Limit::Line;
    let end = login().hears("*".repeat((64 << 10) + 1)).end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}
