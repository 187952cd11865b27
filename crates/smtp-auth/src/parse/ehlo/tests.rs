use alloc::string::ToString;

use super::*;

const GOOD: &str = "250-mx.example.com [192.0.2.1]\r\n250-SIZE 1000\r\n250-AUTH\r\n250-AUTH LOGIN\r\n250-auth=XOAUTH2 \r\n250-starttls\r\n250 8BITMIME\r\n";

#[test]
fn an_answer_becomes_an_offer() {
    let offer = ehlo(GOOD.as_bytes()).unwrap();
    assert!(offer.starttls());
    assert_eq!(offer.mechanisms().to_string(), "LOGIN XOAUTH2");
    for nothing in [
        "250 AUTH XOAUTH2\r\n",
        "250\r\n",
        "250-mx\r\n250\r\n",
        "250-mx\r\n250-AUTHX XOAUTH2\r\n250-STARTTLSX\r\n250-START\r\n250 AUT\r\n",
    ] {
        assert_eq!(ehlo(nothing.as_bytes()), Ok(Offer::default()), "{nothing}");
    }
}

#[test]
fn anything_but_one_whole_answer_is_refused() {
    for (reply, what) in [
        ("", Violation::BadLine),
        ("250", Violation::BadLine),
        ("250-mx\r\n", Violation::BadLine),
        ("250 mx\r", Violation::BadLine),
        ("250 mx\n", Violation::BadLineEnd),
        ("250-m\rx\r\n250 a\r\n", Violation::BadLineEnd),
        (
            "250-mx\r\n250 AUTH X\n250 STARTTLS\r\n",
            Violation::BadLineEnd,
        ),
        ("250-mx\r\n250 A\0\r\n", Violation::Nul),
        ("250-mx\r\n251 A\r\n", Violation::MixedReplyCodes),
        ("250-mx\r\n2500 A\r\n", Violation::BadReplyCode),
        ("500 what?\r\n", Violation::BadCapabilities),
        ("EHLO\r\n", Violation::BadReplyCode),
        ("250 mx\r\n250 mx\r\n", Violation::UnsolicitedReply),
    ] {
        assert_eq!(ehlo(reply.as_bytes()), Err(what), "{reply:?}");
    }
    for end in 0..GOOD.len() {
        assert!(ehlo(&GOOD.as_bytes()[..end]).is_err());
    }
}
