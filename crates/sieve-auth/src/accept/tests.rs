use alloc::{format, string::String, vec::Vec};

use sasl_core::{
    AcceptSettings, Accepted, Credentials, Error, Farewell, Machine as _, Mechanism, Outcome,
    Presented, Reason, Step, Violation,
};

use super::*;
use crate::{
    Login, Options,
    tests::{INVALID_TOKEN, Scenario, TOKEN, XOAUTH2, token},
};

const OFFER: &str = "\"IMPLEMENTATION\" \"mail-login\"\r\n\"SASL\" \"OAUTHBEARER PLAIN XOAUTH2\"\r\n\
                     \"SIEVE\" \"fileinto vacation\"\r\n\"VERSION\" \"1.0\"\r\n";
const OFFER_IN_CLEAR: &str = "\"IMPLEMENTATION\" \"mail-login\"\r\n\"SASL\" \"\"\r\n\
                     \"SIEVE\" \"fileinto vacation\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\n";

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
    assert_eq!(over_tls().last_write(), format!("{OFFER}OK \"ready\"\r\n"));
    assert_eq!(
        in_clear().last_write(),
        format!("{OFFER_IN_CLEAR}OK \"ready\"\r\n")
    );
}

#[test]
fn a_token_with_the_command() {
    let scenario = over_tls().hears(format!(
        "AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\nNOOP\r\n"
    ));
    assert!(scenario.has_told("Chosen"));
    let scenario = scenario.does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert_eq!(scenario.last_write(), "OK \"Logged in\"\r\n");
    assert_eq!(scenario.machine.remaining(), b"NOOP\r\n");
    let accepted = accepted(scenario);
    assert_eq!(accepted.user(), "user@example.com");
    assert_eq!(accepted.mechanism(), Some(Mechanism::XOAuth2));
}

#[test]
fn a_token_behind_the_command_an_octet_at_a_time() {
    let octets = XOAUTH2.len();
    for message in [
        format!("\"{XOAUTH2}\"\r\n"),
        format!("{{{octets}+}}\r\n{XOAUTH2}\r\n"),
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
        .hears("AUTHENTICATE \"OAUTHBEARER\" \"bixhPXVzZXJAZXhhbXBsZS5jb20sAWF1dGg9QmVhcmVyIG1GXzkuQjVmLTQuMUpxTQEB\"\r\n")
        .does(|accept| accept.decide(Verdict::refuse(Reason::TokenRejected)));
    assert_eq!(scenario.last_write(), format!("\"{INVALID_TOKEN}\"\r\n"));
    let scenario = scenario.hears("\"AQ==\"\r\n");
    assert_eq!(scenario.last_write(), "NO \"Login failed\"\r\n");
    let scenario = scenario
        .hears(format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\n"))
        .does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert!(scenario.last_write().starts_with("OK "));
}

#[test]
fn a_long_document_is_a_literal() {
    let url = format!("https://id.example.com/{}", "x".repeat(900));
    let settings = AcceptSettings::new().openid_configuration(url);
    let scenario = Scenario::new(Accept::over_tls(AcceptOptions::from(settings)))
        .hears(format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\n"))
        .does(|accept| accept.decide(Verdict::refuse(Reason::TokenRejected)));
    let (announced, rest) = scenario.last_write().split_once("\r\n").unwrap();
    assert_eq!(announced, format!("{{{}}}", rest.len() - 2));
}

#[test]
fn no_login_in_clear() {
    for command in [
        format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\""),
        "AUTHENTICATE \"PLAIN\"".into(),
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
        format!("{OFFER}OK \"TLS negotiation successful\"\r\n")
    );
    let scenario = scenario.hears("STARTTLS\r\n");
    assert_eq!(
        scenario.last_write(),
        "NO \"TLS cannot be started here\"\r\n"
    );
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
    let scenario = over_tls().hears("AUTHENTICATE \"XOAUTH2\"\r\n\"*\"\r\n");
    assert_eq!(scenario.last_write(), "NO \"Login cancelled\"\r\n");
    for (command, answer) in [
        (
            "AUTHENTICATE \"XOAUTH2\" \"dXNl*cg==\"",
            "NO \"Invalid login message\"\r\n",
        ),
        ("AUTHENTICATE PLAIN", "NO \"Invalid arguments\"\r\n"),
        ("AUTHENTICATE \"PLAIN\" {4}", "NO \"Invalid arguments\"\r\n"),
        (
            "AUTHENTICATE \"SCRAM-SHA-1\"",
            "NO (AUTH-TOO-WEAK) \"Unsupported mechanism\"\r\n",
        ),
        ("LISTSCRIPTS", "NO \"Not a command before the login\"\r\n"),
    ] {
        let scenario = over_tls().hears(format!("{command}\r\n"));
        assert_eq!(scenario.last_write(), answer, "{command}");
    }
    // An answer that is no string ends the exchange.
    let scenario = over_tls().hears(format!("AUTHENTICATE \"XOAUTH2\"\r\n{XOAUTH2}\r\n"));
    assert_eq!(scenario.last_write(), "NO \"Invalid login message\"\r\n");
}

#[test]
fn commands_around_a_login() {
    let scenario = over_tls().hears("NOOP\r\nnoop \"a\\\"b\"\r\ncapability\r\nLOGOUT\r\nNOOP\r\n");
    assert_eq!(
        scenario.writes[1..].concat(),
        format!("OK\r\nOK (TAG {{3}}\r\na\"b)\r\n{OFFER}OK\r\nOK \"Logged out\"\r\n")
    );
    assert_eq!(farewell(scenario), Farewell::Asked);
}

#[test]
fn patience_has_an_end() {
    let scenario = over_tls().hears("AUTHENTICATE \"PLAIN\" \"\"\r\n".repeat(4));
    assert_eq!(scenario.writes.len(), 4);
    assert!(
        scenario
            .last_write()
            .ends_with("BYE \"Too many failed logins\"\r\n")
    );
    assert_eq!(farewell(scenario), Farewell::TooManyFailures);
    let scenario = over_tls().hears("NOOP\r\n".repeat(200));
    assert_eq!(farewell(scenario), Farewell::TooManyCommands);
}

#[test]
fn limits_of_what_is_taken() {
    let line = |text: String| over_tls().hears(text);
    for text in [
        "x".repeat(17_000),
        "AUTHENTICATE \"PLAIN\" {16385+}\r\n".into(),
        "NOOP {99999999999+}\r\n".into(),
    ] {
        let scenario = line(text);
        assert!(
            scenario.last_write().starts_with("BYE "),
            "{}",
            scenario.last_write()
        );
    }
    assert_eq!(
        farewell(line("a\0b\r\n".into())),
        Farewell::Malformed(Violation::Nul)
    );
    assert_eq!(farewell(over_tls().hears_end()), Farewell::HungUp);
}

#[test]
fn no_secret_is_shown() {
    let scenario = over_tls().hears(format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\n"));
    let shown = format!("{:?} {:?}", scenario.machine, scenario.events);
    assert!(
        !shown.contains("mF_9") && !shown.contains(&XOAUTH2[20..40]),
        "{shown}"
    );
    assert!(!format!("{:?}", presented(scenario)).contains("mF_9"));
}

/// Our own client against our own server.
fn converse(credentials: Credentials, verdict: &Verdict) -> Outcome<sasl_core::Session> {
    let mut login = Login::over_tls(credentials, Options::new());
    let mut accept = Accept::over_tls(AcceptOptions::new());
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        match accept.poll() {
            Ok(Step::Write(bytes)) => to_client.extend_from_slice(&bytes),
            Ok(Step::Read) if !to_server.is_empty() => {
                accept.handle_input(&core::mem::take(&mut to_server));
            }
            Ok(Step::Done(Accepting::Presented(_))) => accept.decide(verdict.clone()),
            Ok(Step::Read | Step::Event(_) | Step::Done(_)) | Err(_) => {}
        }
        match login.poll().unwrap() {
            Step::Write(bytes) => to_server.extend_from_slice(&bytes),
            Step::Read if !to_client.is_empty() => {
                login.handle_input(&core::mem::take(&mut to_client));
            }
            Step::Done(outcome) => return outcome,
            Step::Event(_) | Step::Read => {}
        }
    }
    panic!("no end in sight")
}

#[test]
fn our_client_understands_every_refusal() {
    for (reason, understood) in [
        (Reason::EncryptionRequired, Reason::EncryptionRequired),
        (Reason::ScopeInsufficient, Reason::ScopeInsufficient),
        (Reason::Temporary, Reason::Temporary),
        (Reason::TokenRejected, Reason::TokenRejected),
        (Reason::CredentialsRejected, Reason::TokenRejected),
        // ManageSieve has no word for these.
        (Reason::AdminRequired, Reason::CredentialsRejected),
        (Reason::AuthorizationDenied, Reason::CredentialsRejected),
    ] {
        let Outcome::Rejected(rejection) = converse(token(), &Verdict::refuse(reason)) else {
            panic!("accepted")
        };
        assert_eq!(rejection.reason(), understood, "{reason:?}");
    }
    let long = "t".repeat(4096);
    for secret in ["t", &long] {
        let credentials = Credentials::bearer("user@example.com", secret).unwrap();
        let outcome = converse(credentials, &Verdict::accept("user@example.com"));
        assert!(matches!(outcome, Outcome::Accepted(_)));
    }
}
