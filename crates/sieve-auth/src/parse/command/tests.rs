use alloc::{format, vec::Vec};

use super::*;

fn authenticates(line: &[u8]) -> (Option<Mechanism>, Option<Vec<u8>>) {
    let Command::Authenticate { mechanism, message } = command(line) else {
        panic!("{line:?}")
    };
    (mechanism, message.map(Into::into))
}

#[test]
fn authenticate_takes_strings() {
    let long = "A".repeat(4096);
    for (arguments, message) in [
        ("\"PLAIN\"", None),
        ("{5+}\r\nplain", None),
        ("\"plain\" \"\"", Some("")),
        ("\"PLAIN\" {0+}\r\n", Some("")),
        ("\"PLAIN\" \"dGlt\"", Some("dGlt")),
        ("{5+}\r\nPLAIN {4+}\r\ndGlt", Some("dGlt")),
        (&format!("\"PLAIN\" {{4096+}}\r\n{long}"), Some(&long)),
        (&format!("\"PLAIN\" \"{long}\""), Some(&long)),
    ] {
        for verb in ["AUTHENTICATE", "aUTHENTICATe"] {
            let line = format!("{verb} {arguments}");
            let expected = (Some(Mechanism::Plain), message.map(Into::into));
            assert_eq!(authenticates(line.as_bytes()), expected, "{line}");
        }
    }
    let unknown = authenticates(b"AUTHENTICATE \"SCRAM-SHA-1\" \"\"");
    assert_eq!(unknown, (None, Some(Vec::new())));
    assert_eq!(authenticates(b"AUTHENTICATE \"\""), (None, None));
}

#[test]
fn malformed_arguments() {
    for line in [
        "AUTHENTICATE",
        "AUTHENTICATE ",
        "AUTHENTICATE PLAIN",
        "AUTHENTICATE \"PLAIN",
        "AUTHENTICATE \"PLAIN\" ",
        "AUTHENTICATE \"PLAIN\"\"\"",
        "AUTHENTICATE \"PLAIN\"  \"\"",
        "AUTHENTICATE  \"PLAIN\"",
        "AUTHENTICATE \"PLAIN\" dGlt",
        "AUTHENTICATE \"PLAIN\" \"dGlt\" ",
        "AUTHENTICATE \"PLAIN\" \"dGlt\" \"dGlt\"",
        "AUTHENTICATE \"PLAIN\" \"a\\b\"",
        "AUTHENTICATE \"PLAIN\" \"a\0b\"",
        // Only a server writes it so.
        "AUTHENTICATE \"PLAIN\" {4}\r\ndGlt",
        "AUTHENTICATE {5}\r\nPLAIN",
        "AUTHENTICATE \"PLAIN\" {4+}\ndGlt",
        "AUTHENTICATE \"PLAIN\" {5+}\r\ndGlt",
        "AUTHENTICATE \"PLAIN\" {3+}\r\ndGlt",
        "AUTHENTICATE \"PLAIN\" {04+}\r\ndGlt",
        "CAPABILITY ",
        "CAPABILITY \"x\"",
        "LOGOUT x",
        "STARTTLS \"x\"",
        "NOOP ",
        "NOOP x",
        "NOOP \"x\" \"y\"",
        "NOOP {1}\r\nx",
    ] {
        assert_eq!(command(line.as_bytes()), Command::Malformed, "{line}");
    }
    assert_eq!(command(b"NOOP \"\xe4\""), Command::Malformed);
}

#[test]
fn keywords_have_no_case() {
    for (line, expected) in [
        ("Capability", Command::Capability),
        ("logout", Command::Logout),
        ("NoOp", Command::Noop { tag: None }),
        ("StartTls", Command::StartTls),
        ("", Command::Unknown),
        (" NOOP", Command::Unknown),
        ("NOOP\t", Command::Unknown),
        ("\"NOOP\"", Command::Unknown),
        ("LISTSCRIPTS", Command::Unknown),
        ("PUTSCRIPT \"a\" {4+}\r\nkeep", Command::Unknown),
        ("UNAUTHENTICATE", Command::Unknown),
    ] {
        assert_eq!(command(line.as_bytes()), expected, "{line}");
    }
    let Command::Noop { tag: Some(tag) } = command(b"NOOP \"a \\\"b\\\"\"") else {
        panic!()
    };
    assert_eq!(&*tag.decoded(), b"a \"b\"");
}

#[test]
fn answers_are_one_string() {
    for (line, expected) in [
        ("\"\"", Some("")),
        ("\"*\"", Some("*")),
        ("{1+}\r\n*", Some("*")),
        ("{4+}\r\ndGlt", Some("dGlt")),
        ("*", None),
        ("dGlt", None),
        ("", None),
        ("{4}\r\ndGlt", None),
        ("\"dGlt\" ", None),
        ("\"dGlt\" \"dGlt\"", None),
    ] {
        assert_eq!(
            answer(line.as_bytes()),
            expected.map(str::as_bytes),
            "{line}"
        );
    }
}

/// Whatever stands in a line, it is read or refused; each start of a line and each octet changed.
#[test]
fn no_octets_make_it_panic() {
    for line in [
        &b"AUTHENTICATE \"PLAIN\" {4+}\r\ndGlt"[..],
        b"AUTHENTICATE {5+}\r\nPLAIN \"d\\\\lt\"",
        b"NOOP \"a\\\"b\"",
    ] {
        assert_ne!(command(line), Command::Malformed);
        for at in 0..line.len() {
            assert_eq!(answer(&line[..at]), None);
            for octet in [0, b'"', b'\\', b'{', b'}', b'+', b' ', b'9', b'\n', 0xff] {
                let mut changed = line.to_vec();
                changed[at] = octet;
                // A command that is still known has to be what it was, or to be refused.
                let same = [command(line), Command::Malformed, Command::Unknown];
                let read = command(&changed);
                let kind = core::mem::discriminant::<Command<'_>>;
                assert!(same.iter().any(|known| kind(known) == kind(&read)));
            }
        }
    }
}
