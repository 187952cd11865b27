//! What a caller is given.

use alloc::boxed::Box;
use core::time::Duration;

use super::{
    Lifecycle,
    op::{Op, Why},
    slot::Cred,
};
use crate::{AccessToken, Audience, Now, SignIn, SignInReason, Unavailable};

impl Lifecycle {
    /// The access token for the first audience of the options, or why there is none.
    ///
    /// A token that is due to be refreshed is given out while it is good for `min_ttl` and some
    /// seconds more. If waiting helps ([`Unavailable::is_temporary`]), drive the machine by
    /// [`poll`](Self::poll) and ask again. Asking costs next to nothing and may be done for each request.
    ///
    /// # Errors
    ///
    /// If there is no token.
    pub fn token(&mut self, now: Now, min_ttl: Duration) -> Result<&AccessToken, Unavailable> {
        self.give(now, 0, min_ttl)
    }

    /// The same for another audience of the options.
    ///
    /// # Errors
    ///
    /// If there is no token.
    pub fn token_for(
        &mut self,
        now: Now,
        audience: &Audience,
        min_ttl: Duration,
    ) -> Result<&AccessToken, Unavailable> {
        let index = self
            .slots
            .iter()
            .position(|slot| slot.audience == *audience);
        self.give(now, index.ok_or(Unavailable::UnknownAudience)?, min_ttl)
    }

    fn give(
        &mut self,
        now: Now,
        index: usize,
        min_ttl: Duration,
    ) -> Result<&AccessToken, Unavailable> {
        self.clock.advance(now);
        if self.leaving || matches!(self.op, Op::Closed) && self.grant.is_none() {
            return Err(Unavailable::SignedOut);
        }
        let cred = self.cred(index, min_ttl);
        let Some(slot) = self.slots.get_mut(index) else {
            return Err(Unavailable::UnknownAudience);
        };
        if let Some(consent) = &slot.consent {
            return Err(Unavailable::SignIn(consent.clone()));
        }
        let given = match cred {
            Cred::Valid => true,
            Cred::Advisory => {
                slot.touched = true;
                true
            }
            Cred::Mandatory | Cred::Expired | Cred::None => {
                slot.touched = true;
                slot.waiting = slot.waiting.max(Some(min_ttl));
                false
            }
        };
        self.advance();
        let given = given && !self.is_over() || self.must_do(index, min_ttl);
        if let Some(slot) = self.slots.get_mut(index).filter(|_| given) {
            slot.waiting = None;
        }
        let why = if given {
            None
        } else {
            Some(self.why_not(index))
        };
        let token = self.record.as_ref().zip(self.slots.get(index));
        let token = token.and_then(|(record, slot)| record.access_for(&slot.audience));
        match (token, why) {
            (_, Some(why)) => Err(why),
            (Some(token), None) => Ok(token),
            (None, None) => Err(Unavailable::SignIn(Box::new(SignIn::new(
                SignInReason::NotSignedIn,
            )))),
        }
    }

    /// How good the token of this slot is.
    pub(super) fn cred(&self, index: usize, min_ttl: Duration) -> Cred {
        let Some(slot) = self.slots.get(index) else {
            return Cred::None;
        };
        let token = self
            .record
            .as_ref()
            .and_then(|record| record.access_for(&slot.audience));
        let (timers, seed) = (&self.options.timers, self.options.seed);
        slot.cred(token, &self.clock, timers, seed, self.can_renew(), min_ttl)
    }

    /// Whether the token is good enough, as there is no better one to be had soon.
    fn must_do(&self, index: usize, min_ttl: Duration) -> bool {
        let stuck = match &self.op {
            Op::Wait(_) | Op::Park(..) | Op::Dirty(_) | Op::Load(_, Why::Waiting(_)) => true,
            Op::Lock(_) | Op::Load(_, Why::Turn) => self.waits_for_turn(),
            Op::Dead(_) | Op::Look(..) => !self.options.end_at_once,
            Op::Start
            | Op::Idle
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => false,
        };
        let Some((slot, record)) = self.slots.get(index).zip(self.record.as_ref()) else {
            return false;
        };
        let token = record.access_for(&slot.audience);
        stuck && token.is_some_and(|token| slot.is_usable(token, &self.clock, min_ttl))
    }

    fn is_over(&self) -> bool {
        self.options.end_at_once && matches!(self.op, Op::Dead(_) | Op::Look(..))
    }

    fn why_not(&mut self, index: usize) -> Unavailable {
        match &self.op {
            Op::Dead(sign_in) | Op::Look(sign_in, true) => {
                let sign_in = sign_in.clone();
                self.look = true;
                self.advance();
                Unavailable::SignIn(sign_in)
            }
            Op::Park(_, failure) => Unavailable::Misconfigured(failure.clone()),
            Op::Start
            | Op::Idle
            | Op::Lock(_)
            | Op::Load(..)
            | Op::Mark(_)
            | Op::Send(_)
            | Op::Save(_)
            | Op::Dirty(_)
            | Op::Wait(_)
            | Op::Look(_, false)
            | Op::Grant
            | Op::Leave(_)
            | Op::Closed => {
                let retry_in = match self.waits_for_turn() {
                    true => self.clock.until(self.turn_at),
                    false => self.nap(),
                };
                self.peek_again(index);
                Unavailable::Temporary {
                    retry_in,
                    failure: self.last_failure.clone(),
                }
            }
        }
    }
}
