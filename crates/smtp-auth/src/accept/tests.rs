use alloc::{format, string::String};

use sasl_core::{
    AcceptSettings, Accepted, Credentials, Error, Farewell, Machine, Mechanism, Outcome, Presented,
    Reason, Session, Settings, Step,
};

use super::*;
use crate::{
    Login, Options,
    tests::{INVALID_TOKEN, OAUTHBEARER, Scenario, TOKEN, XOAUTH2, token},
};

/// A client has said EHLO.
fn over_tls() -> Scenario<Accept> {
    Scenario::new(Accept::over_tls(AcceptOptions::new())).hears("EHLO [192.0.2.1]\r\n")
}

fn in_clear() -> Scenario<Accept> {
    Scenario::new(Accept::in_clear(AcceptOptions::new())).hears("EHLO [192.0.2.1]\r\n")
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
    assert_eq!(
        over_tls().writes,
        [
            "220 localhost ESMTP ready\r\n",
            "250-localhost\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n\
             250 AUTH OAUTHBEARER PLAIN XOAUTH2\r\n",
        ]
    );
    assert_eq!(
        in_clear().last_write(),
        "250-localhost\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"
    );
}

#[test]
fn a_token_with_the_command() {
    let scenario = over_tls().hears(format!("AUTH OAUTHBEARER {OAUTHBEARER}\r\nNOOP\r\n"));
    assert!(scenario.has_told("Chosen"));
    let scenario = scenario.does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert_eq!(scenario.last_write(), "235 2.7.0 Logged in\r\n");
    assert_eq!(scenario.machine.remaining(), b"NOOP\r\n");
    let accepted = accepted(scenario);
    assert_eq!(accepted.user(), "user@example.com");
    assert_eq!(accepted.mechanism(), Some(Mechanism::OAuthBearer));
}

#[test]
fn a_token_behind_the_command_an_octet_at_a_time() {
    let scenario = over_tls().in_steps_of(1).hears("AUTH XOAUTH2\r\n");
    assert_eq!(scenario.last_write(), "334 \r\n");
    let presented = presented(scenario.hears(format!("{XOAUTH2}\r\n")));
    assert_eq!(presented.user(), "user@example.com");
    assert_eq!(presented.credentials().secret().expose(), TOKEN);
}

#[test]
fn a_refused_token_is_explained_and_may_be_followed_by_another() {
    let scenario = over_tls()
        .hears(format!("AUTH OAUTHBEARER {OAUTHBEARER}\r\n"))
        .does(|accept| accept.decide(Verdict::refuse(Reason::TokenRejected)));
    assert_eq!(scenario.last_write(), format!("334 {INVALID_TOKEN}\r\n"));
    let scenario = scenario.hears("AQ==\r\n");
    assert_eq!(scenario.last_write(), "535 5.7.8 Login failed\r\n");
    let scenario = scenario
        .hears(format!("AUTH XOAUTH2 {XOAUTH2}\r\n"))
        .does(|accept| accept.decide(Verdict::accept("user@example.com")));
    assert_eq!(scenario.last_write(), "235 2.7.0 Logged in\r\n");
}

#[test]
fn reasons_have_their_codes() {
    for (reason, code) in [
        (Reason::AdminRequired, "525 5.7.13"),
        (Reason::AuthorizationDenied, "550 5.7.1"),
        (Reason::Temporary, "454 4.7.0"),
        (Reason::EncryptionRequired, "538 5.7.11"),
        (Reason::MechanismUnavailable, "534 5.7.9"),
        (Reason::TokenTooLong, "500 5.5.6"),
    ] {
        let scenario = over_tls()
            .hears(format!("AUTH XOAUTH2 {XOAUTH2}\r\n"))
            .does(|accept| accept.decide(Verdict::refuse(reason)));
        let said = scenario.last_write();
        assert!(said.starts_with(&format!("{code} ")), "{said}");
        assert!(scenario.waits());
    }
}

#[test]
fn the_login_mechanism_asks_for_both() {
    let settings = AcceptSettings::new().mechanisms([Mechanism::Login]);
    let scenario = || {
        Scenario::new(Accept::over_tls(AcceptOptions::from(settings.clone())))
            .hears("EHLO [192.0.2.1]\r\n")
    };
    let asked = scenario().hears("AUTH LOGIN\r\n");
    assert_eq!(asked.last_write(), "334 VXNlcm5hbWU6\r\n");
    let asked = asked.hears("dGlt\r\n");
    assert_eq!(asked.last_write(), "334 UGFzc3dvcmQ6\r\n");
    let presented = presented(asked.hears("dGFuc3RhYWZ0YW5zdGFhZg==\r\n"));
    assert_eq!(presented.user(), "tim");
    assert_eq!(
        presented.credentials().secret().expose(),
        "tanstaaftanstaaf"
    );
    // RFC 4954 section 4: the server speaks first here.
    assert_eq!(
        scenario().hears("AUTH LOGIN dGlt\r\n").last_write(),
        "501 5.7.0 This mechanism takes no initial response\r\n"
    );
}

#[test]
fn no_login_in_clear() {
    for command in [
        format!("AUTH OAUTHBEARER {OAUTHBEARER}"),
        "AUTH XOAUTH2".into(),
        "AUTH EXTERNAL =".into(),
        "AUTH SCRAM-SHA-1".into(),
        "MAIL FROM:<>".into(),
    ] {
        let scenario = in_clear().hears(format!("{command}\r\n"));
        assert_eq!(
            scenario.last_write(),
            "530 5.7.0 Must issue a STARTTLS command first\r\n"
        );
    }
    // Where TLS cannot be had either, nobody is sent there.
    let options = AcceptOptions::from(AcceptSettings::new().starttls(false));
    let scenario = Scenario::new(Accept::in_clear(options)).hears("EHLO a\r\nAUTH XOAUTH2\r\n");
    assert!(!scenario.writes.concat().contains("STARTTLS"));
    assert_eq!(scenario.last_write(), "538 5.7.11 TLS is required\r\n");
    // Where logins are taken in clear, the embedder may still want TLS for this one.
    let scenario = Scenario::new(Accept::dangerous_in_clear(AcceptOptions::new()))
        .hears(format!("EHLO a\r\nAUTH XOAUTH2 {XOAUTH2}\r\n"))
        .does(|accept| accept.decide(Verdict::refuse(Reason::EncryptionRequired)));
    assert_eq!(
        scenario.last_write(),
        "530 5.7.0 Must issue a STARTTLS command first\r\n"
    );
}

#[test]
fn starttls_forgets_everything() {
    let scenario = in_clear().hears("STARTTLS\r\n");
    assert_eq!(scenario.last_write(), "220 2.0.0 Ready to start TLS\r\n");
    let Ok(Accepting::StartTls(proof)) = scenario.end() else {
        panic!()
    };
    let scenario = Scenario::new(Accept::after_starttls(proof, AcceptOptions::new())).goes_on();
    assert!(scenario.writes.is_empty(), "no second greeting");
    let scenario = scenario.hears("AUTH XOAUTH2\r\n");
    assert_eq!(scenario.last_write(), "503 5.5.1 Say EHLO first\r\n");
    let scenario = scenario.hears("EHLO a\r\n");
    assert!(scenario.last_write().contains("XOAUTH2"));
    assert!(!scenario.last_write().contains("STARTTLS"));
    assert_eq!(
        scenario.hears("STARTTLS\r\n").last_write(),
        "502 5.5.1 TLS cannot be started here\r\n"
    );
}

#[test]
fn what_comes_in_clear_behind_starttls_is_fatal() {
    let scenario = in_clear().hears("STARTTLS\r\nEHLO a\r\n");
    assert_eq!(scenario.writes.len(), 2, "nothing is agreed to");
    assert_eq!(
        scenario.end().err(),
        Some(Error::DataAfterStartTls { octets: 8 })
    );
    // Nor may it come later.
    let mut accept = in_clear().hears("STARTTLS\r\n").machine;
    accept.handle_input(b"E");
    assert!(accept.poll().is_err());
}

#[test]
fn extensions_need_ehlo_first() {
    for greeting in ["", "HELO a\r\n", "EHLO a\r\nHELO a\r\n", "EHLO a b\r\n"] {
        for command in ["AUTH PLAIN", "STARTTLS"] {
            let scenario = Scenario::new(Accept::dangerous_in_clear(AcceptOptions::new()))
                .hears(format!("{greeting}{command}\r\n"));
            assert_eq!(scenario.last_write(), "503 5.5.1 Say EHLO first\r\n");
            assert!(scenario.waits());
        }
    }
    let scenario = Scenario::new(Accept::over_tls(AcceptOptions::new())).hears("HELO a\r\n");
    assert_eq!(scenario.last_write(), "250 localhost\r\n");
}

#[test]
fn lmtp_has_another_verb() {
    let lmtp = || Scenario::new(Accept::over_tls(AcceptOptions::new().lmtp(true))).goes_on();
    assert_eq!(lmtp().last_write(), "220 localhost LMTP ready\r\n");
    for verb in ["EHLO", "HELO"] {
        let scenario = lmtp().hears(format!("{verb} a\r\n"));
        assert_eq!(scenario.last_write(), "500 5.5.1 Unknown command\r\n");
    }
    let scenario = lmtp().hears("LHLO a\r\nAUTH XOAUTH2\r\n");
    assert_eq!(scenario.last_write(), "334 \r\n");
    let scenario = over_tls().hears("LHLO a\r\n");
    assert_eq!(scenario.last_write(), "500 5.5.1 Unknown command\r\n");
}

#[test]
fn cancelled_and_malformed() {
    let scenario = over_tls().hears("AUTH XOAUTH2\r\n*\r\n");
    assert_eq!(scenario.last_write(), "501 5.7.0 Login cancelled\r\n");
    for (command, answer) in [
        (
            "AUTH XOAUTH2 dXNl*cg==",
            "501 5.5.2 Invalid login message\r\n",
        ),
        ("AUTH PLAIN =", "501 5.5.2 Invalid login message\r\n"),
        ("AUTH", "501 5.5.4 Invalid arguments\r\n"),
        ("EHLO", "501 5.5.4 Invalid arguments\r\n"),
        ("AUTH SCRAM-SHA-1", "504 5.5.4 Unsupported mechanism\r\n"),
        ("AUTH EXTERNAL =", "504 5.5.4 Unsupported mechanism\r\n"),
        (
            "MAIL FROM:<a@example.org>",
            "530 5.7.0 Authentication required\r\n",
        ),
        ("BLA", "500 5.5.1 Unknown command\r\n"),
        ("", "500 5.5.1 Unknown command\r\n"),
    ] {
        let scenario = over_tls().hears(format!("{command}\r\n"));
        assert_eq!(scenario.last_write(), answer, "{command}");
    }
}

#[test]
fn commands_around_a_login() {
    let scenario =
        over_tls().hears("NOOP\r\nrset\r\nVRFY tim\r\nHELP\r\nRCPT TO:<a>\r\nQUIT\r\nNOOP\r\n");
    assert_eq!(
        scenario.writes[2..].concat(),
        "250 2.0.0 Done\r\n250 2.0.0 Done\r\n252 2.0.0 Nobody is verified here\r\n\
         214 2.0.0 See RFC 5321 and RFC 4954\r\n530 5.7.0 Authentication required\r\n\
         221 2.0.0 Bye\r\n"
    );
    assert_eq!(farewell(scenario), Farewell::Asked);
}

#[test]
fn patience_has_an_end() {
    let failing = "AUTH PLAIN =\r\n".repeat(4);
    let scenario = over_tls().hears(failing);
    assert_eq!(scenario.writes.len(), 5);
    assert!(
        scenario
            .last_write()
            .ends_with("421 4.7.0 Too many failed logins\r\n")
    );
    assert_eq!(farewell(scenario), Farewell::TooManyFailures);
    let scenario = over_tls().hears("NOOP\r\n".repeat(200));
    assert!(scenario.last_write().contains("421 4.7.0 "));
    assert_eq!(farewell(scenario), Farewell::TooManyCommands);
}

#[test]
fn limits_of_what_is_taken() {
    let scenario = over_tls().hears("x".repeat(17_000));
    assert_eq!(
        scenario.last_write(),
        "500 5.5.6 Line too long\r\n421 4.7.0 Closing\r\n"
    );
    let scenario = over_tls().hears("x".repeat(70_000));
    assert_eq!(scenario.last_write(), "421 4.7.0 Too much at once\r\n");
    for (line, violation) in [
        ("NO\0OP\r\n", sasl_core::Violation::Nul),
        ("NOOP\n", sasl_core::Violation::BadLineEnd),
        ("NOOP\rQUIT\r\n", sasl_core::Violation::BadLineEnd),
    ] {
        let scenario = over_tls().hears(line);
        assert_eq!(scenario.last_write(), "421 4.5.2 Malformed line\r\n");
        assert_eq!(farewell(scenario), Farewell::Malformed(violation));
    }
    assert_eq!(farewell(over_tls().hears_end()), Farewell::HungUp);
    // Braces announce nothing.
    let scenario = over_tls().hears("NOOP {5}\r\n");
    assert_eq!(scenario.last_write(), "250 2.0.0 Done\r\n");
    // A message of 12,288 octets has to be taken.
    let long = "A".repeat(12_288);
    let scenario = over_tls()
        .hears("AUTH XOAUTH2\r\n")
        .hears(format!("{long}\r\n"));
    assert!(
        scenario.last_write().starts_with("334 "),
        "the message is read, and malformed"
    );
}

#[test]
fn no_secret_is_shown() {
    let scenario = over_tls().hears(format!("AUTH XOAUTH2 {XOAUTH2}\r\n"));
    let shown = format!("{:?} {:?}", scenario.machine, scenario.events);
    assert!(
        !shown.contains("mF_9") && !shown.contains(&XOAUTH2[20..40]),
        "{shown}"
    );
    let settings = AcceptSettings::new();
    assert!(!format!("{:?} {settings:?}", presented(scenario)).contains("mF_9"));
}

/// The client of this crate against its server: how the login ends for the client.
fn converse(mut login: Login, mut accept: Accept, verdict: &Verdict) -> Outcome<Session> {
    // Each turn of the loop carries at least one message; there are few.
    for _ in 0..50 {
        loop {
            match accept.poll() {
                Ok(Step::Write(bytes)) => login.handle_input(&bytes),
                Ok(Step::Event(_)) => {}
                Ok(Step::Done(Accepting::Presented(_))) => accept.decide(verdict.clone()),
                Ok(Step::Read | Step::Done(_)) | Err(Error::Finished) => break,
                Err(error) => panic!("{error}"),
            }
        }
        loop {
            match login.poll().unwrap() {
                Step::Write(bytes) => accept.handle_input(&bytes),
                Step::Event(_) => {}
                Step::Read => break,
                Step::Done(outcome) => return outcome,
            }
        }
    }
    panic!("they do not come to an end")
}

fn password() -> Credentials {
    Credentials::password("tim", "tanstaaftanstaaf").unwrap()
}

fn refused_for(credentials: Credentials, verdict: &Verdict) -> Reason {
    let login = Login::over_tls(credentials, Options::new());
    let outcome = converse(login, Accept::over_tls(AcceptOptions::new()), verdict);
    outcome.accepted().unwrap_err().reason()
}

/// What a server is told to say is what a client is told that it said, as far as SMTP has words for it.
#[test]
fn our_client_understands_every_refusal() {
    use Reason::*;
    for (reason, for_token, for_password) in [
        (AdminRequired, AdminRequired, AdminRequired),
        (
            AuthorizationDenied,
            AuthorizationDenied,
            AuthorizationDenied,
        ),
        (CredentialsRejected, TokenRejected, CredentialsRejected),
        (EncryptionRequired, EncryptionRequired, EncryptionRequired),
        (
            MechanismUnavailable,
            MechanismUnavailable,
            MechanismUnavailable,
        ),
        (ScopeInsufficient, ScopeInsufficient, CredentialsRejected),
        (Temporary, Temporary, Temporary),
        (TokenRejected, TokenRejected, CredentialsRejected),
        (TokenTooLong, TokenTooLong, TokenTooLong),
        // SMTP has no words for these.
        (Cancelled, CredentialsRejected, CredentialsRejected),
        (Closed, Temporary, Temporary),
        (CredentialsExpired, TokenRejected, CredentialsRejected),
        (Referral, CredentialsRejected, CredentialsRejected),
    ] {
        let verdict = Verdict::refuse(reason);
        assert_eq!(refused_for(token(), &verdict), for_token, "{reason}: token");
        let heard = refused_for(password(), &verdict);
        assert_eq!(heard, for_password, "{reason}: password");
    }
    // Valid, but somebody else's.
    let verdict = Verdict::accept("somebody@example.com");
    assert_eq!(refused_for(token(), &verdict), AuthorizationDenied);
}

#[test]
fn our_client_gets_in() {
    for (credentials, user) in [(token(), "user@example.com"), (password(), "tim")] {
        for along in [true, false] {
            let options = Options::from(Settings::new().initial_response(along));
            let login = Login::over_tls(credentials.clone(), options);
            let accept = Accept::over_tls(AcceptOptions::new());
            let session = converse(login, accept, &Verdict::accept(user)).accepted();
            assert!(session.unwrap().capabilities().has("PIPELINING"));
        }
    }
    let login = Login::over_tls(token(), Options::new().lmtp(true));
    let accept = Accept::over_tls(AcceptOptions::new().lmtp(true));
    let verdict = Verdict::accept("user@example.com");
    assert!(converse(login, accept, &verdict).accepted().is_ok());
}

#[test]
fn our_client_is_told_that_its_token_is_too_long() {
    let credentials = Credentials::bearer("u", "t".repeat(20_000)).unwrap();
    let login = Login::over_tls(credentials, Options::new());
    let accept = Accept::over_tls(AcceptOptions::new());
    let outcome = converse(login, accept, &Verdict::accept("u"));
    let rejection = outcome.accepted().unwrap_err();
    assert_eq!(rejection.reason(), Reason::TokenTooLong);
}

#[test]
fn our_client_is_told_that_tls_comes_first() {
    let login = Login::dangerous_in_clear(token(), Options::new());
    let accept = Accept::in_clear(AcceptOptions::new());
    let outcome = converse(login, accept, &Verdict::accept("user@example.com"));
    let rejection = outcome.accepted().unwrap_err();
    assert_eq!(rejection.reason(), Reason::EncryptionRequired);
}

/// A client that knows nothing of enhanced codes and texts reads one whole reply per command.
#[test]
fn every_answer_is_one_reply() {
    let commands = [
        "EHLO a", "HELO a", "LHLO a", "AUTH", "AUTH X", "HELP", "MAIL", "NOOP", "RSET", "STARTTLS",
        "VRFY a", "VRFY", "bla", "QUIT",
    ];
    for command in commands {
        let scenario = over_tls().hears(format!("{command}\r\n"));
        let reply: String = scenario.writes[2..].concat();
        let lines = reply.split_terminator("\r\n").map(|line| {
            let line = crate::parse::reply_line(line.as_bytes(), true).unwrap();
            (line.code, line.last)
        });
        let ends = lines.clone().filter(|(_, last)| *last).count();
        assert_eq!((ends, lines.last().unwrap().1), (1, true), "{command}");
    }
}
