//! State: we said EHLO.

use sasl_core::{
    Error, Limit, Notice, Reason, Stage, Violation,
    wire::{Fact, Line, Turn},
};

use super::{Opened, Opening, State, broken, refused};
use crate::{parse, quirks};

impl Opening {
    pub(super) fn await_ehlo(&mut self) -> Result<Turn<Opened>, Error> {
        let Some(line) = self.next_line(Stage::Capabilities)? else {
            return self.wire.await_input(Stage::Capabilities);
        };
        let bytes = self.wire.lend();
        let turn = self.on_ehlo(bytes.get(line.range.clone()).unwrap_or_default(), &line);
        self.wire.restore(bytes);
        turn
    }

    fn on_ehlo(&mut self, octets: &[u8], line: &Line) -> Result<Turn<Opened>, Error> {
        let read = self.read(octets, line, Stage::Capabilities)?;
        // The first line names the server, whatever it looks like.
        if read.code == 250 && !self.reply.is_first_line() {
            self.learn(read.text)?;
        }
        if !read.last {
            return Ok(Turn::Again);
        }
        let reply = self.take_reply();
        match reply.code {
            250 => {
                self.wire.capabilities.offer(self.offer.mechanisms().iter());
                if self.offer.starttls() && !self.in_clear {
                    let notice = Notice::StartTlsInsideTls;
                    self.wire.tell(Fact::Notice(notice, 0..0));
                }
                Ok(self.offered())
            }
            _ if reply.is_farewell() => {
                let rejection = refused(Reason::Closed, &reply).with_closed();
                Ok(Turn::Done(Opened::Bye(rejection, Stage::Capabilities)))
            }
            _ if reply.is_refusal() => {
                // HELO would be a way on, but not to a login.
                let reason = match parse::reason(reply.code, reply.enhanced) {
                    Some(reason @ (Reason::EncryptionRequired | Reason::Temporary)) => reason,
                    Some(_) | None => Reason::MechanismUnavailable,
                };
                self.state = State::NoOffer;
                Ok(Turn::Done(Opened::Refused(refused(reason, &reply))))
            }
            _ => Err(broken(Violation::BadLine, Stage::Capabilities)),
        }
    }

    /// One extension.
    fn learn(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.wire.repeats_secret(line) {
            return Err(broken(Violation::BadCapabilities, Stage::Capabilities));
        }
        let limits = self.options.limits();
        let keyword = line.split(|octet| *octet == b' ').next();
        if keyword.is_some_and(|keyword| keyword.len() > limits.capability) {
            return Err(Error::LimitExceeded {
                limit: Limit::Capabilities,
                during: Stage::Capabilities,
            });
        }
        let legacy = quirks::takes_auth_with_equals_sign(&self.options);
        self.offer.add(line, legacy);
        self.wire.capabilities.push(&[line], limits)
    }
}

#[cfg(test)]
mod tests;
