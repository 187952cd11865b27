//! What callers and the thread share.

use alloc::string::String;
use core::time::Duration;
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use mail_login_tls::Deadline;
use mail_login_tokens::TokenError;
use token_lifecycle::{AccessToken, Lifecycle, Unavailable};

use super::not_yet;

pub(super) struct Shared {
    state: Mutex<State>,
    /// The thread waits here.
    wake: Condvar,
    /// Callers wait here.
    changed: Condvar,
}

pub(super) struct State {
    pub(super) lifecycle: Lifecycle,
    /// What network and store said last, since they last worked.
    pub(super) network: Option<String>,
    pub(super) store: Option<String>,
    /// How often a sign-in was saved, and how often something could not be saved.
    pub(super) restored: u64,
    pub(super) failed: u64,
    /// The user signs out.
    pub(super) leaving: bool,
    /// The keeper is dropped.
    pub(super) stopping: bool,
    /// The thread has ended.
    pub(super) stopped: bool,
}

impl State {
    /// What keeps us from a token, if anything does.
    pub(super) fn problem(&self) -> Option<String> {
        self.store.as_ref().or(self.network.as_ref()).cloned()
    }
}

impl Shared {
    pub(super) fn new(lifecycle: Lifecycle) -> Self {
        let state = State {
            lifecycle,
            network: None,
            store: None,
            restored: 0,
            failed: 0,
            leaving: false,
            stopping: false,
            stopped: false,
        };
        Self {
            state: Mutex::new(state),
            wake: Condvar::new(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic is called between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and has the thread look at it.
    pub(super) fn tell<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let told = change(&mut self.state());
        self.wake.notify_one();
        told
    }

    /// Has the callers look at what has changed.
    pub(super) fn announce(&self) {
        self.changed.notify_all();
    }

    /// The thread waits.
    pub(super) fn pause(&self, state: MutexGuard<'_, State>, time: Option<Duration>) {
        match time {
            Some(time) => drop(
                self.wake
                    .wait_timeout(state, time)
                    .unwrap_or_else(PoisonError::into_inner),
            ),
            None => drop(
                self.wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            ),
        }
    }

    /// A caller waits until there is a token. When the deadline passes he takes what there is.
    pub(super) fn wait(
        &self,
        deadline: Deadline,
        mut ask: impl FnMut(&mut Lifecycle) -> Result<AccessToken, Unavailable>,
        last: impl FnOnce(&mut Lifecycle) -> Option<AccessToken>,
    ) -> Result<AccessToken, TokenError> {
        let mut state = self.state();
        loop {
            let (why, soon) = match ask(&mut state.lifecycle) {
                Ok(token) => return Ok(token),
                Err(Unavailable::Temporary { retry_in, failure }) => {
                    (Unavailable::Temporary { retry_in, failure }, retry_in)
                }
                Err(why) => return Err(why.into()),
            };
            // Asking may have given the thread something to do.
            self.wake.notify_one();
            let left = left(deadline);
            if left.is_zero() && !state.stopped {
                let problem = state.problem();
                let token = last(&mut state.lifecycle);
                return token.ok_or_else(|| TokenError::new(why).with_problem(problem));
            }
            state = self.park(state, left, soon, why)?;
        }
    }

    /// A caller waits until this says something.
    pub(super) fn wait_for(
        &self,
        deadline: Deadline,
        mut outcome: impl FnMut(&State) -> Option<Result<(), Unavailable>>,
    ) -> Result<(), TokenError> {
        let mut state = self.state();
        loop {
            match outcome(&state) {
                Some(Ok(())) => return Ok(()),
                Some(Err(why)) => {
                    return Err(TokenError::new(why).with_problem(state.problem()));
                }
                None => state = self.park(state, left(deadline), Duration::MAX, not_yet())?,
            }
        }
    }

    /// Waits until something changes, for so long at most. Once nothing is left, or the thread has
    /// ended, that is an error.
    fn park<'a>(
        &self,
        state: MutexGuard<'a, State>,
        left: Duration,
        soon: Duration,
        why: Unavailable,
    ) -> Result<MutexGuard<'a, State>, TokenError> {
        if state.stopped {
            return Err(TokenError::stopped());
        }
        if left.is_zero() {
            return Err(TokenError::new(why).with_problem(state.problem()));
        }
        // A wait of nothing would be a wait in circles; the thread has to come first.
        let soon = soon.max(Duration::from_millis(100));
        let time = left.min(soon).min(LONGEST);
        let (state, _) = self
            .changed
            .wait_timeout(state, time)
            .unwrap_or_else(PoisonError::into_inner);
        Ok(state)
    }
}

/// How long it is until the deadline.
fn left(deadline: Deadline) -> Duration {
    match deadline.instant() {
        Some(instant) => instant.saturating_duration_since(Instant::now()),
        None => Duration::MAX,
    }
}

/// Some systems know no longer waits than this; nobody notices that it ends.
const LONGEST: Duration = Duration::from_secs(3600);
