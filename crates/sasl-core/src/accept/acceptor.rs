//! The loop under the three `Accept` machines: what a server does is alike, what it says is not.

use core::fmt;

use crate::{
    AcceptSettings, Acceptance, Accepted, Accepting, Credentials, Error, Failure, Farewell,
    Mechanism, Next, Presented, Reason, Stage, Verdict, Violation,
    wire::{Channel, Conversation, Converse, Fact, Offer, SendBuf, Turn},
};

/// How one protocol says what a server has to say. Everything that is pushed goes out in one write.
///
/// ```
/// use sasl_core::{Failure, Farewell, wire::{Dialect, Offer, Order, SendBuf}};
///
/// /// A protocol whose only command is a goodbye.
/// #[derive(Debug)]
/// struct Bye;
///
/// impl Dialect for Bye {
///     type Handshake = ();
///     fn greet(&mut self, send: &mut SendBuf, _: &Offer<'_>) { send.push(b"hello\r\n"); }
///     fn order<'a>(&mut self, send: &mut SendBuf, _: &'a [u8], _: &Offer<'_>) -> Order<'a> {
///         send.push(b"bye\r\n");
///         Order::Leave
///     }
///     fn challenge(&mut self, _: &mut SendBuf, _: &[u8]) {}
///     fn accept(&mut self, _: &mut SendBuf) {}
///     fn fail(&mut self, _: &mut SendBuf, _: Failure) {}
///     fn take_leave(&mut self, _: &mut SendBuf, _: Farewell) {}
///     fn agree(&mut self, _: &mut SendBuf) {}
///     fn handshake(&self) {}
/// }
/// ```
pub trait Dialect: fmt::Debug {
    /// The proof with which the machine for the time after STARTTLS is made.
    type Handshake;

    /// The first words on a connection, and after STARTTLS, where a protocol has any.
    fn greet(&mut self, send: &mut SendBuf, offer: &Offer<'_>);

    /// Reads a command with its literals, and answers it where only the protocol is concerned.
    fn order<'a>(&mut self, send: &mut SendBuf, line: &'a [u8], offer: &Offer<'_>) -> Order<'a>;

    /// A challenge in base64, which may be empty.
    fn challenge(&mut self, send: &mut SendBuf, text: &[u8]);

    /// What a client answered to a challenge: base64, or `*`. `None`: it is not framed as the
    /// protocol wants it.
    fn response<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        Some(line)
    }

    /// The login is accepted.
    fn accept(&mut self, send: &mut SendBuf);

    /// The login failed.
    fn fail(&mut self, send: &mut SendBuf, failure: Failure);

    /// The server closes the connection on its own account.
    fn take_leave(&mut self, send: &mut SendBuf, farewell: Farewell);

    /// STARTTLS is agreed to.
    fn agree(&mut self, send: &mut SendBuf);

    /// Makes the proof that it was.
    fn handshake(&self) -> Self::Handshake;

    /// Whether braces at the end of this line announce a literal. `exchange`: it answers a challenge.
    fn has_literal(line: &[u8], exchange: bool) -> bool {
        let _ = (line, exchange);
        false
    }

    /// Tells a client to send the literal it announced and waits with (`{n}`, not `{n+}`).
    ///
    /// # Errors
    ///
    /// Where a protocol invites nobody, which is the default: then such a client broke it, and where
    /// its next command begins is anybody's guess.
    fn invite(&mut self, send: &mut SendBuf) -> Result<(), Violation> {
        let _ = send;
        Err(Violation::BadLiteral)
    }
}

/// What a client wants.
///
/// ```
/// use sasl_core::{Mechanism, wire::Order};
/// let order = Order::Authenticate { mechanism: Mechanism::parse(b"PLAIN"), message: None };
/// assert!(matches!(order, Order::Authenticate { message: None, .. }));
/// ```
#[derive(Debug)]
pub enum Order<'a> {
    /// To log in.
    Authenticate {
        /// How. `None`: by something that this project does not speak.
        mechanism: Option<Mechanism>,
        /// The first message in base64, empty for an empty one, if it came along.
        message: Option<&'a [u8]>,
    },
    /// To leave. The answer was pushed.
    Leave,
    /// To log in by the LOGIN command of IMAP.
    Login(Credentials),
    /// Something that was answered already.
    Other,
    /// TLS, which is offered.
    StartTls,
}

/// An `Accept` machine, given how its protocol speaks.
///
/// ```
/// # fn secure<D: sasl_core::wire::Dialect>(dialect: D) {
/// use sasl_core::{AcceptSettings, wire::{Acceptor, Channel}};
/// let acceptor = Acceptor::new(dialect, AcceptSettings::new(), Channel::Tls);
/// # }
/// ```
#[derive(Debug)]
pub struct Acceptor<D> {
    dialect: D,
    settings: AcceptSettings,
    channel: Channel,
    wire: Conversation,
    acceptance: Acceptance,
    state: State,
    failures: u32,
    commands: u32,
}

#[derive(Debug)]
enum State {
    Accepted(Accepted),
    /// The embedder is to be asked.
    Asking(Presented),
    /// STARTTLS came; whether something stands behind it is yet to be seen.
    Agreeing,
    /// Waits for a command.
    Commands,
    /// The embedder was asked.
    Deciding,
    /// Waits for the answer to a challenge.
    Exchange,
    Greeting,
    Leaving(Farewell),
    /// The client was told to begin the handshake.
    Upgrading,
}

/// Octets reserved for one reply; a longer one makes the buffer grow.
const REPLY: usize = 256;

const STAGE: Stage = Stage::Accept;

impl<D: Dialect> Acceptor<D> {
    /// On a connection from which nothing was read yet, or nothing since its TLS handshake.
    pub fn new(dialect: D, settings: AcceptSettings, channel: Channel) -> Self {
        Self {
            wire: Conversation::with_client(&settings.wire, REPLY),
            dialect,
            settings,
            channel,
            acceptance: Acceptance::default(),
            state: State::Greeting,
            failures: 0,
            commands: 0,
        }
    }

    /// The verdict on what was presented. Without effect unless the machine has asked for it.
    pub fn decide(&mut self, verdict: Verdict) {
        if matches!(self.state, State::Deciding) {
            self.wire.reopen();
            let next = self.acceptance.decide(verdict, &self.settings);
            self.go_on(next);
        }
    }

    /// One line of the client's: at most one question to the embedder comes of it.
    fn take_line(&mut self) -> Result<Turn<Accepting<D::Handshake>>, Error> {
        let exchange = matches!(self.state, State::Exchange);
        let literal = |line: &[u8]| D::has_literal(line, exchange);
        let line = self
            .wire
            .next_line(&self.settings.wire, STAGE, literal)
            .inspect_err(|_| self.wire.wipe_handed_out());
        self.invite().inspect_err(|_| self.wire.wipe_handed_out())?;
        let Some(line) = line? else {
            return if self.wire.send.is_empty() {
                self.wire.await_input(STAGE)
            } else {
                Ok(Turn::Again)
            };
        };
        let bytes = self.wire.lend();
        let text = bytes.get(line.range).unwrap_or_default();
        if exchange {
            self.continue_exchange(text);
        } else {
            self.obey(text);
        }
        self.wire.restore(bytes);
        // It may have held a credential.
        self.wire.wipe_handed_out();
        Ok(Turn::Again)
    }

    fn invite(&mut self) -> Result<(), Error> {
        for _ in 0..self.wire.take_invitations() {
            let invited = self.dialect.invite(&mut self.wire.send);
            invited.map_err(|violation| Error::Protocol {
                violation,
                during: STAGE,
            })?;
        }
        Ok(())
    }

    fn continue_exchange(&mut self, line: &[u8]) {
        let next = match self.dialect.response(line) {
            Some(text) => self.acceptance.handle_response(text, &self.settings),
            None => {
                self.acceptance = Acceptance::default();
                Next::Fail(Failure::Malformed)
            }
        };
        self.go_on(next);
    }

    fn obey(&mut self, line: &[u8]) {
        self.commands += 1;
        let offer = self.channel.offer(&self.settings);
        let next = match self.dialect.order(&mut self.wire.send, line, &offer) {
            Order::Other => {
                return self.bear();
            }
            Order::Leave => {
                self.state = State::Leaving(Farewell::Asked);
                return;
            }
            Order::StartTls => {
                self.state = State::Agreeing;
                return;
            }
            Order::Authenticate { mechanism, message } => {
                match mechanism.filter(|mechanism| offer.mechanisms.contains(*mechanism)) {
                    Some(mechanism) => {
                        self.wire.tell(Fact::Chosen(mechanism, message.is_some()));
                        self.acceptance.begin(mechanism, message, &self.settings)
                    }
                    None => Next::Fail(self.not_offered(mechanism)),
                }
            }
            Order::Login(credentials) if offer.mechanisms.contains(Mechanism::Plain) => {
                self.acceptance.begin_login_command(credentials)
            }
            Order::Login(_) => Next::Fail(self.not_offered(Some(Mechanism::Plain))),
        };
        self.go_on(next);
    }

    /// Under TLS it may be there; then the client is told so.
    fn not_offered(&self, mechanism: Option<Mechanism>) -> Failure {
        let under_tls = mechanism.is_some_and(|m| self.settings.mechanisms.contains(m));
        if self.channel == Channel::Clear && under_tls {
            Failure::Refused(Reason::EncryptionRequired)
        } else {
            Failure::Unavailable
        }
    }

    fn go_on(&mut self, next: Next) {
        match next {
            Next::Accept(accepted) => {
                self.dialect.accept(&mut self.wire.send);
                self.state = State::Accepted(accepted);
            }
            Next::Challenge(text) => {
                self.dialect.challenge(&mut self.wire.send, &text);
                self.state = State::Exchange;
            }
            Next::Fail(failure) => self.fail(failure),
            Next::Present(presented) => self.state = State::Asking(presented),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.dialect.fail(&mut self.wire.send, failure);
        self.state = State::Commands;
        // Whoever could not be checked has not failed.
        self.failures += u32::from(failure != Failure::Refused(Reason::Temporary));
        if self.failures >= self.settings.failures {
            self.leave(Farewell::TooManyFailures);
        } else {
            self.bear();
        }
    }

    /// Nobody is listened to without end, not even while nobody can be checked.
    fn bear(&mut self) {
        if self.commands >= self.settings.commands {
            self.leave(Farewell::TooManyCommands);
        }
    }

    fn leave(&mut self, farewell: Farewell) {
        // Nobody hears the last words on a connection that is closed.
        if farewell != Farewell::HungUp {
            self.dialect.take_leave(&mut self.wire.send, farewell);
        }
        self.state = State::Leaving(farewell);
    }
}

impl<D: Dialect> Converse for Acceptor<D> {
    type Output = Accepting<D::Handshake>;

    fn wire(&self) -> &Conversation {
        &self.wire
    }

    fn wire_mut(&mut self) -> &mut Conversation {
        &mut self.wire
    }

    fn turn(&mut self) -> Result<Turn<Self::Output>, Error> {
        match &self.state {
            State::Asking(presented) => {
                let presented = presented.clone();
                self.state = State::Deciding;
                Ok(Turn::Done(Accepting::Presented(presented)))
            }
            State::Greeting => {
                let offer = self.channel.offer(&self.settings);
                self.dialect.greet(&mut self.wire.send, &offer);
                self.state = State::Commands;
                Ok(Turn::Again)
            }
            State::Commands | State::Exchange => match self.take_line() {
                Err(error) => {
                    let farewell = Farewell::of(error)?;
                    self.leave(farewell);
                    Ok(Turn::Again)
                }
                turn => turn,
            },
            // Polled before the embedder has decided.
            State::Deciding => Err(Error::Finished),
            State::Agreeing => {
                // What came in clear behind STARTTLS must not be taken for something said under TLS.
                self.wire.seal()?;
                self.dialect.agree(&mut self.wire.send);
                self.state = State::Upgrading;
                Ok(Turn::Again)
            }
            State::Upgrading => {
                self.wire.seal()?;
                Ok(Turn::Done(Accepting::StartTls(self.dialect.handshake())))
            }
            State::Accepted(accepted) => Ok(Turn::Done(Accepting::Accepted(accepted.clone()))),
            State::Leaving(farewell) => Ok(Turn::Done(Accepting::Closed(*farewell))),
        }
    }
}
