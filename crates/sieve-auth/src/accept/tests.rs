mod client;

use alloc::{format, string::String};

use sasl_core::{
    AcceptSettings, Accepted, Error, Farewell, Limit, Machine as _, Mechanism, Presented, Reason,
    Violation,
};

use super::*;
use crate::{
    parse::{Response, response},
    tests::{INVALID_TOKEN, OAUTHBEARER, Scenario, TOKEN, XOAUTH2},
};

const GREETING: &str = "\"IMPLEMENTATION\" \"mail-login\"\r\n\"SIEVE\" \"fileinto\"\r\n\
                        \"SASL\" \"OAUTHBEARER PLAIN XOAUTH2\"\r\n\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\n";

fn over_tls() -> Scenario<Accept> {
    Scenario::new(Accept::over_tls(AcceptOptions::new())).goes_on()
}

fn in_clear() -> Scenario<Accept> {
    Scenario::new(Accept::in_clear(AcceptOptions::new())).goes_on()
}

fn presented(scenario: Scenario<Accept>) -> Presented {
    let Accepting::Presented(presented) = scenario.end().unwrap() else {
        panic!("something else")
    };
    presented
}

fn accepted(scenario: Scenario<Accept>) -> Accepted {
    let Accepting::Accepted(accepted) = scenario.end().unwrap() else {
        panic!("something else")
    };
    accepted
}

fn farewell(scenario: Scenario<Accept>) -> Farewell {
    let Accepting::Closed(farewell) = scenario.end().unwrap() else {
        panic!("something else")
    };
    farewell
}

#[test]
fn greets_with_what_it_offers() {
    assert_eq!(over_tls().last_write(), GREETING);
    assert_eq!(
        in_clear().last_write(),
        "\"IMPLEMENTATION\" \"mail-login\"\r\n\"SIEVE\" \"fileinto\"\r\n\"SASL\" \"\"\r\n\
         \"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\n"
    );
}

#[test]
fn a_token_with_the_command() {
    let scenario = over_tls().hears(format!(
        "AUTHENTICATE \"OAUTHBEARER\" \"{OAUTHBEARER}\"\r\nLISTSCRIPTS\r\n"
    ));
    assert!(scenario.has_told("Chosen"));
    let scenario = scenario.does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert_eq!(scenario.last_write(), "OK \"Logged in\"\r\n");
    assert_eq!(scenario.machine.remaining(), b"LISTSCRIPTS\r\n");
    let accepted = accepted(scenario);
    assert_eq!(accepted.user(), "user@example.com");
    assert_eq!(accepted.mechanism(), Some(Mechanism::OAuthBearer));
}

#[test]
fn a_token_behind_the_command_an_octet_at_a_time() {
    for message in [
        format!("\"{XOAUTH2}\"\r\n"),
        format!("{{{}+}}\r\n{XOAUTH2}\r\n", XOAUTH2.len()),
    ] {
        let scenario = over_tls()
            .in_steps_of(1)
            .hears("AUTHENTICATE \"XOAUTH2\"\r\n");
        assert_eq!(scenario.last_write(), "\"\"\r\n");
        let presented = presented(scenario.hears(message));
        assert_eq!(presented.user(), "user@example.com");
        assert_eq!(presented.credentials().secret().expose(), TOKEN);
    }
}

#[test]
fn a_refused_token_is_explained_and_may_be_followed_by_another() {
    let scenario = over_tls()
        .hears(format!(
            "AUTHENTICATE \"OAUTHBEARER\" \"{OAUTHBEARER}\"\r\n"
        ))
        .does(|accept| accept.decide(Verdict::refuse(Reason::TokenRejected)));
    assert_eq!(scenario.last_write(), format!("\"{INVALID_TOKEN}\"\r\n"));
    let scenario = scenario.hears("\"AQ==\"\r\n");
    assert_eq!(scenario.last_write(), "NO \"Login failed\"\r\n");
    let scenario = scenario
        .hears(format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\n"))
        .does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert_eq!(scenario.last_write(), "OK \"Logged in\"\r\n");
}

/// Quotes hold 1024 octets; a longer document is a literal.
#[test]
fn a_long_challenge_is_a_literal() {
    // `{"status":"invalid_token","scope":""}` are 37 octets; 768 octets are 1024 of base64.
    for (scope, quoted) in [(731, true), (732, false)] {
        let settings = AcceptSettings::new().scope("s".repeat(scope));
        let accept = Accept::over_tls(AcceptOptions::from(settings));
        let scenario = Scenario::new(accept)
            .hears(format!(
                "AUTHENTICATE \"OAUTHBEARER\" \"{OAUTHBEARER}\"\r\n"
            ))
            .does(|accept| accept.decide(Verdict::refuse(Reason::TokenRejected)));
        let said = scenario.last_write();
        assert_eq!(said.starts_with("\"eyJ"), quoted);
        assert_eq!(said.starts_with("{1028}\r\neyJ"), !quoted, "{said}");
        let scenario = scenario.hears("\"AQ==\"\r\n");
        assert_eq!(scenario.last_write(), "NO \"Login failed\"\r\n");
    }
}

#[test]
fn reasons_have_their_codes() {
    for (reason, code) in [
        (Reason::EncryptionRequired, "ENCRYPT-NEEDED"),
        (Reason::MechanismUnavailable, "AUTH-TOO-WEAK"),
        (Reason::Temporary, "TRYLATER"),
    ] {
        let scenario = over_tls()
            .hears(format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\n"))
            .does(|accept| accept.decide(Verdict::refuse(reason)));
        let said = scenario.last_write();
        assert!(said.starts_with(&format!("NO ({code}) \"")), "{said}");
        assert!(scenario.waits());
    }
}

#[test]
fn the_login_mechanism_asks_for_both() {
    let settings = AcceptSettings::new().mechanisms([Mechanism::Login]);
    let scenario =
        || Scenario::new(Accept::over_tls(AcceptOptions::from(settings.clone()))).goes_on();
    let asked = scenario().hears("AUTHENTICATE \"LOGIN\"\r\n");
    assert_eq!(asked.last_write(), "\"VXNlcm5hbWU6\"\r\n");
    let asked = asked.hears("\"dGlt\"\r\n");
    assert_eq!(asked.last_write(), "\"UGFzc3dvcmQ6\"\r\n");
    let presented = presented(asked.hears("{24+}\r\ndGFuc3RhYWZ0YW5zdGFhZg==\r\n"));
    assert_eq!(presented.user(), "tim");
    assert_eq!(
        presented.credentials().secret().expose(),
        "tanstaaftanstaaf"
    );
    // The server speaks first here.
    assert_eq!(
        scenario()
            .hears("AUTHENTICATE \"LOGIN\" \"dGlt\"\r\n")
            .last_write(),
        "NO \"Invalid login message\"\r\n"
    );
}

#[test]
fn no_login_in_clear() {
    for command in [
        format!("AUTHENTICATE \"OAUTHBEARER\" \"{OAUTHBEARER}\""),
        "AUTHENTICATE \"XOAUTH2\"".into(),
        "AUTHENTICATE {5+}\r\nPLAIN \"\"".into(),
    ] {
        let scenario = in_clear().hears(format!("{command}\r\n"));
        assert_eq!(
            scenario.last_write(),
            "NO (ENCRYPT-NEEDED) \"TLS is required\"\r\n"
        );
    }
    let scenario = in_clear().hears("AUTHENTICATE \"EXTERNAL\" \"\"\r\n");
    assert_eq!(
        scenario.last_write(),
        "NO (AUTH-TOO-WEAK) \"Unsupported mechanism\"\r\n"
    );
}

#[test]
fn starttls_forgets_everything() {
    let scenario = in_clear().hears("STARTTLS\r\n");
    assert_eq!(
        scenario.last_write(),
        "OK \"Begin TLS negotiation now\"\r\n"
    );
    let Ok(Accepting::StartTls(proof)) = scenario.end() else {
        panic!()
    };
    let scenario = Scenario::new(Accept::after_starttls(proof, AcceptOptions::new())).goes_on();
    assert_eq!(
        scenario.last_write(),
        GREETING.replace("ready", "TLS negotiation successful"),
        "the list comes again, unasked"
    );
    let scenario = scenario.hears("STARTTLS\r\n");
    assert_eq!(
        scenario.last_write(),
        "NO \"TLS cannot be started here\"\r\n"
    );
    let listed = scenario.hears("CAPABILITY\r\n");
    assert_eq!(listed.last_write(), GREETING.replace("ready", "Done"));
}

#[test]
fn what_comes_in_clear_behind_starttls_is_fatal() {
    let scenario = in_clear().hears("STARTTLS\r\nNOOP\r\n");
    assert_eq!(scenario.writes.len(), 1, "nothing is agreed to");
    assert_eq!(
        scenario.end().err(),
        Some(Error::DataAfterStartTls { octets: 6 })
    );
    // Nor may it come later.
    let mut accept = in_clear().hears("STARTTLS\r\n").machine;
    accept.handle_input(b"N");
    assert!(accept.poll().is_err());
}

#[test]
fn cancelled_and_malformed() {
    for star in ["\"*\"", "{1+}\r\n*"] {
        let scenario = over_tls().hears(format!("AUTHENTICATE \"XOAUTH2\"\r\n{star}\r\n"));
        assert_eq!(scenario.last_write(), "NO \"Login cancelled\"\r\n");
    }
    // What is no string is no answer.
    for answer in ["*", XOAUTH2, "", "\"\" \"\""] {
        let scenario = over_tls().hears(format!("AUTHENTICATE \"XOAUTH2\"\r\n{answer}\r\n"));
        assert_eq!(scenario.last_write(), "NO \"Invalid login message\"\r\n");
    }
    for (command, answer) in [
        (
            "AUTHENTICATE \"PLAIN\" \"\"",
            "NO \"Invalid login message\"\r\n",
        ),
        (
            "AUTHENTICATE \"PLAIN\" \"dXNl*cg==\"",
            "NO \"Invalid login message\"\r\n",
        ),
        (
            "AUTHENTICATE \"PLAIN\" \"AHRp\\\\bQB0\"",
            "NO \"Invalid login message\"\r\n",
        ),
        ("AUTHENTICATE PLAIN", "NO \"Invalid arguments\"\r\n"),
        (
            "AUTHENTICATE \"SCRAM-SHA-1\"",
            "NO (AUTH-TOO-WEAK) \"Unsupported mechanism\"\r\n",
        ),
        ("LISTSCRIPTS", "NO \"Not a command before the login\"\r\n"),
        ("", "NO \"Not a command before the login\"\r\n"),
    ] {
        let scenario = over_tls().hears(format!("{command}\r\n"));
        assert_eq!(scenario.last_write(), answer, "{command}");
    }
}

#[test]
fn commands_around_a_login() {
    let scenario = over_tls().hears(
        "NOOP\r\nnoop \"a {3+}\"\r\nNOOP {4+}\r\na\"\\b\r\nNOOP {3+}\r\na\r\n\r\n\
         PUTSCRIPT \"x\" {6+}\r\nNOOP\r\n\r\nLOGOUT\r\nNOOP\r\n",
    );
    assert_eq!(
        scenario.writes[1..].concat(),
        "OK \"Done\"\r\nOK (TAG \"a {3+}\") \"Done\"\r\nOK (TAG \"a\\\"\\\\b\") \"Done\"\r\n\
         OK (TAG {3}\r\na\r\n) \"Done\"\r\nNO \"Not a command before the login\"\r\n\
         OK \"Logged out\"\r\n"
    );
    assert_eq!(farewell(scenario), Farewell::Asked);
}

/// What a client wants back comes in quotes where it fits them, and is the same in any case.
#[test]
fn tags_come_back() {
    for (tag, quoted) in [
        ("x".repeat(1024), true),
        ("x".repeat(1025), false),
        ("x".repeat(1022) + "\\", true),
        ("x".repeat(1023) + "\"", false),
        ("a\0b".into(), false),
        ("\u{e4}".into(), true),
    ] {
        let scenario = over_tls().hears(format!("NOOP {{{}+}}\r\n{tag}\r\n", tag.len()));
        let line = scenario.last_write().strip_suffix("\r\n").unwrap();
        let Ok(Response::Condition { text, .. }) = response(line.as_bytes(), true) else {
            panic!("{line}")
        };
        let code = text.code().unwrap();
        assert!(code.is("TAG"));
        let back = code.string().unwrap();
        assert_eq!(
            (&*back.decoded(), back.is_quoted()),
            (tag.as_bytes(), quoted)
        );
    }
}

#[test]
fn patience_has_an_end() {
    let failing = "AUTHENTICATE \"PLAIN\" \"\"\r\n".repeat(4);
    let scenario = over_tls().hears(failing);
    assert_eq!(scenario.writes.len(), 4);
    assert!(
        scenario
            .last_write()
            .ends_with("\r\nBYE \"Too many failed logins\"\r\n")
    );
    assert_eq!(farewell(scenario), Farewell::TooManyFailures);
    let scenario = over_tls().hears("NOOP\r\n".repeat(200));
    assert!(
        scenario
            .last_write()
            .ends_with("\r\nBYE \"Too many commands without a login\"\r\n")
    );
    assert_eq!(farewell(scenario), Farewell::TooManyCommands);
}

#[test]
fn limits_of_what_is_taken() {
    let line = |text: String| over_tls().hears(text);
    for (text, limit) in [
        ("x".repeat(17_000), Limit::Line),
        ("x".repeat(70_000), Limit::Unasked),
        ("NOOP {16385+}\r\n".into(), Limit::Literal),
        ("NOOP {1+}\r\nx".repeat(5) + " {1+}\r\n", Limit::Literal),
    ] {
        let scenario = line(text);
        assert_eq!(
            scenario.last_write(),
            "BYE \"Line or literal too long\"\r\n"
        );
        assert_eq!(farewell(scenario), Farewell::LimitExceeded(limit));
    }
    for (text, violation) in [
        ("NO\0OP\r\n", Violation::Nul),
        ("NOOP\n", Violation::BadLineEnd),
        ("NOOP\rLOGOUT\r\n", Violation::BadLineEnd),
        ("NOOP {99999999999+}\r\n", Violation::BadLiteral),
    ] {
        let scenario = line(text.into());
        assert_eq!(scenario.last_write(), "BYE \"Malformed line\"\r\n");
        assert_eq!(farewell(scenario), Farewell::Malformed(violation));
    }
    assert_eq!(farewell(over_tls().hears_end()), Farewell::HungUp);
    // A message of 12,288 octets has to be taken, however it comes.
    let long = "A".repeat(12_288);
    for message in [
        format!("\"{long}\"\r\n"),
        format!("{{12288+}}\r\n{long}\r\n"),
    ] {
        let scenario = over_tls()
            .hears("AUTHENTICATE \"XOAUTH2\"\r\n")
            .hears(message);
        assert!(
            scenario.last_write().starts_with("\"eyJ"),
            "the message is read, and malformed"
        );
    }
}

/// Nobody is invited to send a literal, and what would follow is not taken for commands.
#[test]
fn a_literal_that_waits_is_fatal() {
    for (before, text) in [
        ("", "AUTHENTICATE \"PLAIN\" {8}\r\n"),
        ("", "AUTHENTICATE \"PLAIN\" {8}\r\nNOOP\r\n\r\n\r\n"),
        ("AUTHENTICATE \"PLAIN\"\r\n", "{8}\r\n"),
    ] {
        let scenario = over_tls().hears(before);
        let writes = scenario.writes.len();
        let scenario = scenario.hears(text);
        assert_eq!(scenario.writes[writes..], ["BYE \"Malformed line\"\r\n"]);
        let expected = Farewell::Malformed(Violation::BadLiteral);
        assert_eq!(farewell(scenario), expected);
    }
    // In quotes it is text.
    let scenario = over_tls().hears("NOOP \"{8}\"\r\n");
    assert_eq!(scenario.last_write(), "OK (TAG \"{8}\") \"Done\"\r\n");
    let scenario = over_tls().hears("NOOP \"a {8}\r\n");
    assert_eq!(scenario.last_write(), "NO \"Invalid arguments\"\r\n");
}

#[test]
fn no_secret_is_shown() {
    let scenario = over_tls().hears(format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\n"));
    let shown = format!("{:?} {:?}", scenario.machine, scenario.events);
    assert!(
        !shown.contains("mF_9") && !shown.contains(&XOAUTH2[20..40]),
        "{shown}"
    );
    let settings = AcceptSettings::new();
    assert!(!format!("{:?} {settings:?}", presented(scenario)).contains("mF_9"));
}
