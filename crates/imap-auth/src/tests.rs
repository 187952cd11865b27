//! A server in a string, for the tests of every state; and what holds for all of them.

use alloc::{format, string::ToString};

use sasl_core::{
    Conformance, Credentials, Error, Machine, Protocol as _, Settings, Step, Violation,
};

use crate::{Imap, Login, Options, Probe, StartTls, Upgrade};

#[path = "../../../tests/harness/scenario.rs"]
mod scenario;

pub(crate) use scenario::Scenario;

pub(crate) const TOKEN: &str = "mF_9.B5f-4.1JqM";
pub(crate) const GREETING: &str =
    "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN] ready\r\n";
pub(crate) const SILENT: &str = "* OK ready\r\n";
pub(crate) const IN_CLEAR: &str = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n";
/// `{"status":"insufficient_scope","scope":"mail"}`
pub(crate) const REFUSAL: &str = "eyJzdGF0dXMiOiJpbnN1ZmZpY2llbnRfc2NvcGUiLCJzY29wZSI6Im1haWwifQ==";
/// `{"status":"invalid_token"}`
pub(crate) const INVALID_TOKEN: &str = "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=";
/// The first message of OAUTHBEARER for [`token`], without an endpoint.
pub(crate) const OAUTHBEARER: &str =
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWF1dGg9QmVhcmVyIG1GXzkuQjVmLTQuMUpxTQEB";
/// The first message of XOAUTH2 for [`token`].
pub(crate) const XOAUTH2: &str =
    "dXNlcj11c2VyQGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIG1GXzkuQjVmLTQuMUpxTQEB";

pub(crate) fn token() -> Credentials {
    Credentials::bearer("user@example.com", TOKEN).unwrap()
}

pub(crate) fn password() -> Credentials {
    Credentials::password("tim", "tanstaaftanstaaf").unwrap()
}

pub(crate) fn strict() -> Options {
    Options::from(Settings::new().conformance(Conformance::Strict))
}

/// The first message is never sent along.
pub(crate) fn apart() -> Options {
    Options::from(Settings::new().initial_response(false))
}

pub(crate) fn login() -> Scenario<Login> {
    login_with(Options::new())
}

pub(crate) fn login_with(options: Options) -> Scenario<Login> {
    Scenario::new(Login::over_tls(token(), options))
}

/// A login whose AUTHENTICATE is out.
pub(crate) fn asked() -> Scenario<Login> {
    asked_with(token(), Options::new())
}

pub(crate) fn asked_with(credentials: Credentials, options: Options) -> Scenario<Login> {
    Scenario::new(Login::over_tls(credentials, options)).hears(GREETING)
}

/// A login by password at a server that offers nothing but these names.
pub(crate) fn offered(credentials: Credentials, names: &str) -> Scenario<Login> {
    Scenario::new(Login::over_tls(credentials, Options::new()))
        .hears(format!("* OK [CAPABILITY {names}] ready\r\n"))
}

pub(crate) fn start_tls() -> Scenario<StartTls> {
    Scenario::new(StartTls::new(Options::new()))
}

pub(crate) fn upgrade() -> Upgrade {
    let agreed = start_tls().hears(IN_CLEAR).hears("A1 OK begin\r\n");
    agreed.end().unwrap()
}

pub(crate) fn violation<T: core::fmt::Debug>(end: Result<T, Error>) -> Violation {
    match end {
        Err(Error::Protocol { violation, .. }) => violation,
        other => panic!("{other:?}"),
    }
}

/// D06: the same conversation goes the same way however the bytes arrive.
#[test]
fn every_step_width_gives_the_same() {
    let play = |step: usize| {
        let proof = Scenario::new(StartTls::new(Options::new()))
            .in_steps_of(step)
            .hears(SILENT)
            .hears("* CAPABILITY IMAP4rev1 STARTTLS\r\nA1 OK\r\n")
            .hears("* X {3}\r\n\r\n)\r\nA2 OK begin\r\n");
        let machine = Login::after_starttls(proof.end().unwrap(), token(), Options::new());
        let scenario = Scenario::new(machine)
            .in_steps_of(step)
            .goes_on()
            .hears("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nA1 OK done\r\n")
            .hears("+ \r\n")
            .hears(format!("+ {REFUSAL}\r\n"))
            .hears("* 1 FETCH ({4}\r\n\r\n)(\"{1}\")\r\nA2 NO [X \"]\"] no {9}\r\n");
        let text = scenario.rejection().to_string();
        (scenario.writes.concat(), scenario.events, text)
    };
    let whole = play(usize::MAX);
    assert!(whole.2.ends_with("it said: no {9}"), "{}", whole.2);
    for step in 1..60 {
        assert_eq!(play(step), whole, "{step}");
    }
}

/// T22: nothing secret is ever shown.
#[test]
fn nothing_secret_is_shown() {
    let scenario = asked().hears(format!(
        "A1 NO [REFERRAL imap://h/{TOKEN}] {TOKEN} is bad, and so is {OAUTHBEARER}\r\n"
    ));
    let rejection = scenario.rejection();
    let shown = format!(
        "{:?} {rejection} {rejection:?} {:?}",
        scenario.events, scenario.machine
    );
    assert!(
        !shown.contains(TOKEN) && !shown.contains(&OAUTHBEARER[40..]),
        "{shown}"
    );
    for (credentials, names, secret) in [
        (token(), "IMAP4rev1 SASL-IR AUTH=XOAUTH2", &XOAUTH2[20..]),
        (password(), "IMAP4rev1", "tanstaaf"),
    ] {
        let mut machine = Login::over_tls(credentials, Options::new());
        machine.handle_input(format!("* OK [CAPABILITY {names}] ready\r\n").as_bytes());
        let shown = loop {
            match machine.poll().unwrap() {
                Step::Write(bytes) => break format!("{bytes:?}"),
                Step::Event(_) => {}
                other @ (Step::Read | Step::Done(_)) => panic!("{other:?}"),
            }
        };
        assert!(!shown.contains(secret), "{shown}");
        assert!(!format!("{machine:?}").contains(secret));
    }
}

/// A polled machine that waits says so again, and a finished one says that it is.
#[test]
fn spurious_polls_are_harmless() {
    let mut machine = asked().machine;
    for _ in 0..3 {
        assert!(matches!(machine.poll(), Ok(Step::Read)));
    }
    machine.handle_input(b"A1 OK in\r\n");
    assert!(matches!(machine.poll(), Ok(Step::Done(_))));
    assert_eq!(machine.poll().err(), Some(Error::Finished));
}

#[test]
fn a_driver_gets_every_machine() {
    let mut options = Options::new();
    let _ = Imap::settings(&mut options);
    Imap::randomize(&mut options, b"01234567");
    assert_eq!(Imap::IMPLICIT_TLS_PORT, Some(993));
    let mut login = Imap::login_over_tls(token(), options.clone());
    Imap::retry(&mut login, token());
    assert!(matches!(login.poll(), Ok(Step::Read)));
    let login = Imap::login_after_starttls(upgrade(), token(), options.clone());
    let scenario = Scenario::new(login).goes_on();
    assert_eq!(scenario.writes, ["WXYZA1 CAPABILITY\r\n"]);
    let mut login = Imap::dangerous_login_in_clear(token(), options.clone());
    assert!(matches!(login.poll(), Ok(Step::Read)));
    let mut probe: Probe = Imap::probe_after_starttls(upgrade(), options.clone());
    assert!(matches!(probe.poll(), Ok(Step::Write(_))));
    for mut probe in [
        Imap::probe_over_tls(options.clone()),
        Imap::probe_in_clear(options.clone()),
    ] {
        assert!(matches!(probe.poll(), Ok(Step::Read)));
    }
    assert!(matches!(Imap::start_tls(options).poll(), Ok(Step::Read)));
}

#[test]
fn a_probe_tells_what_is_offered_or_why_not() {
    let probe = || Scenario::new(Probe::over_tls(Options::new()));
    let offered = probe().hears(GREETING).end().unwrap().accepted().unwrap();
    assert_eq!(
        offered.mechanisms().to_string(),
        "OAUTHBEARER PLAIN XOAUTH2"
    );
    assert!(offered.has("sasl-ir") && !offered.has("CAPABILITY"));
    let offered = probe().hears("* PREAUTH [CAPABILITY IMAP4rev1 IDLE] in\r\n");
    assert!(offered.end().unwrap().accepted().unwrap().has("IDLE"));
    let refused = probe().hears("* BYE [UNAVAILABLE] no\r\n").end();
    assert_eq!(
        refused.unwrap().accepted().unwrap_err().code(),
        "UNAVAILABLE"
    );
    // What is only assumed is no answer.
    let assumed = Options::new().assume("IMAP4rev1").unwrap();
    let scenario = Scenario::new(Probe::over_tls(assumed)).hears(SILENT);
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"]);
}

#[test]
fn machines_can_be_sent_to_other_threads() {
    fn check<T: Send + Sync>() {}
    check::<(Login, StartTls, Probe, Options, Upgrade)>();
}
