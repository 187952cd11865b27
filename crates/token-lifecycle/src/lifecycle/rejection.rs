//! What a mail server says about a token.

use alloc::boxed::Box;
use core::time::Duration;

use sasl_core::{Advice, Reason, Rejection};

use super::{
    Feedback, Lifecycle,
    op::{Op, Why},
};
use crate::{Generation, Now, SignIn, time::millis};

impl Lifecycle {
    /// A mail server refused the token of this generation.
    ///
    /// A token that is refused is refreshed once, and the login tried once more; a new one that is
    /// refused too is not the reason. A server that cannot say at the moment is believed, unless the
    /// token is old: some servers say that of an expired token. One that wants a scope which the token
    /// does not have concerns only whoever was refused: the token is given to others as before.
    pub fn handle_rejection(
        &mut self,
        now: Now,
        generation: Generation,
        rejection: &Rejection,
    ) -> Feedback {
        self.clock.advance(now);
        let found = (0..self.slots.len()).find(|index| {
            let token = self.held(*index);
            token.is_some_and(|token| token.generation == generation)
        });
        // It was an older one, and there is a newer one by now.
        let Some(index) = found else {
            return Feedback::Retry;
        };
        let feedback = match rejection.advice() {
            Advice::RefreshToken => self.renew(index, generation, rejection.reason()),
            Advice::RetryLater => self.doubt(index, generation),
            Advice::SignInAgain => {
                self.want_consent(index, generation, rejection);
                Feedback::SignIn
            }
            // Advice may be added to; whatever it is, a new token is not it.
            Advice::ChangeSettings | _ => Feedback::AccessRefused,
        };
        self.advance();
        feedback
    }

    /// The server does not want this token.
    fn renew(&mut self, index: usize, generation: Generation, reason: Reason) -> Feedback {
        let fresh = self.is_fresh(index);
        let forced = self.is_forced(index);
        let Some(slot) = self.slots.get_mut(index) else {
            return Feedback::AccessRefused;
        };
        if slot.refused == Some(generation) {
            return Feedback::Retry;
        }
        // Without a reason it may as well be the user's name.
        if fresh && (forced || reason == Reason::CredentialsRejected) {
            return Feedback::AccessRefused;
        }
        slot.refused = Some(generation);
        slot.touched = true;
        slot.waiting = slot.waiting.max(Some(Duration::ZERO));
        if self.can_renew() {
            Feedback::Retry
        } else {
            Feedback::SignIn
        }
    }

    /// The server cannot say. It may not know how to say "expired".
    fn doubt(&mut self, index: usize, generation: Generation) -> Feedback {
        const NEAR: u64 = 60_000;
        let token = self.slots.get(index).zip(self.held(index));
        let left = token.and_then(|(slot, token)| slot.remaining(token, &self.clock));
        let old = match left {
            Some(left) => left <= NEAR,
            None => !self.is_fresh(index),
        };
        if old && !self.is_fresh_and_forced(index) && self.can_renew() {
            return self.renew(index, generation, Reason::TokenRejected);
        }
        Feedback::Wait
    }

    /// The token lacks a scope: a new one would too. Servers that want less take it, so it stays in
    /// use, and is refreshed as before.
    fn want_consent(&mut self, index: usize, generation: Generation, rejection: &Rejection) {
        let looks = matches!(self.op, Op::Load(_, Why::Consent));
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        slot.look |= !looks;
        // While something else has to be told, the next refusal tells this.
        if slot.consent != Some(generation) && self.notice.is_none() {
            slot.consent = Some(generation);
            self.notice = SignIn::for_refusal(generation, rejection).map(Box::new);
        }
    }

    /// The user may have allowed more elsewhere. That is one question to the store for a login that was
    /// refused, which costs more by far.
    pub(super) fn look_for_consent(&mut self) -> bool {
        let Some(index) = self.slots.iter().position(|slot| slot.look) else {
            return false;
        };
        if let Some(slot) = self.slots.get_mut(index) {
            slot.look = false;
        }
        self.op = Op::Load(Box::new(self.run(index)), Why::Consent);
        true
    }

    fn is_fresh(&self, index: usize) -> bool {
        let fresh = millis(self.options.timers.fresh);
        self.slots
            .get(index)
            .is_some_and(|slot| slot.age(&self.clock) < fresh)
    }

    fn is_forced(&self, index: usize) -> bool {
        self.held(index).is_some_and(|token| token.forced)
    }

    fn is_fresh_and_forced(&self, index: usize) -> bool {
        self.is_fresh(index) && self.is_forced(index)
    }
}
