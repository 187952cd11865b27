//! State: the server decides, perhaps after challenges.

use sasl_core::{
    Error, Exchange, Notice, Outcome, Reason, Rejection, Session, Violation,
    wire::{Fact, Line, Turn},
};

use super::{Login, STAGE, State};
use crate::{opening::broken, parse, quirks, reply::Reply};

impl Login {
    pub(super) fn await_verdict(&mut self) -> Result<Turn<Outcome<Session>>, Error> {
        let Some(line) = self.opening.next_line(STAGE)? else {
            return match self.opening.wire.await_input(STAGE) {
                Err(end) => self
                    .attempt
                    .hung_up(end)
                    .map(|rejection| self.reject(rejection)),
                wait => wait,
            };
        };
        let bytes = self.opening.wire.lend();
        let turn = self.on_verdict(bytes.get(line.range.clone()).unwrap_or_default(), &line);
        self.opening.wire.restore(bytes);
        turn
    }

    fn on_verdict(&mut self, octets: &[u8], line: &Line) -> Result<Turn<Outcome<Session>>, Error> {
        let read = self.opening.read(octets, line, STAGE)?;
        if read.code == CHALLENGE && !read.last {
            return Err(broken(Violation::MultiLineChallenge, STAGE));
        }
        if !read.last {
            return Ok(Turn::Again);
        }
        let reply = self.opening.take_reply();
        match reply.code {
            ACCEPTED => self.on_acceptance(),
            CHALLENGE => {
                let framed = octets != b"334"
                    || quirks::takes_challenge_without_space(&self.opening.options);
                if !framed {
                    return Err(broken(Violation::BadChallenge, STAGE));
                }
                self.on_challenge(read.text)
            }
            _ if reply.is_refusal() => self.on_refusal(&reply),
            _ => Err(broken(Violation::BadLine, STAGE)),
        }
    }

    fn on_challenge(&mut self, text: &[u8]) -> Result<Turn<Outcome<Session>>, Error> {
        let opening = &mut self.opening;
        let settings = &opening.options.settings;
        let payload = self
            .attempt
            .handle_challenge(text, settings, &mut opening.wire)?;
        payload.push_to(&mut opening.wire.send);
        opening.wire.send.push(b"\r\n");
        Ok(Turn::Again)
    }

    fn on_acceptance(&mut self) -> Result<Turn<Outcome<Session>>, Error> {
        let Some(exchange) = self.attempt.exchange() else {
            return Err(broken(Violation::PrematureOk, STAGE));
        };
        exchange.handle_success()?;
        self.state = State::Accepted(exchange.mechanism());
        self.attempt.end();
        Ok(Turn::Again)
    }

    fn on_refusal(&mut self, reply: &Reply) -> Result<Turn<Outcome<Session>>, Error> {
        let cancelled = self.attempt.handle_failure()?;
        if !cancelled && self.repeat_apart(reply) {
            return Ok(Turn::Again);
        }
        let reason = if cancelled {
            Reason::Cancelled
        } else if reply.is_farewell() {
            Reason::Closed
        } else {
            self.reason(reply)?
        };
        let refusal = self.attempt.current().and_then(Exchange::refusal).cloned();
        let rejection = self
            .attempt
            .rejection(reason, &reply.text)
            .with_code(reply.codes())
            .with_refusal(refusal);
        Ok(if reply.is_farewell() {
            self.reject(rejection.with_closed())
        } else {
            self.conclude(rejection)
        })
    }

    /// Why: by the codes, by the document, and where both are silent by what had been said.
    fn reason(&self, reply: &Reply) -> Result<Reason, Error> {
        let by_code = quirks::reason(&self.opening.options, reply.code, reply.enhanced)
            .or_else(|| parse::reason(reply.code, reply.enhanced));
        if let Some(reason) = self.attempt.reason(by_code) {
            return Ok(reason);
        }
        match reply.code {
            500 | 552 | 555 if !self.attempt.is_fresh() => Ok(Reason::TokenTooLong),
            500 => Ok(Reason::MechanismUnavailable),
            501 | 503 => Err(broken(Violation::ClientBug, STAGE)),
            _ => Ok(Reason::CredentialsRejected),
        }
    }

    /// Ends in a refusal, unless another mechanism of the same kind may do better.
    fn conclude(&mut self, rejection: Rejection) -> Turn<Outcome<Session>> {
        if rejection.reason() == Reason::MechanismUnavailable {
            let offered = self.opening.offer.mechanisms();
            if self.attempt.give_way(self.opening.settings(), offered) {
                self.state = State::Choosing;
                return Turn::Again;
            }
        }
        self.reject(rejection)
    }

    /// A complaint about an AUTH with its first message: once more, with the message apart. Whatever
    /// the complaint about a long line says, the server may have seen no more than its beginning.
    fn repeat_apart(&mut self, reply: &Reply) -> bool {
        let spoke_first = self
            .attempt
            .current()
            .is_some_and(|exchange| exchange.is_fresh() && exchange.has_spoken());
        let options = &self.opening.options;
        let complains = (self.long && reply.code >= 500)
            || (quirks::repeats_without_initial_response(options, reply.code)
                && quirks::reason(options, reply.code, reply.enhanced).is_none());
        let repeat = spoke_first && complains && !self.attempt.sends_apart();
        if repeat {
            self.attempt.end();
            self.attempt.send_apart();
            let notice = Notice::InitialResponseRefused;
            self.opening.wire.tell(Fact::Notice(notice, 0..0));
            self.state = State::Choosing;
        }
        repeat
    }
}

/// <https://www.rfc-editor.org/rfc/rfc4954#section-4>
const ACCEPTED: u16 = 235;
const CHALLENGE: u16 = 334;
