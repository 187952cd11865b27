use alloc::{format, string::String, vec};

use super::*;

const MEMBERS: &[&str] = &["a", "b"];

fn parse(document: &str) -> Result<Object, DocumentError> {
    Object::parse(document.as_bytes(), 1024, MEMBERS)
}

#[test]
fn what_is_no_object() {
    for bad in [
        "",
        "[]",
        "null",
        "{",
        "{\"a\":1} x",
        "{\"a\":1}{}",
        "<html>",
        "{'a':1}",
    ] {
        assert_eq!(parse(bad).unwrap_err(), DocumentError::Form, "{bad}");
    }
    let bad = Object::parse(b"{\"x\":\"\xff\"}", 1024, MEMBERS);
    assert_eq!(bad.unwrap_err(), DocumentError::Form);
}

#[test]
fn what_is_too_much() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(16), "]".repeat(16));
    assert_eq!(parse(&deep).unwrap_err(), DocumentError::Limit);
    let open = format!("{{\"x\":{}", "[".repeat(900));
    assert_eq!(parse(&open).unwrap_err(), DocumentError::Limit);
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(1024));
    assert_eq!(parse(&long).unwrap_err(), DocumentError::Limit);
    // Brackets in text are no nesting.
    assert!(parse(&format!("{{\"x\":\"\\\"{}\"}}", "[".repeat(900))).is_ok());
}

#[test]
fn a_member_that_counts_is_there_once() {
    assert_eq!(
        parse(r#"{"a":1,"\u0061":2}"#).unwrap_err(),
        DocumentError::Duplicate
    );
    assert!(parse(r#"{"x":1,"x":2}"#).is_ok());
}

#[test]
fn numbers_in_every_form() {
    for (written, read) in [
        ("5", Some(5)),
        ("\"5\"", Some(5)),
        ("5.9", Some(5)),
        ("1e3", Some(1000)),
        ("0", Some(0)),
        ("1e300", Some(u64::MAX)),
        ("-1", None),
        ("\"x\"", None),
        ("\"\"", None),
        ("null", None),
        ("[5]", None),
    ] {
        let object = parse(&format!("{{\"a\":{written}}}")).unwrap();
        assert_eq!(object.number("a"), read, "{written}");
    }
}

#[test]
fn lists_and_text() {
    let object = parse(r#"{"a":["x",1,"y"],"b":"z"}"#).unwrap();
    assert_eq!(object.texts("a"), Some(vec![String::from("x"), "y".into()]));
    assert_eq!(object.texts("b"), Some(vec![String::from("z")]));
    assert_eq!(object.text("b"), Some("z"));
    assert_eq!((object.text("a"), object.text("c")), (None, None));
    assert_eq!(parse("\u{feff}{\"a\":\"\"}").unwrap().text("a"), None);
}

#[test]
fn secrets_are_taken_out_and_not_shown() {
    let mut object = parse(r#"{"a":"hunter2"}"#).unwrap();
    assert!(!format!("{object:?}").contains("hunter2"));
    assert_eq!(object.take_secret("a").unwrap().expose(), "hunter2");
    assert_eq!(object.text("a"), None);
}
