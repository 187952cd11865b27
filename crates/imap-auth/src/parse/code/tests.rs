use alloc::{format, string::String};

use super::*;

fn parts(text: &str) -> Option<(&[u8], &[u8], &[u8])> {
    let text = Text::parse(text.as_bytes());
    let code = text.code()?;
    Some((code.name(), code.arguments(), text.human()))
}

#[test]
fn a_code_stands_in_brackets_before_the_text() {
    for (text, name, arguments, human) in [
        ("[ALERT] x", "ALERT", "", "x"),
        ("[ALERT]x", "ALERT", "", "x"),
        ("[ALERT]  x ", "ALERT", "", " x "),
        ("[ALERT]", "ALERT", "", ""),
        ("[X a [b] c] d", "X", "a [b", "c] d"),
        ("[X  a ]", "X", " a ", ""),
        ("[] x", "", "", "x"),
        ("[ X] y", "", "X", "y"),
    ] {
        let whole = (name.as_bytes(), arguments.as_bytes(), human.as_bytes());
        assert_eq!(parts(text), Some(whole), "{text}");
    }
}

/// I12: an attacker may not end a code early.
#[test]
fn a_bracket_in_quotes_ends_nothing() {
    for (text, arguments, human) in [
        (r#"[X "]"] y"#, r#""]""#, "y"),
        (r#"[X "a\"]"] y"#, r#""a\"]""#, "y"),
        (r#"[X "\\"] y"#, r#""\\""#, "y"),
        (r#"[X "a" ] "]" y"#, r#""a" "#, r#""]" y"#),
        (r#"[X \"]"] y"#, r#"\"]""#, "y"),
    ] {
        let whole = (&b"X"[..], arguments.as_bytes(), human.as_bytes());
        assert_eq!(parts(text), Some(whole), "{text}");
    }
}

/// I11: what is never closed is text.
#[test]
fn an_open_bracket_is_text() {
    for text in [
        "[",
        "[X",
        "[X \"]",
        "[X \"\\\"]",
        "x [ALERT] y",
        " [X] y",
        "",
    ] {
        let parsed = Text::parse(text.as_bytes());
        assert_eq!(parsed.code(), None, "{text}");
        assert_eq!(parsed.human(), text.as_bytes());
        assert_eq!(parsed.capabilities(), None);
    }
}

#[test]
fn only_the_capability_code_has_a_list() {
    let list = |text: &'static str| Text::parse(text.as_bytes()).capabilities();
    assert_eq!(list("[capability A B] x"), Some(&b"A B"[..]));
    assert_eq!(list("[CAPABILITY]"), Some(&b""[..]));
    assert_eq!(list("[CAPABILITIES A]"), None);
    assert_eq!(list("x [CAPABILITY A]"), None);
}

/// Every row of the table of codes, in any case.
#[test]
fn codes_have_their_meaning() {
    for (name, meaning) in [
        ("AUTHENTICATIONFAILED", Some(Reason::CredentialsRejected)),
        ("authorizationfailed", Some(Reason::AuthorizationDenied)),
        ("Cannot", Some(Reason::AuthorizationDenied)),
        ("CONTACTADMIN", Some(Reason::AdminRequired)),
        ("CORRUPTION", Some(Reason::Temporary)),
        ("EXPIRED", Some(Reason::CredentialsExpired)),
        ("INUSE", Some(Reason::Temporary)),
        ("LIMIT", Some(Reason::Temporary)),
        ("NOPERM", Some(Reason::AuthorizationDenied)),
        ("OVERQUOTA", Some(Reason::Temporary)),
        ("PRIVACYREQUIRED", Some(Reason::EncryptionRequired)),
        ("SERVERBUG", Some(Reason::Temporary)),
        ("UNAVAILABLE", Some(Reason::Temporary)),
        (
            "WEBALERT https://a.example/",
            Some(Reason::CredentialsRejected),
        ),
        ("REFERRAL imap://a.example/", Some(Reason::Referral)),
        ("REFERRAL", None),
        ("ALERT", None),
        ("CLIENTBUG", None),
        ("EXPIREDX", None),
        ("EXPIRE", None),
        ("", None),
    ] {
        let text = format!("[{name}] x");
        let code = Text::parse(text.as_bytes()).code().unwrap();
        assert_eq!(reason(code), meaning, "{name}");
    }
}

/// I22, T12: a URL that names a server, or none.
#[test]
fn referrals_are_urls_of_servers() {
    let read = |arguments: &str| {
        let text = format!("[REFERRAL {arguments}] x");
        referral(Text::parse(text.as_bytes()).code().unwrap()).map(String::from)
    };
    let longest = String::from("imap://") + &"a".repeat(1017);
    for url in [
        "imap://a.example/",
        "IMAP://a",
        "imap://user;AUTH=*@a.example:143/INBOX",
        &longest,
    ] {
        assert_eq!(read(url).as_deref(), Some(url));
    }
    let long = longest.clone() + "a";
    for none in [
        "",
        "imap://",
        "imap:///x",
        "imap://user@/",
        "imap:/a",
        "imaps://a",
        "http://a/",
        "imap://a b",
        "imap://\u{e4}",
        "imap://a\u{1b}",
        " imap://a",
        &long,
    ] {
        assert_eq!(read(none), None, "{none}");
    }
    let other = Text::parse(b"[X imap://a.example/]").code().unwrap();
    assert_eq!(referral(other), None);
}
