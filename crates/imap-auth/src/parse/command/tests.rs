use alloc::format;

use super::*;

#[test]
fn login_takes_atoms_strings_and_literals() {
    for arguments in [
        "tim pa+ss]",
        "\"tim\" \"pa+ss]\"",
        "{3}\r\ntim {6+}\r\npa+ss]",
        "tim \"pa+ss]\"",
    ] {
        let line = format!("a LOGIN {arguments}");
        let (_, command) = command(line.as_bytes()).unwrap();
        let Command::Login { user, password } = command else {
            panic!("{arguments}")
        };
        assert_eq!((&*user, &*password), (&b"tim"[..], &b"pa+ss]"[..]));
    }
    let line = b"a LOGIN \"a\\\"b\" \"\\\\c\\\"\"";
    let Ok((_, Command::Login { user, password })) = command(line) else {
        panic!()
    };
    assert_eq!((&*user, &*password), (&b"a\"b"[..], &b"\\c\""[..]));
}

#[test]
fn malformed_arguments() {
    for line in [
        "a LOGIN",
        "a LOGIN tim",
        "a LOGIN tim ",
        "a LOGIN tim \"x",
        "a LOGIN tim \"x\\y\"",
        "a LOGIN tim x y",
        "a LOGIN {9}\r\ntim x",
        "a LOGIN tim (x",
        "a CAPABILITY x",
        "a NOOP ",
        "a AUTHENTICATE",
        "a AUTHENTICATE ",
        "a AUTHENTICATE PLAIN ",
        "a AUTHENTICATE PLAIN a b",
    ] {
        let (tag, command) = command(line.as_bytes()).unwrap();
        assert_eq!((tag, command), (&b"a"[..], Command::Malformed), "{line}");
    }
}

#[test]
fn without_a_tag_there_is_nobody_to_answer() {
    for line in [
        &b""[..],
        b" NOOP",
        b"+ NOOP",
        b"* NOOP",
        b"a\xe9 NOOP",
        // Perhaps no tag at all, but a message that nobody waits for any more.
        b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm",
        &[b'a'; 65],
    ] {
        assert_eq!(command(line).err(), Some(Violation::BadLine), "{line:?}");
    }
    assert_eq!(
        command(b"a SELECT INBOX"),
        Ok((&b"a"[..], Command::Unknown))
    );
}
