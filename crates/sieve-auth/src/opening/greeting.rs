//! State: nothing was said yet.

use sasl_core::{
    Error, Kind, Reason, Rejection, Stage, Violation, WrongProtocol,
    wire::{self, Line, Turn},
};

use super::{Opened, Opening, broken};
use crate::parse::{self, Text};

impl Opening {
    pub(super) fn greeting(&mut self) -> Result<Turn<Opened>, Error> {
        // A TLS record has no line end to wait for.
        if let start @ [0x15 | 0x16, 0x03, ..] = self.wire.remaining() {
            return Err(wrong(start));
        }
        self.await_list(Stage::Greeting)
    }
}

/// Why the first line cannot be read: another protocol, if it does not look like this one.
pub(super) fn unreadable(octets: &[u8], violation: Violation) -> Error {
    if matches!(octets, [b'"' | b'{', ..]) || parse::is_condition(octets) {
        broken(violation, Stage::Greeting)
    } else {
        wrong(octets)
    }
}

/// A farewell as a refusal. There are no credentials yet, so the advice is the one for tokens.
pub(super) fn bye(text: Text<'_>) -> Rejection {
    let reason = text
        .code()
        .and_then(parse::reason)
        .unwrap_or(Reason::Closed);
    let referral = text.code().and_then(parse::referral).map(Into::into);
    Rejection::new(reason, Kind::Token)
        .with_code(code_name(text))
        .with_text(&text.human().decoded())
        .with_referral(referral)
        .with_closed()
}

/// The name of a code, if it is one that may be shown.
pub(crate) fn code_name(text: Text<'_>) -> &str {
    text.code().map_or("", |code| wire::code_name(code.name()))
}

/// Where in the buffer the human text of a line stands: always at its end.
pub(super) fn human(line: &Line, text: Text<'_>) -> core::ops::Range<usize> {
    let end = line.range.end - usize::from(text.human().is_quoted());
    end - text.human().raw().len()..end
}

fn wrong(octets: &[u8]) -> Error {
    Error::WrongProtocol {
        hint: WrongProtocol::guess(octets),
    }
}
