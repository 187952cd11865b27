use alloc::{format, string::String, vec::Vec};

use super::*;
use crate::tests::{GREETING, SILENT, login_with};

/// T17: what begins every command cannot become one.
#[test]
fn a_tag_prefix_is_letters_and_digits() {
    for prefix in ["a", "1", "Z9", "abcdefghij"] {
        let options = Options::new().tag_prefix(prefix).unwrap();
        let scenario = login_with(options).hears(SILENT);
        assert_eq!(scenario.writes, [format!("{prefix}1 CAPABILITY\r\n")]);
    }
    for prefix in [
        "",
        "abcdefghijk",
        "a b",
        "a\r\n",
        "a+",
        "*",
        "a.",
        "(",
        "\0",
        "ä",
    ] {
        let refused = Options::new().tag_prefix(prefix).unwrap_err();
        assert_eq!(refused, Invalid::TagPrefix, "{prefix}");
    }
}

#[test]
fn tags_become_random_unless_chosen() {
    let mut options = Options::new();
    options.randomize_tags(&[0, 25, 26, 51, 255, 1, 2, 3]);
    assert_eq!(options.prefix.as_bytes(), b"AZAZV");
    let mut options = Options::new().tag_prefix("k3v9").unwrap();
    options.randomize_tags(&[7; 8]);
    assert_eq!(options.prefix.as_bytes(), b"k3v9");
}

#[test]
fn assumptions_are_names_with_single_spaces() {
    for names in ["IMAP4rev1", "imap4rev1 sasl-ir auth=xoauth2", "X"] {
        assert!(Options::new().assume(names).is_ok(), "{names}");
    }
    for names in [
        "",
        " ",
        " IMAP4rev1",
        "IMAP4rev1 ",
        "IMAP4rev1  IDLE",
        "IMAP4rev1\r\nIDLE",
        "a\tb",
        "a\0",
        "a\x7f",
        "ä",
    ] {
        let refused = Options::new().assume(names).unwrap_err();
        assert_eq!(refused, Invalid::Capabilities, "{names:?}");
    }
    // The server's own word wins.
    let options = Options::new().assume("IMAP4rev1 AUTH=PLAIN").unwrap();
    let scenario = login_with(options).hears(GREETING);
    assert!(scenario.last_write().starts_with("A1 AUTHENTICATE OAUTHB"));
}

/// RFC 2971 section 3.3.
#[test]
fn identification_has_limits() {
    let names: Vec<String> = (0..31).map(|n| format!("n{n}")).collect();
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "v")).collect();
    let (name, value) = ("n".repeat(31), "v".repeat(1025));
    for fits in [
        &[][..],
        &fields[..30],
        &[("n", "")],
        &[(&name[..30], &value[..1024])],
        &[(" ", "~"), ("\"", "\\")],
    ] {
        assert!(Options::new().identify(fits).is_ok(), "{fits:?}");
    }
    for unfit in [
        &fields[..],
        &[("", "v")],
        &[(&*name, "v")],
        &[("n", &*value)],
        &[("n", "a"), ("N", "b")],
        &[("n\0", "v")],
        &[("n", "v\r\nA2 LOGOUT")],
        &[("n", "\x7f")],
        &[("n", "ä")],
    ] {
        let refused = Options::new().identify(unfit).unwrap_err();
        assert_eq!(refused, Invalid::Identification, "{unfit:?}");
    }
}

#[test]
fn the_shared_settings_are_kept() {
    let mut options = Options::from(Settings::new().initial_response(false));
    assert!(!options.settings().allows_initial_response() && !options.is_strict());
    let strict = options.settings().clone();
    *options.settings_mut() = strict.conformance(sasl_core::Conformance::Strict);
    assert!(options.is_strict());
    assert_eq!(*options.limits(), Limits::default());
}
