use super::*;

#[test]
fn only_messages_have_literals() {
    assert!(has_literal(b"* 12 FETCH (BODY[] {5}"));
    for line in [
        &b"* OK said {5}"[..],
        b"W1 NO said {5}",
        b"+ go {5}",
        b"* ",
        b"",
    ] {
        assert!(!has_literal(line), "{line:?}");
    }
}

#[test]
fn brackets_do_not_nest_for_ever() {
    assert!(!is_deep(
        b"* 1 FETCH (UID 7 FLAGS (\\Seen) BODY[HEADER.FIELDS (FROM)] {2}\r\nab)\r\n"
    ));
    assert!(is_deep(&b"(".repeat(100_000)));
    assert!(!is_deep(&b"()".repeat(100)));
}

#[test]
fn a_row_is_read_from_what_servers_say() {
    let line = b"* 3 FETCH (UID 7 FLAGS (\\seen) BODY[HEADER.FIELDS (FROM SUBJECT DATE)] {32}\r\nSubject: =?utf-8?Q?caf=C3=A9?=\r\n)\r\n";
    let (_, Response::Fetch(3, attributes)) = Response::parse(line).unwrap() else {
        panic!("no message");
    };
    let row = row(&attributes).unwrap();
    assert_eq!((row.uid, row.seen, row.subject.as_str()), (7, true, "café"));
}
