use alloc::string::ToString as _;

use super::*;
use crate::{Accept, tests::Scenario};

#[test]
fn what_is_set_is_said() {
    let options = AcceptOptions::new()
        .greeting("\"at\" your {9}")
        .unwrap()
        .capabilities("SIEVE\nimplementation a \\ b\nX-FLAG\nNOTIFY mailto xmpp")
        .unwrap();
    let scenario = Scenario::new(Accept::over_tls(options)).goes_on();
    assert_eq!(
        scenario.last_write(),
        "\"SIEVE\" \"\"\r\n\"implementation\" \"a \\\\ b\"\r\n\"X-FLAG\"\r\n\
         \"NOTIFY\" \"mailto xmpp\"\r\n\"SASL\" \"OAUTHBEARER PLAIN XOAUTH2\"\r\n\
         \"VERSION\" \"1.0\"\r\nOK \"\\\"at\\\" your {9}\"\r\n"
    );
    let offer = crate::parse::capabilities(scenario.last_write().as_bytes(), true).unwrap();
    assert_eq!(offer.mechanisms().to_string(), "OAUTHBEARER PLAIN XOAUTH2");
}

#[test]
fn what_would_break_a_line_is_refused() {
    for text in ["", "a\r\n", "\u{e4}", "x".repeat(256).as_str()] {
        let refused = AcceptOptions::new().greeting(text).unwrap_err();
        assert_eq!(refused, Invalid::Text, "{text}");
    }
    let required = "IMPLEMENTATION x\nSIEVE";
    assert!(AcceptOptions::new().capabilities(required).is_ok());
    for list in ["", "IMPLEMENTATION x", "SIEVE fileinto"] {
        let refused = AcceptOptions::new().capabilities(list).unwrap_err();
        assert_eq!(refused, Invalid::Capabilities, "{list}");
    }
    for line in [
        "",
        " x",
        "X \u{e4}",
        "X\ty",
        "X \r y",
        "sieve x",
        "sasl PLAIN",
        "StartTLS",
        "VERSION 1.0",
        "x".repeat(256).as_str(),
    ] {
        let list = alloc::format!("{required}\n{line}\nNOTIFY");
        let refused = AcceptOptions::new().capabilities(&list).unwrap_err();
        assert_eq!(refused, Invalid::Capabilities, "{line}");
    }
}
