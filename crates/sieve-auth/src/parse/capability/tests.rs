use alloc::{format, string::String};

use super::*;

const REGISTERED: [&str; 10] = [
    "IMPLEMENTATION",
    "LANGUAGE",
    "MAXREDIRECTS",
    "NOTIFY",
    "OWNER",
    "SASL",
    "SIEVE",
    "STARTTLS",
    "UNAUTHENTICATE",
    "VERSION",
];

#[test]
fn registered_names_share_no_bit() {
    let bits = REGISTERED.iter().fold(0, |bits, name| {
        assert_eq!(bit(name.as_bytes()), bit(name.to_lowercase().as_bytes()));
        bits | bit(name.as_bytes())
    });
    assert_eq!(bits.count_ones() as usize, REGISTERED.len());
}

#[test]
fn all_forms() {
    for block in [
        "\"SASL\" \"PLAIN XOAUTH2\"\r\n\"STARTTLS\"\r\nOK\r\n",
        "\"starttls\"\r\n\"sasl\" {13}\r\nplain xoauth2\r\nOK \"x\"\r\n",
        "{4}\r\nSaSl \"xoauth2  PLAIN \"\r\n{8}\r\nSTARTTLS\r\nok (TAG \"a\") {2}\r\n\r\n\r\n",
        "\"X\" \"\\\"\"\r\n\"SASL\" {13}\r\nPLAIN XOAUTH2\r\n\"STARTTLS\" \"\"\r\nOK\r\n",
        "\"Y\\\\\"\r\n\"SASL\" \"PLAIN XOAUTH2 \\\\\"\r\n\"STARTTLS\"\r\nOK\r\n",
    ] {
        let offer = capabilities(block.as_bytes(), true).unwrap();
        assert!(offer.starttls() && offer.names_mechanisms(), "{block}");
        assert!(!offer.names_version() && !offer.has_repeated());
        assert_eq!(format!("{}", offer.mechanisms()), "PLAIN XOAUTH2");
        // A part of it is never a whole.
        for end in 0..block.len() {
            assert!(capabilities(&block.as_bytes()[..end], false).is_err());
        }
    }
}

#[test]
fn repeated_names() {
    for (first, second) in [
        ("\"SASL\" \"PLAIN\"", "{4}\r\nsasl \"XOAUTH2\""),
        ("\"X-Y\"", "\"x-y\" \"1\""),
        ("{3}\r\nx-y", "\"X-Y\""),
    ] {
        let block = format!("{first}\r\n\"OTHER\"\r\n{second}\r\nOK\r\n");
        let end = capabilities(block.as_bytes(), true);
        assert_eq!(end, Err(Violation::RepeatedCapability));
        let offer = capabilities(block.as_bytes(), false).unwrap();
        assert!(offer.has_repeated());
        assert!(!offer.mechanisms().contains(Mechanism::XOAuth2));
    }
    // A shared bit alone is no repetition.
    let names: String = (0..200).map(|n| format!("\"X{n}Y\"\r\n")).collect();
    assert!(capabilities(format!("{names}OK\r\n").as_bytes(), true).is_ok());
}

#[test]
fn lists_that_cannot_be_read() {
    for (block, violation) in [
        ("", Violation::BadCapabilities),
        ("OK", Violation::BadCapabilities),
        ("NO\r\n", Violation::BadCapabilities),
        ("\"SASL\"\r\nBYE\r\n", Violation::BadCapabilities),
        ("\"SASL\"\r\n", Violation::BadCapabilities),
        ("\"\"\r\nOK\r\n", Violation::BadCapabilities),
        ("\"A B\"\r\nOK\r\n", Violation::BadCapabilities),
        ("\"\u{e4}\"\r\nOK\r\n", Violation::BadCapabilities),
        ("\"A\" \"B\" \r\nOK\r\n", Violation::BadCapabilities),
        ("\"A\" \"B\" \"C\"\r\nOK\r\n", Violation::BadCapabilities),
        ("\"A\" B\r\nOK\r\n", Violation::BadLine),
        ("\"A\"\r\n\r\nOK\r\n", Violation::BadLine),
        ("OK\r\nOK\r\n", Violation::BadLine),
        ("OK x\r\n", Violation::BadLine),
        ("* OK\r\n", Violation::BadLine),
        ("\"A\0\"\r\nOK\r\n", Violation::BadString),
        ("\"A\" \"\r\"\r\nOK\r\n", Violation::BadString),
        ("\"A\" \"\\n\"\r\nOK\r\n", Violation::BadString),
        ("\"A\" {02}\r\nab\r\nOK\r\n", Violation::BadLiteral),
    ] {
        let end = capabilities(block.as_bytes(), false);
        assert_eq!(end, Err(violation), "{block:?}");
    }
    let bare = b"\"SASL\" \"XOAUTH2\"\nOK\n";
    assert!(capabilities(bare, true).is_err() && capabilities(bare, false).is_ok());
    let long = format!("\"SIEVE\" \"{}\"\r\nOK\r\n", "x".repeat(1025));
    let end = capabilities(long.as_bytes(), true);
    assert_eq!(end, Err(Violation::BadString));
    assert!(capabilities(long.as_bytes(), false).is_ok());
}
