use alloc::{format, string::String};

use sasl_core::{
    AcceptSettings, Accepted, Error, Farewell, Machine as _, Mechanism, Presented, Reason,
};

use super::*;
use crate::tests::{INVALID_TOKEN, OAUTHBEARER, Scenario, TOKEN, XOAUTH2};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL- ID AUTH=OAUTHBEARER AUTH=PLAIN \
                        AUTH=XOAUTH2] ready\r\n";

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
        "* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL- ID STARTTLS LOGINDISABLED] ready\r\n"
    );
}

#[test]
fn a_token_with_the_command() {
    let scenario = over_tls().hears(format!(
        "a AUTHENTICATE OAUTHBEARER {OAUTHBEARER}\r\nb NOOP\r\n"
    ));
    assert!(scenario.has_told("Chosen"));
    let scenario = scenario.does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert_eq!(
        scenario.last_write(),
        "a OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL- ID] Logged in\r\n"
    );
    assert_eq!(scenario.machine.remaining(), b"b NOOP\r\n");
    let accepted = accepted(scenario);
    assert_eq!(accepted.user(), "user@example.com");
    assert_eq!(accepted.mechanism(), Some(Mechanism::OAuthBearer));
}

#[test]
fn a_token_behind_the_command_an_octet_at_a_time() {
    let scenario = over_tls()
        .in_steps_of(1)
        .hears("a AUTHENTICATE XOAUTH2\r\n");
    assert_eq!(scenario.last_write(), "+ \r\n");
    let presented = presented(scenario.hears(format!("{XOAUTH2}\r\n")));
    assert_eq!(presented.user(), "user@example.com");
    assert_eq!(presented.credentials().secret().expose(), TOKEN);
}

#[test]
fn a_refused_token_is_explained_and_may_be_followed_by_another() {
    let scenario = over_tls()
        .hears(format!("a AUTHENTICATE OAUTHBEARER {OAUTHBEARER}\r\n"))
        .does(|accept| accept.decide(Verdict::refuse(Reason::TokenRejected)));
    assert_eq!(scenario.last_write(), format!("+ {INVALID_TOKEN}\r\n"));
    let scenario = scenario.hears("AQ==\r\n");
    assert_eq!(
        scenario.last_write(),
        "a NO [AUTHENTICATIONFAILED] Login failed\r\n"
    );
    let scenario = scenario
        .hears(format!("b AUTHENTICATE XOAUTH2 {XOAUTH2}\r\n"))
        .does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert!(scenario.last_write().starts_with("b OK "));
}

#[test]
fn reasons_have_their_codes() {
    for (reason, code) in [
        (Reason::AdminRequired, "CONTACTADMIN"),
        (Reason::AuthorizationDenied, "AUTHORIZATIONFAILED"),
        (Reason::Temporary, "UNAVAILABLE"),
        (Reason::EncryptionRequired, "PRIVACYREQUIRED"),
    ] {
        let scenario = over_tls()
            .hears(format!("a AUTHENTICATE XOAUTH2 {XOAUTH2}\r\n"))
            .does(|accept| accept.decide(Verdict::refuse(reason)));
        assert!(
            scenario
                .last_write()
                .starts_with(&format!("a NO [{code}] "))
        );
        assert!(scenario.waits());
    }
}

#[test]
fn the_login_command_takes_literals() {
    let scenario = over_tls().hears("a LOGIN {3}\r\n");
    assert_eq!(scenario.last_write(), "+ Go on\r\n");
    let scenario = scenario.hears("tim {16}\r\n");
    assert_eq!(scenario.last_write(), "+ Go on\r\n");
    let presented = presented(scenario.hears("tanstaaftanstaaf\r\n"));
    assert_eq!(presented.mechanism(), None);
    assert_eq!(
        presented.credentials().secret().expose(),
        "tanstaaftanstaaf"
    );
    // Nobody is invited who does not wait.
    let scenario = over_tls().hears("a LOGIN {3+}\r\ntim {3+}\r\npwd\r\n");
    assert_eq!(scenario.writes.len(), 1);
}

#[test]
fn no_login_in_clear() {
    for command in [
        format!("a AUTHENTICATE OAUTHBEARER {OAUTHBEARER}"),
        "a AUTHENTICATE XOAUTH2".into(),
        "a LOGIN tim tanstaaf".into(),
    ] {
        let scenario = in_clear().hears(format!("{command}\r\n"));
        assert_eq!(
            scenario.last_write(),
            "a NO [PRIVACYREQUIRED] TLS is required\r\n"
        );
    }
    let scenario = in_clear().hears("a AUTHENTICATE EXTERNAL =\r\n");
    assert_eq!(scenario.last_write(), "a NO Unsupported mechanism\r\n");
}

#[test]
fn starttls_forgets_everything() {
    let scenario = in_clear().hears("a STARTTLS\r\n");
    assert_eq!(scenario.last_write(), "a OK Begin TLS negotiation now\r\n");
    let Ok(Accepting::StartTls(proof)) = scenario.end() else {
        panic!()
    };
    let scenario = Scenario::new(Accept::after_starttls(proof, AcceptOptions::new())).goes_on();
    assert!(scenario.writes.is_empty(), "no second greeting");
    let scenario = scenario.hears("b STARTTLS\r\n");
    assert_eq!(
        scenario.last_write(),
        "b BAD TLS cannot be started here\r\n"
    );
    assert!(
        scenario
            .hears("c CAPABILITY\r\n")
            .last_write()
            .contains("AUTH=XOAUTH2")
    );
}

#[test]
fn what_comes_in_clear_behind_starttls_is_fatal() {
    let scenario = in_clear().hears("a STARTTLS\r\nb NOOP\r\n");
    assert_eq!(scenario.writes.len(), 1, "nothing is agreed to");
    assert_eq!(
        scenario.end().err(),
        Some(Error::DataAfterStartTls { octets: 8 })
    );
    // Nor may it come later.
    let mut accept = in_clear().hears("a STARTTLS\r\n").machine;
    accept.handle_input(b"b");
    assert!(accept.poll().is_err());
}

#[test]
fn cancelled_and_malformed() {
    let scenario = over_tls().hears("a AUTHENTICATE XOAUTH2\r\n*\r\n");
    assert_eq!(scenario.last_write(), "a BAD Login cancelled\r\n");
    for (command, answer) in [
        (
            "a AUTHENTICATE XOAUTH2 dXNl*cg==",
            "a BAD Invalid login message\r\n",
        ),
        ("a AUTHENTICATE PLAIN =", "a BAD Invalid login message\r\n"),
        ("a AUTHENTICATE", "a BAD Invalid arguments\r\n"),
        (
            "a AUTHENTICATE SCRAM-SHA-1",
            "a NO Unsupported mechanism\r\n",
        ),
        ("a SELECT INBOX", "a BAD Not a command before the login\r\n"),
        ("* NOOP", "* BAD Not a tagged command\r\n"),
    ] {
        let scenario = over_tls().hears(format!("{command}\r\n"));
        assert_eq!(scenario.last_write(), answer, "{command}");
    }
}

#[test]
fn commands_around_a_login() {
    let scenario = over_tls()
        .hears("a NOOP\r\nb ID (\"name\" \"x\")\r\nc capability\r\nd LOGOUT\r\ne NOOP\r\n");
    assert_eq!(
        scenario.writes[1..].concat(),
        "a OK Done\r\n* ID NIL\r\nb OK Done\r\n* CAPABILITY IMAP4rev1 SASL-IR LITERAL- ID \
         AUTH=OAUTHBEARER AUTH=PLAIN AUTH=XOAUTH2\r\nc OK Done\r\n* BYE Logging out\r\n\
         d OK Logged out\r\n"
    );
    assert_eq!(farewell(scenario), Farewell::Asked);
}

#[test]
fn patience_has_an_end() {
    let failing = "a AUTHENTICATE PLAIN =\r\n".repeat(4);
    let scenario = over_tls().hears(failing);
    assert_eq!(scenario.writes.len(), 4);
    assert!(
        scenario
            .last_write()
            .ends_with("* BYE Too many failed logins\r\n")
    );
    assert_eq!(farewell(scenario), Farewell::TooManyFailures);
    let scenario = over_tls().hears("a NOOP\r\n".repeat(200));
    assert_eq!(farewell(scenario), Farewell::TooManyCommands);
    // A login that could not be checked has not failed, and is a command all the same.
    let settings = AcceptSettings::new().failures(1).commands(2);
    let mut scenario = Scenario::new(Accept::over_tls(AcceptOptions::from(settings)));
    for _ in 0..2 {
        scenario = scenario
            .hears(format!("a AUTHENTICATE XOAUTH2 {XOAUTH2}\r\n"))
            .does(|accept| accept.decide(Verdict::refuse(Reason::Temporary)));
    }
    assert_eq!(farewell(scenario), Farewell::TooManyCommands);
}

#[test]
fn limits_of_what_is_taken() {
    let line = |text: String| over_tls().hears(text);
    for text in [
        "x".repeat(17_000),
        "a LOGIN {16385}\r\n".into(),
        "a X {99999999999}\r\n".into(),
    ] {
        let scenario = line(text);
        assert!(
            scenario.last_write().starts_with("* BYE "),
            "{}",
            scenario.last_write()
        );
    }
    assert_eq!(
        farewell(line("a\0b\r\n".into())),
        Farewell::Malformed(sasl_core::Violation::Nul)
    );
    assert_eq!(farewell(over_tls().hears_end()), Farewell::HungUp);
    // A message of 12,288 octets has to be taken.
    let long = "A".repeat(12_288);
    let scenario = over_tls()
        .hears("a AUTHENTICATE XOAUTH2\r\n")
        .hears(format!("{long}\r\n"));
    assert!(
        scenario.last_write().starts_with("+ "),
        "the message is read, and malformed"
    );
}

#[test]
fn no_secret_is_shown() {
    let scenario = over_tls().hears(format!("a AUTHENTICATE XOAUTH2 {XOAUTH2}\r\n"));
    let shown = format!("{:?} {:?}", scenario.machine, scenario.events);
    assert!(
        !shown.contains("mF_9") && !shown.contains(&XOAUTH2[20..40]),
        "{shown}"
    );
    let settings = AcceptSettings::new();
    assert!(!format!("{:?} {settings:?}", presented(scenario)).contains("mF_9"));
}
