//! State: we asked what the server offers.

use sasl_core::{
    Error, Notice, Stage, Violation,
    wire::{Fact, Line, Turn},
};

use super::{Opened, Opening, State, broken, greeting};
use crate::{
    parse::{self, Response, Status, Text},
    quirks,
};

impl Opening {
    pub(super) fn await_capability(&mut self, listed: bool) -> Result<Turn<Opened>, Error> {
        let Some(line) = self.next_line(Stage::Capabilities)? else {
            return self.wire.await_input(Stage::Capabilities);
        };
        let bytes = self.wire.lend();
        let octets = bytes.get(line.range.clone()).unwrap_or_default();
        let turn = self.on_capability(octets, &line, listed);
        self.wire.restore(bytes);
        turn
    }

    fn on_capability(
        &mut self,
        octets: &[u8],
        line: &Line,
        listed: bool,
    ) -> Result<Turn<Opened>, Error> {
        match self.read(octets, line, Stage::Capabilities)? {
            Response::Untagged {
                status: Some(Status::Bye),
                text,
            } => Ok(Turn::Done(Opened::Bye(greeting::bye(text)))),
            // Only what was asked for, or a condition, has a meaning before the login.
            Response::Untagged { text, .. } => {
                let listed = self.learn_if_listed(text)? || listed;
                self.state = State::AwaitCapability { listed };
                Ok(Turn::Again)
            }
            Response::Tagged {
                status: Status::Ok,
                text,
                ..
            } => {
                let listed = self.learn_if_listed(text)? || listed;
                if !listed && !quirks::takes_missing_list_as_empty(&self.options) {
                    return Err(broken(Violation::BadCapabilities, Stage::Capabilities));
                }
                self.check_list()?;
                Ok(self.offered())
            }
            // A server that does not tell cannot be logged in to (no fall-back to guessing).
            Response::Tagged { .. } | Response::Continuation(_) => {
                Err(broken(Violation::BadCapabilities, Stage::Capabilities))
            }
        }
    }

    /// Reads a line; tagged and continued ones only if they can be the answer to our command.
    pub(crate) fn read<'a>(
        &self,
        octets: &'a [u8],
        line: &Line,
        during: Stage,
    ) -> Result<Response<'a>, Error> {
        let response = parse::response(octets, self.options.is_strict())
            .map_err(|violation| broken(violation, during))?;
        match response {
            Response::Untagged { .. } => Ok(response),
            Response::Tagged { .. } | Response::Continuation(_) if line.early => {
                Err(broken(Violation::AnswerBeforeCommand, during))
            }
            Response::Tagged { tag, .. } if !self.tag.is(tag) => {
                Err(broken(Violation::ForeignTag, during))
            }
            Response::Tagged { .. } | Response::Continuation(_) => Ok(response),
        }
    }

    pub(crate) fn learn_if_listed(&mut self, text: Text<'_>) -> Result<bool, Error> {
        match text.capabilities() {
            Some(list) => self.learn(list).map(|()| true),
            None => Ok(false),
        }
    }

    /// What is odd about a complete list.
    pub(super) fn check_list(&mut self) -> Result<(), Error> {
        if !self.offer.names_revision() {
            if !quirks::takes_list_without_revision(&self.options) {
                return Err(broken(Violation::UnknownRevision, Stage::Capabilities));
            }
            self.wire.tell(Fact::Notice(Notice::NoRevision, 0..0));
        }
        if self.offer.names_both_literals() {
            self.wire.tell(Fact::Notice(Notice::BothLiterals, 0..0));
        }
        if self.offer.has_nameless_mechanism() {
            self.wire
                .tell(Fact::Notice(Notice::NamelessMechanism, 0..0));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
