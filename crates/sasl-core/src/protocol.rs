//! What a driver has to know to serve all three protocols with one piece of code.

use crate::{
    AcceptSettings, Accepting, Capabilities, Credentials, Machine, Outcome, Session, Settings,
    Verdict,
};

/// One protocol, as seen by a driver: its ports, its machines. Implemented by a unit type in each
/// protocol crate (`imap_auth::Imap`, `smtp_auth::Smtp`, `sieve_auth::Sieve`).
///
/// ```
/// use sasl_core::Protocol;
///
/// fn describe<P: Protocol>() -> String {
///     format!("{} on port {}", P::NAME, P::STARTTLS_PORT)
/// }
/// ```
pub trait Protocol {
    /// The name for people and programs: `imap`, `smtp`, `sieve`.
    const NAME: &'static str;
    /// The application protocol for TLS, where one is registered
    /// (<https://www.iana.org/assignments/tls-extensiontype-values#alpn-protocol-ids>).
    const ALPN: Option<&'static str>;
    /// The port for TLS from the first octet on. ManageSieve has none registered.
    const IMPLICIT_TLS_PORT: Option<u16>;
    /// The port for STARTTLS.
    const STARTTLS_PORT: u16;

    /// The protocol's options.
    type Options: Clone + core::fmt::Debug + Default + From<Settings>;
    /// Proof that the server agreed to TLS.
    type Upgrade;
    /// The machine that gets there.
    type StartTls: Machine<Output = Self::Upgrade>;
    /// The machine that logs in.
    type Login: Machine<Output = Outcome<Session>>;
    /// The machine that asks what is offered.
    type Probe: Machine<Output = Outcome<Capabilities>>;

    /// The settings inside the options, for a driver that fills in the endpoint.
    fn settings(options: &mut Self::Options) -> &mut Settings;
    /// Up to TLS.
    fn start_tls(options: Self::Options) -> Self::StartTls;
    /// A login on a connection that is TLS from its first octet on.
    fn login_over_tls(credentials: Credentials, options: Self::Options) -> Self::Login;
    /// A login after STARTTLS.
    fn login_after_starttls(
        proof: Self::Upgrade,
        credentials: Credentials,
        options: Self::Options,
    ) -> Self::Login;
    /// A login without TLS.
    fn dangerous_login_in_clear(credentials: Credentials, options: Self::Options) -> Self::Login;
    /// Another try on the same connection, with a new token.
    fn retry(login: &mut Self::Login, credentials: Credentials);
    /// What is offered on a connection that is TLS from its first octet on.
    fn probe_over_tls(options: Self::Options) -> Self::Probe;
    /// What is offered after STARTTLS.
    fn probe_after_starttls(proof: Self::Upgrade, options: Self::Options) -> Self::Probe;
    /// What is offered in clear.
    fn probe_in_clear(options: Self::Options) -> Self::Probe;

    /// Takes eight ASCII letters that nobody can foresee, fresh for each connection: IMAP makes its
    /// tags of them, so that an answer cannot be forged ahead of its command. Machines draw no
    /// random numbers themselves. Does nothing by default.
    fn randomize(options: &mut Self::Options, random: &[u8; 8]) {
        let _ = (options, random);
    }
}

/// The side of the server of one protocol, as seen by a driver. Implemented by the same types.
///
/// ```
/// use sasl_core::{AcceptSettings, Service};
///
/// fn offer<P: Service>(settings: AcceptSettings) -> P::Accept {
///     P::accept_over_tls(settings.into())
/// }
/// ```
pub trait Service: Protocol {
    /// The options of the server's side.
    type AcceptOptions: Clone + core::fmt::Debug + Default + From<AcceptSettings>;
    /// Proof that a client was told to begin TLS.
    type Handshake;
    /// The machine of the server's side.
    type Accept: Machine<Output = Accepting<Self::Handshake>>;

    /// The server's side of a connection that is TLS from its first octet on.
    fn accept_over_tls(options: Self::AcceptOptions) -> Self::Accept;
    /// The server's side after STARTTLS.
    fn accept_after_starttls(proof: Self::Handshake, options: Self::AcceptOptions) -> Self::Accept;
    /// The server's side in clear: STARTTLS is offered, no login is taken.
    fn accept_in_clear(options: Self::AcceptOptions) -> Self::Accept;
    /// The server's side in clear, where logins are taken all the same.
    fn dangerous_accept_in_clear(options: Self::AcceptOptions) -> Self::Accept;
    /// The verdict on what a client presented.
    fn decide(accept: &mut Self::Accept, verdict: Verdict);
}
