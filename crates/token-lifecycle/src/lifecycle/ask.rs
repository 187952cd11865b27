//! What a caller is given.

use alloc::boxed::Box;
use core::time::Duration;

use super::{
    Lifecycle,
    op::{Op, Why},
    slot::Cred,
};
use crate::{AccessToken, Audience, Class, Failure, Now, SignIn, SignInReason, Unavailable};

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
    #[inline]
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
        let index = self.index(audience);
        self.give(now, index.ok_or(Unavailable::UnknownAudience)?, min_ttl)
    }

    /// The access token for the first audience although a better one is on its way, if it is good for
    /// `min_ttl` and some seconds more: for a caller who can wait no longer. It changes nothing.
    ///
    /// ```
    /// use core::time::Duration;
    /// use token_lifecycle::{Audience, Lifecycle, Now, Options, Record, UnixTime};
    ///
    /// let mut lifecycle = Lifecycle::new(Options::new("me", Audience::new("mail")));
    /// # let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"r",
    /// # "access":[{"token":"a","scope":"mail","generation":1,"issued_at":1767222000000,"expires_at":1767225600000}]}"#;
    /// # let record = Record::from_json(json).unwrap();
    /// // Half a minute before its end it is refreshed, and nobody gets it before that is done.
    /// let now = Now::wall(UnixTime::from_secs(1_767_225_570));
    /// # let _ = lifecycle.poll(now);
    /// lifecycle.handle_loaded(now, Some(record));
    /// assert!(lifecycle.token(now, Duration::ZERO).unwrap_err().is_temporary());
    /// // Where that takes too long, there is half a minute left.
    /// assert!(lifecycle.usable(now, Duration::ZERO).is_some());
    /// assert!(lifecycle.usable(now, Duration::from_secs(60)).is_none());
    /// ```
    pub fn usable(&mut self, now: Now, min_ttl: Duration) -> Option<&AccessToken> {
        self.settle_for(now, 0, min_ttl)
    }

    /// The same for another audience of the options.
    pub fn usable_for(
        &mut self,
        now: Now,
        audience: &Audience,
        min_ttl: Duration,
    ) -> Option<&AccessToken> {
        self.settle_for(now, self.index(audience)?, min_ttl)
    }

    /// For how long [`token`](Self::token) gives the same token to whoever asks, with nothing to do
    /// meanwhile, if nothing happens: whoever is told so may spare the question. Zero if there is no
    /// such token. It is never longer than [`Timers::nap`](crate::Timers::nap), for clocks can be set.
    pub fn fresh_for(&mut self, now: Now) -> Duration {
        self.clock.advance(now);
        let valid = self.cred(0, Duration::ZERO) == Cred::Valid;
        let ends = self.leaving || self.is_done() || self.grant.is_some() || self.is_over();
        let stays = valid && !ends;
        let slot = self.slots.first().zip(self.audience(0));
        let slot = slot.filter(|_| stays);
        let token = slot.zip(self.record.as_ref());
        let token =
            token.and_then(|((slot, audience), record)| Some((slot, record.access_for(audience)?)));
        let Some((slot, token)) = token else {
            return Duration::ZERO;
        };
        let (timers, seed) = (&self.options.timers, self.seed);
        let time = slot.valid_for(token, &self.clock, timers, seed, self.can_renew());
        Duration::from_millis(time).min(timers.nap)
    }

    #[inline]
    fn give(
        &mut self,
        now: Now,
        index: usize,
        min_ttl: Duration,
    ) -> Result<&AccessToken, Unavailable> {
        if let Some(place) = self.sure(now, index, min_ttl) {
            let record = self.record.as_ref();
            let token = record.and_then(|record| record.access.get(place));
            return token.ok_or(Unavailable::UnknownAudience);
        }
        self.think(now, index, min_ttl)
    }

    fn think(
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
        if given && cred == Cred::Valid {
            self.remember(index);
        }
        let why = if given {
            None
        } else {
            Some(self.why_not(index))
        };
        match (self.held(index), why) {
            (_, Some(why)) => Err(why),
            (Some(token), None) => Ok(token),
            (None, None) => Err(Unavailable::SignIn(Box::new(SignIn::new(
                SignInReason::NotSignedIn,
            )))),
        }
    }

    fn settle_for(&mut self, now: Now, index: usize, min_ttl: Duration) -> Option<&AccessToken> {
        self.clock.advance(now);
        let ends = self.leaving || self.is_done() || self.is_over();
        let (slot, token) = self.slots.get(index).zip(self.held(index))?;
        (!ends && slot.is_usable(token, &self.clock, min_ttl)).then_some(token)
    }

    fn index(&self, audience: &Audience) -> Option<usize> {
        let audiences = &self.options.audiences;
        audiences.iter().position(|known| known == audience)
    }

    /// How good the token of this slot is.
    pub(super) fn cred(&self, index: usize, min_ttl: Duration) -> Cred {
        let Some(slot) = self.slots.get(index) else {
            return Cred::None;
        };
        let (timers, renewable) = (&self.options.timers, self.can_renew());
        let token = self.held(index);
        slot.cred(token, &self.clock, timers, self.seed, renewable, min_ttl)
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
        let token = self.slots.get(index).zip(self.held(index));
        stuck && token.is_some_and(|(slot, token)| slot.is_usable(token, &self.clock, min_ttl))
    }

    /// When there may be a token. That one is saved by then gives nobody another one.
    fn retry_in(&self) -> Duration {
        let nap = self.nap();
        if !matches!(self.op, Op::Dirty(_)) {
            return nap;
        }
        let asks = self.clock.until(self.asks_at());
        asks.min(self.options.timers.nap).max(nap)
    }

    /// What is set wrong, while no request is made for that reason, and saving goes on.
    fn misconfigured(&self) -> Option<&Failure> {
        let failure = self.last_failure.as_ref()?;
        let waits = self.clock.elapsed < self.patience;
        (waits && matches!(failure.class(), Class::Misconfigured(_))).then_some(failure)
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
                if let Some(failure) = self.misconfigured() {
                    return Unavailable::Misconfigured(failure.clone());
                }
                let retry_in = match self.waits_for_turn() {
                    true => self.clock.until(self.turn_at),
                    false => self.retry_in(),
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
