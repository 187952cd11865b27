use alloc::string::{String, ToString};

use sasl_core::{Credentials, Response};

use super::*;
use crate::Options;

fn written(write: impl FnOnce(&mut SendBuf, &Tag)) -> (String, String) {
    let mut send = SendBuf::with_capacity(0);
    let mut tag = Tag::new(Options::new().prefix);
    write(&mut send, tag.advance());
    let outgoing = send.outgoing();
    let text = String::from_utf8(outgoing.to_vec()).unwrap();
    (text, outgoing.redacted().to_string())
}

#[test]
fn commands_are_one_line() {
    assert_eq!(written(capability).0, "A1 CAPABILITY\r\n");
    assert_eq!(written(starttls).0, "A1 STARTTLS\r\n");
    let (text, _) = written(|send, tag| id(send, tag, b"NIL"));
    assert_eq!(text, "A1 ID NIL\r\n");
    let (text, _) = written(|send, tag| authenticate(send, tag, Mechanism::Login, None));
    assert_eq!(text, "A1 AUTHENTICATE LOGIN\r\n");
}

/// RFC 4959 section 3: nothing to say is not the same as saying nothing.
#[test]
fn an_empty_first_message_is_an_equals_sign() {
    for (user, message) in [(None, "="), (Some("tim"), "dGlt")] {
        let credentials = Credentials::external(user).unwrap();
        let mechanism = Mechanism::External;
        let response = Response::new(&credentials, mechanism, None).unwrap();
        let payload = Payload::Response(response);
        let (text, _) = written(|send, tag| authenticate(send, tag, mechanism, Some(&payload)));
        assert_eq!(
            text,
            String::from("A1 AUTHENTICATE EXTERNAL ") + message + "\r\n"
        );
    }
}

/// Both arguments are quoted, and nothing inside can end them.
#[test]
fn login_arguments_are_quoted() {
    for (user, password, arguments) in [
        ("tim", "pw", r#""tim" "pw""#),
        ("a b", " ", r#""a b" " ""#),
        (r#"""#, r"\", r#""\"" "\\""#),
        (r#"x" "y"#, r#"\"\"#, r#""x\" \"y" "\\\"\\""#),
        ("a{3}", "(*%)", r#""a{3}" "(*%)""#),
    ] {
        let (text, _) = written(|send, tag| login(send, tag, user, password));
        assert_eq!(text, String::from("A1 LOGIN ") + arguments + "\r\n");
    }
    // Of a password in several pieces nothing is shown.
    let (_, shown) = written(|send, tag| login(send, tag, "tim", r#"one"two\three"#));
    assert_eq!(shown, r#"A1 LOGIN "tim" "<15 octets left out>""#);
}

#[test]
fn identification_is_a_list_of_quoted_pairs_or_nil() {
    assert_eq!(id_fields(&[]), b"NIL");
    assert_eq!(id_fields(&[("name", "")]), br#"("name" "")"#);
    let fields = id_fields(&[("na\"me", "a\\b"), ("version", "1.0")]);
    assert_eq!(fields, br#"("na\"me" "a\\b" "version" "1.0")"#);
}
