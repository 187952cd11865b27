use alloc::{format, string::ToString};

use super::*;

fn all(text: &str) -> Vec<(usize, String, String)> {
    read(text)
        .map(|(line, property)| {
            let property = property.unwrap();
            (line, property.key.to_string(), property.value.to_string())
        })
        .collect()
}

fn one(text: &str) -> (String, String) {
    let all = all(text);
    assert_eq!(all.len(), 1, "{text:?}: {all:?}");
    let (_, key, value) = all.into_iter().next().unwrap();
    (key, value)
}

#[test]
fn separators() {
    for text in [
        "a=b",
        "a:b",
        "a b",
        "a = b",
        "  a\t:\u{c}b",
        "a\u{c}b",
        "a=b\n",
        "a=b\r\n",
        "a=b\r",
        "\u{feff}a=b",
    ] {
        assert_eq!(one(text), ("a".into(), "b".into()), "{text:?}");
    }
    assert_eq!(one("a"), ("a".into(), String::new()));
    assert_eq!(one("a=="), ("a".into(), "=".into()));
    assert_eq!(one("a = = b"), ("a".into(), "= b".into()));
    assert_eq!(one("a=b "), ("a".into(), "b ".into()));
    assert_eq!(one("=b"), (String::new(), "b".into()));
    assert_eq!(one(r"a\=\:\ c=d"), ("a=: c".into(), "d".into()));
}

#[test]
fn lines_that_go_on_have_the_number_of_the_first() {
    let text = "# one\\\na = 1, \\\r\n   2, \\\n\t3\n\n! more\rb=4\\\\\nc=5\\";
    assert_eq!(
        all(text),
        [
            (2, "a".into(), "1, 2, 3".into()),
            (7, "b".into(), "4\\".into()),
            (8, "c".into(), "5".into()),
        ]
    );
    assert_eq!(all("a\\\n\nb=c").len(), 2);
    assert_eq!(
        one("a=b\\\n# no comment"),
        ("a".into(), "b# no comment".into())
    );
}

#[test]
fn escapes() {
    assert_eq!(one(r"a=\t\n\r\f\b\\\q").1, "\t\n\r\u{c}b\\q");
    assert_eq!(one(r"a=\u00fc\u00FC").1, "üü");
    assert_eq!(one(r"a=\ud83d\ude00").1, "😀");
    // A path in a comment is no escape.
    assert_eq!(one("# C:\\users\na=b").1, "b");
}

#[test]
fn malformed_escapes_are_told_and_reading_goes_on() {
    for bad in [
        r"\u",
        r"\u12",
        r"\u12g4",
        r"\ud83d",
        r"\ud83dx",
        r"\ud83d\n",
        r"\ude00",
        r"\ud83d\ud83d",
        r"\ud83d\u0041",
        r"\u+123",
    ] {
        let text = format!("a={bad}\nb=c");
        let read: Vec<_> = read(&text).collect();
        assert_eq!(read.len(), 2, "{bad}");
        assert!(read[0].1.is_none(), "{bad}: {read:?}");
        assert!(read[1].1.is_some(), "{bad}");
    }
}
