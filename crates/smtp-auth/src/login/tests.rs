use alloc::{format, string::String};

use sasl_core::{Advice, Credentials, Error, Limit, Mechanism, Reason, Settings, Stage, Violation};

use crate::{
    Options,
    tests::{
        INVALID_TOKEN, OAUTHBEARER, OFFER, REFUSAL, XOAUTH2, asked, asked_with, greeted,
        long_token, strict, token, violation,
    },
};

fn xoauth2() -> Options {
    Options::from(Settings::new().mechanisms(&[Mechanism::XOAuth2]))
}

fn apart() -> Options {
    Options::from(Settings::new().initial_response(false))
}

/// Two commands wait; three with the first message apart.
#[test]
fn a_login_costs_two_round_trips() {
    let scenario = asked();
    assert_eq!(
        scenario.last_write(),
        format!("AUTH OAUTHBEARER {OAUTHBEARER}\r\n")
    );
    let session = scenario
        .hears("235-2.7.0 welcome\r\n235 2.7.0 back\r\n")
        .accepted();
    assert_eq!(session.round_trips(), 2);
    assert_eq!(session.mechanism(), Some(Mechanism::OAuthBearer));
    assert!(session.capabilities().has("SIZE"));
    assert!(
        session
            .capabilities()
            .mechanisms()
            .contains(Mechanism::Plain)
    );

    let scenario = asked_with(token(), apart());
    assert_eq!(scenario.last_write(), "AUTH OAUTHBEARER\r\n");
    let scenario = scenario.hears("334 \r\n");
    assert_eq!(scenario.last_write(), format!("{OAUTHBEARER}\r\n"));
    assert_eq!(scenario.hears("235 ok\r\n").accepted().round_trips(), 3);
}

/// What comes behind the answer belongs to whoever speaks next.
#[test]
fn the_rest_is_left_over() {
    let scenario = asked().hears("235 ok\r\n421 bye\r\n");
    assert_eq!(
        sasl_core::Machine::remaining(&scenario.machine),
        b"421 bye\r\n"
    );
}

#[test]
fn passwords_and_certificates() {
    let offer = |names: &str| format!("250-mx\r\n250 AUTH {names}\r\n");
    let password = Credentials::password("user", "secret").unwrap();
    let start = |credentials: &Credentials, names| {
        crate::tests::Scenario::new(crate::Login::over_tls(credentials.clone(), Options::new()))
            .hears("220 mx\r\n")
            .hears(offer(names))
    };
    let scenario = start(&password, "LOGIN PLAIN");
    assert_eq!(scenario.last_write(), "AUTH PLAIN AHVzZXIAc2VjcmV0\r\n");
    // LOGIN asks first: no initial response.
    let scenario = start(&password, "LOGIN").hears("334 VXNlcm5hbWU6\r\n");
    assert_eq!(scenario.writes[1..], ["AUTH LOGIN\r\n", "dXNlcg==\r\n"]);
    let scenario = scenario.hears("334 UGFzc3dvcmQ6\r\n");
    assert_eq!(scenario.last_write(), "c2VjcmV0\r\n");
    let rejection = scenario.hears("535 5.7.8 no\r\n").rejected();
    assert_eq!(rejection.advice(), Advice::SignInAgain);
    // Nothing to say is not the same as saying nothing.
    let scenario = start(&Credentials::external(None).unwrap(), "EXTERNAL");
    assert_eq!(scenario.last_write(), "AUTH EXTERNAL =\r\n");
}

/// RFC 4954 section 4: 512 octets with CRLF, and not one more.
#[test]
fn the_first_message_goes_along_up_to_512_octets() {
    let with_token = |octets: usize| {
        let token = Credentials::bearer("u", "t".repeat(octets)).unwrap();
        let line = asked_with(token, xoauth2()).last_write().len();
        (octets, line)
    };
    // `user=u`, `auth=Bearer `: 21 octets around the token; 372 octets make 496 of base64.
    assert_eq!(with_token(351), (351, "AUTH XOAUTH2 ".len() + 496 + 2));
    assert_eq!(with_token(352), (352, "AUTH XOAUTH2\r\n".len()));
}

#[test]
fn a_long_line_is_repeated_in_two_steps() {
    let options = || xoauth2().long_initial_response(true);
    for reply in [
        "500 5.5.2 Line too long",
        "500 unrecognized command",
        "501 Invalid base64 data",
        "535 5.7.8 Error: authentication failed: Invalid base64 data in initial response",
        "555-5.5.2 Syntax error\r\n555 5.5.2 command line too long",
        "554 5.7.0 no",
    ] {
        let scenario = asked_with(long_token(), options());
        assert!(scenario.last_write().len() > 512);
        let scenario = scenario.hears(format!("{reply}\r\n"));
        assert!(scenario.has_told("InitialResponseRefused"), "{reply}");
        assert_eq!(scenario.last_write(), "AUTH XOAUTH2\r\n");
        let scenario = scenario.hears("334 \r\n");
        assert_eq!(scenario.writes.len(), 4);
        // The second refusal is meant.
        let rejection = scenario.hears("535 5.7.8 no\r\n").rejected();
        assert_eq!(rejection.reason(), Reason::CredentialsRejected);
    }
    // It works, and then it is over.
    let scenario = asked_with(long_token(), options()).hears("235 ok\r\n");
    assert_eq!(scenario.accepted().round_trips(), 2);
    // A document says that the token was read; what is temporary is not about the line.
    let scenario = asked_with(long_token(), options()).hears(format!("334 {REFUSAL}\r\n"));
    let rejection = scenario.hears("535 no\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::ScopeInsufficient);
    let rejection = asked_with(long_token(), options())
        .hears("454 4.7.0 later\r\n")
        .rejected();
    assert_eq!(rejection.reason(), Reason::Temporary);
    // A short line is not repeated after 535.
    let rejection = asked_with(token(), options())
        .hears("535 5.7.8 no\r\n")
        .rejected();
    assert_eq!(rejection.reason(), Reason::CredentialsRejected);
}

/// 7.7, rows 500 and 501: a server that does not take the first message with the command.
#[test]
fn a_complaint_about_the_line_is_followed_by_two_steps_in_the_robust_preset() {
    for reply in [
        "500 5.5.6 too long\r\n",
        "500 what?\r\n",
        "501 5.5.4 syntax\r\n",
    ] {
        let scenario = asked().hears(reply);
        assert_eq!(scenario.last_write(), "AUTH OAUTHBEARER\r\n");
        assert!(scenario.has_told("InitialResponseRefused"));
        assert!(scenario.hears("334 \r\n").hears("235 ok\r\n").end().is_ok());
    }
    let strict = || asked_with(token(), strict());
    let rejection = strict().hears("500 5.5.6 too long\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::TokenTooLong);
    let end = strict().hears("501 5.5.4 syntax\r\n").end();
    assert_eq!(violation(end), Violation::ClientBug);
}

/// Known servers say it in these ways when the message apart is too long as well.
#[test]
fn a_token_may_be_too_long_for_two_steps_too() {
    for reply in [
        "500 5.5.6 SASL response limit exceeded",
        "500 unrecognized command",
        "552 too much",
    ] {
        let scenario = asked_with(long_token(), Options::new()).hears("334 \r\n");
        let rejection = scenario.hears(format!("{reply}\r\n")).rejected();
        assert_eq!(rejection.reason(), Reason::TokenTooLong, "{reply}");
    }
    let huge = Credentials::bearer("user", "t".repeat(9000)).unwrap();
    let end = asked_with(huge, Options::new())
        .hears("334 \r\n")
        .hears_end()
        .end();
    assert!(matches!(end, Err(Error::ResponseTooLong { .. })), "{end:?}");
}

/// S10, S12, S13 and the codes of 7.7, one step after the message.
#[test]
fn refusals_have_their_reasons() {
    for (reply, reason, code) in [
        (
            "535 5.7.8 Authentication failed.",
            Reason::CredentialsRejected,
            "535 5.7.8",
        ),
        (
            "535 Incorrect authentication data",
            Reason::CredentialsRejected,
            "535",
        ),
        ("535 4.7.8 odd", Reason::CredentialsRejected, "535"),
        (
            "535 5.7.139 SmtpClientAuthentication is disabled",
            Reason::AdminRequired,
            "535 5.7.139",
        ),
        (
            "501 5.5.124 Invalid XOAUTH2 auth data",
            Reason::CredentialsRejected,
            "501 5.5.124",
        ),
        (
            "454 4.7.0 Temporary authentication failure",
            Reason::Temporary,
            "454 4.7.0",
        ),
        (
            "435 Unable to authenticate at present",
            Reason::Temporary,
            "435",
        ),
        ("525 5.7.13 disabled", Reason::AdminRequired, "525 5.7.13"),
        (
            "530 5.7.0 TLS required.",
            Reason::EncryptionRequired,
            "530 5.7.0",
        ),
        ("538 5.7.11 TLS", Reason::EncryptionRequired, "538 5.7.11"),
        (
            "535 5.7.14 trust",
            Reason::AuthorizationDenied,
            "535 5.7.14",
        ),
        ("550 5.7.1 no", Reason::AuthorizationDenied, "550 5.7.1"),
        ("599 no", Reason::CredentialsRejected, "599"),
    ] {
        let scenario = asked_with(token(), apart()).hears("334 \r\n");
        let rejection = scenario.hears(format!("{reply}\r\n")).rejected();
        assert_eq!(
            (rejection.reason(), rejection.code()),
            (reason, code),
            "{reply}"
        );
        assert!(!rejection.is_closed());
    }
    let strict = asked_with(token(), strict())
        .hears("535 5.7.139 disabled\r\n")
        .rejected();
    assert_eq!(strict.reason(), Reason::CredentialsRejected);
    let end = asked().hears("503 5.5.1 bad sequence\r\n").end();
    assert_eq!(violation(end), Violation::ClientBug);
}

/// No fallback but to another mechanism of the same kind.
#[test]
fn an_unavailable_mechanism_gives_way_to_the_next() {
    for reply in [
        "504 5.5.4 no",
        "534 5.7.9 too weak",
        "432 4.7.12 transition",
        "502 5.5.1 what?",
    ] {
        let scenario = asked().hears(format!("{reply}\r\n"));
        assert_eq!(
            scenario.last_write(),
            format!("AUTH XOAUTH2 {XOAUTH2}\r\n"),
            "{reply}"
        );
        let scenario = scenario.hears(format!("{reply}\r\n"));
        assert_eq!(scenario.writes.len(), 3);
        assert_eq!(scenario.rejected().reason(), Reason::MechanismUnavailable);
    }
    // A refused token is not tried again in other clothes.
    assert_eq!(asked().hears("535 no\r\n").writes.len(), 2);
}

/// S15.
#[test]
fn a_farewell_ends_it() {
    let rejection = asked()
        .hears("421-4.7.0 bye\r\n421 4.7.0 now\r\n")
        .rejected();
    assert_eq!(
        (rejection.reason(), rejection.code()),
        (Reason::Closed, "421 4.7.0")
    );
    assert_eq!(rejection.text().as_bytes(), b"bye now");
    assert!(rejection.is_closed());
    // It may have been under way before AUTH.
    let scenario = greeted().hears(format!("{OFFER}421 bye\r\n"));
    assert_eq!(scenario.writes.len(), 2);
    assert!(scenario.rejected().is_closed());
    // A closed connection takes no retry.
    let scenario = asked()
        .hears("421 bye\r\n")
        .does(|login| login.retry(token()));
    assert_eq!(scenario.end().unwrap_err(), Error::Finished);
}

/// S17, T3.
#[test]
fn an_early_verdict_is_refused() {
    let end = greeted().hears(format!("{OFFER}235 ok\r\n")).end();
    assert_eq!(violation(end), Violation::UnsolicitedReply);
    let scenario = asked_with(token(), apart()).hears("334 \r\n235 ok\r\n");
    assert_eq!(violation(scenario.end()), Violation::UnsolicitedReply);
    let scenario = asked()
        .hears("535 no\r\n535 again\r\n")
        .does(|login| login.retry(token()));
    assert_eq!(violation(scenario.end()), Violation::UnsolicitedReply);
}

#[test]
fn a_retry_needs_no_new_connection() {
    let scenario = asked().hears(format!("334 {INVALID_TOKEN}\r\n"));
    let scenario = scenario.hears("535 5.7.8 no\r\n");
    assert_eq!(scenario.rejection().reason(), Reason::TokenRejected);
    assert_eq!(scenario.rejection().advice(), Advice::RefreshToken);
    let scenario = scenario.does(|login| login.retry(token()));
    assert_eq!(
        scenario.last_write(),
        format!("AUTH OAUTHBEARER {OAUTHBEARER}\r\n")
    );
    assert!(scenario.hears("235 ok\r\n").end().is_ok());
}

/// T14: the document is answered once, and its word counts.
#[test]
fn a_refusal_document_is_answered() {
    for (options, answer) in [(Options::new(), "AQ==\r\n"), (xoauth2(), "\r\n")] {
        let scenario = asked_with(token(), options).hears(format!("334 {REFUSAL}\r\n"));
        assert!(scenario.has_told("Refused("));
        assert_eq!(scenario.last_write(), answer);
        let scenario = scenario.hears("535-5.7.8 no\r\n535 5.7.8 see the site\r\n");
        let rejection = scenario.rejected();
        assert_eq!(rejection.reason(), Reason::ScopeInsufficient);
        assert_eq!(rejection.advice(), Advice::SignInAgain);
        assert_eq!(rejection.code(), "535 5.7.8");
        assert_eq!(rejection.text().as_bytes(), b"no see the site");
        assert_eq!(rejection.refusal().unwrap().scope(), Some("mail"));
    }
    // The server's own trouble stays one.
    let scenario = asked()
        .hears(format!("334 {INVALID_TOKEN}\r\n"))
        .hears("454 4.7.0 later\r\n");
    assert_eq!(scenario.rejected().reason(), Reason::Temporary);
    // D14, D15.
    let answered = || asked().hears(format!("334 {INVALID_TOKEN}\r\n"));
    let end = answered().hears("235 ok\r\n").end();
    assert_eq!(violation(end), Violation::OkAfterRefusal);
    let scenario = answered().hears("334 \r\n");
    assert_eq!(scenario.last_write(), "*\r\n");
    let end = scenario.hears("501 cancelled\r\n").end();
    assert_eq!(violation(end), Violation::UnexpectedChallenge);
}

/// D16, D17, D18: what is no document is still answered.
#[test]
fn odd_documents_are_answered_too() {
    let scenario = asked().hears("334 \r\n");
    assert_eq!(scenario.last_write(), "AQ==\r\n");
    assert!(scenario.hears("235 ok\r\n").end().is_ok());
    for (document, reason) in [
        // not JSON
        ("bm8gSlNPTg==", Reason::CredentialsRejected),
        // {"status":
        ("eyJzdGF0dXMiOg==", Reason::CredentialsRejected),
        // {"status":401,"x":[1]} and a line feed
        ("eyJzdGF0dXMiOjQwMSwieCI6WzFdfQo=", Reason::TokenRejected),
    ] {
        let scenario = asked().hears(format!("334 {document}\r\n"));
        assert_eq!(scenario.last_write(), "AQ==\r\n");
        assert_eq!(
            scenario.hears("535 no\r\n").rejected().reason(),
            reason,
            "{document}"
        );
    }
}

/// D07 to D10, T16: bad base64 is cancelled, not guessed at.
#[test]
fn bad_challenges_are_cancelled() {
    for challenge in [
        "5.7.8 This account requires",
        "AAA",
        "=AAA",
        "AAA=BBB",
        "A A=",
        "AR==",
        "e30=\u{e9}",
    ] {
        let scenario = asked().hears(format!("334 {challenge}\r\n"));
        assert_eq!(scenario.last_write(), "*\r\n", "{challenge}");
        let end = scenario.hears("501 5.5.2 aborted\r\n").end();
        assert_eq!(violation(end), Violation::BadChallenge);
    }
    let settings = Settings::new().allow_trailing_bits(true);
    let scenario = asked_with(token(), Options::from(settings)).hears("334 AR==\r\n");
    assert_eq!(scenario.last_write(), "AQ==\r\n");
    let mut limits = sasl_core::Limits::default();
    limits.challenge = 30;
    let options = Options::from(Settings::new().limits(limits));
    let scenario = asked_with(token(), options).hears(format!("334 {}\r\n", "AAAA".repeat(30)));
    assert_eq!(scenario.last_write(), "*\r\n");
    let (limit, during) = (Limit::Challenge, Stage::Authenticate);
    let end = scenario.hears("501 aborted\r\n").end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

/// D11: rounds are counted.
#[test]
fn rounds_are_limited() {
    let mut limits = sasl_core::Limits::default();
    limits.rounds = 1;
    let options = Options::from(Settings::new().limits(limits).initial_response(false));
    let scenario = asked_with(token(), options)
        .hears("334 \r\n")
        .hears("334 e30=\r\n");
    assert_eq!(scenario.last_write(), "*\r\n");
    let (limit, during) = (Limit::Rounds, Stage::Authenticate);
    let end = scenario.hears("501 aborted\r\n").end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

/// D12, D13, T15, S08: the first challenge is empty, or no token goes out.
#[test]
fn the_first_challenge_is_empty() {
    let asked = |conformance| {
        let settings = Settings::new()
            .initial_response(false)
            .conformance(conformance);
        asked_with(token(), Options::from(settings))
    };
    use sasl_core::Conformance::{Robust, Strict};
    for conformance in [Robust, Strict] {
        let scenario = asked(conformance).hears(format!("334 {INVALID_TOKEN}\r\n"));
        assert_eq!(scenario.last_write(), "*\r\n");
        let end = scenario.hears("501 aborted\r\n").end();
        assert_eq!(violation(end), Violation::UnexpectedChallengeData);
    }
    for prose in ["334 Go on\r\n", "334\r\n"] {
        let scenario = asked(Robust).hears(prose);
        assert_eq!(
            scenario.last_write(),
            format!("{OAUTHBEARER}\r\n"),
            "{prose}"
        );
    }
    assert_eq!(asked(Strict).hears("334 Go on\r\n").last_write(), "*\r\n");
    let end = asked(Strict).hears("334\r\n").end();
    assert_eq!(violation(end), Violation::BadChallenge);
}

/// S09, and codes that answer nothing of ours.
#[test]
fn codes_that_do_not_belong_here() {
    for (reply, what) in [
        ("334-\r\n", Violation::MultiLineChallenge),
        ("250 ok\r\n", Violation::BadLine),
        ("354 ok\r\n", Violation::BadLine),
        ("235-ok\r\n334 \r\n", Violation::MixedReplyCodes),
        ("535-no\r\n235 ok\r\n", Violation::MixedReplyCodes),
        ("935 no\r\n", Violation::BadReplyCode),
        ("235 o\0k\r\n", Violation::Nul),
    ] {
        assert_eq!(violation(asked().hears(reply).end()), what, "{reply}");
    }
    let end = asked_with(token(), apart()).hears("235 ok\r\n").end();
    assert_eq!(violation(end), Violation::PrematureOk);
    let during = Stage::Authenticate;
    let end = asked().hears("235 ok").hears_end().end();
    assert_eq!(end.unwrap_err(), Error::UnexpectedEnd { during });
}

/// S11, S12: the caller gives up.
#[test]
fn cancelling() {
    let cancelled = || {
        let scenario = asked_with(token(), apart()).does(|login| login.cancel());
        let scenario = scenario.hears("334 \r\n");
        assert_eq!(scenario.last_write(), "*\r\n");
        scenario
    };
    for (reply, closed) in [
        ("501 5.7.0 Authentication aborted\r\n", false),
        ("535 5.7.8 no\r\n", false),
        ("454 later\r\n", false),
        ("421 bye\r\n", true),
    ] {
        let rejection = cancelled().hears(reply).rejected();
        assert_eq!(rejection.reason(), Reason::Cancelled, "{reply}");
        assert_eq!(rejection.is_closed(), closed);
    }
    let end = cancelled().hears("235 ok\r\n").end();
    assert_eq!(violation(end), Violation::OkAfterCancel);
    // Asked twice, answered twice; not three times.
    let scenario = cancelled().hears("334 \r\n");
    assert_eq!(scenario.last_write(), "*\r\n");
    let end = scenario.hears("334 \r\n").end();
    assert_eq!(violation(end), Violation::UnexpectedChallenge);
}

/// Lines with a challenge may be longer than others, but not endless; T18.
#[test]
fn challenge_lines_have_their_own_limit() {
    let scenario = asked().hears(format!("334 {}\r\n", "AAAA".repeat(2500)));
    assert_eq!(scenario.last_write(), "AQ==\r\n");
    let (limit, during) = (Limit::Line, Stage::Authenticate);
    for text in [
        format!("334 {}", "AAAA".repeat(5000)),
        "535 no".repeat(1500),
    ] {
        for step in [1, usize::MAX] {
            let end = asked().in_steps_of(step).hears(&text).end();
            assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
        }
    }
    let lines: String = "535-no\r\n".repeat(300);
    let limit = Limit::Reply;
    let end = asked().hears(lines).end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

/// The words are cut where the secret is out already.
#[test]
fn long_words_are_cut_after_the_secret_is_out() {
    let filler = "x".repeat(1015);
    let token = crate::tests::TOKEN;
    let rejection = asked()
        .hears(format!("535 {filler} {token}\r\n"))
        .rejected();
    let text = String::from_utf8_lossy(rejection.text().as_bytes()).into_owned();
    assert!(text.len() <= 1024 && !text.contains(&token[..4]), "{text}");
}

/// T11: in clear only where the caller says so, by its own name.
#[test]
fn in_clear_is_the_callers_word() {
    let machine = crate::Login::dangerous_in_clear(token(), Options::new());
    let scenario = crate::tests::Scenario::new(machine)
        .hears("220 mx\r\n")
        .hears(OFFER);
    assert!(scenario.last_write().starts_with("AUTH OAUTHBEARER "));
}
