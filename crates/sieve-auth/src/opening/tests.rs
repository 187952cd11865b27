use alloc::{format, string::String, vec::Vec};

use sasl_core::{
    Conformance, Error, Limit, Limits, Mechanism, Reason, Settings, Stage, Violation, WrongProtocol,
};

use crate::{
    Login, Options, Probe,
    tests::{
        GREETING, IN_CLEAR, Scenario, asked, greeting_with, login, login_with, start_tls, strict,
        token, upgrade, upgraded, violation,
    },
};

fn offered(block: &str, options: Options) -> Scenario<Probe> {
    Scenario::new(Probe::over_tls(options)).hears(block)
}

fn entries(block: &str) -> Vec<String> {
    let offered = offered(block, strict()).end().unwrap().accepted().unwrap();
    offered.iter().map(|entry| format!("{entry}")).collect()
}

#[test]
fn a_greeting_is_a_list() {
    assert_eq!(
        entries(GREETING),
        [
            "IMPLEMENTATION Example",
            "SASL OAUTHBEARER XOAUTH2 PLAIN",
            "SIEVE fileinto vacation",
            "VERSION 1.0"
        ]
    );
    let scenario = asked();
    assert!(scenario.has_told("Greeting(\"ready\")"));
    assert!(scenario.has_told("Offered"));
    assert!(scenario.writes[0].starts_with("AUTHENTICATE \"OAUTHBEARER\" \""));
}

/// V01, V02, V07, and D20: any case, any order, any form of string.
#[test]
fn names_and_values_in_every_form() {
    for block in [
        "\"sasl\" \"oauthbearer oauthbearer\"\r\noK\r\n",
        "{4}\r\nSASL {11}\r\nOAUTHBEARER\r\nOK\r\n",
        "{4}\r\nsAsL \"X  AVERYLONGMECHANISMNAMEINDEED OAUTHBEARER \"\r\nOk {6}\r\na\r\nb\r\n\r\n",
        "\"SASL\" {13}\r\n\r\n OAUTHBEARE\r\n\"SASL2\" \"OAUTHBEARER\"\r\nOK\r\n",
    ] {
        let scenario = offered(block, strict());
        let offered = scenario.end().unwrap().accepted().unwrap();
        let known = offered.mechanisms().contains(Mechanism::OAuthBearer);
        assert_eq!(known, !block.contains("SASL2"), "{block}");
    }
    let quoted = "\"IMPLEMENTATION\" \"a \\\"b\\\" \\\\ {5}\"\r\nOK\r\n";
    assert_eq!(entries(quoted), ["IMPLEMENTATION a \"b\" \\ {5}"]);
}

/// D20: a name that only begins like one of ours is another one.
#[test]
fn prefixes_are_other_mechanisms() {
    let block = "\"SASL\" \"XOAUTH2X AUTH=XOAUTH2 OAUTHBEARE\"\r\nOK\r\n";
    let rejection = login().hears(block).rejected();
    assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
    assert!(rejection.offered().is_empty());
}

/// V03.
#[test]
fn a_repeated_name() {
    let block = greeting_with("\"sasl\" {7}\r\nXOAUTH2");
    let scenario = login_with(strict()).hears(&block);
    assert_eq!(violation(scenario.end()), Violation::RepeatedCapability);
    let scenario = login().hears(&block);
    assert!(scenario.has_told("RepeatedCapability"));
    assert!(scenario.writes[0].starts_with("AUTHENTICATE \"XOAUTH2\""));
    let unknown = greeting_with("\"x-Y\" \"1\"\r\n\"X-y\"");
    let scenario = login_with(strict()).hears(unknown);
    assert_eq!(violation(scenario.end()), Violation::RepeatedCapability);
}

/// V04.
#[test]
fn no_line_for_mechanisms() {
    for options in [Options::new(), strict()] {
        let scenario = login_with(options).hears("\"VERSION\" \"1.0\"\r\nOK\r\n");
        assert!(scenario.has_told("NoMechanisms"));
        let rejection = scenario.rejected();
        assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
        assert!(!rejection.is_closed());
    }
}

/// V05, V06.
#[test]
fn an_empty_list_of_mechanisms() {
    let in_clear = || Login::dangerous_in_clear(token(), Options::new());
    let with = Scenario::new(in_clear()).hears(IN_CLEAR);
    assert!(!with.has_told("NoMechanisms") && !with.has_told("StartTlsInsideTls"));
    assert!(with.writes.is_empty());
    assert_eq!(with.rejected().reason(), Reason::EncryptionRequired);
    let without = IN_CLEAR.replace("\"STARTTLS\"\r\n", "");
    let without = Scenario::new(in_clear()).hears(without);
    assert_eq!(without.rejected().reason(), Reason::MechanismUnavailable);
    let inside = login().hears(IN_CLEAR);
    assert!(inside.has_told("StartTlsInsideTls"));
    assert_eq!(inside.rejected().reason(), Reason::MechanismUnavailable);
}

/// V08, V09, V10, V11, D01, D02 and their kind.
#[test]
fn malformed_strings() {
    let long = format!("\"X\" \"{}\"", "x".repeat(1025));
    let cases: &[(&str, Option<Violation>, Option<Violation>)] = &[
        ("\"X\" {1+}\r\ny", Some(Violation::BadLiteral), None),
        ("{1+}\r\ny", Some(Violation::BadLiteral), None),
        (&long, Some(Violation::BadString), None),
        ("\"X\" \"y\"\n\"Z\"", Some(Violation::BadLineEnd), None),
        same("{01}\r\ny", Violation::BadLiteral),
        same("\"X\" {4294967296}", Violation::BadLiteral),
        same("\"X\" \"a\\nb\"", Violation::BadString),
        same("\"X\" \"a\\", Violation::BadString),
        same("\"X\" \"a", Violation::BadString),
        same("\"X\" \"a {5}", Violation::BadString),
        same("\"X\" \"a\0b\"", Violation::Nul),
        same("\"X\" \"a\rb\"", Violation::BadLineEnd),
        same("\"X\"  \"y\"", Violation::BadLine),
        same("\"X\" \"y\" \"z\"", Violation::BadLine),
        same("\"X\" y", Violation::BadLine),
        same("\"X\"\"y\"", Violation::BadLine),
        same("\"\" \"y\"", Violation::BadCapabilities),
        same("\"X Y\"", Violation::BadCapabilities),
        same("OK no string", Violation::BadLine),
        same("OK (", Violation::BadLine),
    ];
    for (line, in_strict, in_robust) in cases {
        for (options, expected) in [(strict(), in_strict), (Options::new(), in_robust)] {
            let scenario = login_with(options).hears(greeting_with(line));
            match expected {
                Some(expected) => assert_eq!(violation(scenario.end()), *expected, "{line:?}"),
                None => assert_eq!(scenario.writes.len(), 1, "{line:?}"),
            }
        }
    }
}

fn same(line: &str, violation: Violation) -> (&str, Option<Violation>, Option<Violation>) {
    (line, Some(violation), Some(violation))
}

/// T7, T18: every kind of too much is an error, and none is waited out.
#[test]
fn limits() {
    let limit = |text: &str| match login().hears(text).end() {
        Err(Error::LimitExceeded { limit, during }) => (limit, during),
        other => panic!("{other:?}"),
    };
    let lines: String = (0..300).map(|n| format!("\"X{n}\"\r\n")).collect();
    let long_lines: String = (0..9)
        .map(|n| format!("\"X{n}\" {{16000}}\r\n{}\r\n", "x".repeat(16_000)))
        .collect();
    let many = format!("\"A\"{}\r\n", " {1}\r\na".repeat(9));
    for (text, expected) in [
        (lines.as_str(), (Limit::Reply, Stage::Greeting)),
        (&long_lines, (Limit::Reply, Stage::Greeting)),
        (&"x".repeat(17_000), (Limit::Line, Stage::Greeting)),
        ("\"X\" {65537}\r\n", (Limit::Literal, Stage::Greeting)),
        ("\"X\" {2147483648}\r\n", (Limit::Literal, Stage::Greeting)),
        (&many, (Limit::Literal, Stage::Greeting)),
        (
            &format!("\"{}\"\r\n", "x".repeat(256)),
            (Limit::Capabilities, Stage::Capabilities),
        ),
        (&"x".repeat(2 << 20), (Limit::Unasked, Stage::Greeting)),
    ] {
        assert_eq!(limit(text), expected);
    }
    let mut limits = Limits::default();
    limits.line = 100_000;
    let options = Options::from(Settings::new().limits(limits));
    assert!(login_with(options).hears("x".repeat(17_000)).waits());
}

/// T7.
#[test]
fn other_protocols_and_refusals() {
    for (greeting, hint) in [
        ("* OK IMAP4rev1 ready\r\n", WrongProtocol::Imap),
        ("220 mx.example ESMTP\r\n", WrongProtocol::Smtp),
        ("+OK ready\r\n", WrongProtocol::Pop3),
        ("HTTP/1.1 400 Bad Request\r\n", WrongProtocol::Http),
        ("\x15\x03\x03\0\x02", WrongProtocol::Tls),
        ("hello\r\n", WrongProtocol::Unknown),
        ("\r\n", WrongProtocol::Unknown),
        ("OKAY\r\n", WrongProtocol::Unknown),
    ] {
        let end = login().hears(greeting).end();
        assert_eq!(end.err(), Some(Error::WrongProtocol { hint }), "{greeting}");
    }
    for (greeting, reason) in [
        ("BYE \"no\"\r\n", Reason::Closed),
        ("NO (TRYLATER) \"busy\"\r\n", Reason::Temporary),
        ("\"SASL\" \"\"\r\nbye (TRYLATER)\r\n", Reason::Temporary),
        ("BYE (REFERRAL sieve://b.example)\r\n", Reason::Referral),
    ] {
        let rejection = login().hears(greeting).rejected();
        assert_eq!((rejection.reason(), rejection.is_closed()), (reason, true));
    }
}

/// D05.
#[test]
fn the_end_in_the_middle() {
    for text in ["", "\"SASL\" \"XOA", "\"SASL\" {7}\r\nXOA", "\"SASL\"\r\n"] {
        let end = login().hears(text).hears_end().end();
        let during = Stage::Greeting;
        assert_eq!(end.err(), Some(Error::UnexpectedEnd { during }));
    }
}

/// T9, D21: what was listed in clear is forgotten.
#[test]
fn only_the_list_under_tls_counts() {
    let in_clear = IN_CLEAR.replace("\"\"", "\"XOAUTH2\"");
    let proof = start_tls().hears(in_clear).hears("OK\r\n").end().unwrap();
    let login = Login::after_starttls(proof, token(), Options::new());
    let scenario = Scenario::new(login).goes_on();
    assert!(scenario.waits() && scenario.writes.is_empty());
    let scenario = scenario.hears("\"SASL\" \"PLAIN\"\r\nOK\r\n");
    assert!(scenario.writes.is_empty());
    assert_eq!(scenario.rejected().reason(), Reason::MechanismUnavailable);
}

#[test]
fn one_round_trip_after_tls() {
    let scenario = upgraded(strict()).hears(GREETING).hears("OK\r\n");
    assert_eq!(scenario.writes.len(), 1);
    let session = scenario.accepted();
    assert_eq!(session.round_trips(), 1);
    assert!(session.capabilities().has("SIEVE"));
    assert!(!session.capabilities().has("STARTTLS"));
}

/// V12.
#[test]
fn nothing_is_resent() {
    let scenario = upgraded(strict());
    assert_eq!(scenario.machine_patience(), None);
    let scenario = scenario.does(login_silence);
    assert!(scenario.waits() && scenario.writes.is_empty());

    let old = "\"SASL\" \"XOAUTH2\"\r\nOK\r\n";
    let scenario = upgraded(Options::new()).hears_nothing().hears(old);
    assert_eq!(scenario.writes[0], "CAPABILITY\r\n");
    assert!(scenario.writes[1].starts_with("AUTHENTICATE"));
    assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 2);

    // Part of the list has come: no reason to ask.
    let scenario = upgraded(Options::new()).hears("\"SA");
    assert_eq!(scenario.machine_patience(), None);
    let scenario = scenario.hears("SL\" \"\"\r\n");
    assert_eq!(scenario.machine_patience(), None);
    // Nor with a greeting.
    assert_eq!(login().goes_on().machine_patience(), None);
}

/// The list comes after all, at every moment at which it can.
#[test]
fn the_list_comes_late() {
    let first = "\"SASL\" \"PLAIN\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n";
    let second = "\"STARTTLS\"\r\n\"SASL\" \"XOAUTH2\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n";
    let tag = "OK (TAG {6}\r\nsync-1) \"done\"\r\n";

    // Before our question was written: the answer is still to come, and counts.
    let mut login = Login::after_starttls(upgrade(), token(), Options::new());
    login_silence(&mut login);
    assert!(matches!(login_poll(&mut login), "write"));
    let scenario = Scenario::new(login).hears(first);
    assert!(scenario.waits() && scenario.writes.is_empty());
    let scenario = scenario.hears(second);
    assert!(scenario.writes[0].starts_with("AUTHENTICATE \"XOAUTH2\""));

    // After it: which of the two it is shows when NOOP is answered.
    for (text, more) in [(first, second), (second, "")] {
        let scenario = upgraded(Options::new()).hears_nothing().hears(text);
        assert_eq!(scenario.writes[1], "NOOP \"sync-1\"\r\n");
        let scenario = scenario.hears(more).hears(tag);
        assert!(scenario.writes[2].starts_with("AUTHENTICATE \"XOAUTH2\""));
        assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 3);
    }
    // Both at once.
    let both = format!("{first}{second}");
    let scenario = upgraded(Options::new()).hears_nothing().hears(both);
    let scenario = scenario.hears("NO \"what?\"\r\n");
    assert!(scenario.writes[2].starts_with("AUTHENTICATE \"XOAUTH2\""));

    // Without NOOP, and so late that AUTHENTICATE is out.
    let old = "\"SASL\" \"XOAUTH2\"\r\n\"STARTTLS\"\r\nOK\r\n";
    let scenario = upgraded(Options::new()).hears_nothing().hears(old);
    let scenario = scenario.hears(old);
    assert!(scenario.waits());
    assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 2);
}

#[test]
fn assumed_capabilities() {
    let right = Options::new().assume("SASL XOAUTH2\nVERSION 1.0").unwrap();
    let scenario = upgraded(right.clone()).hears_nothing();
    assert!(scenario.writes[0].starts_with("AUTHENTICATE \"XOAUTH2\""));
    assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 1);
    // The list comes after all.
    let scenario = upgraded(right.clone()).hears_nothing().hears(GREETING);
    assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 1);
    // A list that comes in time wins.
    let scenario = upgraded(right.clone()).hears(GREETING);
    assert!(scenario.writes[0].starts_with("AUTHENTICATE \"OAUTHBEARER\""));
    // An explained refusal stands, an unexplained one is looked into.
    let scenario = upgraded(right.clone()).hears_nothing();
    let rejection = scenario.hears("NO (TRYLATER)\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::Temporary);
    let scenario = upgraded(right.clone()).hears_nothing().hears("NO\r\n");
    assert_eq!(scenario.writes[1], "CAPABILITY\r\n");
    let rejection = scenario.hears("\"SASL\" \"XOAUTH2\"\r\nOK\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::CredentialsRejected);
    let scenario = upgraded(right).hears_nothing().hears("NO\r\n");
    let scenario = scenario.hears("\"SASL\" \"OAUTHBEARER\"\r\nOK\r\n");
    assert!(scenario.has_told("HintWrong"));
    assert!(scenario.writes[2].starts_with("AUTHENTICATE \"OAUTHBEARER\""));
    // Nothing to try: the server is asked.
    let wrong = Options::new().assume("SASL PLAIN").unwrap();
    assert_eq!(upgraded(wrong).hears_nothing().writes[0], "CAPABILITY\r\n");
    for bad in ["SASL\nsasl PLAIN", "SASL\n\nX", "SASL \u{1}", " SASL"] {
        assert!(Options::new().assume(bad).is_err(), "{bad:?}");
    }
}

/// An answer to CAPABILITY or NOOP cannot have begun before them.
#[test]
fn answers_before_the_question() {
    let mut login = Login::after_starttls(upgrade(), token(), Options::new());
    login_silence(&mut login);
    assert!(matches!(login_poll(&mut login), "write"));
    let scenario = Scenario::new(login).hears("OK\r\n");
    assert_eq!(violation(scenario.end()), Violation::AnswerBeforeCommand);
    for refusal in ["NO\r\n", "\"SASL\" \"\"\r\nNO\r\n"] {
        let scenario = upgraded(Options::new()).hears_nothing().hears(refusal);
        assert_eq!(violation(scenario.end()), Violation::BadCapabilities);
    }
    let scenario = upgraded(Options::new()).hears_nothing().hears("BYE\r\n");
    assert_eq!(scenario.rejected().reason(), Reason::Closed);
}

#[test]
fn conformance_is_robust_by_default() {
    let chosen = Options::new().settings().chosen_conformance();
    assert_eq!(chosen, Conformance::Robust);
}

impl<M: sasl_core::Machine> Scenario<M> {
    fn machine_patience(&self) -> Option<core::time::Duration> {
        self.machine.patience()
    }
}

fn login_silence(login: &mut Login) {
    sasl_core::Machine::handle_silence(login);
}

fn login_poll(login: &mut Login) -> &'static str {
    match sasl_core::Machine::poll(login) {
        Ok(sasl_core::Step::Write(_)) => "write",
        _ => "other",
    }
}
