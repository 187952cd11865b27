use super::*;

fn draft(to: &str, subject: &str) -> Draft {
    Draft {
        to: to.into(),
        subject: subject.into(),
        text: "Hello\r\n.\r\nBye".into(),
        ..Draft::default()
    }
}

#[test]
fn a_message_has_what_it_needs() {
    let draft = draft("Bob <bob@example.com>, c@example.com", "Grüße");
    let (to, octets) = message("alice@example.com", &draft).unwrap();
    assert_eq!(to, ["bob@example.com", "c@example.com"]);
    let text = String::from_utf8(octets).unwrap();
    for part in [
        "From: <alice@example.com>\r\n",
        "Subject: =?utf-8?",
        "@example.com>",
        "Date: ",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn nothing_gets_into_commands_or_header_fields() {
    for to in [
        "",
        "a",
        "a@b>\r\nRCPT TO:<c@d",
        "a b@c",
        "@",
        "a@",
        ",,",
        "a@b:c",
        "\"a\"@b",
    ] {
        let made = message("alice@example.com", &draft(to, "x"));
        assert!(matches!(made, Err(MailError::Input(_))), "{to:?}");
    }
    let made = message("alice@example.com", &draft("b@c", "x\r\nBcc: d@e"));
    assert!(matches!(made, Err(MailError::Input(_))));
    let many = "a@b,".repeat(51);
    assert!(matches!(recipients(&many), Err(MailError::Input(_))));
}
