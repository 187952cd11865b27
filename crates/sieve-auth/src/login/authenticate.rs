//! State: the offer is known. A mechanism is chosen and AUTHENTICATE goes out.

use sasl_core::{
    Mechanism, Outcome, Session,
    wire::{Fact, Turn},
};

use super::{Login, State};
use crate::command;

impl Login {
    pub(super) fn choose(&mut self) -> Turn<Outcome<Session>> {
        if let Some(rejection) = self.attempt.aborted() {
            return self.reject(rejection);
        }
        let offered = self.opening.offer.mechanisms();
        match self.attempt.choose(self.opening.settings(), offered) {
            Some(mechanism) => self.authenticate(mechanism),
            None if self.opening.assumed => {
                self.opening.verify();
                self.state = State::Opening;
            }
            None => {
                let tls_first = self.opening.in_clear && self.opening.offer.starttls();
                let rejection = self.attempt.none_fits(offered, tls_first);
                return self.reject(rejection);
            }
        }
        Turn::Again
    }

    /// Sends AUTHENTICATE, with the first message where the mechanism and the caller allow it.
    fn authenticate(&mut self, mechanism: Mechanism) {
        let wire = &mut self.opening.wire;
        let settings = &self.opening.options.settings;
        let initial = self.attempt.initial(mechanism, settings);
        let octets = initial.encoded_len();
        let initial_response = self.attempt.allows_initial_response(settings, mechanism);
        let along = initial_response.then_some(&initial);
        command::authenticate(&mut wire.send, mechanism, along);
        wire.tell(Fact::Chosen(mechanism, initial_response));
        self.opening.wire.tell_server(self.attempt.credentials());
        self.attempt.begin(mechanism, initial_response, false);
        if initial_response {
            self.attempt.note_spoken(octets);
        }
        self.state = State::Authenticating;
    }
}

#[cfg(test)]
mod tests;
