//! Settings: what they check, what they fill in.

#![allow(
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

mod support;

use std::{collections::BTreeSet, process::Command, time::Duration};

use mail_login_tls::{Address, Deadline, Failure, Phase, Security, Server, SettingsProblem};
use sasl_core::{
    Capabilities, Credentials, Endpoint, Error, Invalid, Machine, Outcome, Protocol, Session,
    Settings, Step,
};
use support::Authority;

/// A protocol that only has options.
struct Nothing;

/// What options can be seen to have been given.
#[derive(Clone, Debug, Default)]
struct Options {
    settings: Settings,
    random: [u8; 8],
}

impl From<Settings> for Options {
    fn from(settings: Settings) -> Self {
        let random = [0; 8];
        Self { settings, random }
    }
}

/// A machine that is over before it begins.
struct Over<T>(Option<T>);

impl<T> Machine for Over<T> {
    type Output = T;

    fn handle_input(&mut self, _: &[u8]) {}

    fn poll(&mut self) -> Result<Step<'_, T>, Error> {
        self.0.take().map(Step::Done).ok_or(Error::Finished)
    }

    fn remaining(&self) -> &[u8] {
        &[]
    }
}

impl Protocol for Nothing {
    const NAME: &'static str = "nothing";
    const ALPN: Option<&'static str> = Some("nothing");
    const IMPLICIT_TLS_PORT: Option<u16> = None;
    const STARTTLS_PORT: u16 = 1;
    type Options = Options;
    type Upgrade = ();
    type StartTls = Over<()>;
    type Login = Over<Outcome<Session>>;
    type Probe = Over<Outcome<Capabilities>>;

    fn settings(options: &mut Options) -> &mut Settings {
        &mut options.settings
    }
    fn start_tls(_: Options) -> Self::StartTls {
        Over(None)
    }
    fn login_over_tls(_: Credentials, _: Options) -> Self::Login {
        Over(None)
    }
    fn login_after_starttls((): (), _: Credentials, _: Options) -> Self::Login {
        Over(None)
    }
    fn dangerous_login_in_clear(_: Credentials, _: Options) -> Self::Login {
        Over(None)
    }
    fn retry(_: &mut Self::Login, _: Credentials) {}
    fn probe_over_tls(_: Options) -> Self::Probe {
        Over(None)
    }
    fn probe_after_starttls((): (), _: Options) -> Self::Probe {
        Over(None)
    }
    fn probe_in_clear(_: Options) -> Self::Probe {
        Over(None)
    }
    fn randomize(options: &mut Options, random: &[u8; 8]) {
        options.random = *random;
    }
}

fn prepared(server: &Server, mut options: Options) -> Options {
    server.prepare::<Nothing>(&mut options).unwrap();
    options
}

#[test]
fn the_endpoint_is_the_verified_name_unless_the_caller_knows_better() {
    let server = Server::starttls("127.0.0.1", 143);
    let endpoint = |options: Options| options.settings.chosen_endpoint().cloned();
    let new = |host, port| Some(Endpoint::new(host, port).unwrap());

    let plain = prepared(&server, Options::default());
    assert_eq!(endpoint(plain), new("127.0.0.1", 143));

    let tunnel = server.server_name("mail.example.com");
    let named = prepared(&tunnel, Options::default());
    assert_eq!(endpoint(named), new("mail.example.com", 143));

    let theirs = Settings::new().endpoint(Endpoint::new("own.example", 1).unwrap());
    assert_eq!(
        endpoint(prepared(&tunnel, theirs.into())),
        new("own.example", 1)
    );
}

#[cfg(unix)]
#[test]
fn a_unix_socket_has_no_endpoint() {
    let server = Server::unix("/run/imap");
    assert_eq!(server.address(), &Address::Unix("/run/imap".into()));
    assert_eq!(server.security(), Security::InClear);
    let options = prepared(&server, Options::default());
    assert!(options.settings.chosen_endpoint().is_none());
}

#[test]
fn letters_are_letters_and_fresh() {
    let server = Server::implicit_tls("mail.example.com", 993);
    let drawn: BTreeSet<_> = (0..20)
        .map(|_| prepared(&server, Options::default()).random)
        .collect();
    assert_eq!(drawn.len(), 20);
    assert!(drawn.iter().flatten().all(u8::is_ascii_uppercase));
}

#[test]
fn addresses_that_cannot_be() {
    let refused = |server: Server| {
        let failure = server.prepare::<Nothing>(&mut Options::default());
        match failure {
            Err(Failure::Invalid(invalid)) => invalid,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(Server::starttls("", 143)), Invalid::Host);
    assert_eq!(refused(Server::starttls("a b", 143)), Invalid::Host);
    assert_eq!(refused(Server::starttls("a", 0)), Invalid::Port);
    let name = Server::implicit_tls("mail.example.com", 993).server_name("a b");
    let failure = name.tls(None).unwrap_err();
    assert_eq!(failure.kind(), "server-name");
}

#[test]
fn only_addresses_of_the_local_family_are_reachable() {
    let both = ["[::1]:1".parse().unwrap(), "127.0.0.1:1".parse().unwrap()];
    let server = Server::starttls("localhost", 1);
    assert_eq!(server.reachable(both).unwrap(), both);
    let server = server.bind("127.0.0.2".parse().unwrap());
    assert_eq!(server.reachable(both).unwrap(), both[1..]);
    let failure = server.reachable(both.into_iter().take(1)).unwrap_err();
    assert_eq!(failure.kind(), "resolve");
}

#[test]
fn ca_certificates_that_are_none() {
    let server = || Server::implicit_tls("mail.example.com", 993);
    let kind = |problem: SettingsProblem| problem.kind();
    assert_eq!(kind(server().extra_ca_pem(b"").unwrap_err()), "ca-empty");
    assert_eq!(
        kind(server().extra_ca_pem(b"\x30\x82").unwrap_err()),
        "ca-empty"
    );
    let cut = b"-----BEGIN CERTIFICATE-----\nMIIB\n";
    assert_eq!(
        kind(server().extra_ca_pem(cut).unwrap_err()),
        "ca-malformed"
    );
    let junk = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    assert_eq!(
        kind(server().extra_ca_pem(junk).unwrap_err()),
        "ca-malformed"
    );
    let missing = server().extra_ca_file("/nowhere/ca.pem").unwrap_err();
    assert!(missing.to_string().contains("/nowhere/ca.pem"), "{missing}");
    assert_eq!(kind(missing), "ca-file");
}

#[test]
fn tls_settings_are_those_of_the_protocol_and_nothing_is_resumed() {
    let authority = Authority::new();
    let server = Server::implicit_tls("mail.example.com", 993)
        .extra_ca_pem(authority.pem().as_bytes())
        .unwrap();
    let handshake = server.tls(Some("imap")).unwrap();
    assert_eq!(handshake.config.alpn_protocols, [b"imap"]);
    assert!(!handshake.config.enable_early_data);
    assert!(handshake.config.enable_sni);
    let shown = format!("{:?}", handshake.config.resumption);
    assert!(
        shown.contains("Disabled") || shown.contains("NoClientSession"),
        "{shown}"
    );
    assert!(server.tls(None).unwrap().config.alpn_protocols.is_empty());
}

#[test]
fn shares_of_a_deadline() {
    let deadline = Deadline::after(Duration::from_secs(8));
    let share = |addresses| deadline.share(addresses).unwrap().unwrap();
    assert!(share(1) > Duration::from_secs(7));
    assert!(share(2) <= Duration::from_secs(4));
    let long = Deadline::after(Duration::from_secs(3600));
    assert_eq!(long.share(2).unwrap(), Some(Duration::from_secs(5)));
    assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
    let over = Deadline::after(Duration::ZERO).left().unwrap_err();
    let failure = Failure::from_io(Phase::Handshake, over);
    assert_eq!(failure.kind(), "deadline");
}

/// Run by the next test in a process of its own, because the store is named by the environment.
#[test]
#[ignore = "needs an empty store of certificates"]
fn in_an_empty_store() {
    let server = Server::implicit_tls("mail.example.com", 993);
    assert_eq!(server.tls(None).unwrap_err().kind(), "no-trust");
    let pem = Authority::new().pem();
    server
        .extra_ca_pem(pem.as_bytes())
        .unwrap()
        .tls(None)
        .unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn an_empty_store_is_enough_with_an_extra_authority() {
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "in_an_empty_store"])
        .env("SSL_CERT_FILE", "/nowhere/ca.pem")
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stdout)
    );
}
