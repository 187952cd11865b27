use super::*;
use crate::{Accept, tests::Scenario};

#[test]
fn what_is_set_is_said() {
    let options = AcceptOptions::new()
        .server_name("[IPv6:2001:db8::1]")
        .unwrap()
        .greeting("at your service")
        .unwrap()
        .capabilities("SIZE 1000\nx-ext a b")
        .unwrap();
    let scenario = Scenario::new(Accept::over_tls(options)).goes_on();
    assert_eq!(
        scenario.last_write(),
        "220 [IPv6:2001:db8::1] ESMTP at your service\r\n"
    );
    assert_eq!(
        scenario.hears("EHLO a\r\n").last_write(),
        "250-[IPv6:2001:db8::1]\r\n250-SIZE 1000\r\n250-x-ext a b\r\n\
         250 AUTH OAUTHBEARER PLAIN XOAUTH2\r\n"
    );
}

/// The last line has no `-`, whichever it is.
#[test]
fn an_answer_to_ehlo_has_one_end() {
    for (list, mechanisms, answer) in [
        ("", &[][..], "250 localhost\r\n"),
        ("SIZE", &[], "250-localhost\r\n250 SIZE\r\n"),
        (
            "",
            &[sasl_core::Mechanism::Plain],
            "250-localhost\r\n250 AUTH PLAIN\r\n",
        ),
    ] {
        let settings = AcceptSettings::new().mechanisms(mechanisms.iter().copied());
        let options = AcceptOptions::from(settings).capabilities(list).unwrap();
        let scenario = Scenario::new(Accept::over_tls(options)).hears("EHLO a\r\n");
        assert_eq!(scenario.last_write(), answer);
    }
}

#[test]
fn what_would_break_a_line_is_refused() {
    let options = AcceptOptions::new;
    for name in ["", "a b", "a\r\n221 bye", "mx.example.com ESMTP"] {
        let refused = options().server_name(name).unwrap_err();
        assert_eq!(refused, Invalid::ServerName, "{name}");
    }
    for text in ["", "a\r\n", "\u{e4}", "x".repeat(256).as_str()] {
        let refused = options().greeting(text).unwrap_err();
        assert_eq!(refused, Invalid::Text, "{text}");
    }
    for list in [
        "\n",
        "SIZE\n\nPIPELINING",
        "SIZE\r\nPIPELINING",
        "SIZE  1",
        "SIZE ",
        " SIZE",
        "-SIZE",
        "SI_ZE",
        "SIZE \u{e4}",
        "auth PLAIN",
        "AUTH=PLAIN",
        "SIZE\nStartTLS",
        "x".repeat(256).as_str(),
    ] {
        let refused = options().capabilities(list).unwrap_err();
        assert_eq!(refused, Invalid::Capabilities, "{list}");
    }
}
