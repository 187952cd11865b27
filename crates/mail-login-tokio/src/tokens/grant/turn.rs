//! The turn to refresh, where that takes one.

use alloc::sync::Arc;

use mail_login_tokens::clock;
use token_lifecycle::{Now, Place, Turn};

use super::{Grant, State};

impl Grant {
    /// It is its turn to refresh, if it still has this place.
    pub(in crate::tokens) fn call_up(self: &Arc<Self>, place: Place, turn: Turn) {
        let mut state = self.state();
        if state.place != Some(place) {
            drop(state);
            return self.shared.schedule.give_back(turn);
        }
        state.place = None;
        state.turn = Some(turn);
        state.lifecycle.handle_turn(clock::now());
        // A task that is at work finds it.
        self.go_on(state);
    }

    /// If the machine is about to refresh and that takes a turn, there is one, or the machine knows better.
    pub(super) fn take_turn(self: &Arc<Self>, state: &mut State, now: Now) {
        let schedule = &self.shared.schedule;
        if !schedule.is_paced() || state.turn.is_some() {
            return;
        }
        let Some(urgency) = state.lifecycle.begins(now) else {
            return;
        };
        match schedule.ask(self, urgency, &mut state.place) {
            Ok(turn) => state.turn = Some(turn),
            Err(wait) => state.lifecycle.handle_no_turn(now, wait),
        }
    }

    pub(super) fn give_back(&self, state: &mut State) {
        if let Some(turn) = state.turn.take() {
            self.shared.schedule.give_back(turn);
        }
    }
}
