//! State: the offer is known. A mechanism is chosen and AUTH goes out.

use sasl_core::{
    Mechanism, Outcome, Session,
    wire::{Fact, Turn},
};

use super::{Login, State};
use crate::{command, quirks};

impl Login {
    pub(super) fn choose(&mut self) -> Turn<Outcome<Session>> {
        if let Some(rejection) = self.attempt.aborted() {
            return self.reject(rejection);
        }
        let offered = self.opening.offer.mechanisms();
        match self.attempt.choose(self.opening.settings(), offered) {
            Some(mechanism) => {
                self.authenticate(mechanism);
                Turn::Again
            }
            None => {
                let tls_first = self.opening.in_clear && self.opening.offer.starttls();
                let rejection = self.attempt.none_fits(offered, tls_first);
                self.reject(rejection)
            }
        }
    }

    /// Sends AUTH, with the first message where that saves a round trip and is allowed: any server
    /// takes one, but none has to take a line of more than 512 octets
    /// (<https://www.rfc-editor.org/rfc/rfc4954#section-4>).
    fn authenticate(&mut self, mechanism: Mechanism) {
        let opening = &mut self.opening;
        let settings = &opening.options.settings;
        let initial = self.attempt.initial(mechanism, settings);
        let octets = initial.encoded_len();
        let long = command::auth_len(mechanism, &initial) > command::LINE;
        let initial_response = self.attempt.allows_initial_response(settings, mechanism)
            && (!long || opening.options.long_initial_response);
        let along = initial_response.then_some(&initial);
        command::auth(&mut opening.wire.send, mechanism, along);
        opening.wire.tell(Fact::Chosen(mechanism, initial_response));
        if initial_response {
            self.attempt.note_spoken(octets);
        }
        let prose = quirks::takes_prose_as_empty_challenge(&opening.options);
        self.opening.wire.tell_server(self.attempt.credentials());
        self.attempt.begin(mechanism, initial_response, prose);
        self.long = long;
        self.state = State::Authenticating;
    }
}
