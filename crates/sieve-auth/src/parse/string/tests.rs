use alloc::{format, vec::Vec};

use super::*;

fn read(input: &str, strict: bool) -> Result<(Vec<u8>, &[u8]), Violation> {
    string(input.as_bytes(), strict).map(|(string, rest)| (string.decoded().into(), rest))
}

#[test]
fn quoted() {
    for (input, decoded, rest) in [
        ("\"\"", "", ""),
        ("\"a\" b", "a", " b"),
        ("\"\\\"\"", "\"", ""),
        ("\"\\\\\"\"", "\\", "\""),
        ("\"a\\\\\\\"b\" \"c\"", "a\\\"b", " \"c\""),
        ("\"{5}\"\r\n", "{5}", "\r\n"),
        ("\"\t\u{1}\u{e4}\"", "\t\u{1}\u{e4}", ""),
    ] {
        let expected = Ok((decoded.into(), rest.as_bytes()));
        assert_eq!(read(input, true), expected, "{input:?}");
        assert!(string(input.as_bytes(), true).unwrap().0.is_quoted());
    }
    for input in [
        "\"", "\"a", "\"a\\", "\"a\\\"", "\"\\n\"", "\"\\\r\"", "\"\n\"", "\"\r\"", "\"\0\"",
        "\"\\\0\"",
    ] {
        assert_eq!(read(input, false), Err(Violation::BadString), "{input:?}");
    }
}

/// V10: counted between the quotes, backslashes with them.
#[test]
fn the_length_of_quoted() {
    for (text, fits) in [
        ("x".repeat(1024), true),
        ("x".repeat(1025), false),
        ("\\\\".repeat(512), true),
        ("\\\\".repeat(513), false),
    ] {
        let input = format!("\"{text}\"");
        assert_eq!(read(&input, true).is_ok(), fits);
        assert!(read(&input, false).is_ok());
    }
}

#[test]
fn literals() {
    for (input, decoded, rest) in [
        ("{0}\r\n", "", ""),
        ("{1}\r\n\\b", "\\", "b"),
        ("{4}\r\na\r\n\"\r\n", "a\r\n\"", "\r\n"),
        ("{10}\r\n0123456789 \"x\"", "0123456789", " \"x\""),
    ] {
        let expected = Ok((decoded.into(), rest.as_bytes()));
        assert_eq!(read(input, true), expected, "{input:?}");
    }
    for input in [
        "{",
        "{}\r\n",
        "{a}\r\n",
        "{01}\r\na",
        "{00}\r\n",
        "{2}\r\na",
        "{1} \r\na",
        "{1}a",
        "{1}\ra",
        "{4294967296}\r\n",
        "{-1}\r\n",
        "{1++}\r\na",
        "{+}\r\n",
        "{{1}\r\na",
        "{1{1}\r\na",
        "{99999999999999999999}\r\n",
    ] {
        assert_eq!(read(input, false), Err(Violation::BadLiteral), "{input:?}");
    }
    // V08.
    for input in ["{1+}\r\na", "{1}\na"] {
        assert_eq!(read(input, true), Err(Violation::BadLiteral));
        assert!(read(input, false).is_ok());
    }
}

#[test]
fn no_string() {
    for input in ["", "a", " \"a\"", "(\"a\")", "\u{e4}"] {
        assert_eq!(read(input, false), Err(Violation::BadLine));
    }
}
