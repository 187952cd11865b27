//! State: we tell who we are, where the caller wants that.

use sasl_core::{
    Error, Outcome, Session, Stage, Violation,
    wire::{Line, Turn},
};

use super::{Login, State};
use crate::{
    command,
    opening::{self, broken},
    parse::{Response, Status},
};

impl Login {
    /// Sends ID, once in a connection. Tells whether it did.
    pub(super) fn identify(&mut self) -> bool {
        let Some(fields) = self.opening.options.identification.as_deref() else {
            return false;
        };
        if core::mem::replace(&mut self.identified, true) {
            return false;
        }
        command::id(
            &mut self.opening.wire.send,
            self.opening.tag.advance(),
            fields,
        );
        self.state = State::Identifying;
        true
    }

    /// Waits for the answer, whatever it is: nothing may depend on it
    /// (<https://www.rfc-editor.org/rfc/rfc2971#section-3.1>).
    pub(super) fn await_identified(&mut self) -> Result<Turn<Outcome<Session>>, Error> {
        let Some(line) = self.opening.next_line(Stage::Identify)? else {
            return self.opening.wire.await_input(Stage::Identify);
        };
        let bytes = self.opening.wire.lend();
        let turn = self.on_identified(bytes.get(line.range.clone()).unwrap_or_default(), &line);
        self.opening.wire.restore(bytes);
        turn
    }

    fn on_identified(
        &mut self,
        octets: &[u8],
        line: &Line,
    ) -> Result<Turn<Outcome<Session>>, Error> {
        match self.opening.read(octets, line, Stage::Identify)? {
            Response::Untagged {
                status: Some(Status::Bye),
                text,
            } => {
                let rejection = opening::bye(text);
                Ok(self.reject(rejection))
            }
            Response::Untagged { text, .. } => {
                self.opening.learn_if_listed(text)?;
                Ok(Turn::Again)
            }
            Response::Continuation(_) => Err(broken(Violation::BadLine, Stage::Identify)),
            Response::Tagged { text, .. } => {
                self.opening.learn_if_listed(text)?;
                self.state = State::Choosing;
                Ok(Turn::Again)
            }
        }
    }
}

#[cfg(test)]
mod tests;
