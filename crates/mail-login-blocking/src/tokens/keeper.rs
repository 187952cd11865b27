//! One grant, one thread, any number of callers.

mod shared;
mod worker;

use alloc::{boxed::Box, sync::Arc};
use core::{fmt, time::Duration};
use std::{
    io,
    thread::{self, JoinHandle},
};

use mail_login_tls::Deadline;
use mail_login_tokens::{Http, Notice, Settings, Status, Store, TokenError, clock};
use sasl_core::Rejection;
use token_lifecycle::{AccessToken, Audience, Feedback, Generation, Hint, Tokens, Unavailable};

use shared::Shared;
use worker::Worker;

/// Keeps one grant fresh, for any number of callers on any threads.
///
/// One thread does all that takes time: it reads and writes the store, asks the authorization server
/// and waits. Callers of [`token`](Self::token) share what it gets, so a hundred of them are one
/// refresh; each has a deadline of its own, and when it passes nothing is lost: what is under way goes
/// on and is saved.
///
/// Dropping it ends the thread. A refresh that is under way is finished and saved first, because
/// a refresh token that was sent is used up; this takes 20 seconds at worst, and 5 more if the
/// store does not work.
///
/// For an example see the [module](super).
pub struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread. The first thing that it does is to read the record.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    pub fn start(
        settings: Settings,
        store: impl Store + 'static,
        http: impl Http + 'static,
    ) -> io::Result<Self> {
        Self::start_watched(settings, store, http, |_| {})
    }

    /// The same for who wants to know what happens. `watch` is called on the keeper's thread, which
    /// does nothing else meanwhile: it must not call methods of the keeper that wait.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_watched(
        settings: Settings,
        store: impl Store + 'static,
        http: impl Http + 'static,
        watch: impl FnMut(&Notice) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(settings.lifecycle()));
        let worker = Worker::new(
            Arc::clone(&shared),
            settings,
            Box::new(store),
            Box::new(http),
            Box::new(watch),
        );
        let thread = thread::Builder::new().name("mail-login tokens".into());
        let thread = Some(thread.spawn(move || worker.run())?);
        Ok(Self { shared, thread })
    }

    /// A token for the first audience that is good for `min_ttl` at least. It is there at once in most
    /// cases; this waits until the deadline where one has to be got. In the last minute of a token's life
    /// that is so too; when the deadline passes it is given for what is left of it.
    ///
    /// # Errors
    ///
    /// When the user has to sign in or a setting is wrong, at once; and when the deadline passes and there
    /// is no token.
    pub fn token(&self, min_ttl: Duration, deadline: Deadline) -> Result<AccessToken, TokenError> {
        self.shared.wait(
            deadline,
            |lifecycle| lifecycle.token(clock::now(), min_ttl).cloned(),
            |lifecycle| lifecycle.usable(clock::now(), min_ttl).cloned(),
        )
    }

    /// The same for another audience of the options.
    ///
    /// # Errors
    ///
    /// As for [`token`](Self::token).
    pub fn token_for(
        &self,
        audience: &Audience,
        min_ttl: Duration,
        deadline: Deadline,
    ) -> Result<AccessToken, TokenError> {
        self.shared.wait(
            deadline,
            |lifecycle| {
                let token = lifecycle.token_for(clock::now(), audience, min_ttl);
                token.cloned()
            },
            |lifecycle| {
                let token = lifecycle.usable_for(clock::now(), audience, min_ttl);
                token.cloned()
            },
        )
    }

    /// A mail server refused the token of this generation. The answer says whether another
    /// login makes sense. This does not wait.
    pub fn handle_rejection(&self, generation: Generation, rejection: &Rejection) -> Feedback {
        self.shared.tell(|state| {
            let lifecycle = &mut state.lifecycle;
            lifecycle.handle_rejection(clock::now(), generation, rejection)
        })
    }

    /// The user has signed in, and these are the tokens. Waits until they are saved.
    ///
    /// # Errors
    ///
    /// When the store does not work, or the deadline passes: they are used all the same, and saving
    /// them is tried again.
    pub fn sign_in(&self, tokens: Tokens, deadline: Deadline) -> Result<(), TokenError> {
        let before = self.shared.tell(|state| {
            state.lifecycle.handle_grant(clock::now(), tokens);
            (state.restored, state.failed)
        });
        self.shared.wait_for(deadline, |state| {
            if state.restored > before.0 {
                return Some(Ok(()));
            }
            (state.failed > before.1).then(|| Err(not_yet()))
        })
    }

    /// The user signs out: the record is deleted, and the refresh token revoked if the settings name
    /// an endpoint for that. No token is given out from now on. Waits until it is done.
    ///
    /// # Errors
    ///
    /// When the deadline passes: it is tried on and on.
    pub fn sign_out(&self, deadline: Deadline) -> Result<(), TokenError> {
        self.shared.tell(|state| {
            state.lifecycle.sign_out(clock::now());
            state.leaving = true;
        });
        self.shared.wait_for(deadline, |state| {
            state.lifecycle.is_done().then_some(Ok(()))
        })
    }

    /// Something has changed that makes another try worth it before its time.
    pub fn hint(&self, hint: Hint) {
        self.shared
            .tell(|state| state.lifecycle.handle_hint(clock::now(), hint));
    }

    /// What is known now.
    pub fn status(&self) -> Status {
        self.shared.tell(|state| {
            let mut status = Status::of(&state.lifecycle);
            status.problem = state.problem();
            status
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.tell(|state| state.stopping = true);
        // The watcher may have dropped the last keeper, and a thread cannot wait for itself.
        let other = |thread: &JoinHandle<()>| thread.thread().id() != thread::current().id();
        if let Some(thread) = self.thread.take().filter(other) {
            // If it panicked, that was told where it happened.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// What a caller is told who waits for something else than a token.
fn not_yet() -> Unavailable {
    Unavailable::Temporary {
        retry_in: Duration::from_secs(1),
        failure: None,
    }
}
