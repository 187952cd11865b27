use super::*;

#[test]
fn names_cannot_leave_their_quotes() {
    assert_eq!(quoted("a\"b\\c").unwrap(), "\"a\\\"b\\\\c\"");
    for bad in ["", "a\r\nLOGOUT", "\0", &"x".repeat(513)] {
        assert!(matches!(quoted(bad), Err(MailError::Input(_))), "{bad:?}");
    }
}

#[test]
fn the_reason_of_a_no_is_told_line_by_line() {
    let line = b"NO {25}\r\nline 1: error\r\nline\x07 2: x";
    let Err(MailError::Refused(text)) = condition(line) else {
        panic!("not refused");
    };
    assert_eq!(text, "line 1: error\nline  2: x");
    assert_eq!(condition(b"OK \"saved\"").unwrap(), "saved");
    assert!(matches!(condition(b"WHAT"), Err(MailError::Malformed)));
    assert!(matches!(condition(b"BYE"), Err(MailError::Broken(_))));
}
