//! State: the server decides, perhaps after challenges.

use alloc::string::String;

use sasl_core::{
    Error, Notice, Outcome, Reason, Rejection, Session, Violation,
    wire::{Fact, Line, Turn},
};

use super::{Login, STAGE, State, Used};
use crate::{
    opening::{Opened, broken, code_name, human},
    parse::{self, Response, Status, Text},
    quirks,
};

impl Login {
    pub(super) fn await_verdict(&mut self) -> Result<Turn<Outcome<Session>>, Error> {
        let Some(line) = self.opening.next_line(STAGE)? else {
            if !self.opening.wire.is_closed() && !self.silent {
                return Ok(Turn::Read);
            }
            let cancelled = self.attempt.handle_failure()?;
            let rejection = match self.bye.take() {
                Some(_) if cancelled => {
                    self.attempt.rejection(Reason::Cancelled, b"").with_closed()
                }
                Some(farewell) => farewell,
                None => self
                    .attempt
                    .hung_up(Error::UnexpectedEnd { during: STAGE })?,
            };
            return Ok(self.reject(rejection));
        };
        let bytes = self.opening.wire.lend();
        let turn = self.on_verdict(bytes.get(line.range.clone()).unwrap_or_default(), &line);
        self.opening.wire.restore(bytes);
        turn
    }

    fn on_verdict(&mut self, octets: &[u8], line: &Line) -> Result<Turn<Outcome<Session>>, Error> {
        match self.opening.read(octets, line, STAGE)? {
            Response::Continuation(text) => self.on_challenge(text),
            Response::Tagged {
                status: Status::Ok,
                text,
                ..
            } => self.on_ok(text, line),
            Response::Tagged { status, text, .. } => self.on_refusal(status, text, line),
            Response::Untagged {
                status: Some(Status::Bye),
                text,
            } => {
                // The tagged answer may still follow, and says more.
                self.bye = Some(self.farewell(text));
                Ok(Turn::Again)
            }
            Response::Untagged { text, .. } => {
                // What was on its way before the login says nothing about what is offered after it.
                self.listed |= self.opening.learn_if_listed(text)? && !line.early;
                Ok(Turn::Again)
            }
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

    fn on_ok(&mut self, text: Text<'_>, line: &Line) -> Result<Turn<Outcome<Session>>, Error> {
        if let Some(exchange) = self.attempt.exchange() {
            exchange.handle_success()?;
        }
        self.listed |= self.opening.learn_if_listed(text)?;
        self.tell_code(text, line);
        let mechanism = self.attempt.current().map(|exchange| exchange.mechanism());
        Ok(self.accept(mechanism))
    }

    fn on_refusal(
        &mut self,
        status: Status,
        text: Text<'_>,
        line: &Line,
    ) -> Result<Turn<Outcome<Session>>, Error> {
        let cancelled = self.attempt.handle_failure()?;
        if cancelled {
            let rejection = self.attempt.rejection(Reason::Cancelled, text.human());
            return Ok(self.reject(rejection));
        }
        let code = text.code();
        if code.is_some_and(|code| code.is("CLIENTBUG")) {
            return Err(broken(Violation::ClientBug, STAGE));
        }
        self.tell_code(text, line);
        let by_code = code.and_then(parse::reason);
        if status == Status::Bad && by_code.is_none() && self.repeat_apart() {
            return Ok(Turn::Again);
        }
        let used = self.used();
        let fresh = self.attempt.is_fresh();
        let refusal = self
            .attempt
            .current()
            .and_then(|exchange| exchange.refusal().cloned());
        // BAD before any challenge: the server does not know the mechanism, whatever it listed.
        let unknown = status == Status::Bad && fresh && by_code.is_none() && used.is_some();
        let otherwise = if unknown {
            Reason::MechanismUnavailable
        } else {
            Reason::CredentialsRejected
        };
        let reason = self.attempt.reason(by_code).unwrap_or(otherwise);
        let rejection = self
            .attempt
            .rejection(reason, text.human())
            .with_code(self.attempt.harmless(code_name(text)).unwrap_or_default())
            .with_refusal(refusal)
            .with_referral(self.referral(text));
        self.conclude(rejection, used, fresh && by_code.is_none())
    }

    /// Ends in a refusal, unless another attempt of the same kind may do better.
    fn conclude(
        &mut self,
        rejection: Rejection,
        used: Option<Used>,
        unexplained: bool,
    ) -> Result<Turn<Outcome<Session>>, Error> {
        // Whoever has said BYE takes no other command.
        if self.bye.is_some() {
            return Ok(self.reject(rejection.with_closed()));
        }
        if let Some(used) = used {
            if self.opening.assumed && unexplained {
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
        }
        Ok(self.reject(rejection))
    }

    /// The server tells what it really offers. If the refused attempt was built on something else,
    /// it did not count; if not, the refusal stands.
    pub(super) fn verify(
        &mut self,
        used: Used,
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
            Turn::Done(Opened::PreAuth) => Err(broken(Violation::BadLine, STAGE)),
            Turn::Done(Opened::Ready) => {
                let offer = self.opening.offer;
                let was_right = offer.mechanisms().contains(used.mechanism)
                    && (offer.allows_initial_response() || !used.initial_response);
                if was_right {
                    return self.conclude(rejection, Some(used), false);
                }
                self.opening
                    .wire
                    .tell(Fact::Notice(Notice::HintWrong, 0..0));
                self.attempt.end();
                self.state = State::Choosing;
                Ok(Turn::Again)
            }
        }
    }

    /// BAD to an initial response before any challenge: once more, without it.
    fn repeat_apart(&mut self) -> bool {
        let spoke_first = self.used().is_some_and(|used| used.initial_response);
        let repeat = spoke_first
            && self.bye.is_none()
            && quirks::repeats_without_initial_response(&self.opening.options);
        if repeat {
            self.attempt.end();
            self.attempt.send_apart();
            self.opening
                .wire
                .tell(Fact::Notice(Notice::InitialResponseRefused, 0..0));
            self.state = State::Choosing;
        }
        repeat
    }

    fn used(&self) -> Option<Used> {
        self.attempt.current().map(|exchange| Used {
            mechanism: exchange.mechanism(),
            initial_response: exchange.is_fresh() && exchange.has_spoken(),
        })
    }

    fn farewell(&self, text: Text<'_>) -> Rejection {
        let reason = text
            .code()
            .and_then(parse::reason)
            .unwrap_or(Reason::Closed);
        self.attempt
            .rejection(reason, text.human())
            .with_code(self.attempt.harmless(code_name(text)).unwrap_or_default())
            .with_refusal(
                self.attempt
                    .current()
                    .and_then(|exchange| exchange.refusal().cloned()),
            )
            .with_referral(self.referral(text))
            .with_closed()
    }

    fn referral(&self, text: Text<'_>) -> Option<String> {
        let url = text.code().and_then(parse::referral)?;
        self.attempt.harmless(url).map(Into::into)
    }

    /// Codes that are worth a notice. What came in clear is shown to nobody
    /// (<https://www.rfc-editor.org/rfc/rfc9051#section-7.1>).
    fn tell_code(&mut self, text: Text<'_>, line: &Line) {
        let Some(code) = text.code().filter(|_| !self.opening.in_clear) else {
            return;
        };
        let notice = [
            ("ALERT", Notice::Alert),
            ("CLIENTBUG", Notice::ClientBug),
            ("CONTACTADMIN", Notice::ContactAdmin),
            ("WEBALERT", Notice::WebAlert),
        ];
        let found = notice.into_iter().find(|(name, _)| code.is(name));
        let referral = parse::referral(code).map(|_| Notice::Referral);
        let Some(notice) = found.map(|(_, notice)| notice).or(referral) else {
            return;
        };
        let words = if self.attempt.credentials().are_repeated_in(text.human()) {
            0..0
        } else {
            human(line, text)
        };
        self.opening.wire.tell(Fact::Notice(notice, words));
    }
}

#[cfg(test)]
mod tests;
