//! State: the server decides, perhaps after challenges.

use sasl_core::{
    Error, Mechanism, Notice, Outcome, Reason, Rejection, Session, Violation, base64,
    wire::{Fact, Line, Turn},
};

use super::{Login, STAGE, State};
use crate::{
    command,
    opening::{Opened, broken, code_name},
    parse::{self, Response, Status, Text},
    quirks,
};

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
        if self.opening.skips(octets) {
            return Ok(Turn::Again);
        }
        match self.opening.read(octets, line, STAGE) {
            Ok(Response::Strings { name, value: None }) => self.on_challenge(name.raw()),
            Ok(Response::Condition {
                status: Status::Ok,
                text,
            }) => self.on_ok(text, octets, line),
            Ok(Response::Condition { status, text }) => self.on_refusal(status, text, line),
            // Such as base64 without quotes.
            Ok(Response::Strings { .. }) => Err(broken(Violation::BadChallenge, STAGE)),
            Err(Error::Protocol {
                violation: Violation::BadLine,
                ..
            }) if !parse::is_condition(octets) => Err(broken(Violation::BadChallenge, STAGE)),
            Err(error) => Err(error),
        }
    }

    fn on_challenge(&mut self, text: &[u8]) -> Result<Turn<Outcome<Session>>, Error> {
        let opening = &mut self.opening;
        let settings = &opening.options.settings;
        let payload = self
            .attempt
            .handle_challenge(text, settings, &mut opening.wire)?;
        command::answer(&mut opening.wire.send, &payload);
        Ok(Turn::Again)
    }

    fn on_ok(
        &mut self,
        text: Text<'_>,
        octets: &[u8],
        line: &Line,
    ) -> Result<Turn<Outcome<Session>>, Error> {
        let Some(exchange) = self.attempt.exchange() else {
            return Err(broken(Violation::PrematureOk, STAGE));
        };
        exchange.handle_success()?;
        let mechanism = exchange.mechanism();
        self.check_success_data(text)?;
        self.tell_referral(text, octets, line);
        self.attempt.end();
        self.state = State::Accepted(mechanism);
        Ok(Turn::Again)
    }

    /// None of our mechanisms has data to come with the success
    /// (<https://www.rfc-editor.org/rfc/rfc5804#section-2.1>).
    fn check_success_data(&mut self, text: Text<'_>) -> Result<(), Error> {
        let Some(code) = text.code().filter(|code| code.is("SASL")) else {
            return Ok(());
        };
        let trailing_bits = false;
        let readable = code
            .string()
            .is_some_and(|data| base64::decode(data.raw(), trailing_bits).is_some());
        if !readable && !quirks::takes_malformed_success_data(&self.opening.options) {
            return Err(broken(Violation::BadChallenge, STAGE));
        }
        let notice = Notice::UnexpectedSuccessData;
        self.opening.wire.tell(Fact::Notice(notice, 0..0));
        Ok(())
    }

    fn on_refusal(
        &mut self,
        status: Status,
        text: Text<'_>,
        line: &Line,
    ) -> Result<Turn<Outcome<Session>>, Error> {
        // What had begun to arrive before AUTHENTICATE was written does not answer it.
        let is_answer = !line.early;
        let cancelled = self.attempt.handle_failure()?;
        let by_code = text.code().and_then(parse::reason);
        let reason = match self.attempt.reason(by_code) {
            _ if cancelled => Reason::Cancelled,
            Some(reason) => reason,
            None if is_answer => Reason::CredentialsRejected,
            None => Reason::Closed,
        };
        let fresh = self.attempt.is_fresh();
        let refusal = self
            .attempt
            .current()
            .and_then(|exchange| exchange.refusal().cloned());
        let url = text.code().and_then(parse::referral);
        let rejection = self
            .attempt
            .rejection(reason, &text.human().decoded())
            .with_code(self.attempt.harmless(code_name(text)).unwrap_or_default())
            .with_referral(
                url.and_then(|url| self.attempt.harmless(url))
                    .map(Into::into),
            )
            .with_refusal(refusal);
        if status == Status::Bye {
            return Ok(self.reject(rejection.with_closed()));
        }
        self.conclude(rejection, fresh && by_code.is_none() && !cancelled)
    }

    /// Ends in a refusal, unless another attempt of the same kind may do better.
    fn conclude(
        &mut self,
        rejection: Rejection,
        unexplained: bool,
    ) -> Result<Turn<Outcome<Session>>, Error> {
        let used = self.attempt.current().map(|exchange| exchange.mechanism());
        if let Some(used) = used.filter(|_| self.opening.assumed && unexplained) {
            self.opening.verify();
            self.state = State::Verifying { used, rejection };
            return Ok(Turn::Again);
        }
        if rejection.reason() == Reason::MechanismUnavailable {
            let offered = self.opening.offer.mechanisms();
            if self.attempt.give_way(self.opening.settings(), offered) {
                self.state = State::Choosing;
                return Ok(Turn::Again);
            }
        }
        Ok(self.reject(rejection))
    }

    /// The server tells what it really offers. If the refused attempt was built on something else,
    /// it did not count; if not, the refusal stands.
    pub(super) fn verify(
        &mut self,
        used: Mechanism,
        rejection: Rejection,
    ) -> Result<Turn<Outcome<Session>>, Error> {
        let turn = match self.opening.turn() {
            // A server that closes after a refusal has refused all the same.
            Err(Error::UnexpectedEnd { .. }) => return Ok(self.reject(rejection.with_closed())),
            turn => turn?,
        };
        match turn {
            Turn::Again => Ok(Turn::Again),
            Turn::Read => Ok(Turn::Read),
            // Its words may hold our secret by now, and say less than the refusal.
            Turn::Done(Opened::Bye(_)) => Ok(self.reject(rejection.with_closed())),
            Turn::Done(Opened::Ready) if self.opening.offer.mechanisms().contains(used) => {
                self.conclude(rejection, false)
            }
            Turn::Done(Opened::Ready) => {
                let notice = Notice::HintWrong;
                self.opening.wire.tell(Fact::Notice(notice, 0..0));
                self.attempt.end();
                self.state = State::Choosing;
                Ok(Turn::Again)
            }
        }
    }

    /// The account lives elsewhere, and yet we are in. What came in clear is shown to nobody.
    fn tell_referral(&mut self, text: Text<'_>, octets: &[u8], line: &Line) {
        let url = text.code().and_then(parse::referral);
        let url = url.filter(|_| !self.opening.in_clear);
        let Some(url) = url.and_then(|url| self.attempt.harmless(url)) else {
            return;
        };
        let Some(at) = memchr::memmem::find(octets, url.as_bytes()) else {
            return;
        };
        let start = line.range.start + at;
        let fact = Fact::Notice(Notice::Referral, start..start + url.len());
        self.opening.wire.tell(fact);
    }
}

#[cfg(test)]
mod tests;
