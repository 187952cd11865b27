use alloc::format;

use sasl_core::{Credentials, Error, Limit, Reason, Settings, Stage, Violation};

use crate::{
    Login, Options,
    tests::{
        SILENT, Scenario, login, login_with, offered, password, strict, token, upgrade, violation,
    },
};

/// A login whose CAPABILITY is out.
fn asking() -> Scenario<Login> {
    login().hears(SILENT)
}

fn asking_strictly() -> Scenario<Login> {
    login_with(strict()).hears(SILENT)
}

/// I04: only the list counts, wherever it stands; the last one wins.
#[test]
fn the_list_is_picked_out() {
    for answer in [
        "* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nA1 OK done\r\n",
        "* capability IMAP4rev1 sasl-ir auth=xoauth2\r\nA1 ok x\r\n",
        "A1 OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] done\r\n",
        "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] x\r\nA1 OK done\r\n",
        "* CAPABILITY IMAP4rev1\r\n* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nA1 OK done\r\n",
        "* 1 EXISTS\r\n* NO x\r\n* BAD x\r\n* X {4}\r\nA1 N\r\n* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nA1 OK done\r\n",
    ] {
        for scenario in [asking(), asking_strictly()] {
            let scenario = scenario.hears(answer);
            assert!(
                scenario
                    .last_write()
                    .starts_with("A2 AUTHENTICATE XOAUTH2 "),
                "{answer}"
            );
        }
    }
}

/// T5: no list, no login; nothing is guessed.
#[test]
fn a_refused_question_ends_it() {
    for answer in ["A1 NO no\r\n", "A1 BAD what?\r\n", "+ \r\n"] {
        let end = asking().hears(answer).end();
        assert_eq!(violation(end), Violation::BadCapabilities, "{answer}");
    }
    let during = Stage::Capabilities;
    let end = asking().hears("* CAPABILITY IMAP4rev1\r\n").hears_end();
    assert_eq!(end.end().unwrap_err(), Error::UnexpectedEnd { during });
}

/// I17: the server may leave, and says why.
#[test]
fn a_farewell_ends_it() {
    let rejection = asking().hears("* BYE [UNAVAILABLE] x\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::Temporary);
    assert!(rejection.is_closed());
}

/// I08, I09, T3.
#[test]
fn an_answer_to_something_else_is_refused() {
    for answer in ["A2 OK x\r\n", "a1 OK x\r\n", "A01 OK x\r\n", "B1 OK x\r\n"] {
        let end = asking().hears(answer).end();
        assert_eq!(violation(end), Violation::ForeignTag, "{answer}");
    }
    let end = login().hears(format!("{SILENT}A1 OK done\r\n")).end();
    assert_eq!(violation(end), Violation::AnswerBeforeCommand);
    // Data may come at any time.
    let scenario = login().hears(format!("{SILENT}* 1 EXISTS\r\n* CAPABILITY IMAP4rev1\r\n"));
    assert!(scenario.waits());
}

/// iCloud, and I15, I14: what the strict preset does not take.
#[test]
fn quirks_of_lists() {
    for (answer, told, what) in [
        ("A1 OK\r\n", "NoRevision", Violation::BadLine),
        ("A1 OK done\r\n", "NoRevision", Violation::BadCapabilities),
        (
            "* CAPABILITY AUTH=PLAIN\r\nA1 OK done\r\n",
            "NoRevision",
            Violation::UnknownRevision,
        ),
        (
            "* CAPABILITY IMAP4rev1  IDLE\r\nA1 OK done\r\n",
            "Offered",
            Violation::BadCapabilities,
        ),
    ] {
        let scenario = asking().hears(answer);
        assert!(scenario.has_told(told), "{answer}");
        assert_eq!(scenario.rejected().reason(), Reason::MechanismUnavailable);
        let end = asking_strictly().hears(answer).end();
        assert_eq!(violation(end), what, "{answer}");
    }
    let odd = "* OK [CAPABILITY IMAP4rev1 LITERAL+ LITERAL- AUTH=] ready\r\n";
    for scenario in [login(), login_with(strict())] {
        let scenario = scenario.hears(odd);
        assert!(scenario.has_told("BothLiterals") && scenario.has_told("NamelessMechanism"));
    }
}

/// T18: neither many names nor long ones, nor endless data.
#[test]
fn what_is_remembered_is_limited() {
    let during = Stage::Capabilities;
    let names = |count: usize| format!("* CAPABILITY IMAP4rev1{}\r\n", " X".repeat(count - 1));
    for (text, limit) in [
        (names(513), Limit::Capabilities),
        (
            format!("* CAPABILITY {}\r\n", "X".repeat(256)),
            Limit::Capabilities,
        ),
        ("* 1 EXISTS\r\n".repeat(110_000), Limit::Unasked),
        ("* X {65537}\r\n".into(), Limit::Literal),
        ("* X {0}\r\n".repeat(9), Limit::Literal),
    ] {
        let end = asking().hears(text).end();
        assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
    }
    assert!(asking().hears(names(512)).waits());
}

/// T9: under TLS only what was said under TLS counts.
#[test]
fn the_list_is_asked_for_anew_under_tls() {
    let machine = Login::after_starttls(upgrade(), token(), Options::new());
    let scenario = Scenario::new(machine).goes_on();
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"]);
    let options = Options::new().assume("IMAP4rev1 AUTH=XOAUTH2").unwrap();
    let machine = Login::after_starttls(upgrade(), token(), options.clone());
    let scenario = Scenario::new(machine).goes_on();
    assert_eq!(scenario.writes, ["A1 AUTHENTICATE XOAUTH2\r\n"]);
    // In clear nothing is assumed.
    let machine = Login::dangerous_in_clear(token(), options);
    let scenario = Scenario::new(machine).hears(SILENT);
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"]);
}

/// T10: what is not offered is not sent, and the reason says what would help.
#[test]
fn nothing_that_fits() {
    let names = "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN";
    let rejection = offered(token(), names).rejected();
    assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
    assert_eq!(rejection.offered().iter().count(), 2);
    assert!(!rejection.is_closed());
    let in_clear = |names| {
        Scenario::new(Login::dangerous_in_clear(token(), Options::new()))
            .hears(format!("* OK [CAPABILITY {names}] ready\r\n"))
            .rejected()
            .reason()
    };
    assert_eq!(in_clear("IMAP4rev1 STARTTLS"), Reason::EncryptionRequired);
    assert_eq!(in_clear("IMAP4rev1"), Reason::MechanismUnavailable);
    let settings = Settings::new().force_mechanism(true);
    let scenario = login_with(Options::from(settings)).hears("* OK [CAPABILITY IMAP4rev1] x\r\n");
    assert_eq!(scenario.writes, ["A1 AUTHENTICATE OAUTHBEARER\r\n"]);
    // LOGINDISABLED forbids the command, not the mechanism.
    let scenario = offered(password(), "IMAP4rev1 LOGINDISABLED AUTH=LOGIN");
    assert_eq!(scenario.writes, ["A1 AUTHENTICATE LOGIN\r\n"]);
    let external = Credentials::external(None).unwrap();
    assert!(offered(external, names).writes.is_empty());
}
