use alloc::{format, string::String};

use sasl_core::{Advice, Credentials, Limit, Machine as _, Mechanism, Settings, Stage};

use super::*;
use crate::{
    Options,
    tests::{
        GREETING, INVALID_TOKEN, OAUTHBEARER, REFUSAL, Scenario, XOAUTH2, apart, asked, asked_with,
        login, login_with, strict, token, violation,
    },
};

fn xoauth2() -> Options {
    Options::from(Settings::new().mechanisms(&[Mechanism::XOAuth2]))
}

/// The code decides, then the condition; see the table of codes.
#[test]
fn refusals_have_their_reasons() {
    for (answer, reason, code) in [
        ("NO no", Reason::CredentialsRejected, ""),
        (
            "no [authenticationfailed] no",
            Reason::CredentialsRejected,
            "authenticationfailed",
        ),
        ("NO [EXPIRED] no", Reason::CredentialsExpired, "EXPIRED"),
        ("NO [UNAVAILABLE] no", Reason::Temporary, "UNAVAILABLE"),
        ("BAD [UNAVAILABLE] no", Reason::Temporary, "UNAVAILABLE"),
        (
            "NO [PRIVACYREQUIRED] no",
            Reason::EncryptionRequired,
            "PRIVACYREQUIRED",
        ),
        ("NO [X-NEW \"]\"] no", Reason::CredentialsRejected, "X-NEW"),
        ("NO [EXPIRED no", Reason::CredentialsRejected, ""),
        (
            "NO [REFERRAL http://b.example/] no",
            Reason::CredentialsRejected,
            "REFERRAL",
        ),
    ] {
        for options in [Options::new(), strict()] {
            let rejection = asked_with(token(), options)
                .hears(format!("A1 {answer}\r\n"))
                .rejected();
            let found = (rejection.reason(), rejection.code());
            assert_eq!(found, (reason, code), "{answer}");
            assert!(!rejection.is_closed() && rejection.referral().is_none());
        }
    }
    let end = asked().hears("A1 NO [CLIENTBUG] no\r\n").end();
    assert_eq!(violation(end), Violation::ClientBug);
    // T12: data, never followed.
    let scenario = asked().hears("A1 NO [REFERRAL imap://b.example/] no\r\n");
    assert_eq!(scenario.writes.len(), 1);
    assert!(scenario.has_told("Referral"));
    assert_eq!(scenario.rejected().referral(), Some("imap://b.example/"));
}

/// Coremail, and I18: once more without the first message, in the robust preset only.
#[test]
fn bad_means_apart_or_unknown() {
    let scenario = asked().hears("A1 BAD Parse command error\r\n");
    assert!(scenario.has_told("InitialResponseRefused"));
    assert_eq!(scenario.last_write(), "A2 AUTHENTICATE OAUTHBEARER\r\n");
    // Then the mechanism is unknown, and the next one is sent apart as well.
    let scenario = scenario.hears("A2 BAD what?\r\n");
    assert_eq!(scenario.last_write(), "A3 AUTHENTICATE XOAUTH2\r\n");
    let scenario = scenario.hears("A3 BAD what?\r\n");
    assert_eq!(scenario.rejection().reason(), Reason::MechanismUnavailable);
    // What was learned holds for a retry.
    let scenario = scenario.does(|login| login.retry(token()));
    assert_eq!(scenario.last_write(), "A4 AUTHENTICATE OAUTHBEARER\r\n");

    let scenario = asked_with(token(), strict()).hears("A1 BAD what?\r\n");
    let next = format!("A2 AUTHENTICATE XOAUTH2 {XOAUTH2}\r\n");
    assert_eq!(scenario.last_write(), next);
    // A server that has read the message knows the mechanism.
    let scenario = asked().hears(format!("+ {INVALID_TOKEN}\r\n"));
    let scenario = scenario.hears("A1 BAD no\r\n");
    assert_eq!(scenario.writes.len(), 2);
    assert_eq!(scenario.rejected().reason(), Reason::TokenRejected);
    // A refused token is not tried again in other clothes.
    assert_eq!(asked().hears("A1 NO no\r\n").writes.len(), 1);
}

/// T14: the document is answered once, and its word counts where the code says no more.
#[test]
fn a_refusal_document_is_answered() {
    let answered = |options: Options| {
        let scenario = asked_with(token(), options).hears(format!("+ {REFUSAL}\r\n"));
        assert!(scenario.has_told("Refused("));
        scenario
    };
    for (options, answer) in [(Options::new(), "AQ==\r\n"), (xoauth2(), "\r\n")] {
        let scenario = answered(options);
        assert_eq!(scenario.last_write(), answer);
        let rejection = scenario.hears("A1 NO no\r\n").rejected();
        assert_eq!(rejection.advice(), Advice::SignInAgain);
        assert_eq!(rejection.refusal().unwrap().scope(), Some("mail"));
    }
    for (answer, reason) in [
        ("A1 NO [AUTHENTICATIONFAILED] x", Reason::ScopeInsufficient),
        ("A1 NO [REFERRAL imap://b/] x", Reason::ScopeInsufficient),
        ("A1 NO [UNAVAILABLE] x", Reason::Temporary),
        ("A1 NO [CONTACTADMIN] x", Reason::AdminRequired),
    ] {
        let rejection = answered(Options::new()).hears(format!("{answer}\r\n"));
        assert_eq!(rejection.rejected().reason(), reason, "{answer}");
    }
    // D14, D15.
    let end = answered(Options::new()).hears("A1 OK in\r\n").end();
    assert_eq!(violation(end), Violation::OkAfterRefusal);
    let scenario = answered(Options::new()).hears("+ \r\n");
    assert_eq!(scenario.last_write(), "*\r\n");
    let end = scenario.hears("A1 BAD x\r\n").end();
    assert_eq!(violation(end), Violation::UnexpectedChallenge);
}

/// D16: an empty challenge is answered, and is no refusal.
#[test]
fn an_empty_challenge_refuses_nothing() {
    let scenario = asked().hears("+ \r\n");
    assert_eq!(scenario.last_write(), "AQ==\r\n");
    assert!(!scenario.has_told("Refused("));
    assert!(scenario.hears("A1 OK in\r\n").end().is_ok());
}

/// D07 to D11, T16: what is bad is cancelled, and the error is told when the server has answered.
#[test]
fn bad_challenges_are_cancelled() {
    for challenge in ["no base64", "AAA", "=AAA", "AAA=BBB", "AR==", "e30=\u{e9}"] {
        let scenario = asked().hears(format!("+ {challenge}\r\n"));
        assert_eq!(scenario.last_write(), "*\r\n", "{challenge}");
        let end = scenario.hears("A1 BAD aborted\r\n").end();
        assert_eq!(violation(end), Violation::BadChallenge);
    }
    let settings = Settings::new().allow_trailing_bits(true);
    let scenario = asked_with(token(), Options::from(settings)).hears("+ AR==\r\n");
    assert_eq!(scenario.last_write(), "AQ==\r\n");
    let mut limits = sasl_core::Limits::default();
    (limits.challenge, limits.rounds) = (30, 1);
    let settings = Settings::new().limits(limits).initial_response(false);
    let during = Stage::Authenticate;
    let scenario = asked_with(
        token(),
        Options::from(settings.clone().initial_response(true)),
    )
    .hears(format!("+ {}\r\n", "AAAA".repeat(30)));
    let limit = Limit::Challenge;
    let end = scenario.hears("A1 BAD aborted\r\n").end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
    let scenario = asked_with(token(), Options::from(settings)).hears("+ \r\n");
    let scenario = scenario.hears("+ e30=\r\n");
    assert_eq!(scenario.last_write(), "*\r\n");
    let limit = Limit::Rounds;
    let end = scenario.hears("A1 BAD aborted\r\n").end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

/// D12, D13, I01, T15: the first challenge is empty, or no token goes out.
#[test]
fn the_first_challenge_is_empty() {
    let strictly = || {
        let settings = strict().settings().clone();
        asked_with(token(), Options::from(settings.initial_response(false)))
    };
    let robust = || asked_with(token(), apart());
    for scenario in [robust(), strictly()] {
        let scenario = scenario.hears(format!("+ {INVALID_TOKEN}\r\n"));
        assert_eq!(scenario.last_write(), "*\r\n");
        let end = scenario.hears("A1 BAD aborted\r\n").end();
        assert_eq!(violation(end), Violation::UnexpectedChallengeData);
    }
    for prose in ["+ Go ahead\r\n", "+\r\n"] {
        let scenario = robust().hears(prose);
        assert_eq!(scenario.last_write(), format!("{OAUTHBEARER}\r\n"));
    }
    assert_eq!(strictly().hears("+ Go ahead\r\n").last_write(), "*\r\n");
    let end = strictly().hears("+\r\n").end();
    assert_eq!(violation(end), Violation::BadLine);
}

/// D19, I08, I09, T3: what answers nothing of ours.
#[test]
fn answers_to_something_else() {
    for (answer, what) in [
        ("A2 OK in\r\n", Violation::ForeignTag),
        ("a1 OK in\r\n", Violation::ForeignTag),
        ("A01 OK in\r\n", Violation::ForeignTag),
        ("A1 BYE x\r\n", Violation::BadLine),
        ("A1 OKAY x\r\n", Violation::BadLine),
        ("OK in\r\n", Violation::BadLine),
        ("A1 O\0K\r\n", Violation::Nul),
    ] {
        assert_eq!(violation(asked().hears(answer).end()), what, "{answer}");
    }
    let end = asked_with(token(), apart()).hears("A1 OK in\r\n").end();
    assert_eq!(violation(end), Violation::PrematureOk);
    for early in ["A1 OK in\r\n", "+ \r\n", "A1 NO no\r\n"] {
        let end = login().hears(format!("{GREETING}{early}")).end();
        assert_eq!(violation(end), Violation::AnswerBeforeCommand, "{early}");
    }
    let end = asked_with(token(), apart())
        .hears("+ \r\nA1 OK in\r\n")
        .end();
    assert_eq!(violation(end), Violation::AnswerBeforeCommand);
    let during = Stage::Authenticate;
    let end = asked().hears("A1 OK in").hears_end().end();
    assert_eq!(end.unwrap_err(), Error::UnexpectedEnd { during });
}

/// I04 to I07: data goes by, its literals with it.
#[test]
fn data_is_no_answer() {
    for data in [
        "* 1 EXISTS\r\n",
        "* OK still here\r\n",
        "* NO [ALERT] x\r\n",
        "* BAD x\r\n",
        "* X {10}\r\nA1 OK in\r\n\r\n",
        "* X {0}\r\n {2}\r\n\r\n \r\n",
        "* OK {10}\r\n",
        "* OK [X {10}\r\n",
    ] {
        let scenario = asked().hears(data);
        assert!(scenario.waits() && scenario.writes.len() == 1, "{data}");
        let rejection = scenario.hears("A1 NO [EXPIRED] {3}\r\n").rejected();
        assert_eq!(rejection.text().as_bytes(), b"{3}");
    }
    let plus = "* X {1+}\r\n)\r\n";
    assert!(asked().hears(plus).waits());
    let end = asked_with(token(), strict()).hears(plus).end();
    assert_eq!(violation(end), Violation::BadLiteral);
}

/// The list of an accepted login is the one that came with the answer, or none.
#[test]
fn capabilities_after_the_login() {
    for (answer, idle) in [
        ("A1 OK in\r\n", None),
        ("A1 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n", Some(true)),
        ("* CAPABILITY IMAP4rev1 IDLE\r\nA1 OK in\r\n", Some(true)),
        (
            "* CAPABILITY IDLE\r\nA1 OK [CAPABILITY X] in\r\n",
            Some(false),
        ),
    ] {
        let session = asked().hears(answer).accepted();
        let list = session.capabilities();
        let found = (!list.is_empty()).then(|| list.has("IDLE"));
        assert_eq!(found, idle, "{answer}");
    }
    // A list of a refused attempt does not count for the next.
    let scenario = asked().hears("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nA1 NO no\r\n");
    let scenario = scenario.does(|login| login.retry(token()));
    assert_eq!(scenario.last_write(), "A2 AUTHENTICATE XOAUTH2\r\n");
    let session = scenario.hears("+ \r\n").hears("A2 OK in\r\n").accepted();
    assert!(session.capabilities().is_empty());
    let end = asked_with(token(), strict()).hears("A1 OK [CAPABILITY A  B] in\r\n");
    assert_eq!(violation(end.end()), Violation::BadCapabilities);
}

/// What comes behind the answer belongs to whoever speaks next.
#[test]
fn the_rest_is_left_over() {
    let scenario = asked().hears("A1 OK in\r\n* 1 EXISTS\r\n* B");
    assert_eq!(scenario.machine.remaining(), b"* 1 EXISTS\r\n* B");
}

/// I17: the tagged answer says more, if it comes; nobody waits for it long.
#[test]
fn a_farewell_and_then_silence() {
    let asked = || {
        let scenario = asked().hears("* 1 EXISTS\r\n");
        assert_eq!(scenario.machine.patience(), None);
        let scenario = scenario.hears("* BYE [UNAVAILABLE] x\r\n");
        assert!(scenario.waits() && scenario.machine.patience().is_some());
        scenario
    };
    for scenario in [
        asked().hears_nothing(),
        asked().hears_end(),
        asked().hears("A1 N").hears_nothing(),
    ] {
        let rejection = scenario.rejection();
        assert_eq!(rejection.reason(), Reason::Temporary);
        assert!(rejection.is_closed());
        let scenario = scenario.does(|login| login.retry(token()));
        assert_eq!(scenario.end().unwrap_err(), Error::Finished);
    }
    let rejection = asked().hears("A1 NO [EXPIRED] no\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::CredentialsExpired);
}

/// What the document said is not lost in a farewell.
#[test]
fn a_farewell_after_a_document() {
    let scenario = asked().hears(format!("+ {REFUSAL}\r\n"));
    let scenario = scenario
        .hears("* BYE [REFERRAL imap://b/] x\r\n")
        .hears_end();
    let rejection = scenario.rejected();
    assert_eq!(rejection.refusal().unwrap().scope(), Some("mail"));
    assert_eq!(rejection.referral(), Some("imap://b/"));
}

/// A server that says nothing at all may have choked on the token.
#[test]
fn a_long_token_may_be_why_it_hangs_up() {
    let huge = Credentials::bearer("user", "t".repeat(9000)).unwrap();
    let scenario = asked_with(huge.clone(), Options::new());
    let during = Stage::Authenticate;
    let end = scenario.hears_end().end();
    assert_eq!(end.unwrap_err(), Error::UnexpectedEnd { during });
    let end = asked_with(huge, Options::new()).hears("+ \r\n").hears_end();
    let end = end.end();
    assert!(matches!(end, Err(Error::ResponseTooLong { .. })), "{end:?}");
}

/// I20: the caller gives up, and a server that does not care is an error.
#[test]
fn cancelling() {
    let cancelled = || {
        let scenario = asked_with(token(), apart()).does(Login::cancel);
        let scenario = scenario.hears("+ \r\n");
        assert_eq!(scenario.last_write(), "*\r\n");
        scenario
    };
    for answer in ["A1 BAD aborted\r\n", "A1 NO [UNAVAILABLE] x\r\n"] {
        let scenario = cancelled().hears(answer);
        let rejection = scenario.rejection();
        assert_eq!(rejection.reason(), Reason::Cancelled, "{answer}");
        assert!(!rejection.is_closed());
        let scenario = scenario.does(|login| login.retry(token()));
        assert_eq!(scenario.last_write(), "A2 AUTHENTICATE OAUTHBEARER\r\n");
    }
    let end = cancelled().hears("A1 OK in\r\n").end();
    assert_eq!(violation(end), Violation::OkAfterCancel);
    // Asked twice, answered twice; not three times.
    let scenario = cancelled().hears("+ \r\n");
    assert_eq!(scenario.last_write(), "*\r\n");
    let end = scenario.hears("+ \r\n").end();
    assert_eq!(violation(end), Violation::UnexpectedChallenge);
    // Too late where the first message went along and is accepted.
    let scenario = asked().does(Login::cancel).hears("A1 OK in\r\n");
    assert!(scenario.end().is_ok());
}

/// Notices for the user, under TLS only; I21, T13.
#[test]
fn alerts() {
    for (code, told) in [
        ("ALERT", "Alert, text: \"say \\u{1b}[2J\""),
        ("webalert https://b/", "WebAlert, text"),
        ("CONTACTADMIN", "ContactAdmin, text"),
        ("CLIENTBUG", "ClientBug, text"),
        ("REFERRAL imap://b/", "Referral, text"),
    ] {
        let answer = format!("A1 OK [{code}] say \x1b[2J\r\n");
        let scenario = asked().hears(&answer);
        assert!(scenario.has_told(told), "{:?}", scenario.events);
        assert!(scenario.end().is_ok());
        let machine = Login::dangerous_in_clear(token(), Options::new());
        let scenario = Scenario::new(machine).hears(GREETING).hears(&answer);
        assert!(!scenario.has_told("Notice"), "{:?}", scenario.events);
    }
    let scenario = asked().hears(format!("A1 NO [ALERT] {} x\r\n", crate::tests::TOKEN));
    assert!(scenario.has_told("Alert, text: \"\""));
}

/// The words are cut where the secret is out already.
#[test]
fn long_words_are_cut_after_the_secret_is_out() {
    let filler = "x".repeat(1015);
    let token = crate::tests::TOKEN;
    let scenario = login_with(Options::new()).hears(GREETING);
    let rejection = scenario
        .hears(format!("A1 NO {filler} {token}\r\n"))
        .rejected();
    let text = String::from_utf8_lossy(rejection.text().as_bytes()).into_owned();
    assert!(text.len() <= 1024 && !text.contains(&token[..4]), "{text}");
}
