//! State: nothing was said yet.

use sasl_core::{
    Error, Kind, Reason, Rejection, Stage, WrongProtocol,
    wire::{self, Fact, Line, Turn},
};

use super::{Opened, Opening, State};
use crate::parse::{self, Response, Status, Text};

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
        let (status, text) = match parse::response(octets, self.options.is_strict()) {
            Ok(Response::Untagged {
                status: Some(status),
                text,
            }) => (status, text),
            Ok(
                Response::Untagged { status: None, .. }
                | Response::Continuation(_)
                | Response::Tagged { .. },
            )
            | Err(_) => return Err(wrong(octets)),
        };
        match status {
            Status::Bye => Ok(Turn::Done(Opened::Bye(bye(text)))),
            Status::Ok => {
                self.wire.tell(Fact::Greeting(human(line, text)));
                self.learn_or_wonder(text)
            }
            Status::PreAuth => {
                self.wire.tell(Fact::Greeting(human(line, text)));
                if let Some(list) = text.capabilities() {
                    self.learn(list)?;
                }
                self.state = State::PreAuth;
                Ok(Turn::Again)
            }
            Status::No | Status::Bad => Err(wrong(octets)),
        }
    }

    fn learn_or_wonder(&mut self, text: Text<'_>) -> Result<Turn<Opened>, Error> {
        match text.capabilities() {
            Some(list) => {
                self.learn(list)?;
                self.check_list()?;
                Ok(self.offered())
            }
            None => {
                self.state = State::NoOffer;
                Ok(Turn::Again)
            }
        }
    }
}

/// A farewell as a refusal. There are no credentials yet, so the advice is the one for tokens.
pub(crate) fn bye(text: Text<'_>) -> Rejection {
    let reason = text
        .code()
        .and_then(parse::reason)
        .unwrap_or(Reason::Closed);
    let referral = text.code().and_then(parse::referral).map(Into::into);
    Rejection::new(reason, Kind::Token)
        .with_code(code_name(text))
        .with_text(text.human())
        .with_referral(referral)
        .with_closed()
}

/// The name of a code, if it is one that may be shown.
pub(crate) fn code_name(text: Text<'_>) -> &str {
    text.code().map_or("", |code| wire::code_name(code.name()))
}

/// Where in the buffer the human text of a line stands: always at its end.
pub(crate) fn human(line: &Line, text: Text<'_>) -> core::ops::Range<usize> {
    line.range.end - text.human().len()..line.range.end
}

fn wrong(octets: &[u8]) -> Error {
    let mut hint = WrongProtocol::guess(octets);
    if hint == WrongProtocol::Imap {
        // It does look like IMAP, but is no greeting.
        hint = WrongProtocol::Unknown;
    }
    Error::WrongProtocol { hint }
}

#[cfg(test)]
mod tests;
