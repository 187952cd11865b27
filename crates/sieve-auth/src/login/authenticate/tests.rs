use alloc::{format, string::String};

use sasl_core::{
    Credentials, Endpoint, Machine, Mechanism, Outcome, Reason, Session, Settings, Step, Violation,
    base64,
};

use super::*;
use crate::{
    Options,
    tests::{
        GREETING, INVALID_TOKEN, REFUSAL, Scenario, TOKEN, XOAUTH2, asked, login_with, strict,
        token, violation,
    },
};

fn with(settings: Settings) -> Scenario<Login> {
    login_with(Options::from(settings)).hears(GREETING)
}

fn xoauth2() -> Settings {
    Settings::new().mechanisms(&[Mechanism::XOAuth2])
}

fn long(octets: usize) -> Credentials {
    Credentials::bearer("u", "t".repeat(octets)).unwrap()
}

#[test]
fn the_first_message_goes_along() {
    let scenario = with(xoauth2());
    assert_eq!(
        scenario.writes,
        [format!("AUTHENTICATE \"XOAUTH2\" \"{XOAUTH2}\"\r\n")]
    );
    assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 1);
    let endpoint = Endpoint::new("sieve.example.com", 4190).unwrap();
    let scenario = with(Settings::new().endpoint(endpoint));
    assert_eq!(
        scenario.writes,
        [
            "AUTHENTICATE \"OAUTHBEARER\" \"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2lldmUuZXhhbXBsZS5jb20BcG9ydD00MTkwAWF1dGg9QmVhcmVyIG1GXzkuQjVmLTQuMUpxTQEB\"\r\n"
        ]
    );
}

/// Up to 1024 octets of base64 in quotes, from there on a literal, always in one write.
#[test]
fn a_long_first_message_is_a_literal() {
    // `user=u^Aauth=Bearer ` and two ^A are 21 octets; 768 octets are 1024 of base64.
    for (token, quoted) in [(747, true), (748, false), (6000, false)] {
        let options = Options::from(xoauth2());
        let scenario = Scenario::new(Login::over_tls(long(token), options)).hears(GREETING);
        let [command] = scenario.writes.as_slice() else {
            panic!("{:?}", scenario.writes);
        };
        let octets = base64::encoded_len(token + 21);
        let rest = command.strip_prefix("AUTHENTICATE \"XOAUTH2\" ").unwrap();
        let message = if quoted {
            rest.strip_prefix('"')
                .and_then(|r| r.strip_suffix("\"\r\n"))
        } else {
            rest.strip_prefix(&format!("{{{octets}+}}\r\n"))
                .and_then(|rest| rest.strip_suffix("\r\n"))
        };
        assert_eq!(message.unwrap().len(), octets);
        assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 1);
    }
}

/// An empty challenge, quoted or literal, then the message as a string.
#[test]
fn the_first_message_apart() {
    for empty in ["\"\"\r\n", "{0}\r\n\r\n"] {
        let scenario = with(xoauth2().initial_response(false)).hears(empty);
        assert_eq!(
            scenario.writes,
            [
                "AUTHENTICATE \"XOAUTH2\"\r\n",
                &format!("\"{XOAUTH2}\"\r\n")
            ]
        );
        assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 2);
    }
    let options = Options::from(xoauth2().initial_response(false));
    let scenario = Scenario::new(Login::over_tls(long(2000), options)).hears(GREETING);
    let scenario = scenario.hears("\"\"\r\n");
    assert!(scenario.writes[1].starts_with("{2696+}\r\n"));
    assert!(scenario.writes[1].ends_with("\r\n"));
    assert_eq!(scenario.writes[1].len(), 9 + 2696 + 2);
    let _ = scenario.hears("OK\r\n").accepted();
}

/// Stalwart: the line of the empty challenge has no end.
#[test]
fn an_open_empty_challenge() {
    let scenario = with(xoauth2().initial_response(false)).hears("{0}\r\n");
    assert!(scenario.waits());
    let scenario = scenario.hears_nothing();
    assert_eq!(scenario.writes[1], format!("\"{XOAUTH2}\"\r\n"));
    let scenario = scenario.hears("{0}\r\n");
    assert_eq!(scenario.machine.patience(), None);
    let mut options = strict();
    let settings = options.settings().clone().initial_response(false);
    *options.settings_mut() = settings;
    let scenario = login_with(options).hears(GREETING).hears("{0}\r\n");
    assert_eq!(scenario.machine.patience(), None);
}

#[test]
fn passwords_and_certificates() {
    let password = || Credentials::password("user", "secret").unwrap();
    let play = |credentials, list: &str| {
        Scenario::new(Login::over_tls(credentials, Options::new()))
            .hears(format!("\"SASL\" \"{list}\"\r\nOK\r\n"))
    };
    let scenario = play(password(), "LOGIN PLAIN");
    assert_eq!(
        scenario.writes,
        ["AUTHENTICATE \"PLAIN\" \"AHVzZXIAc2VjcmV0\"\r\n"]
    );
    // LOGIN: the server speaks first.
    let scenario = play(password(), "LOGIN")
        .hears("\"VXNlcm5hbWU6\"\r\n")
        .hears("{12}\r\nUGFzc3dvcmQ6\r\n");
    assert_eq!(
        scenario.writes,
        [
            "AUTHENTICATE \"LOGIN\"\r\n",
            "\"dXNlcg==\"\r\n",
            "\"c2VjcmV0\"\r\n"
        ]
    );
    assert_eq!(scenario.hears("OK\r\n").accepted().round_trips(), 3);
    let scenario = play(Credentials::external(None).unwrap(), "EXTERNAL");
    assert_eq!(scenario.writes, ["AUTHENTICATE \"EXTERNAL\" \"\"\r\n"]);
}

/// T10: nothing that a server lists turns a token into a password, or picks for us.
#[test]
fn the_caller_orders() {
    let scenario = login_with(Options::new()).hears("\"SASL\" \"PLAIN LOGIN\"\r\nOK\r\n");
    assert!(scenario.writes.is_empty());
    let rejection = scenario.rejected();
    assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
    assert!(rejection.offered().contains(Mechanism::Plain));
    let scenario = login_with(Options::new()).hears("\"SASL\" \"XOAUTH2 OAUTHBEARER\"\r\nOK\r\n");
    assert!(scenario.writes[0].contains("OAUTHBEARER"));
    let forced = xoauth2().force_mechanism(true);
    let scenario = login_with(Options::from(forced)).hears("OK\r\n");
    assert!(scenario.writes[0].contains("XOAUTH2"));
}

/// T11, T22: before TLS no secret is in reach, and later none is shown.
#[test]
fn secrets_are_not_shown() {
    let mut machine = Login::over_tls(long(2000), Options::new());
    machine.handle_input(GREETING.as_bytes());
    let mut shown = String::new();
    loop {
        match machine.poll().unwrap() {
            Step::Write(bytes) => {
                shown += &format!("{} {bytes:?}", bytes.redacted());
                break;
            }
            Step::Event(event) => shown += &format!("{event:?}"),
            Step::Read | Step::Done(_) => panic!(),
        }
    }
    shown += &format!("{machine:?}");
    assert!(shown.contains("AUTHENTICATE \"OAUTHBEARER\" {"), "{shown}");
    for secret in ["tttttt", "dHR0dHR0", "R0dHR0", "0dHR0d"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let scenario = asked().hears(format!("NO \"no {TOKEN}, really\"\r\n"));
    assert!(!format!("{:?}", scenario.rejected()).contains(TOKEN));
}

/// With a good token again, on the same connection.
#[test]
fn another_try() {
    let scenario = asked()
        .hears(format!("\"{INVALID_TOKEN}\"\r\n"))
        .hears("NO \"Authentication failed.\"\r\n");
    assert_eq!(scenario.rejection().reason(), Reason::TokenRejected);
    let scenario = scenario.does(|login| login.retry(token()));
    assert_eq!(scenario.writes[0], scenario.writes[2]);
    let session = scenario.hears("OK\r\n").accepted();
    assert_eq!(session.round_trips(), 3);
    assert!(session.capabilities().has("SIEVE"));
    // T3: an answer that came with the refusal is none to the second command.
    let scenario = asked().hears("NO\r\nOK\r\n");
    let scenario = scenario.does(|login| login.retry(token()));
    assert_eq!(violation(scenario.end()), Violation::AnswerBeforeCommand);
    // Nothing to go on with.
    for farewell in ["BYE\r\n", "OK\r\n"] {
        let scenario = asked().hears(farewell);
        let scenario = scenario.does(|login| login.retry(token()));
        assert_eq!(scenario.end().err(), Some(sasl_core::Error::Finished));
    }
}

#[test]
fn cancelling() {
    let scenario = with(xoauth2().initial_response(false)).does(Login::cancel);
    let scenario = scenario.hears("\"\"\r\n");
    assert_eq!(scenario.writes[1], "\"*\"\r\n");
    let rejection = scenario.hears("NO \"aborted\"\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::Cancelled);
    assert!(!rejection.is_closed());
    let scenario = with(xoauth2().initial_response(false)).does(Login::cancel);
    let scenario = scenario.hears("\"\"\r\n").hears("OK\r\n");
    assert_eq!(violation(scenario.end()), Violation::OkAfterCancel);
    // The refusal was under way already.
    let scenario = asked()
        .does(Login::cancel)
        .hears(format!("\"{REFUSAL}\"\r\n"));
    assert_eq!(scenario.writes[1], "\"*\"\r\n");
    let rejection = scenario.hears("BYE\r\n").rejected();
    assert_eq!(
        (rejection.reason(), rejection.is_closed()),
        (Reason::Cancelled, true)
    );
}

#[test]
fn one_outcome() {
    let outcome: Outcome<Session> = asked().hears("OK\r\n").end().unwrap();
    assert_eq!(
        outcome.accepted().unwrap().mechanism(),
        Some(Mechanism::OAuthBearer)
    );
}
