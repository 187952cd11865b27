//! What every machine has: buffers, facts that wait to be told, a sticky error, a count of round trips.

use alloc::vec::Vec;
use core::time::Duration;

use super::{Fact, Line, LineBuf, SendBuf, facts::Facts};
use crate::{
    Capabilities, Credentials, Error, Event, Exchange, Limit, Machine, Refusal, Settings, Stage,
    Step, Text,
};

/// The part of a machine that does not know its protocol.
///
/// ```
/// use sasl_core::{Settings, Stage, wire::Conversation};
///
/// let mut wire = Conversation::new(&Settings::new(), 512);
/// wire.handle_input(b"* OK ready\r\n");
/// let line = wire.next_line(&Settings::new(), Stage::Greeting, |_| false).unwrap().unwrap();
/// assert!(!line.early);
/// ```
#[derive(Debug)]
pub struct Conversation {
    /// The command that is being built or written.
    pub send: SendBuf,
    /// What the server offers in the present security state.
    pub capabilities: Capabilities,
    /// The refusal document that [`Fact::Refused`] is about.
    pub refusal: Option<Refusal>,
    /// What the server was told, so that it is not kept when it is sent back.
    told: Option<Credentials>,
    receive: LineBuf,
    facts: Facts,
    failure: Option<Error>,
    closed: bool,
    finished: bool,
    sealed: bool,
    writing: bool,
    round_trips: u32,
    /// Octets of lines since the last command.
    heard: usize,
    unasked: usize,
}

/// What one turn of a machine led to. Commands are put into [`Conversation::send`].
///
/// ```
/// let turn: sasl_core::wire::Turn<()> = sasl_core::wire::Turn::Again;
/// assert!(matches!(turn, sasl_core::wire::Turn::Again));
/// ```
#[derive(Debug)]
pub enum Turn<T> {
    /// Something moved.
    Again,
    /// Nothing moves without input.
    Read,
    /// The conversation is over.
    Done(T),
}

/// A machine that is built on a [`Conversation`]. It is a [`Machine`] by that alone.
///
/// ```
/// use sasl_core::{Error, Machine, Settings, Stage, Step, wire::{Conversation, Converse, Turn}};
///
/// /// Waits for one line.
/// struct OneLine(Conversation);
///
/// impl Converse for OneLine {
///     type Output = usize;
///     fn wire(&self) -> &Conversation { &self.0 }
///     fn wire_mut(&mut self) -> &mut Conversation { &mut self.0 }
///     fn turn(&mut self) -> Result<Turn<usize>, Error> {
///         Ok(match self.0.next_line(&Settings::new(), Stage::Greeting, |_| false)? {
///             Some(line) => Turn::Done(line.range.len()),
///             None => self.0.await_input(Stage::Greeting)?,
///         })
///     }
/// }
///
/// let mut machine = OneLine(Conversation::new(&Settings::new(), 0));
/// assert!(matches!(machine.poll(), Ok(Step::Read)));
/// machine.handle_input(b"hello\r\n");
/// assert!(matches!(machine.poll(), Ok(Step::Done(5))));
/// ```
pub trait Converse {
    /// What the machine yields.
    type Output;

    /// The conversation inside.
    fn wire(&self) -> &Conversation;

    /// The same, to change it.
    fn wire_mut(&mut self) -> &mut Conversation;

    /// One turn: at most one line is consumed, at most one command built.
    ///
    /// # Errors
    ///
    /// Whatever ends the conversation.
    fn turn(&mut self) -> Result<Turn<Self::Output>, Error>;

    /// See [`Machine::patience`].
    fn patience_left(&self) -> Option<Duration> {
        None
    }

    /// See [`Machine::handle_silence`].
    fn on_silence(&mut self) {}
}

impl<C: Converse> Machine for C {
    type Output = C::Output;

    fn handle_input(&mut self, bytes: &[u8]) {
        self.wire_mut().handle_input(bytes);
    }

    fn poll(&mut self) -> Result<Step<'_, C::Output>, Error> {
        self.wire_mut().resume()?;
        loop {
            if let Some(fact) = self.wire_mut().facts.pop() {
                return Ok(Step::Event(self.wire().event(&fact)));
            }
            if !self.wire().send.is_empty() {
                self.wire_mut().writing = true;
                return Ok(Step::Write(self.wire().send.outgoing()));
            }
            match self.turn() {
                Ok(Turn::Again) => {}
                Ok(Turn::Read) => return Ok(Step::Read),
                Ok(Turn::Done(output)) => {
                    self.wire_mut().finished = true;
                    return Ok(Step::Done(output));
                }
                Err(error) => {
                    self.wire_mut().fail(error);
                    return Err(error);
                }
            }
        }
    }

    fn remaining(&self) -> &[u8] {
        self.wire().receive.unread()
    }

    fn patience(&self) -> Option<Duration> {
        self.patience_left()
    }

    fn handle_silence(&mut self) {
        self.on_silence();
    }
}

impl Conversation {
    /// Reserves the buffers; `command` octets for the longest command. After this, nothing is
    /// allocated on the way to an accepted login unless the server says more than was reserved.
    pub fn new(settings: &Settings, command: usize) -> Self {
        let capabilities = Capabilities::with_capacity(settings.limits.reserve / 4);
        Self::around(
            LineBuf::new(&settings.limits),
            capabilities,
            settings,
            command,
        )
    }

    /// The same for the side of the server: what is received holds secrets and is wiped.
    pub fn with_client(settings: &Settings, reply: usize) -> Self {
        let receive = LineBuf::from_client(&settings.limits);
        Self::around(receive, Capabilities::default(), settings, reply)
    }

    fn around(
        receive: LineBuf,
        capabilities: Capabilities,
        settings: &Settings,
        command: usize,
    ) -> Self {
        Self {
            send: SendBuf::with_capacity(command),
            capabilities,
            refusal: None,
            told: None,
            receive,
            facts: Facts::default(),
            failure: None,
            closed: false,
            finished: false,
            sealed: false,
            writing: false,
            round_trips: 0,
            heard: 0,
            unasked: settings.limits.unasked,
        }
    }

    /// See [`LineBuf::take_invitations`].
    pub fn take_invitations(&mut self) -> usize {
        self.receive.take_invitations()
    }

    /// See [`LineBuf::wipe_handed_out`].
    pub fn wipe_handed_out(&mut self) {
        self.receive.wipe_handed_out();
    }

    /// See [`Machine::handle_input`](crate::Machine::handle_input).
    pub fn handle_input(&mut self, bytes: &[u8]) {
        // Facts point into the buffer, which moves now.
        self.facts.clear();
        if self.sealed && !bytes.is_empty() {
            self.fail(Error::DataAfterStartTls {
                octets: bytes.len(),
            });
        }
        if bytes.is_empty() {
            self.closed = true;
        }
        self.receive.push_bounded(bytes, self.unasked);
    }

    /// See [`Machine::remaining`](crate::Machine::remaining).
    pub fn remaining(&self) -> &[u8] {
        self.receive.unread()
    }

    /// The server has agreed to TLS. What lies behind its answer came in clear, and somebody means it
    /// to be read as if it had come under TLS (<https://www.rfc-editor.org/rfc/rfc9051#section-6.2.1>);
    /// the same goes for all input from now on, which the driver must hand to TLS and never to us.
    /// Call it in a turn of its own: while the bytes are [lent out](Self::lend), nothing is seen.
    ///
    /// # Errors
    ///
    /// [`Error::DataAfterStartTls`] when there is such data.
    pub fn seal(&mut self) -> Result<(), Error> {
        self.sealed = true;
        match self.remaining().len() {
            0 => Ok(()),
            octets => Err(Error::DataAfterStartTls { octets }),
        }
    }

    /// Makes a finished machine go on, for a retry on the same connection.
    pub fn reopen(&mut self) {
        self.finished = false;
    }

    /// Ends the conversation for good and wipes what was to be sent.
    pub fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
        self.send.wipe();
        self.facts.clear();
    }

    /// Queues a fact.
    pub fn tell(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// Commands written so far.
    pub fn round_trips(&self) -> u32 {
        self.round_trips
    }

    /// Whether the peer has closed the stream.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The next line. See [`LineBuf::next_line`].
    ///
    /// # Errors
    ///
    /// When a limit is exceeded or the line is malformed.
    pub fn next_line(
        &mut self,
        settings: &Settings,
        during: Stage,
        literal: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<Line>, Error> {
        let found = self
            .receive
            .next(&settings.limits, settings.is_robust(), literal);
        let line = found.map_err(|error| error.during(during))?;
        if let Some(line) = &line {
            self.heard += line.range.len();
            if self.heard > self.unasked {
                return Err(Error::LimitExceeded {
                    limit: Limit::Unasked,
                    during,
                });
            }
        }
        Ok(line)
    }

    /// The line that [`next_line`](Self::next_line) gave.
    pub fn line(&self, line: &Line) -> &[u8] {
        self.receive
            .bytes()
            .get(line.range.clone())
            .unwrap_or_default()
    }

    /// Nothing moves without input: waits, or fails if there will be none.
    ///
    /// # Errors
    ///
    /// [`Error::UnexpectedEnd`] when the peer has closed.
    pub fn await_input<T>(&self, during: Stage) -> Result<Turn<T>, Error> {
        if self.closed {
            Err(Error::UnexpectedEnd { during })
        } else {
            Ok(Turn::Read)
        }
    }

    /// Lends the received bytes out, so that a line can be read while the machine changes. Give them
    /// back with [`restore`](Self::restore).
    pub fn lend(&mut self) -> Vec<u8> {
        self.receive.lend()
    }

    /// Takes back what [`lend`](Self::lend) gave.
    pub fn restore(&mut self, bytes: Vec<u8>) {
        self.receive.restore(bytes);
    }

    /// These credentials are about to be sent.
    pub fn tell_server(&mut self, credentials: &Credentials) {
        self.told = Some(credentials.clone());
    }

    /// Whether the server sends back what it was told, in something that would be kept and shown.
    pub fn repeats_secret(&self, octets: &[u8]) -> bool {
        self.told.as_ref().is_some_and(|told| told.stand_in(octets))
    }

    /// Takes the refusal document out of an exchange and queues it as a fact.
    pub fn tell_refusal(&mut self, exchange: &Exchange) {
        if let Some(refusal) = exchange.refusal() {
            self.refusal = Some(refusal.clone());
            self.facts.push(Fact::Refused);
        }
    }

    /// What a poll begins with: the step before was taken.
    fn resume(&mut self) -> Result<(), Error> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.finished {
            return Err(Error::Finished);
        }
        if self.writing {
            self.writing = false;
            self.send.wipe();
            self.receive.mark();
            self.round_trips += 1;
            self.heard = 0;
        }
        Ok(())
    }

    fn event(&self, fact: &Fact) -> Event<'_> {
        let text = |range: &core::ops::Range<usize>| {
            Text::new(self.receive.bytes().get(range.clone()).unwrap_or_default())
        };
        match fact {
            Fact::Chosen(mechanism, initial_response) => Event::Chosen {
                mechanism: *mechanism,
                initial_response: *initial_response,
            },
            Fact::Greeting(range) => Event::Greeting(text(range)),
            Fact::Notice(notice, range) => Event::Notice {
                notice: *notice,
                text: text(range),
            },
            Fact::Offered => Event::Offered(&self.capabilities),
            Fact::Refused => match &self.refusal {
                Some(refusal) => Event::Refused(refusal),
                // Only queued together with a document.
                None => Event::Greeting(Text::new(b"")),
            },
        }
    }
}
