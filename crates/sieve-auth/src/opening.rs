//! What every conversation begins with: the list of what the server offers.

mod capability;
mod greeting;

pub(crate) use greeting::code_name;

use core::time::Duration;

use sasl_core::{
    Error, Rejection, Settings, Stage, Violation,
    wire::{Conversation, Line, Turn},
};

use crate::{
    Options, command,
    parse::{self, Offer, Response, Status},
    quirks,
};

/// The beginning of a conversation, up to a known offer.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) wire: Conversation,
    pub(crate) options: Options,
    /// What the server offers, or is assumed to offer.
    pub(crate) offer: Offer,
    /// The offer is assumed.
    pub(crate) assumed: bool,
    /// The connection is in clear.
    pub(crate) in_clear: bool,
    state: State,
    list: List,
    late: Late,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// CAPABILITY is out, because nothing had come by itself.
    Asked,
    /// Nothing was said yet: the greeting is a list.
    Greeting,
    /// The offer is known.
    Known,
    /// TLS has just begun: the server lists again what it offers, unasked
    /// (<https://www.rfc-editor.org/rfc/rfc5804#section-2.2>).
    Resent,
    /// NOOP is out, so that no list can come after its answer.
    Syncing,
}

/// The list under way.
#[derive(Clone, Copy, Debug, Default)]
struct List {
    lines: usize,
    octets: usize,
    /// It had begun to arrive before our last command was written.
    early: bool,
}

/// A list that was waited for in vain and may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    /// None will come.
    No,
    Possible,
    /// It has begun where it is of no use any more.
    Skipping,
}

/// How a conversation has begun.
pub(crate) enum Opened {
    /// The server does not want us.
    Bye(Rejection),
    /// The offer is known, or assumed.
    Ready,
}

impl Opening {
    /// `command`: octets of the longest command that will be sent.
    pub(crate) fn new(options: Options, command: usize) -> Self {
        Self {
            wire: Conversation::new(&options.settings, command),
            offer: Offer::default(),
            assumed: false,
            in_clear: false,
            state: State::Greeting,
            list: List::default(),
            late: Late::No,
            options,
        }
    }

    /// On a connection whose first list has been read and forgotten.
    pub(crate) fn after_starttls(&mut self) {
        self.state = State::Resent;
    }

    /// One turn on the way to a known offer.
    pub(crate) fn turn(&mut self) -> Result<Turn<Opened>, Error> {
        match self.state {
            State::Known => Ok(Turn::Done(Opened::Ready)),
            State::Greeting => self.greeting(),
            State::Asked | State::Resent | State::Syncing => self.await_list(Stage::Capabilities),
        }
    }

    /// The offer was assumed and may be wrong: ask.
    pub(crate) fn verify(&mut self) {
        self.assumed = false;
        self.ask();
    }

    /// See [`Machine::patience`](sasl_core::Machine::patience).
    pub(crate) fn patience(&self) -> Option<Duration> {
        let nothing_came =
            self.state == State::Resent && self.list.lines == 0 && self.wire.remaining().is_empty();
        quirks::asks_after_silence(&self.options).filter(|_| nothing_came)
    }

    /// See [`Machine::handle_silence`](sasl_core::Machine::handle_silence).
    pub(crate) fn handle_silence(&mut self) {
        if self.patience().is_none() {
            return;
        }
        self.late = Late::Possible;
        match self.options.assumed {
            Some(offer) => {
                self.offer = offer;
                self.assumed = true;
                self.state = State::Known;
            }
            None => self.ask(),
        }
    }

    /// The next line, with its literals.
    pub(crate) fn next_line(&mut self, during: Stage) -> Result<Option<Line>, Error> {
        self.wire
            .next_line(&self.options.settings, during, parse::has_literal)
    }

    /// Reads a line that has to be an answer, or a farewell, which may come at any time.
    pub(crate) fn read<'a>(
        &self,
        octets: &'a [u8],
        line: &Line,
        during: Stage,
    ) -> Result<Response<'a>, Error> {
        let response = parse::response(octets, self.options.is_strict())
            .map_err(|violation| broken(violation, during))?;
        match response {
            Response::Condition {
                status: Status::Bye,
                ..
            } => Ok(response),
            Response::Condition { .. } | Response::Strings { .. } if line.early => {
                Err(broken(Violation::AnswerBeforeCommand, during))
            }
            Response::Condition { .. } | Response::Strings { .. } => Ok(response),
        }
    }

    /// Whether this line belongs to a list that comes after we had given up waiting for it. It says
    /// nothing new.
    pub(crate) fn skips(&mut self, octets: &[u8]) -> bool {
        if self.late == Late::No {
            return false;
        }
        match (self.late, parse::response(octets, false)) {
            (Late::Possible, Ok(Response::Strings { value: Some(_), .. })) => {
                self.late = Late::Skipping;
                true
            }
            (Late::Skipping, Ok(Response::Strings { .. })) => true,
            (
                Late::Skipping,
                Ok(Response::Condition {
                    status: Status::Ok, ..
                }),
            ) => {
                self.late = Late::No;
                true
            }
            (Late::No | Late::Possible | Late::Skipping, _) => false,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.options.settings
    }

    fn ask(&mut self) {
        command::capability(&mut self.wire.send);
        self.list = List::default();
        self.state = State::Asked;
    }
}

pub(crate) fn broken(violation: Violation, during: Stage) -> Error {
    Error::Protocol { violation, during }
}

#[cfg(test)]
mod tests;
