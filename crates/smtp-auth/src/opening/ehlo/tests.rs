use alloc::{format, string::ToString};

use sasl_core::{Conformance, Error, Limit, Mechanism, Reason, Settings, Stage, Violation};

use crate::{
    Login, Options,
    tests::{OFFER, Scenario, greeted, login_with, strict, token, upgrade, violation},
};

/// S04, D20: several AUTH lines, names in any case, unknown and repeated ones.
#[test]
fn auth_lines_add_up() {
    let scenario =
        greeted().hears("250-mx\r\n250-auth digest-md5 plain PLAIN\r\n250 AUTH xoauth2\r\n");
    assert!(scenario.last_write().starts_with("AUTH XOAUTH2 "));
    assert!(scenario.has_told("Offered([\"auth digest-md5 plain PLAIN\", \"AUTH xoauth2\"])"));
}

/// S03: what old clients wanted.
#[test]
fn auth_with_an_equals_sign_counts_in_the_robust_preset() {
    let offer = "250-mx\r\n250 AUTH=LOGIN XOAUTH2\r\n";
    assert!(
        greeted()
            .hears(offer)
            .last_write()
            .starts_with("AUTH XOAUTH2")
    );
    let scenario = login_with(strict()).hears("220 mx\r\n").hears(offer);
    assert_eq!(scenario.rejected().reason(), Reason::MechanismUnavailable);
}

/// S05, S06: the first line names the server.
#[test]
fn the_first_line_is_no_keyword() {
    for offer in [
        "250 AUTH XOAUTH2\r\n",
        "250 mx_1.example.com\r\n",
        "250-AUTH XOAUTH2\r\n250 SIZE\r\n",
        "250\r\n",
        "250-mx\r\n250-AUTH\r\n250 \r\n",
        "250-mx\r\n250 AUTH XOAUTH2X OAUTHBEARE\r\n",
    ] {
        let scenario = greeted().hears(offer);
        assert_eq!(scenario.writes.len(), 1, "{offer}");
        let rejection = scenario.rejected();
        assert_eq!(rejection.reason(), Reason::MechanismUnavailable);
        assert!(!rejection.is_closed());
    }
}

/// T10: a password mechanism is no use to a token, and the list is told.
#[test]
fn what_is_not_offered_is_not_sent() {
    let scenario = greeted().hears("250-mx\r\n250 AUTH PLAIN LOGIN\r\n");
    assert_eq!(scenario.writes.len(), 1);
    let rejection = scenario.rejected();
    assert_eq!(rejection.offered().to_string(), "LOGIN PLAIN");
    let settings = Settings::new()
        .force_mechanism(true)
        .mechanisms(&[Mechanism::XOAuth2]);
    let scenario = login_with(Options::from(settings))
        .hears("220 mx\r\n")
        .hears("250 mx\r\n");
    assert!(scenario.last_write().starts_with("AUTH XOAUTH2 "));
}

/// S14, T5: no EHLO, no login; never HELO.
#[test]
fn a_refused_ehlo_is_no_reason_for_helo() {
    for (reply, reason, code) in [
        ("500 5.5.1 what?", Reason::MechanismUnavailable, "500 5.5.1"),
        ("502 what?", Reason::MechanismUnavailable, "502"),
        ("504-no\r\n504 no", Reason::MechanismUnavailable, "504"),
        ("550 no", Reason::MechanismUnavailable, "550"),
        (
            "530 5.7.0 TLS first",
            Reason::EncryptionRequired,
            "530 5.7.0",
        ),
        ("451 4.3.0 later", Reason::Temporary, "451 4.3.0"),
    ] {
        let scenario = greeted().hears(format!("{reply}\r\n"));
        assert_eq!(scenario.writes.len(), 1);
        let rejection = scenario.rejection();
        assert_eq!((rejection.reason(), rejection.code()), (reason, code));
        // A retry begins where it stopped.
        let scenario = scenario.does(|login| login.retry(token()));
        assert_eq!(scenario.last_write(), "EHLO [127.0.0.1]\r\n");
        assert!(scenario.hears(OFFER).last_write().starts_with("AUTH"));
    }
}

/// S15: the server may leave at any time, even before it was asked.
#[test]
fn a_farewell_counts_whenever_it_comes() {
    for scenario in [
        greeted().hears("421 4.3.2 bye\r\n"),
        login_with(strict()).hears("220 mx\r\n421 4.3.2 bye\r\n"),
    ] {
        let rejection = scenario.rejected();
        assert_eq!(
            (rejection.reason(), rejection.code()),
            (Reason::Closed, "421 4.3.2")
        );
        assert!(rejection.is_closed());
    }
}

/// S17, T3: an answer that came before the question.
#[test]
fn an_early_answer_is_refused() {
    let offer = "250-mx\r\n250 AUTH XOAUTH2\r\n";
    for step in [1, 7, usize::MAX] {
        // The driver hands in at once what had arrived before the write.
        let mut machine = Login::over_tls(token(), Options::new());
        let text = format!("220 mx\r\n{offer}");
        text.as_bytes().chunks(step).for_each(|piece| {
            sasl_core::Machine::handle_input(&mut machine, piece);
        });
        let end = Scenario::new(machine).goes_on().end();
        assert_eq!(violation(end), Violation::UnsolicitedReply);
    }
    let end = greeted().hears(format!("{offer}250 mx\r\n")).end();
    assert_eq!(violation(end), Violation::UnsolicitedReply);
}

/// S01, S07.
#[test]
fn malformed_answers_are_errors() {
    for (answer, what) in [
        ("250-mx\r\n251 AUTH XOAUTH2\r\n", Violation::MixedReplyCodes),
        ("250-mx\r\n500 AUTH XOAUTH2\r\n", Violation::MixedReplyCodes),
        ("150 mx\r\n", Violation::BadReplyCode),
        ("650 mx\r\n", Violation::BadReplyCode),
        ("050 mx\r\n", Violation::BadReplyCode),
        ("2x0 mx\r\n", Violation::BadReplyCode),
        ("2500 mx\r\n", Violation::BadReplyCode),
        (" 250 mx\r\n", Violation::BadReplyCode),
        ("25\r\n", Violation::BadReplyCode),
        ("\r\n", Violation::BadReplyCode),
        ("334 mx\r\n", Violation::BadLine),
        ("220 mx\r\n", Violation::BadLine),
    ] {
        assert_eq!(violation(greeted().hears(answer).end()), what, "{answer}");
    }
    let strict = login_with(strict()).hears("220 mx\r\n").hears("260 mx\r\n");
    assert_eq!(violation(strict.end()), Violation::BadReplyCode);
}

/// S20: longer than the standard has it, and then too long.
#[test]
fn long_lines_are_taken_up_to_the_limit() {
    let offer = |octets: usize| {
        let filler = "X".repeat(octets - "250 AUTH XOAUTH2 ".len());
        format!("250-mx\r\n250 AUTH XOAUTH2 {filler}\r\n")
    };
    for octets in [600, 8190] {
        let scenario = greeted().hears(offer(octets));
        assert!(scenario.last_write().starts_with("AUTH XOAUTH2"));
    }
    let end = greeted().hears(offer(8300)).end();
    let (limit, during) = (Limit::Line, Stage::Capabilities);
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

/// T18: neither many extensions nor long names nor endless lines.
#[test]
fn what_is_remembered_is_limited() {
    let during = Stage::Capabilities;
    let end = greeted()
        .hears(format!("250-mx\r\n250-{}\r\n", "X".repeat(256)))
        .end();
    let limit = Limit::Capabilities;
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
    let end = greeted().hears("250-mx\r\n".repeat(300)).end();
    let limit = Limit::Reply;
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
    let mut limits = sasl_core::Limits::default();
    limits.capabilities = 2;
    let settings = Settings::new()
        .limits(limits)
        .conformance(Conformance::Strict);
    let end = login_with(Options::from(settings))
        .hears("220 mx\r\n")
        .hears("250-mx\r\n250-A\r\n250-B\r\n250 C\r\n")
        .end();
    let limit = Limit::Capabilities;
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

/// S18, D21, T9: under TLS only what was said under TLS counts.
#[test]
fn starttls_inside_tls_is_told_and_ignored() {
    let machine = Login::after_starttls(upgrade(), token(), Options::new());
    let scenario = Scenario::new(machine).goes_on();
    assert_eq!(scenario.writes, ["EHLO [127.0.0.1]\r\n"]);
    let scenario = scenario.hears("250-mx\r\n250-STARTTLS\r\n250 AUTH XOAUTH2\r\n");
    assert!(scenario.has_told("StartTlsInsideTls"));
    assert!(scenario.last_write().starts_with("AUTH XOAUTH2 "));
    let machine = Login::dangerous_in_clear(token(), Options::new());
    let scenario = Scenario::new(machine)
        .hears("220 mx\r\n")
        .hears("250-mx\r\n250 STARTTLS\r\n");
    assert!(!scenario.has_told("StartTlsInsideTls"));
    assert!(!scenario.rejected().is_closed());
}
