//! State: nothing was said yet. We say nothing either before the last line of the greeting: a server
//! may hold it back to find out who cannot wait.

use sasl_core::{
    Error, Reason, Stage, WrongProtocol,
    wire::{Fact, Line, Turn},
};

use super::{Opened, Opening, State, refused};
use crate::parse;

impl Opening {
    pub(super) fn greeting(&mut self) -> Result<Turn<Opened>, Error> {
        // A TLS record has no line end to wait for.
        if let start @ [0x15 | 0x16, 0x03, ..] = self.wire.remaining() {
            return Err(wrong(start));
        }
        let Some(line) = self.next_line(Stage::Greeting)? else {
            return self.wire.await_input(Stage::Greeting);
        };
        let bytes = self.wire.lend();
        let turn = self.on_greeting(bytes.get(line.range.clone()).unwrap_or_default(), &line);
        self.wire.restore(bytes);
        turn
    }

    fn on_greeting(&mut self, octets: &[u8], line: &Line) -> Result<Turn<Opened>, Error> {
        let is_first = self.reply.is_empty();
        if is_first && parse::reply_line(octets, self.options.is_strict()).is_err() {
            return Err(wrong(octets));
        }
        let read = self.read(octets, line, Stage::Greeting)?;
        match read.code {
            220 | 400.. => {}
            _ => return Err(wrong(octets)),
        }
        if is_first && read.code == 220 {
            let text = line.range.end - read.text.len()..line.range.end;
            self.wire.tell(Fact::Greeting(text));
        }
        if !read.last {
            return Ok(Turn::Again);
        }
        let reply = self.take_reply();
        if reply.is_refusal() {
            let reason = match reply.code {
                400..500 if !reply.is_farewell() => Reason::Temporary,
                _ => Reason::Closed,
            };
            let rejection = refused(reason, &reply).with_closed();
            return Ok(Turn::Done(Opened::Bye(rejection, Stage::Greeting)));
        }
        self.state = State::NoOffer;
        Ok(Turn::Again)
    }
}

fn wrong(octets: &[u8]) -> Error {
    let mut hint = WrongProtocol::guess(octets);
    if hint == WrongProtocol::Smtp {
        // It does look like SMTP, but is no greeting.
        hint = WrongProtocol::Unknown;
    }
    Error::WrongProtocol { hint }
}

#[cfg(test)]
mod tests;
