//! What every conversation begins with: the greeting, and what the server offers.

mod ehlo;
mod greeting;

use sasl_core::{
    Error, Kind, Reason, Rejection, Settings, Stage, Violation,
    wire::{Conversation, Fact, Line, Turn},
};

use crate::{
    Options, command,
    parse::{self, Offer, ReplyLine},
    reply::{CLOSING, Reply},
};

/// The beginning of a conversation, up to a known offer.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) wire: Conversation,
    pub(crate) options: Options,
    /// What the server offers.
    pub(crate) offer: Offer,
    /// The connection is in clear.
    pub(crate) in_clear: bool,
    /// The same settings for lines with a challenge, as far as lines go.
    challenge: Settings,
    reply: Reply,
    state: State,
}

#[derive(Debug)]
enum State {
    /// EHLO is out.
    AwaitEhlo,
    Greeting,
    /// The offer is known.
    Known,
    /// The offer is not known yet.
    NoOffer,
}

/// How a conversation has begun.
pub(crate) enum Opened {
    /// The server closes the connection.
    Bye(Rejection, Stage),
    /// The offer is known.
    Ready,
    /// EHLO was refused. There is no AUTH and no STARTTLS without it.
    Refused(Rejection),
}

/// Octets of a line with a challenge; <https://www.rfc-editor.org/rfc/rfc4954#section-4> knows no
/// mechanism that needs more than 12288.
const CHALLENGE_LINE: usize = 16 << 10;

impl Opening {
    /// `command`: octets of the longest command that will be sent.
    pub(crate) fn new(options: Options, command: usize) -> Self {
        let command = command.max(command::HELLO + options.client_name.len());
        let mut limits = options.limits().clone();
        limits.line = limits.line.max(CHALLENGE_LINE);
        Self {
            wire: Conversation::new(&options.settings, command),
            offer: Offer::default(),
            in_clear: false,
            challenge: Settings::new()
                .conformance(options.settings.chosen_conformance())
                .limits(limits),
            reply: Reply::default(),
            state: State::Greeting,
            options,
        }
    }

    /// On a connection whose greeting has been read and forgotten.
    pub(crate) fn after_starttls(&mut self) {
        self.state = State::NoOffer;
    }

    /// One turn on the way to a known offer.
    pub(crate) fn turn(&mut self) -> Result<Turn<Opened>, Error> {
        match self.state {
            State::AwaitEhlo => self.await_ehlo(),
            State::Greeting => self.greeting(),
            State::Known => Ok(Turn::Done(Opened::Ready)),
            State::NoOffer => {
                self.ask();
                Ok(Turn::Again)
            }
        }
    }

    /// The next line, and the bytes it lies in. Give these back with `wire.restore`.
    pub(crate) fn next_line(&mut self, during: Stage) -> Result<Option<Line>, Error> {
        let settings = if self.wire.remaining().starts_with(b"334") {
            &self.challenge
        } else {
            &self.options.settings
        };
        self.wire.next_line(settings, during, |_| false)
    }

    /// Reads a line of a reply. What began to arrive before our command was written cannot answer it:
    /// replies are told apart by their number alone.
    pub(crate) fn read<'a>(
        &mut self,
        octets: &'a [u8],
        line: &Line,
        during: Stage,
    ) -> Result<ReplyLine<'a>, Error> {
        let read = parse::reply_line(octets, self.options.is_strict())
            .map_err(|violation| broken(violation, during))?;
        if line.early && read.code != CLOSING {
            return Err(broken(Violation::UnsolicitedReply, during));
        }
        self.reply
            .add(&read, octets.len(), self.options.limits(), during)?;
        Ok(read)
    }

    /// The reply whose last line was read.
    pub(crate) fn take_reply(&mut self) -> Reply {
        core::mem::take(&mut self.reply)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.options.settings
    }

    fn ask(&mut self) {
        let options = &self.options;
        command::hello(&mut self.wire.send, options.lmtp, &options.client_name);
        self.state = State::AwaitEhlo;
    }

    fn offered(&mut self) -> Turn<Opened> {
        self.wire.tell(Fact::Offered);
        self.state = State::Known;
        Turn::Again
    }
}

/// A refusal before there are credentials, so the advice is the one for tokens.
fn refused(reason: Reason, reply: &Reply) -> Rejection {
    Rejection::new(reason, Kind::Token)
        .with_code(reply.codes())
        .with_text(&reply.text)
}

pub(crate) fn broken(violation: Violation, during: Stage) -> Error {
    Error::Protocol { violation, during }
}
