use alloc::format;

use sasl_core::{Credentials, Error, Mechanism, Reason, Settings, Violation};

use crate::{
    Login, Options,
    tests::{
        GREETING, OAUTHBEARER, SILENT, Scenario, XOAUTH2, apart, asked, asked_with, login_with,
        offered, password, strict, token, violation,
    },
};

/// One command; one more if the offer has to be asked for, one more with the first message apart.
#[test]
fn round_trips() {
    let scenario = asked();
    let whole = format!("A1 AUTHENTICATE OAUTHBEARER {OAUTHBEARER}\r\n");
    assert_eq!(scenario.writes, [whole]);
    assert!(scenario.has_told("initial_response: true"));
    let session = scenario.hears("A1 OK in\r\n").accepted();
    assert_eq!(session.round_trips(), 1);
    assert_eq!(session.mechanism(), Some(Mechanism::OAuthBearer));

    let scenario = asked_with(token(), apart()).hears("+ \r\n");
    let message = format!("{OAUTHBEARER}\r\n");
    assert_eq!(
        scenario.writes,
        ["A1 AUTHENTICATE OAUTHBEARER\r\n", &*message]
    );
    assert_eq!(scenario.hears("A1 OK in\r\n").accepted().round_trips(), 2);

    let scenario = login_with(apart()).hears(SILENT);
    let scenario = scenario.hears("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nA1 OK done\r\n");
    let scenario = scenario.hears("+ \r\n").hears("A2 OK in\r\n");
    assert_eq!(scenario.accepted().round_trips(), 3);
}

/// RFC 4959: only where the server takes it, and the mechanism has one.
#[test]
fn who_speaks_first() {
    let message = format!("A1 AUTHENTICATE XOAUTH2 {XOAUTH2}\r\n");
    for (names, along) in [
        ("IMAP4rev1 AUTH=XOAUTH2", false),
        ("IMAP4rev1 SASL-IR AUTH=XOAUTH2", true),
        ("IMAP4rev2 AUTH=XOAUTH2", true),
        ("IMAP4rev1 IMAP4rev2 AUTH=XOAUTH2", false),
    ] {
        let scenario = offered(token(), names);
        assert_eq!(scenario.last_write() == message, along, "{names}");
    }
    let scenario = offered(password(), "IMAP4rev1 SASL-IR AUTH=LOGIN");
    assert_eq!(scenario.writes, ["A1 AUTHENTICATE LOGIN\r\n"]);
    let scenario = scenario
        .hears("+ VXNlcm5hbWU6\r\n")
        .hears("+ UGFzc3dvcmQ6\r\n");
    let answers = ["dGlt\r\n", "dGFuc3RhYWZ0YW5zdGFhZg==\r\n"];
    assert_eq!(scenario.writes[1..], answers);
    assert!(scenario.hears("A1 OK in\r\n").end().is_ok());
    let external = Credentials::external(None).unwrap();
    let scenario = offered(external, "IMAP4rev1 SASL-IR AUTH=EXTERNAL");
    assert_eq!(scenario.writes, ["A1 AUTHENTICATE EXTERNAL =\r\n"]);
}

/// Servers have short command buffers: 8000 octets, and not one more.
#[test]
fn a_long_first_message_goes_apart() {
    let line = |octets: usize| {
        let token = Credentials::bearer("u", "t".repeat(octets)).unwrap();
        offered(token, "IMAP4rev1 SASL-IR AUTH=XOAUTH2")
            .last_write()
            .len()
    };
    // 21 octets around the token; 5931 make 7936 of base64, with 64 for what stands around it.
    assert_eq!(line(5931), "A1 AUTHENTICATE XOAUTH2 ".len() + 7936 + 2);
    assert_eq!(line(5932), "A1 AUTHENTICATE XOAUTH2\r\n".len());
}

/// The LOGIN command is for ASCII passwords where nothing better is offered and it is not forbidden.
#[test]
fn the_last_resort() {
    let scenario = offered(password(), "IMAP4rev1 AUTH=XOAUTH2");
    assert_eq!(
        scenario.writes,
        ["A1 LOGIN \"tim\" \"tanstaaftanstaaf\"\r\n"]
    );
    assert!(!scenario.has_told("Chosen"));
    let session = scenario
        .hears("A1 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n")
        .accepted();
    assert_eq!((session.mechanism(), session.round_trips()), (None, 1));
    assert!(session.capabilities().has("IDLE"));
    let with = |user, secret| Credentials::password(user, secret).unwrap();
    for (credentials, names) in [
        (password(), "IMAP4rev1 LOGINDISABLED"),
        (password(), "IDLE"),
        (with("tim", "gr\u{fc}n"), "IMAP4rev1"),
        (with("j\u{fc}rgen", "secret"), "IMAP4rev1"),
        (token(), "IMAP4rev1"),
        (Credentials::external(Some("tim")).unwrap(), "IMAP4rev1"),
    ] {
        let scenario = offered(credentials, names);
        assert!(scenario.writes.is_empty(), "{:?}", scenario.writes);
        assert_eq!(scenario.rejected().reason(), Reason::MechanismUnavailable);
    }
    // A mechanism always comes first, and a refused one is no reason to try the password again.
    let scenario = offered(password(), "IMAP4rev1 SASL-IR AUTH=PLAIN").hears("A1 NO no\r\n");
    assert_eq!(scenario.writes.len(), 1);
    assert_eq!(scenario.rejected().reason(), Reason::CredentialsRejected);
}

#[test]
fn the_login_command_is_refused_and_retried() {
    let asked = || offered(password(), "IMAP4rev1");
    let scenario = asked().hears("A1 NO [AUTHENTICATIONFAILED] no\r\n");
    assert_eq!(scenario.rejection().code(), "AUTHENTICATIONFAILED");
    let other = Credentials::password("tim", "other").unwrap();
    let scenario = scenario.does(|login| login.retry(other));
    assert_eq!(scenario.last_write(), "A2 LOGIN \"tim\" \"other\"\r\n");
    // The answer to the first command does not answer the second.
    let end = scenario.hears("A1 OK in\r\n").end();
    assert_eq!(violation(end), Violation::ForeignTag);
    // It has no challenges, and nothing to repeat.
    let end = asked().hears("+ \r\n").end();
    assert_eq!(violation(end), Violation::UnexpectedChallenge);
    let scenario = asked().hears("A1 BAD what?\r\n");
    assert_eq!(scenario.writes.len(), 1);
    assert_eq!(scenario.rejected().reason(), Reason::CredentialsRejected);
    // Nothing was cancelled where nothing is asked.
    let scenario = asked().does(|login| login.cancel());
    assert!(scenario.hears("A1 OK in\r\n").end().is_ok());
}

fn assuming(names: &str, settings: Settings) -> Scenario<Login> {
    let options = Options::from(settings).assume(names).unwrap();
    login_with(options).hears(SILENT)
}

/// A right hint saves a round trip; a wrong one costs some and nothing else.
#[test]
fn hints() {
    let hint = "IMAP4rev1 SASL-IR AUTH=XOAUTH2";
    let assuming = || assuming(hint, Settings::new());
    assert_eq!(assuming().hears("A1 OK in\r\n").accepted().round_trips(), 1);
    // What says why needs no question.
    let scenario = assuming().hears("A1 NO [EXPIRED] no\r\n");
    assert_eq!(scenario.writes.len(), 1);
    assert_eq!(scenario.rejected().reason(), Reason::CredentialsExpired);
    let scenario = assuming().hears("+ e30=\r\n").hears("A1 NO no\r\n");
    assert_eq!(scenario.writes.len(), 2);
    assert!(!scenario.waits());
    // Otherwise the server is asked.
    let verifying = || {
        let scenario = assuming().hears("A1 NO no\r\n");
        assert_eq!(scenario.last_write(), "A2 CAPABILITY\r\n");
        scenario
    };
    let answer = |names: &str| format!("* CAPABILITY {names}\r\nA2 OK done\r\n");
    let scenario = verifying().hears(answer(hint));
    assert!(!scenario.has_told("HintWrong"));
    assert_eq!(scenario.rejected().reason(), Reason::CredentialsRejected);
    for (names, command) in [
        ("IMAP4rev1 AUTH=XOAUTH2", "A3 AUTHENTICATE XOAUTH2\r\n"),
        (
            "IMAP4rev1 AUTH=OAUTHBEARER",
            "A3 AUTHENTICATE OAUTHBEARER\r\n",
        ),
    ] {
        let scenario = verifying().hears(answer(names));
        assert!(scenario.has_told("HintWrong"));
        assert_eq!(scenario.last_write(), command);
        // The second refusal is meant.
        let scenario = scenario.hears("A3 NO no\r\n");
        assert_eq!(scenario.writes.len(), 3);
        assert!(!scenario.waits());
    }
    let rejection = verifying().hears(answer("IMAP4rev1")).rejected();
    assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
    let rejection = verifying().hears("* BYE [UNAVAILABLE] x\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::CredentialsRejected);
    assert!(rejection.is_closed());
    let end = verifying().hears("A2 NO no\r\n").end();
    assert_eq!(violation(end), Violation::BadCapabilities);
}

/// A hint without a mechanism that fits is no refusal yet.
#[test]
fn a_useless_hint_is_checked_at_once() {
    let scenario = assuming("IMAP4rev1 AUTH=PLAIN", Settings::new());
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"]);
    let scenario = scenario.hears("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nA1 OK done\r\n");
    assert_eq!(scenario.last_write(), "A2 AUTHENTICATE XOAUTH2\r\n");
    let machine = Login::over_tls(password(), Options::new().assume("IMAP4rev1").unwrap());
    let scenario = Scenario::new(machine).hears(SILENT);
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"]);
}

/// A retry begins at the choice; nothing else does.
#[test]
fn retries() {
    let scenario = asked().hears("A1 NO no\r\n");
    let scenario = scenario.does(|login| login.retry(token()));
    let whole = format!("A2 AUTHENTICATE OAUTHBEARER {OAUTHBEARER}\r\n");
    assert_eq!(scenario.last_write(), whole);
    assert_eq!(scenario.hears("A2 OK in\r\n").accepted().round_trips(), 2);
    // Other credentials may want another mechanism.
    let scenario = asked().hears("A1 NO no\r\n");
    let scenario = scenario.does(|login| login.retry(password()));
    assert!(scenario.last_write().starts_with("A2 AUTHENTICATE PLAIN "));
    // Neither a running login, nor an accepted one, nor a closed one.
    let scenario = asked().does(|login| login.retry(password()));
    assert_eq!(scenario.writes.len(), 1);
    for (greeting, answer) in [(GREETING, "A1 OK in\r\n"), ("* BYE x\r\n", "")] {
        let scenario = login_with(strict()).hears(greeting).hears(answer);
        let scenario = scenario.does(|login| login.retry(token()));
        assert_eq!(scenario.end().unwrap_err(), Error::Finished);
    }
    // An answer from before the retry does not count for it.
    let scenario = asked().hears("A1 NO no\r\nA2 OK in\r\n");
    let end = scenario.does(|login| login.retry(token())).end();
    assert_eq!(violation(end), Violation::AnswerBeforeCommand);
}
