use alloc::format;

use sasl_core::{Error, Limit, Reason, Stage, Violation, WrongProtocol};

use crate::tests::{login, login_with, strict, violation};

/// S16: nothing is said before the last line of the greeting.
#[test]
fn a_greeting_of_several_lines_is_waited_for() {
    let scenario = login().hears("220-mx.example.com ESMTP\r\n");
    assert!(scenario.waits() && scenario.writes.is_empty());
    let scenario = scenario.hears("220-no spam\r\n220");
    assert!(scenario.waits() && scenario.writes.is_empty());
    let scenario = scenario.hears("\r\n");
    assert_eq!(scenario.writes, ["EHLO [127.0.0.1]\r\n"]);
    assert_eq!(scenario.events, ["Greeting(\"mx.example.com ESMTP\")"]);
}

/// T7 and 7.4: the server may say no from the start.
#[test]
fn a_refusing_greeting_ends_it() {
    for (greeting, reason, code) in [
        ("554 no service", Reason::Closed, "554"),
        ("421 4.3.2 later", Reason::Closed, "421 4.3.2"),
        ("450-busy\r\n450 later", Reason::Temporary, "450"),
        ("550 5.7.1 go away", Reason::Closed, "550 5.7.1"),
    ] {
        let scenario = login().hears(format!("{greeting}\r\n"));
        assert!(scenario.writes.is_empty());
        let rejection = scenario.rejected();
        assert_eq!((rejection.reason(), rejection.code()), (reason, code));
        assert!(rejection.is_closed());
    }
}

/// T7: anything else is no greeting.
#[test]
fn another_protocol_is_named() {
    for (greeting, hint) in [
        ("* OK ready\r\n", WrongProtocol::Imap),
        ("+OK ready\r\n", WrongProtocol::Pop3),
        ("HTTP/1.1 400 Bad Request\r\n", WrongProtocol::Http),
        ("\x16\x03\x01", WrongProtocol::Tls),
        ("\"IMPLEMENTATION\" \"x\"\r\n", WrongProtocol::Sieve),
        ("250 mx\r\n", WrongProtocol::Unknown),
        ("354 go ahead\r\n", WrongProtocol::Unknown),
        ("120 soon\r\n", WrongProtocol::Unknown),
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

/// S01, D01, D02, D03, D05 before anything was said.
#[test]
fn a_malformed_greeting_is_an_error() {
    let broken = |text: &str| violation(login().hears(text).end());
    assert_eq!(broken("220-mx\r\n250 mx\r\n"), Violation::MixedReplyCodes);
    assert_eq!(broken("220-mx\r\n2200 mx\r\n"), Violation::BadReplyCode);
    assert_eq!(broken("220 m\0x\r\n"), Violation::Nul);
    assert_eq!(broken("220 m\rx\r\n"), Violation::BadLineEnd);
    let end = login_with(strict()).hears("220 mx\n").end();
    assert_eq!(violation(end), Violation::BadLineEnd);
    assert_eq!(login().hears("220 mx\n").writes.len(), 1);
    let end = login().hears("220 mx").hears_end().end();
    let during = Stage::Greeting;
    assert_eq!(end.unwrap_err(), Error::UnexpectedEnd { during });
    let limit = Limit::Line;
    let end = login().hears("2".repeat(8300)).end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

/// T18: no greeting goes on for ever.
#[test]
fn an_endless_greeting_is_cut_off() {
    let limit = Limit::Reply;
    let during = Stage::Greeting;
    let end = login().hears("220-mx\r\n".repeat(257)).end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
    let line = format!("220-{}\r\n", "x".repeat(8000));
    let end = login().hears(line.repeat(9)).end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}
