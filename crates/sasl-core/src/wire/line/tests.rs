use alloc::{format, string::String, vec, vec::Vec};

use super::*;

fn lines(input: &[u8], step: usize, literals: bool) -> (Vec<String>, Option<&'static str>) {
    let (limits, mut out) = (Limits::default(), Vec::new());
    let mut buffer = LineBuf::new(&limits);
    for piece in input.chunks(step) {
        buffer.push(piece);
        loop {
            match buffer.next(&limits, true, |_| literals) {
                Ok(Some(line)) => {
                    out.push(String::from_utf8_lossy(&buffer.bytes()[line.range]).into_owned());
                }
                Ok(None) => break,
                Err(LineError::Limit(_)) => return (out, Some("limit")),
                Err(LineError::Violation(_)) => return (out, Some("violation")),
            }
        }
    }
    (out, None)
}

/// Literals keep their line ends, and their content never ends a line.
#[test]
fn every_step_width_gives_the_same_lines() {
    let input = b"one\r\ntwo\n* ID (\"a\" {9}\r\nA1 OK x\r\n \"b\" {0}\r\n)\r\nlast\r\n";
    let expected = vec![
        "one",
        "two",
        "* ID (\"a\" {9}\r\nA1 OK x\r\n \"b\" {0}\r\n)",
        "last",
    ];
    for step in 1..=input.len() {
        assert_eq!(lines(input, step, true).0, expected, "step {step}");
    }
    assert_eq!(lines(b"text {5}\r\nx\r\n", 1, false).0, ["text {5}", "x"]);
}

#[test]
fn malformed_lines_are_refused_at_every_step_width() {
    for input in [
        &b"a\0b\r\n"[..],
        b"a\rb\r\n",
        b"a {99999999999}\r\n",
        b"a {07}\r\n",
    ] {
        for step in 1..=input.len() {
            assert_eq!(
                lines(input, step, true),
                (vec![], Some("violation")),
                "{input:?}"
            );
        }
    }
    let long = format!("{}\r\n", "x".repeat(70_000));
    assert_eq!(lines(long.as_bytes(), 4096, true), (vec![], Some("limit")));
    assert_eq!(lines(b"{65537}\r\n", 1, true), (vec![], Some("limit")));
    assert_eq!(
        lines(&b"{1}\r\nx".repeat(9), 1, true),
        (vec![], Some("limit"))
    );
}

/// A line that had begun to arrive when the command went out cannot be its answer.
#[test]
fn early_lines_are_marked() {
    let limits = Limits::default();
    let mut buffer = LineBuf::new(&limits);
    buffer.push(b"greeting\r\nA1 O");
    assert!(
        !buffer
            .next_line(&limits, true, |_| false)
            .unwrap()
            .unwrap()
            .early
    );
    buffer.mark();
    buffer.push(b"K\r\nA1 OK\r\n");
    assert!(
        buffer
            .next_line(&limits, true, |_| false)
            .unwrap()
            .unwrap()
            .early
    );
    assert!(
        !buffer
            .next_line(&limits, true, |_| false)
            .unwrap()
            .unwrap()
            .early
    );
}

/// A hundred thousand octets one by one: each is looked at a bounded number of times, so this ends.
#[test]
fn a_drip_is_linear() {
    let limits = Limits {
        line: 200_000,
        ..Limits::default()
    };
    let mut buffer = LineBuf::new(&limits);
    for _ in 0..100_000 {
        buffer.push(b"x");
        assert_eq!(buffer.next_line(&limits, true, |_| false).unwrap(), None);
        assert_eq!(buffer.searched, buffer.bytes.len());
    }
}

/// One octet or literal less than too many is let pass.
#[test]
fn limits_are_exact() {
    let limits = Limits {
        line: 10,
        literal: 6,
        literals: 2,
        ..Limits::default()
    };
    let read = |input: &[u8]| {
        let mut buffer = LineBuf::new(&limits);
        buffer.push(input);
        match buffer.next(&limits, true, |_| true) {
            Ok(line) => Ok(line.is_some()),
            Err(LineError::Limit(limit)) => Err(limit),
            Err(LineError::Violation(violation)) => panic!("{violation:?}"),
        }
    };
    // Up to the line feed, which the CR belongs to.
    assert_eq!(read(b"123456789\r\n"), Ok(true));
    assert_eq!(read(b"1234567890\r\n"), Err(Limit::Line));
    assert_eq!(read(b"1234567890"), Ok(false));
    assert_eq!(read(b"12345678901"), Err(Limit::Line));
    assert_eq!(read(b"{6}\r\n123456\r\n"), Ok(true));
    assert_eq!(read(b"{7}\r\n"), Err(Limit::Literal));
    assert_eq!(read(b"{3}\r\n123{3}\r\n"), Ok(false));
    assert_eq!(read(b"{3}\r\n123{4}\r\n"), Err(Limit::Literal));
    assert_eq!(read(b"{1}\r\nx{1}\r\nx\r\n"), Err(Limit::Line));
    let limits = Limits {
        line: 100,
        ..limits.clone()
    };
    let mut buffer = LineBuf::new(&limits);
    buffer.push(b"{1}\r\nx{1}\r\nx\r\n{1}\r\nx{1}\r\nx{0}\r\n");
    assert!(matches!(buffer.next(&limits, true, |_| true), Ok(Some(_))));
    assert!(matches!(
        buffer.next(&limits, true, |_| true),
        Err(LineError::Limit(Limit::Literal))
    ));
}

#[test]
fn what_is_kept_unread_is_bounded() {
    let limits = Limits::default();
    let mut buffer = LineBuf::new(&limits);
    buffer.push_bounded(b"12345", 10);
    buffer.push_bounded(b"67890", 10);
    assert!(matches!(buffer.next(&limits, true, |_| false), Ok(None)));
    buffer.push_bounded(b"1", 10);
    assert!(matches!(
        buffer.next(&limits, true, |_| false),
        Err(LineError::Limit(Limit::Unasked))
    ));
    assert_eq!(buffer.unread().len(), 10);
}
