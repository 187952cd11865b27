use sasl_core::Mechanism;

use super::*;

fn untagged(line: &str, strict: bool) -> (Option<Status>, Text<'_>) {
    match response(line.as_bytes(), strict) {
        Ok(Response::Untagged { status, text }) => (status, text),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn conditions_are_words() {
    for (word, status) in [
        ("OK", Some(Status::Ok)),
        ("ok", Some(Status::Ok)),
        ("nO", Some(Status::No)),
        ("bad", Some(Status::Bad)),
        ("Bye", Some(Status::Bye)),
        ("PREAUTH", Some(Status::PreAuth)),
        ("", None),
        ("O", None),
        ("OKAY", None),
        ("PREAUT", None),
        ("BUG", None),
        ("0K", None),
        ("\u{f}\u{b}", None),
    ] {
        assert_eq!(Status::parse(word.as_bytes()), status, "{word}");
    }
}

/// I01: a space belongs behind the plus sign.
#[test]
fn continuations() {
    for strict in [false, true] {
        let read = |line: &'static str| response(line.as_bytes(), strict);
        assert_eq!(read("+ "), Ok(Response::Continuation(b"")));
        assert_eq!(read("+  x y "), Ok(Response::Continuation(b" x y ")));
        for bad in ["+OK ready", "+OK", "++ ", " + "] {
            assert_eq!(read(bad), Err(Violation::BadLine), "{bad}");
        }
    }
    assert_eq!(response(b"+", false), Ok(Response::Continuation(b"")));
    assert_eq!(response(b"+", true), Err(Violation::BadLine));
}

/// I04, I10: conditions, the list, and everything else.
#[test]
fn untagged_lines() {
    for strict in [false, true] {
        let (status, text) = untagged("* bye [ALERT] see you", strict);
        assert_eq!(status, Some(Status::Bye));
        assert!(text.code().unwrap().is("alert"));
        assert_eq!(text.human(), b"see you");
        let (status, text) = untagged("* capability IMAP4rev1  IDLE", strict);
        assert_eq!(status, None);
        assert_eq!(text.capabilities(), Some(&b"IMAP4rev1  IDLE"[..]));
        for data in [
            "* ",
            "* CAPABILITY",
            "* CAPABILITYX a",
            "* 1 EXISTS",
            "* OKAY x",
            "* FLAGS (\\Seen)",
            "*  BYE x",
        ] {
            assert_eq!(untagged(data, strict), (None, Text::default()), "{data}");
        }
        for bad in ["*", "*OK x", " * OK x", "** OK x"] {
            let refused = response(bad.as_bytes(), strict);
            assert_eq!(refused, Err(Violation::BadLine), "{bad}");
        }
        assert_eq!(untagged("* OK ", strict).1, Text::default());
    }
    let empty = (Some(Status::Ok), Text::default());
    assert_eq!(untagged("* OK", false), empty);
    assert_eq!(response(b"* OK", true), Err(Violation::BadLine));
}

/// I10, I13, T03.
#[test]
fn tagged_lines() {
    for strict in [false, true] {
        for (line, name, condition, words) in [
            ("A1 OK done", "A1", Status::Ok, "done"),
            ("a1 no ", "a1", Status::No, ""),
            ("x.-]9 Bad [X] y", "x.-]9", Status::Bad, "y"),
        ] {
            let Ok(Response::Tagged { tag, status, text }) = response(line.as_bytes(), strict)
            else {
                panic!("{line}")
            };
            assert_eq!(tag, name.as_bytes());
            assert_eq!((status, text.human()), (condition, words.as_bytes()));
        }
        for bad in [
            "",
            " ",
            "A1",
            "A1 ",
            " OK x",
            "A1  OK x",
            "A1 BYE x",
            "A1 PREAUTH x",
            "A1 BUG x",
            "A1 CAPABILITY IMAP4rev1",
            "A(1 OK x",
            "A)1 OK x",
            "A{1 OK x",
            "A%1 OK x",
            "A*1 OK x",
            "A\"1 OK x",
            "A\\1 OK x",
            "A+1 OK x",
            "A\u{1}1 OK x",
            "A\u{7f} OK x",
            "\u{e4} OK x",
        ] {
            let refused = response(bad.as_bytes(), strict);
            assert_eq!(refused, Err(Violation::BadLine), "{bad}");
        }
    }
    assert!(response(b"A1 OK", false).is_ok());
    assert_eq!(response(b"A1 OK", true), Err(Violation::BadLine));
}

/// I05: braces in text for people announce nothing.
#[test]
fn only_data_has_literals() {
    for (line, has) in [
        ("* 1 FETCH {3}", true),
        ("* ID {3}", true),
        ("* CAPABILITY {3}", true),
        ("* {3}", true),
        ("* OKAY {3}", true),
        ("* OK {3}", false),
        ("* bye {3}", false),
        ("* NO [X {3}", false),
        ("* PREAUTH {3}", false),
        ("*{3}", false),
        ("+ {3}", false),
        ("A1 OK {3}", false),
        ("A1 FETCH {3}", false),
        ("{3}", false),
    ] {
        assert_eq!(has_literal(line.as_bytes()), has, "{line}");
    }
}

#[test]
fn a_greeting_alone_tells_the_offer() {
    for line in [
        "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hi\r\n",
        "* PREAUTH [capability SASL-IR  AUTH=XOAUTH2] in\r\n",
        "* CAPABILITY SASL-IR AUTH=XOAUTH2\r\nA1 OK done\r\n",
    ] {
        let offer = greeting(line.as_bytes()).unwrap();
        assert!(offer.allows_initial_response(), "{line}");
        assert!(offer.mechanisms().contains(Mechanism::XOAuth2));
        for end in 0..line.find('\n').unwrap_or_default() {
            assert!(greeting(&line.as_bytes()[..end]).is_err(), "{end}");
        }
    }
    for nothing in ["* OK hi\r\n", "* OK\r\n", "* OK [CAPABILITY\r\n"] {
        assert_eq!(greeting(nothing.as_bytes()), Ok(Offer::default()));
    }
    for (line, hint) in [
        ("* OK hi\n", WrongProtocol::Imap),
        ("* BYE no\r\n", WrongProtocol::Imap),
        ("* NO no\r\n", WrongProtocol::Imap),
        ("A1 OK hi\r\n", WrongProtocol::Unknown),
        ("+ \r\n", WrongProtocol::Unknown),
        ("+OK hi\r\n", WrongProtocol::Pop3),
        ("220 mx\r\n", WrongProtocol::Smtp),
        ("\x16\x03\x01", WrongProtocol::Tls),
    ] {
        assert_eq!(greeting(line.as_bytes()), Err(hint), "{line:?}");
    }
}
