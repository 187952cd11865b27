//! State: the server lists what it offers.

use sasl_core::{
    Error, Limit, Notice, Stage, Violation,
    wire::{Fact, Line, Turn},
};

use super::{Late, List, Opened, Opening, State, broken, greeting};
use crate::{
    command,
    parse::{self, Offer, Response, Status, Str, Text},
    quirks,
};

impl Opening {
    pub(super) fn await_list(&mut self, during: Stage) -> Result<Turn<Opened>, Error> {
        let Some(line) = self.next_line(during)? else {
            return self.wire.await_input(during);
        };
        let bytes = self.wire.lend();
        let octets = bytes.get(line.range.clone()).unwrap_or_default();
        let turn = self.on_list(octets, &line, during);
        self.wire.restore(bytes);
        turn
    }

    fn on_list(
        &mut self,
        octets: &[u8],
        line: &Line,
        during: Stage,
    ) -> Result<Turn<Opened>, Error> {
        let response = match parse::response(octets, self.options.is_strict()) {
            Ok(response) => response,
            Err(violation) if during == Stage::Greeting && self.list.lines == 0 => {
                return Err(greeting::unreadable(octets, violation));
            }
            Err(violation) => return Err(broken(violation, during)),
        };
        match response {
            Response::Strings { name, value } => {
                self.count(octets, line, during)?;
                self.learn(name, value.unwrap_or_default())?;
                Ok(Turn::Again)
            }
            Response::Condition {
                status: Status::Bye,
                text,
            } => Ok(Turn::Done(Opened::Bye(greeting::bye(text)))),
            Response::Condition { status, text } => {
                let list = core::mem::take(&mut self.list);
                self.on_condition(status, text, list, line)
            }
        }
    }

    /// A condition ends a list, or is the answer to a command that asks for none.
    fn on_condition(
        &mut self,
        status: Status,
        text: Text<'_>,
        list: List,
        line: &Line,
    ) -> Result<Turn<Opened>, Error> {
        // The answer to NOOP is no list, not even an empty one.
        if list.lines == 0 && self.state != State::Syncing {
            self.forget();
        }
        match (self.state, status) {
            (State::Asked | State::Syncing, _) if list.lines == 0 && line.early => {
                Err(broken(Violation::AnswerBeforeCommand, Stage::Capabilities))
            }
            (State::Greeting, Status::Ok) => {
                self.wire.tell(Fact::Greeting(greeting::human(line, text)));
                Ok(self.offered())
            }
            (State::Greeting | State::Resent, Status::No) => {
                Ok(Turn::Done(Opened::Bye(greeting::bye(text))))
            }
            // The list that we had waited for in vain; the one that we asked for follows.
            (State::Asked, Status::Ok) if list.early => {
                self.late = Late::No;
                Ok(Turn::Again)
            }
            // It cannot be told which of the two it is. Where NOOP is known, it can be found out.
            (State::Asked, Status::Ok)
                if self.late == Late::Possible && self.offer.names_version() =>
            {
                command::noop(&mut self.wire.send);
                self.state = State::Syncing;
                Ok(Turn::Again)
            }
            (State::Syncing, Status::Ok) if list.lines > 0 => {
                self.late = Late::No;
                Ok(Turn::Again)
            }
            (State::Asked | State::Known | State::Resent, Status::Ok) => Ok(self.offered()),
            (State::Syncing, Status::Ok | Status::No | Status::Bye) => {
                self.late = Late::No;
                Ok(self.offered())
            }
            // A server that does not tell cannot be logged in to (no fall-back to guessing).
            (
                State::Asked | State::Greeting | State::Known | State::Resent,
                Status::No | Status::Bye,
            ) => Err(broken(Violation::BadCapabilities, Stage::Capabilities)),
        }
    }

    fn forget(&mut self) {
        self.wire.capabilities.clear();
        self.offer = Offer::default();
    }

    fn count(&mut self, octets: &[u8], line: &Line, during: Stage) -> Result<(), Error> {
        if self.list.lines == 0 {
            self.forget();
            self.list.early = line.early;
        }
        self.list.lines += 1;
        self.list.octets += octets.len();
        let limits = self.options.limits();
        if self.list.lines > limits.reply_lines || self.list.octets > limits.reply {
            let limit = Limit::Reply;
            return Err(Error::LimitExceeded { limit, during });
        }
        Ok(())
    }

    fn learn(&mut self, name: Str<'_>, value: Str<'_>) -> Result<(), Error> {
        let (name, value) = (name.decoded(), value.decoded());
        if self.wire.repeats_secret(&name) || self.wire.repeats_secret(&value) {
            return Err(broken(Violation::BadCapabilities, Stage::Capabilities));
        }
        if name.len() > self.options.limits().capability {
            return Err(Error::LimitExceeded {
                limit: Limit::Capabilities,
                during: Stage::Capabilities,
            });
        }
        let listed = &mut self.wire.capabilities;
        let repeated = self.offer.may_have(&name)
            && core::str::from_utf8(&name).is_ok_and(|name| listed.has(name));
        if repeated {
            if !quirks::takes_first_of_repeated(&self.options) {
                return Err(broken(Violation::RepeatedCapability, Stage::Capabilities));
            }
            self.offer.note_repeated();
            return Ok(());
        }
        self.offer
            .add(&name, &value)
            .map_err(|violation| broken(violation, Stage::Capabilities))?;
        listed.push(&[&name, &value], self.options.limits())
    }

    /// The offer is known. What is odd about it is told.
    fn offered(&mut self) -> Turn<Opened> {
        let offer = self.offer;
        self.wire.capabilities.offer(offer.mechanisms().iter());
        let odd = [
            (offer.has_repeated(), Notice::RepeatedCapability),
            (!offer.names_mechanisms(), Notice::NoMechanisms),
            (
                offer.starttls() && !self.in_clear,
                Notice::StartTlsInsideTls,
            ),
        ];
        for (_, notice) in odd.into_iter().filter(|(is_so, _)| *is_so) {
            self.wire.tell(Fact::Notice(notice, 0..0));
        }
        self.wire.tell(Fact::Offered);
        self.assumed = false;
        self.state = State::Known;
        Turn::Again
    }
}
