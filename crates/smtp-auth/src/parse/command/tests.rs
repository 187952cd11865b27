use alloc::{format, vec::Vec};

use super::*;

#[test]
fn verbs_have_no_case_and_white_space_at_the_end_does_not_count() {
    for (line, expected) in [
        (
            "EHLO client.example.org",
            Command::Ehlo(b"client.example.org"),
        ),
        ("ehlo my_host \t ", Command::Ehlo(b"my_host")),
        (
            "HeLo [IPv6:2001:db8::1]",
            Command::Helo(b"[IPv6:2001:db8::1]"),
        ),
        ("LHLO a", Command::Lhlo(b"a")),
        ("help auth", Command::Help),
        ("NOOP", Command::Noop),
        ("noop x y", Command::Noop),
        ("quit ", Command::Quit),
        ("RSET", Command::Rset),
        ("starttls", Command::StartTls),
        ("VRFY tim", Command::Vrfy),
        ("MAIL FROM:<a@example.org>", Command::Mail),
        ("rcpt", Command::Mail),
        ("BDAT 1", Command::Mail),
    ] {
        assert_eq!(command(line.as_bytes()), expected, "{line}");
    }
}

#[test]
fn auth_takes_a_message_along_or_not() {
    let auth = |mechanism, message| Command::Authenticate { mechanism, message };
    for (line, expected) in [
        ("AUTH PLAIN", auth(Some(Mechanism::Plain), None)),
        ("AUTH PLAIN ", auth(Some(Mechanism::Plain), None)),
        (
            "AUTH xoauth2 eA==",
            auth(Some(Mechanism::XOAuth2), Some(&b"eA=="[..])),
        ),
        (
            "auth EXTERNAL =",
            auth(Some(Mechanism::External), Some(&b""[..])),
        ),
        ("AUTH SCRAM-SHA-1 =", auth(None, Some(&b""[..]))),
    ] {
        assert_eq!(command(line.as_bytes()), expected, "{line}");
    }
}

#[test]
fn malformed_arguments() {
    let long = format!("EHLO {}", "a".repeat(256));
    for line in [
        "EHLO",
        "EHLO ",
        "EHLO a b",
        "EHLO \u{e4}.example",
        "HELO",
        "LHLO  a",
        "QUIT now",
        "RSET x",
        "STARTTLS now",
        "VRFY",
        "AUTH",
        "AUTH ",
        "AUTH  PLAIN",
        "AUTH PLAIN a b",
        "AUTH PLAIN  a",
        &long,
    ] {
        assert_eq!(command(line.as_bytes()), Command::Malformed, "{line}");
    }
}

#[test]
fn anything_else_is_unknown() {
    for line in [
        &b""[..],
        b" ",
        b" NOOP",
        b"NOOPS",
        b"NOOP\tx",
        b"A1 NOOP",
        b"STARTTLSX",
        b"\xff\xfe\xfd\xfc",
    ] {
        assert_eq!(command(line), Command::Unknown, "{line:?}");
    }
}

/// Any octet in any place of a few lines: no panic, and no credential in what is shown.
#[test]
fn no_octet_makes_it_stumble() {
    for line in [
        &b"AUTH PLAIN c2VjcmV0"[..],
        b"EHLO mx",
        b"STARTTLS",
        b"QUIT",
    ] {
        for at in 0..line.len() {
            for octet in 0..=u8::MAX {
                let mut line = Vec::from(line);
                line[at] = octet;
                let shown = format!("{:?}", command(&line));
                assert!(!shown.contains("c2V"), "{shown}");
            }
        }
    }
}
