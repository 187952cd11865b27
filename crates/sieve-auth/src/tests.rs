//! A server in a string, for the tests of every state.

use alloc::{
    format,
    string::{String, ToString},
};

use sasl_core::{
    Accepting, Conformance, Credentials, Error, Machine, Protocol, Service, Settings, Verdict,
    Violation,
};

use crate::{Accept, AcceptOptions, Handshake, Login, Options, Probe, Sieve, StartTls, Upgrade};

#[path = "../../../tests/harness/scenario.rs"]
mod scenario;

pub(crate) use scenario::Scenario;

pub(crate) const TOKEN: &str = "mF_9.B5f-4.1JqM";
pub(crate) const GREETING: &str = "\"IMPLEMENTATION\" \"Example\"\r\n\"SASL\" \"OAUTHBEARER XOAUTH2 PLAIN\"\r\n\"SIEVE\" \"fileinto vacation\"\r\n\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\n";
pub(crate) const IN_CLEAR: &str = "\"IMPLEMENTATION\" \"Example\"\r\n\"SASL\" \"\"\r\n\"SIEVE\" \"fileinto\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n";
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

pub(crate) fn strict() -> Options {
    Options::from(Settings::new().conformance(Conformance::Strict))
}

pub(crate) fn login() -> Scenario<Login> {
    Scenario::new(Login::over_tls(token(), Options::new()))
}

pub(crate) fn login_with(options: Options) -> Scenario<Login> {
    Scenario::new(Login::over_tls(token(), options))
}

/// A login whose AUTHENTICATE is out.
pub(crate) fn asked() -> Scenario<Login> {
    login().hears(GREETING)
}

pub(crate) fn start_tls() -> Scenario<StartTls> {
    Scenario::new(StartTls::new(Options::new()))
}

pub(crate) fn upgrade() -> Upgrade {
    start_tls().hears(IN_CLEAR).hears("OK\r\n").end().unwrap()
}

pub(crate) fn upgraded(options: Options) -> Scenario<Login> {
    Scenario::new(Login::after_starttls(upgrade(), token(), options)).goes_on()
}

pub(crate) fn violation<T: core::fmt::Debug>(end: Result<T, Error>) -> Violation {
    match end {
        Err(Error::Protocol { violation, .. }) => violation,
        other => panic!("{other:?}"),
    }
}

/// [`GREETING`] with one more line.
pub(crate) fn greeting_with(line: &str) -> String {
    format!("{line}\r\n{GREETING}")
}

/// The same conversation goes the same way however the bytes arrive.
#[test]
fn every_step_width_gives_the_same() {
    let play = |step: usize| {
        let upgraded = Scenario::new(StartTls::new(Options::new())).in_steps_of(step);
        let proof = upgraded
            .hears(IN_CLEAR.replace("\"SASL\"", "{4}\r\nSASL"))
            .hears("OK (SASL \"\") {4}\r\n\r\n\r\n\r\n");
        let machine = Login::after_starttls(proof.end().unwrap(), token(), Options::new());
        let scenario = Scenario::new(machine)
            .in_steps_of(step)
            .goes_on()
            .hears(GREETING)
            .hears(format!("{{{}}}\r\n{REFUSAL}\r\n", REFUSAL.len()))
            .hears("NO (X/Y (a \"b)\" {1}\r\n))) \"no {9}\"\r\n");
        let text = scenario.rejection().to_string();
        (scenario.writes.concat(), scenario.events, text)
    };
    let whole = play(usize::MAX);
    assert!(whole.2.ends_with("it said: no {9}"), "{}", whole.2);
    for step in 1..60 {
        assert_eq!(play(step), whole, "step {step}");
    }
}

#[test]
fn the_driver_sees_the_same_machines() {
    let mut login = Sieve::login_over_tls(token(), Options::new());
    login.handle_input(GREETING.as_bytes());
    let scenario = Scenario::new(login).goes_on();
    assert_eq!(scenario.writes.len(), 1);
    let probe = Sieve::probe_after_starttls(upgrade(), Options::new());
    let offered = Scenario::new(probe).goes_on().hears(GREETING).end();
    let offered = offered.unwrap().accepted().unwrap();
    assert!(offered.has("sieve") && !offered.has("STARTTLS"));
    let probe = Scenario::new(Probe::in_clear(Options::new())).hears(IN_CLEAR);
    assert!(probe.end().unwrap().accepted().unwrap().has("STARTTLS"));
}

#[test]
fn a_driver_gets_every_server() {
    let offered_by = |accept: <Sieve as Service>::Accept| {
        let scenario = Scenario::new(accept).goes_on();
        let offer = crate::parse::capabilities(scenario.last_write().as_bytes(), true).unwrap();
        (offer.starttls(), !offer.mechanisms().is_empty())
    };
    let options = AcceptOptions::new;
    assert_eq!(offered_by(Sieve::accept_over_tls(options())), (false, true));
    assert_eq!(offered_by(Sieve::accept_in_clear(options())), (true, false));
    let exposed = Sieve::dangerous_accept_in_clear(options());
    assert_eq!(offered_by(exposed), (true, true));
    let scenario = Scenario::new(Sieve::accept_in_clear(options())).hears("STARTTLS\r\n");
    let Ok(Accepting::StartTls(proof)) = scenario.end() else {
        panic!("something else")
    };
    let mut upgraded = Sieve::accept_after_starttls(proof, options());
    // Without effect: nothing was presented.
    Sieve::decide(&mut upgraded, Verdict::accept("u"));
    assert_eq!(offered_by(upgraded), (false, true));
}

#[test]
fn machines_can_be_sent_to_other_threads() {
    fn check<T: Send + Sync>() {}
    check::<(Login, StartTls, Probe, Options, Upgrade)>();
    check::<(Accept, AcceptOptions, Handshake)>();
}
