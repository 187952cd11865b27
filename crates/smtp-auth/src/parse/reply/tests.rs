use super::*;

/// S02, S07, S13.
#[test]
fn lines_are_read_by_the_grammar() {
    let line = |text: &'static str| reply_line(text.as_bytes(), false);
    let (code, last, text) = (250, true, &b""[..]);
    assert_eq!(line("250"), Ok(ReplyLine { code, last, text }));
    assert_eq!(line("250 "), Ok(ReplyLine { code, last, text }));
    let last = false;
    assert_eq!(line("250-"), Ok(ReplyLine { code, last, text }));
    for bad in [
        "",
        "2",
        "25",
        "25 x",
        "2500",
        "250x",
        "150 x",
        "650 x",
        "2a0 x",
        " 250 x",
        "250\tx",
        "\u{b2}50 x",
    ] {
        assert_eq!(line(bad), Err(Violation::BadReplyCode), "{bad}");
    }
    assert!(reply_line(b"299 x", false).is_ok());
    assert!(reply_line(b"299 x", true).is_err());
    let other_class = line("535 4.7.0 no").unwrap();
    assert_eq!(other_class.enhanced(), None);
    assert_eq!(other_class.human(), b"4.7.0 no");
    let eight_bit = reply_line(b"535 5.7.8\xff", false).unwrap();
    assert_eq!(eight_bit.human(), b"5.7.8\xff");
}
