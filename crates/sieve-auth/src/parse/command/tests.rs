use super::*;

#[test]
fn messages_are_strings_of_either_form() {
    for line in [
        &b"AUTHENTICATE \"XOAUTH2\" \"dXNl\""[..],
        b"authenticate \"xoauth2\" {4+}\r\ndXNl",
        b"Authenticate {7+}\r\nXOAUTH2 {4+}\r\ndXNl",
    ] {
        let Command::Authenticate { mechanism, message } = command(line) else {
            panic!("{line:?}")
        };
        assert_eq!(mechanism, Some(Mechanism::XOAuth2));
        assert_eq!(message, Some(&b"dXNl"[..]));
    }
}

#[test]
fn malformed_arguments() {
    for line in [
        &b"AUTHENTICATE"[..],
        b"AUTHENTICATE ",
        b"AUTHENTICATE PLAIN",
        b"AUTHENTICATE \"PLAIN",
        b"AUTHENTICATE \"PLAIN\" ",
        b"AUTHENTICATE \"PLAIN\" dXNl",
        b"AUTHENTICATE \"PLAIN\" \"a\" \"b\"",
        b"AUTHENTICATE \"PLAIN\" \"a\\\"b\"",
        b"AUTHENTICATE \"PLAIN\" {4}\r\ndXNl",
        b"AUTHENTICATE \"PLAIN\" {9+}\r\ndXNl",
        b"CAPABILITY x",
        b"LOGOUT ",
        b"NOOP x",
        b"NOOP \"a\" \"b\"",
    ] {
        assert_eq!(command(line), Command::Malformed, "{line:?}");
    }
    for line in [&b""[..], b" ", b"LISTSCRIPTS", b"A1 NOOP", b"\"NOOP\""] {
        assert_eq!(command(line), Command::Unknown, "{line:?}");
    }
}

#[test]
fn noop_repeats_what_it_was_given() {
    assert_eq!(command(b"NOOP"), Command::Noop(None));
    let tag = Command::Noop(Some(Cow::Borrowed(b"a")));
    assert_eq!(command(b"noop \"a\""), tag);
    let tag = Command::Noop(Some(Cow::Owned(b"a\"b".to_vec())));
    assert_eq!(command(b"NOOP \"a\\\"b\""), tag);
}
