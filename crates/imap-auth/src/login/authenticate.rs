//! State: the offer is known. A mechanism is chosen and AUTHENTICATE goes out.

use sasl_core::{Kind, Mechanism, Outcome, Session, wire::Turn};

use super::{Login, State};
use crate::{command, quirks};

impl Login {
    pub(super) fn choose(&mut self) -> Turn<Outcome<Session>> {
        if let Some(rejection) = self.attempt.aborted() {
            return self.reject(rejection);
        }
        if self.identify() {
            return Turn::Again;
        }
        let offered = self.opening.offer.mechanisms();
        match self.attempt.choose(self.opening.settings(), offered) {
            Some(mechanism) => self.authenticate(mechanism),
            None if self.opening.assumed => {
                self.opening.verify();
                self.state = State::Opening;
            }
            None if self.may_use_login_command() => self.log_in(),
            None => {
                let tls_first = self.opening.in_clear && self.opening.offer.starttls();
                let rejection = self.attempt.none_fits(offered, tls_first);
                return self.reject(rejection);
            }
        }
        Turn::Again
    }

    /// Sends AUTHENTICATE, with the first message where that saves a round trip and is allowed
    /// (<https://www.rfc-editor.org/rfc/rfc4959#section-3>).
    fn authenticate(&mut self, mechanism: Mechanism) {
        let opening = &mut self.opening;
        let settings = &opening.options.settings;
        let initial = self.attempt.initial(mechanism, settings);
        let octets = initial.encoded_len();
        let initial_response = opening.offer.allows_initial_response()
            && self.attempt.allows_initial_response(settings, mechanism)
            && octets + command::FRAME <= command::LINE;
        let tag = opening.tag.advance();
        let along = initial_response.then_some(&initial);
        command::authenticate(&mut opening.wire.send, tag, mechanism, along);
        let prose = quirks::takes_prose_as_empty_challenge(&opening.options);
        self.opening.wire.tell_server(self.attempt.credentials());
        self.attempt.begin(mechanism, initial_response, prose);
        if initial_response {
            self.attempt.note_spoken(octets);
        }
        self.listed = false;
        self.state = State::Authenticating;
        self.tell_chosen(mechanism, initial_response);
    }

    /// The LOGIN command is the last resort for passwords, never used where LOGINDISABLED is said,
    /// and it carries no UTF-8 (<https://www.rfc-editor.org/rfc/rfc6855#section-5>).
    fn may_use_login_command(&self) -> bool {
        let credentials = self.attempt.credentials();
        credentials.kind() == Kind::Password
            && !self.opening.offer.login_disabled()
            && self.opening.offer.names_revision()
            && credentials.user().is_ascii()
            && credentials.secret().expose().is_ascii()
    }

    fn log_in(&mut self) {
        let credentials = self.attempt.credentials();
        let send = &mut self.opening.wire.send;
        command::login(
            send,
            self.opening.tag.advance(),
            credentials.user(),
            credentials.secret().expose(),
        );
        self.listed = false;
        self.state = State::LoggingIn;
    }
}

#[cfg(test)]
mod tests;
