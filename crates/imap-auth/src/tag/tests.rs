use alloc::string::String;

use super::*;
use crate::Options;

fn tag(prefix: &str, number: u16) -> Tag {
    let prefix = Options::new().tag_prefix(prefix).unwrap().prefix;
    Tag { prefix, number }
}

#[test]
fn every_command_has_its_own_tag() {
    let mut tag = Tag::new(Options::new().prefix);
    let mut send = SendBuf::with_capacity(0);
    for _ in 0..11 {
        tag.advance().push_to(&mut send).push(b" ");
    }
    let text = String::from_utf8(send.outgoing().to_vec()).unwrap();
    assert_eq!(text, "A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 ");
    assert!(tag.is(b"A11") && !tag.is(b"A10"));
}

/// I08, I09: octet for octet; what only means the same is another tag.
#[test]
fn tags_are_compared_octet_for_octet() {
    assert!(tag("k3v9", 65535).is(b"k3v965535"));
    assert!(tag("A1", 1).is(b"A11") && !tag("A", 1).is(b"A11"));
    for other in [
        "",
        "A",
        "1",
        "a1",
        "A0",
        "A2",
        "A01",
        "A001",
        "A1 ",
        " A1",
        "A11",
        "B1",
        "AA1",
        "A+1",
        "A65537",
        "A99999999999",
    ] {
        assert!(!tag("A", 1).is(other.as_bytes()), "{other}");
    }
    // Before the first command there is nothing to answer.
    assert!(!tag("A", 0).is(b"A0") && !tag("A", 0).is(b"A"));
}
