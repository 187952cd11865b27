use alloc::string::String;

use super::*;
use crate::tests::{GREETING, Scenario, login_with, token};

/// T17, and what RFC 5321 takes for a client.
#[test]
fn a_client_name_is_a_domain_or_an_address() {
    for name in [
        "client.example.org",
        "localhost",
        "a-b.1x",
        "[192.0.2.1]",
        "[IPv6:2001:db8::1]",
        "[ipv6:::1]",
    ] {
        assert!(Options::new().client_name(name).is_ok(), "{name}");
    }
    let long = "a.".repeat(127) + "aa";
    for name in [
        "",
        "a b",
        "a\r\nMAIL FROM:<>",
        "a\n",
        "a\0",
        "-a.example",
        "a-.example",
        "a..b",
        "a.",
        ".a",
        "my_host.example",
        "ä.example",
        "[192.0.2]",
        "[192.0.2.1",
        "[2001:db8::1]",
        "[IPv6:192.0.2.1]",
        "[IPv6:fe80::1%eth0]",
        "[]",
        "x".repeat(64).as_str(),
        &long,
    ] {
        let refused = Options::new().client_name(name).unwrap_err();
        assert_eq!(refused, Invalid::ClientName, "{name}");
    }
    let longest = "a.".repeat(126) + "aaa";
    let options = Options::new().client_name(&longest).unwrap();
    let scenario = login_with(options).hears(GREETING);
    assert_eq!(scenario.writes, [String::from("EHLO ") + &longest + "\r\n"]);
}

#[test]
fn what_is_assumed_is_checked_and_asked_for_all_the_same() {
    let refused = Options::new().assume("AUTH\r\n").unwrap_err();
    assert_eq!(refused, Invalid::Capabilities);
    let options = Options::new().assume("SIZE 1000\nAUTH XOAUTH2").unwrap();
    let scenario = login_with(options).hears(GREETING);
    assert_eq!(scenario.writes, ["EHLO [127.0.0.1]\r\n"]);
}

/// LMTP has another verb and nothing else.
#[test]
fn lmtp_says_lhlo() {
    let machine = crate::Login::over_tls(token(), Options::new().lmtp(true));
    let scenario = Scenario::new(machine).hears(GREETING);
    assert_eq!(scenario.writes, ["LHLO [127.0.0.1]\r\n"]);
    assert!(
        scenario
            .hears("250-mx\r\n250 AUTH XOAUTH2\r\n")
            .hears("235 ok\r\n")
            .end()
            .is_ok()
    );
}

#[test]
fn the_line_limit_is_the_one_of_smtp_unless_another_is_set() {
    assert_eq!(Options::new().limits().line, 8192);
    let mut limits = Limits::default();
    limits.line = 1000;
    let options = Options::from(Settings::new().limits(limits));
    assert_eq!(options.limits().line, 1000);
}
