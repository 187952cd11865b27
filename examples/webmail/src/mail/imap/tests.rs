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
fn brackets_that_strangers_write_are_text() {
    let smiles = "(".repeat(40);
    let literal = format!("* 1 FETCH (UID 7 BODY[] {{40}}\r\n{smiles})\r\n");
    let quoted = format!("* 1 FETCH (UID 7 BODY[] \"a\\\"{smiles}\")\r\n");
    let two = format!("* 1 FETCH (BODY[1] {{40}}\r\n{smiles} BODY[2] {{40}}\r\n{smiles})\r\n");
    for line in [&literal, &quoted, &two] {
        assert!(!is_deep(line.as_bytes()), "{line}");
        let parsed = Response::parse(line.as_bytes());
        assert!(matches!(parsed, Ok((b"", Response::Fetch(..)))), "{line}");
    }
}

#[test]
fn brackets_behind_a_string_are_seen() {
    let deep = "(".repeat(10_000);
    let long = "x".repeat(16 << 10);
    let cut =
        |length: usize| format!("* 1 FETCH (BODY[] {{{length}}}\r\n{long} BODYSTRUCTURE {deep}");
    assert!(is_deep(cut(long.len()).as_bytes()));
    assert!(is_deep(
        format!("* 1 FETCH (X \"(\" BODY {deep}").as_bytes()
    ));
    // Only a length with its line end begins a literal, and a quotation mark counts for its line alone.
    for start in [
        "{9}",
        "{}\r\n",
        "{99999999999}\r\n",
        "{9",
        "\"\r\n",
        "\"\\\\\"",
    ] {
        let line = format!("* 1 FETCH ({start}{deep}");
        assert!(is_deep(line.as_bytes()), "{start:?}");
    }
    // Brackets add up over lines, too.
    assert!(is_deep(&b"* 1 FETCH (\r\n".repeat(20)));
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

#[test]
fn a_header_that_is_cut_is_read_as_far_as_it_goes() {
    let line = b"* 3 FETCH (UID 7 FLAGS () BODY[HEADER.FIELDS (FROM SUBJECT DATE)]<0> {26}\r\nFrom: b\r\nSubject: a long o)\r\n";
    let (_, Response::Fetch(3, attributes)) = Response::parse(line).unwrap() else {
        panic!("no message");
    };
    let row = row(&attributes).unwrap();
    assert_eq!((row.from.as_str(), row.subject.as_str()), ("b", "a long o"));
}

#[test]
fn a_flag_that_is_told_later_takes_nothing_away() {
    let mut octets = None;
    let mut rows = Vec::new();
    for line in [
        &b"* 2 FETCH (UID 11 BODY[]<0> {5}\r\nother)\r\n"[..],
        b"* 3 FETCH (UID 12 FLAGS (\\Recent))\r\n",
        b"* 3 FETCH (UID 12 BODY[]<0> {5}\r\nhello)\r\n",
        b"* 3 FETCH (UID 12 FLAGS (\\Seen))\r\n",
    ] {
        let (_, response) = Response::parse(line).unwrap();
        hear_body(&mut octets, 12, &response);
        if let Response::Fetch(_, attributes) = &response {
            rows.extend(row(attributes).map(|row| row.uid));
        }
    }
    assert_eq!(octets.as_deref(), Some(&b"hello"[..]));
    assert_eq!(rows, [11, 12], "and no row comes twice");
}
