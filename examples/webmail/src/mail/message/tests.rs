use super::*;

#[test]
fn encoded_words_are_read_and_controls_are_not_shown() {
    let header = b"From: =?utf-8?B?w4RyZ2Vy?= <a@example.com>\r\n\
        Subject: =?utf-8?Q?=E2=80=AEgpj=2Eexe=0D=0ABcc:_x?=\r\n\
        Date: Tue, 24 Nov 2026 09:30:00 +0100\r\n\r\n";
    let row = Row::read(7, false, header);
    assert_eq!(row.from, "Ärger");
    assert_eq!(row.subject, "gpj.exe  Bcc: x");
    assert_eq!(row.date, "2026-11-24T08:30Z");
}

#[test]
fn what_is_not_there_is_said() {
    let row = Row::read(7, false, b"");
    assert_eq!(
        (row.from.as_str(), row.subject.as_str()),
        ("(nobody)", "(no subject)")
    );
    assert_eq!(row.date, "");
    let text = Text::read(b"", false);
    assert_eq!((text.from.as_str(), text.text.as_str()), ("(nobody)", ""));
}

#[test]
fn a_name_comes_with_its_address() {
    let text = Text::read(
        b"From: \"alice@bank.example\" <eve@example.com>\r\nTo: b@example.com\r\n\r\nHello\r\n",
        false,
    );
    assert_eq!(text.from, "alice@bank.example <eve@example.com>");
    assert_eq!(text.address, "eve@example.com");
    assert_eq!(text.text.trim_end(), "Hello");
}

#[test]
fn long_lines_are_cut_at_a_character() {
    assert_eq!(clean(&"ä".repeat(400), 300).chars().count(), 301);
    assert_eq!(clean(" a\tb\u{7} ", 300), "a b");
}

#[test]
fn a_page_of_html_becomes_text() {
    let octets = b"Content-Type: text/html\r\n\r\n<script>alert(1)</script><p>Hi</p>";
    let text = Text::read(octets, false);
    assert!(!text.text.contains('<'), "{}", text.text);
    assert!(text.text.contains("Hi"));
}
