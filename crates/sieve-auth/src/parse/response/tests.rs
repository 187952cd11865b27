use super::*;

#[test]
fn conditions() {
    for (line, status) in [
        ("OK", Status::Ok),
        ("oK \"\"", Status::Ok),
        ("nO (X)", Status::No),
        ("bYe (X) {0}\r\n", Status::Bye),
    ] {
        let response = response(line.as_bytes(), true).unwrap();
        let Response::Condition { status: read, .. } = response else {
            panic!("{line}");
        };
        assert_eq!(read, status, "{line}");
    }
    for line in [
        "",
        " OK",
        "OK ",
        "OK  \"\"",
        "OK\"\"",
        "OK(X)",
        "OK () \"\"",
        "OK (X",
        "OK (X) ",
        "OK x",
        "OK (X)(Y)",
        "OK \"a\" ",
        "OKAY",
        "BAD",
        "* OK",
        "A1 OK",
        "OK (\u{1})",
        "OK (\"X\")",
    ] {
        let end = response(line.as_bytes(), false);
        assert_eq!(end, Err(Violation::BadLine), "{line:?}");
    }
}

#[test]
fn codes() {
    for (line, name, arguments) in [
        ("OK (TAG \"a)\")", "TAG", "\"a)\""),
        ("OK (TAG {3}\r\n)\")) \"x\"", "TAG", "{3}\r\n)\")"),
        (
            "NO (X/Y (a (b \")\" 1) ()) c)",
            "X/Y",
            "(a (b \")\" 1) ()) c",
        ),
        ("NO (WARNINGS) \")\"", "WARNINGS", ""),
    ] {
        let Ok(Response::Condition { text, .. }) = response(line.as_bytes(), true) else {
            panic!("{line}");
        };
        let code = text.code().unwrap();
        assert_eq!(code.name(), name.as_bytes());
        assert_eq!(code.arguments(), arguments.as_bytes(), "{line}");
    }
}

#[test]
fn names_are_hierarchical() {
    let is = |line: &str, name: &str| match response(line.as_bytes(), true) {
        Ok(Response::Condition { text, .. }) => text.code().unwrap().is(name),
        other => panic!("{other:?}"),
    };
    assert!(is("NO (quota)", "QUOTA") && is("NO (QUOTA/MAXSIZE/X y)", "QUOTA"));
    assert!(!is("NO (QUOTAS)", "QUOTA") && !is("NO (QUOT)", "QUOTA"));
    assert!(is("NO (LIMIT/CONNECTIONS)", "LIMIT/CONNECTIONS"));
}

#[test]
fn literals_at_the_end_of_a_line() {
    for line in [
        "{5}",
        "\"SASL\" {5}",
        "{4}\r\nSASL {5+}",
        "{1}\r\n\" {5}",
        "OK (TAG {5}",
        "NO (X (\"}\" {5}",
        "OK \"\\\"\" {5}",
    ] {
        assert!(has_literal(line.as_bytes()), "{line}");
    }
    for line in [
        "",
        "\"{5}\"",
        "\"{5}",
        "\"\\\"{5}",
        "{3}\r\n{5}",
        "OK \"a\" \"b {5}",
        "{x}",
    ] {
        assert!(!has_literal(line.as_bytes()), "{line}");
    }
}

/// Whatever comes, it is read or refused.
#[test]
fn nothing_panics() {
    let alphabet = b"\"{}()\\ \r\n+0aOK/";
    for n in 0..alphabet.len().pow(4) {
        let line = [0, 1, 2, 3].map(|k| alphabet[n / alphabet.len().pow(k) % alphabet.len()]);
        for prefix in ["", "OK ", "NO (", "\"a\" "] {
            let line = [prefix.as_bytes(), &line].concat();
            has_literal(&line);
            let (strict, robust) = (response(&line, true), response(&line, false));
            assert!(strict.is_err() || strict == robust, "{strict:?}");
        }
    }
}
