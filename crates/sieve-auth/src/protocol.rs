//! ManageSieve, as seen by a driver.

use sasl_core::{Credentials, Protocol, Settings, Verdict};

use crate::{Accept, AcceptOptions, Handshake, Login, Options, Probe, StartTls, Upgrade};

/// ManageSieve.
///
/// ```
/// use sasl_core::Protocol;
/// assert_eq!(sieve_auth::Sieve::IMPLICIT_TLS_PORT, None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sieve;

impl Protocol for Sieve {
    const NAME: &'static str = "sieve";
    const ALPN: Option<&'static str> = Some("managesieve");
    const IMPLICIT_TLS_PORT: Option<u16> = None;
    const STARTTLS_PORT: u16 = 4190;

    type Options = Options;
    type Upgrade = Upgrade;
    type StartTls = StartTls;
    type Login = Login;
    type Probe = Probe;
    type AcceptOptions = AcceptOptions;
    type Handshake = Handshake;
    type Accept = Accept;

    fn settings(options: &mut Options) -> &mut Settings {
        options.settings_mut()
    }

    fn start_tls(options: Options) -> StartTls {
        StartTls::new(options)
    }

    fn login_over_tls(credentials: Credentials, options: Options) -> Login {
        Login::over_tls(credentials, options)
    }

    fn login_after_starttls(proof: Upgrade, credentials: Credentials, options: Options) -> Login {
        Login::after_starttls(proof, credentials, options)
    }

    fn dangerous_login_in_clear(credentials: Credentials, options: Options) -> Login {
        Login::dangerous_in_clear(credentials, options)
    }

    fn retry(login: &mut Login, credentials: Credentials) {
        login.retry(credentials);
    }

    fn probe_over_tls(options: Options) -> Probe {
        Probe::over_tls(options)
    }

    fn probe_after_starttls(proof: Upgrade, options: Options) -> Probe {
        Probe::after_starttls(proof, options)
    }

    fn probe_in_clear(options: Options) -> Probe {
        Probe::in_clear(options)
    }
    fn accept_over_tls(options: AcceptOptions) -> Accept {
        Accept::over_tls(options)
    }

    fn accept_after_starttls(proof: Handshake, options: AcceptOptions) -> Accept {
        Accept::after_starttls(proof, options)
    }

    fn accept_in_clear(options: AcceptOptions) -> Accept {
        Accept::in_clear(options)
    }

    fn dangerous_accept_in_clear(options: AcceptOptions) -> Accept {
        Accept::dangerous_in_clear(options)
    }

    fn decide(accept: &mut Accept, verdict: Verdict) {
        accept.decide(verdict);
    }
}
