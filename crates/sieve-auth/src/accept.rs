//! The side of the server: from the greeting to a client that is in.

mod dialect;
mod options;

use sasl_core::{
    Accepting, Error, Verdict,
    wire::{Acceptor, Channel, Conversation, Converse, Turn},
};

use dialect::SieveDialect;
pub use options::AcceptOptions;

/// Takes the login of a client.
///
/// ```text
///  in_clear: Greeting ─► Commands ─► STARTTLS ─► Handshake
///                                                   │
///  over_tls: Greeting ─► Commands ◄─────────────────┘
///                          ▲   │ AUTHENTICATE
///                          │   ▼
///                 refused ─┴─ Presented ─ decide ─► Accepted
/// ```
///
/// The machine yields each time it needs its embedder: to check credentials, to begin TLS, to close.
/// What comes behind the login is not read: it is in [`Machine::remaining`](sasl_core::Machine).
///
/// ```
/// use sasl_core::{Accepting, Machine, Reason, Step, Verdict};
/// use sieve_auth::{Accept, AcceptOptions};
///
/// let mut machine = Accept::over_tls(AcceptOptions::new());
/// // A client that knows the server sends all at once; the token is `t`, the user `u`.
/// machine.handle_input(
///     b"AUTHENTICATE \"XOAUTH2\" {32+}\r\ndXNlcj11AWF1dGg9QmVhcmVyIHQBAQ==\r\nLISTSCRIPTS\r\n",
/// );
/// loop {
///     match machine.poll()? {
///         Step::Write(bytes) => println!("S: {}", bytes.redacted()),
///         Step::Read => panic!("all is there"),
///         Step::Event(event) => println!("   {event:?}"),
///         Step::Done(Accepting::Presented(presented)) => {
///             let valid = presented.credentials().secret() == &"t".into();
///             machine.decide(if valid {
///                 Verdict::accept("u")
///             } else {
///                 Verdict::refuse(Reason::TokenRejected)
///             });
///         }
///         Step::Done(Accepting::Accepted(accepted)) => {
///             assert_eq!(accepted.user(), "u");
///             break;
///         }
///         Step::Done(Accepting::StartTls(_) | Accepting::Closed(_)) => panic!("not here"),
///     }
/// }
/// assert_eq!(machine.remaining(), b"LISTSCRIPTS\r\n");
/// # Ok::<(), sasl_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Accept(Acceptor<SieveDialect>);

/// Proof that the client was told to begin TLS and sent nothing behind its command. Only [`Accept`]
/// makes one.
///
/// ```
/// fn next(proof: sieve_auth::Handshake) -> sieve_auth::Accept {
///     sieve_auth::Accept::after_starttls(proof, sieve_auth::AcceptOptions::new())
/// }
/// ```
#[derive(Debug)]
#[must_use = "the client waits for the TLS handshake"]
pub struct Handshake(());

impl Accept {
    /// On a connection that is TLS from its first octet on.
    pub fn over_tls(options: AcceptOptions) -> Self {
        Self::new(options, Channel::Tls)
    }

    /// On a connection that has just become TLS. Nothing that was said before it counts
    /// (<https://www.rfc-editor.org/rfc/rfc5804#section-2.2>).
    pub fn after_starttls(proof: Handshake, options: AcceptOptions) -> Self {
        let Handshake(()) = proof;
        Self::new(options, Channel::Upgraded)
    }

    /// On a connection in clear: STARTTLS is offered and no login is taken.
    pub fn in_clear(options: AcceptOptions) -> Self {
        Self::new(options, Channel::Clear)
    }

    /// On a connection that nobody else can read although it is in clear: a Unix socket, a loopback
    /// address, a test. Everywhere else this invites clients to give their credentials away.
    pub fn dangerous_in_clear(options: AcceptOptions) -> Self {
        Self::new(options, Channel::Exposed)
    }

    /// The verdict on what was presented; then poll again. Without effect unless the last step was
    /// [`Accepting::Presented`].
    pub fn decide(&mut self, verdict: Verdict) {
        self.0.decide(verdict);
    }

    fn new(options: AcceptOptions, channel: Channel) -> Self {
        let settings = options.settings.clone();
        Self(Acceptor::new(SieveDialect::new(options), settings, channel))
    }
}

impl Converse for Accept {
    type Output = Accepting<Handshake>;

    fn wire(&self) -> &Conversation {
        self.0.wire()
    }

    fn wire_mut(&mut self) -> &mut Conversation {
        self.0.wire_mut()
    }

    fn turn(&mut self) -> Result<Turn<Self::Output>, Error> {
        self.0.turn()
    }
}

#[cfg(test)]
mod tests;
