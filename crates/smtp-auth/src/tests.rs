//! A server in a string, for the tests of every state; and what holds for all of them.

use alloc::{format, string::ToString};

use sasl_core::{
    Accepting, Conformance, Credentials, Error, Machine, Protocol, Service, Settings, Step,
    Verdict, Violation,
};

use crate::{AcceptOptions, Login, Options, Probe, Smtp, StartTls, Upgrade};

#[path = "../../../tests/harness/scenario.rs"]
mod scenario;

pub(crate) use scenario::Scenario;

pub(crate) const TOKEN: &str = "mF_9.B5f-4.1JqM";
pub(crate) const GREETING: &str = "220-mx.example.com ESMTP\r\n220 ready\r\n";
pub(crate) const OFFER: &str =
    "250-mx.example.com\r\n250-SIZE 1000\r\n250 AUTH OAUTHBEARER XOAUTH2 PLAIN\r\n";
pub(crate) const IN_CLEAR: &str = "250-mx.example.com\r\n250 STARTTLS\r\n";
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

/// A token that makes AUTH longer than 512 octets.
pub(crate) fn long_token() -> Credentials {
    Credentials::bearer("user@example.com", "t".repeat(700)).unwrap()
}

pub(crate) fn strict() -> Options {
    Options::from(Settings::new().conformance(Conformance::Strict))
}

pub(crate) fn login() -> Scenario<Login> {
    login_with(Options::new())
}

pub(crate) fn login_with(options: Options) -> Scenario<Login> {
    Scenario::new(Login::over_tls(token(), options))
}

/// A login whose EHLO is out.
pub(crate) fn greeted() -> Scenario<Login> {
    login().hears(GREETING)
}

/// A login whose AUTH is out.
pub(crate) fn asked() -> Scenario<Login> {
    greeted().hears(OFFER)
}

pub(crate) fn asked_with(credentials: Credentials, options: Options) -> Scenario<Login> {
    Scenario::new(Login::over_tls(credentials, options))
        .hears(GREETING)
        .hears(OFFER)
}

pub(crate) fn start_tls() -> Scenario<StartTls> {
    Scenario::new(StartTls::new(Options::new())).hears(GREETING)
}

pub(crate) fn upgrade() -> Upgrade {
    let agreed = start_tls().hears(IN_CLEAR).hears("220 go ahead\r\n");
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
        let scenario = login()
            .in_steps_of(step)
            .hears(GREETING)
            .hears(OFFER)
            .hears(format!("334 {REFUSAL}\r\n"))
            .hears("535-5.7.8 no\r\n535 5.7.8 see https://support.example.com/\r\n");
        let text = scenario.rejection().to_string();
        (scenario.writes.concat(), scenario.events, text)
    };
    let whole = play(usize::MAX);
    let words = "it said: no see https://support.example.com/";
    assert!(whole.2.ends_with(words), "{}", whole.2);
    for step in 1..60 {
        assert_eq!(play(step), whole, "{step}");
    }
}

/// T11, T22: nothing secret is written before TLS, and nothing secret is ever shown.
#[test]
fn nothing_secret_is_shown() {
    let scenario = asked().hears(format!("535 {TOKEN} is bad, and so is {XOAUTH2}\r\n"));
    let rejection = scenario.rejection();
    let shown = format!(
        "{:?} {rejection} {rejection:?} {:?}",
        scenario.events, scenario.machine
    );
    assert!(
        !shown.contains(TOKEN) && !shown.contains(&XOAUTH2[40..]),
        "{shown}"
    );
    let mut machine = Login::over_tls(token(), Options::new());
    for text in [GREETING, OFFER] {
        machine.handle_input(text.as_bytes());
        loop {
            match machine.poll().unwrap() {
                Step::Read => break,
                Step::Write(bytes) => {
                    let shown = format!("{bytes:?}");
                    assert!(!shown.contains(&OAUTHBEARER[20..]), "{shown}");
                }
                Step::Event(_) | Step::Done(_) => {}
            }
        }
    }
}

/// A polled machine that waits says so again, and a finished one says that it is.
#[test]
fn spurious_polls_are_harmless() {
    let mut machine = asked().machine;
    for _ in 0..3 {
        assert!(matches!(machine.poll(), Ok(Step::Read)));
    }
    machine.handle_input(b"235 ok\r\n");
    assert!(matches!(machine.poll(), Ok(Step::Done(_))));
    assert_eq!(machine.poll().err(), Some(Error::Finished));
}

#[test]
fn a_driver_gets_every_machine() {
    let mut options = Options::new();
    let _ = Smtp::settings(&mut options);
    assert_eq!(Smtp::IMPLICIT_TLS_PORT, Some(465));
    let mut login = Smtp::login_over_tls(token(), options.clone());
    Smtp::retry(&mut login, token());
    assert!(matches!(login.poll(), Ok(Step::Read)));
    let mut login = Smtp::login_after_starttls(upgrade(), token(), options.clone());
    assert!(matches!(login.poll(), Ok(Step::Write(_))));
    let mut login = Smtp::dangerous_login_in_clear(token(), options.clone());
    assert!(matches!(login.poll(), Ok(Step::Read)));
    let mut probe: Probe = Smtp::probe_after_starttls(upgrade(), options.clone());
    assert!(matches!(probe.poll(), Ok(Step::Write(_))));
    for mut probe in [
        Smtp::probe_over_tls(options.clone()),
        Smtp::probe_in_clear(options.clone()),
    ] {
        assert!(matches!(probe.poll(), Ok(Step::Read)));
    }
    assert!(matches!(Smtp::start_tls(options).poll(), Ok(Step::Read)));
}

#[test]
fn a_driver_gets_every_server() {
    let offered_by = |accept: <Smtp as Service>::Accept| {
        let scenario = Scenario::new(accept).hears("EHLO a\r\n");
        let offers = |word| scenario.last_write().contains(word);
        (offers("STARTTLS"), offers("AUTH"))
    };
    let options = AcceptOptions::new;
    assert_eq!(offered_by(Smtp::accept_over_tls(options())), (false, true));
    assert_eq!(offered_by(Smtp::accept_in_clear(options())), (true, false));
    let exposed = Smtp::dangerous_accept_in_clear(options());
    assert_eq!(offered_by(exposed), (true, true));
    let scenario = Scenario::new(Smtp::accept_in_clear(options())).hears("EHLO a\r\nSTARTTLS\r\n");
    let Ok(Accepting::StartTls(proof)) = scenario.end() else {
        panic!("something else")
    };
    let mut upgraded = Smtp::accept_after_starttls(proof, options());
    // Without effect: nothing was presented.
    Smtp::decide(&mut upgraded, Verdict::accept("u"));
    assert_eq!(offered_by(upgraded), (false, true));
}

#[test]
fn a_probe_tells_what_is_offered_or_why_not() {
    let probe = || Scenario::new(Probe::over_tls(Options::new())).hears(GREETING);
    let offered = probe().hears(OFFER).end().unwrap().accepted().unwrap();
    assert_eq!(
        offered.mechanisms().to_string(),
        "OAUTHBEARER PLAIN XOAUTH2"
    );
    assert!(offered.has("SIZE") && !offered.has("mx.example.com"));
    let refused = probe().hears("502 no\r\n").end().unwrap().accepted();
    assert_eq!(refused.unwrap_err().code(), "502");
}
