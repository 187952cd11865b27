//! A grant in use: its keeper, and how what the keeper says becomes an exit code.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mail_login_blocking::{
    Deadline,
    tokens::{Keeper, Notice},
};
use mail_login_tokens::{Settings, Store, TokenError, clock};
use sasl_core::Rejection;
use token_lifecycle::{
    AccessToken, Class, Event, Failure, Feedback, Generation, Lock, Setting, Tokens, Unavailable,
};

use crate::{
    config::Config,
    exit::{Exit, Problem},
    grant::Grant,
    store::{self, Troubles, Watched},
    terminal::note,
    waiting::{Stage, Waiting},
};

/// How long saving may take.
const SAVING: Duration = Duration::from_secs(20);

/// How long a better token is waited for while there is a good one.
const SOON: Duration = Duration::from_secs(5);

pub(crate) struct Session {
    name: String,
    /// The authorization server, for people who wait for it.
    host: String,
    keeper: Keeper,
    /// What the store could not do.
    troubles: Troubles,
    revocation_failure: Arc<Mutex<Option<String>>>,
}

impl Session {
    /// Reads the tokens, and starts to keep them.
    pub(crate) fn open(config: &Config, grant: Grant<'_>) -> Result<Self, Problem> {
        let store = store::open(config, grant.name, grant.account)?;
        // Whoever waits for a token should not wait for this.
        store.load().map_err(|error| store::unreadable(&error))?;
        let settings = grant.settings()?;
        let mut session = Self::start(grant.name, settings, store, grant.http)?;
        session.host = grant.endpoints.token.host().into();
        Ok(session)
    }

    /// Shows that something is being waited for, until it is dropped.
    pub(crate) fn waiting(&self, what: &'static str, limit: Duration, quiet: bool) -> Waiting {
        let stage = Stage::default();
        stage.set(what);
        Waiting::new(self.host.clone(), limit, stage, quiet)
    }

    pub(crate) fn start(
        name: &str,
        settings: Settings,
        store: impl Store + 'static,
        http: impl mail_login_tokens::Http + 'static,
    ) -> Result<Self, Problem> {
        let store = Watched::new(store);
        let troubles = store.troubles();
        let watched = troubles.clone();
        let revocation_failure = Arc::new(Mutex::new(None));
        let not_revoked = Arc::clone(&revocation_failure);
        let watch = move |notice: &Notice| {
            if let Notice::Event(event) = notice {
                match event {
                    Event::Adopted { .. } | Event::Refreshed { .. } | Event::Saved { .. } => {
                        watched.forget();
                    }
                    Event::RevocationFailed(failure) => {
                        let mut kept = not_revoked.lock().unwrap_or_else(PoisonError::into_inner);
                        *kept = Some(failure.to_string());
                    }
                    Event::ClockSkew { seconds } => {
                        note(format_args!(
                            "note: the clock of this computer and that of the authorization server are {} s apart: set it",
                            seconds.unsigned_abs()
                        ));
                    }
                    _ => {}
                }
            }
        };
        let keeper = Keeper::start_watched(settings, store, http, watch).map_err(|error| {
            let message = format!("no thread can be started ({error}): try again");
            Problem::new(Exit::Temporary, "io", message)
        })?;
        Ok(Self {
            name: name.into(),
            host: String::new(),
            keeper,
            troubles,
            revocation_failure,
        })
    }

    /// A token that is good for so long at least.
    pub(crate) fn token(
        &self,
        min_valid: Duration,
        deadline: Deadline,
    ) -> Result<AccessToken, Problem> {
        self.keeper
            .token(min_valid, deadline)
            .map_err(|error| self.problem(&error))
    }

    /// The same, and one that ends soon is replaced if that can be had soon: a process that lives for
    /// a moment has nobody who would do so in the background. Where it is not replaced, it says why.
    pub(crate) fn fresh_token(
        &self,
        min_valid: Duration,
        deadline: Deadline,
    ) -> Result<(AccessToken, Option<Problem>), Problem> {
        let token = self.token(min_valid, deadline)?;
        if !ends_soon(&token) {
            return Ok((token, None));
        }
        let left = deadline.left().unwrap_or(Some(Duration::ZERO));
        let wait = left.map_or(SOON, |left| left.min(SOON));
        let longer = soon(&token).max(min_valid);
        Ok(match self.token(longer, Deadline::after(wait)) {
            Ok(token) => (token, None),
            Err(problem) => (token, Some(problem)),
        })
    }

    /// Why there is no token, if there is none at this moment.
    pub(crate) fn trouble(&self) -> Option<Problem> {
        let now = Deadline::after(Duration::ZERO);
        self.token(Duration::ZERO, now).err()
    }

    /// A mail server refused a token.
    pub(crate) fn rejected(&self, generation: Generation, rejection: &Rejection) -> Feedback {
        self.keeper.handle_rejection(generation, rejection)
    }

    /// Saves the tokens of a sign-in.
    pub(crate) fn keep(&self, tokens: Tokens) -> Result<(), Problem> {
        self.keeper
            .sign_in(tokens, Deadline::after(SAVING))
            .map_err(|error| {
                if error.is_temporary() {
                    let problem = self.troubles.problem();
                    problem.unwrap_or_else(|| store::unwritable(""))
                } else {
                    self.problem(&error)
                }
            })
    }

    /// Signs out. Why the tokens were not taken back, if the server did not take them; the session itself
    /// if it did not come to an end before the deadline.
    pub(crate) fn sign_out(self, deadline: Deadline) -> Result<Option<String>, Self> {
        if self.keeper.sign_out(deadline).is_err() {
            return Err(self);
        }
        let failure = Arc::clone(&self.revocation_failure);
        // Its thread may still have to tell the last of what happened.
        drop(self);
        let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(failure.take())
    }

    /// What is the matter with the store.
    pub(crate) fn store_problem(&self) -> Option<String> {
        self.troubles.detail()
    }

    /// Ends without waiting for what is under way. Only where nothing has to be saved.
    pub(crate) fn abandon(self) {
        core::mem::forget(self);
    }

    fn problem(&self, error: &TokenError) -> Problem {
        let of_store = self.troubles.problem().filter(|_| error.is_temporary());
        of_store.unwrap_or_else(|| of_token_error(&self.name, error))
    }
}

/// How long before its end a token is due: a fifth of its life, and ten minutes at most.
fn soon(token: &AccessToken) -> Duration {
    let life = token
        .expires_at()
        .map_or(Duration::ZERO, |end| end.since(token.issued_at()));
    (life / 5).min(Duration::from_secs(600))
}

/// Whether a token is due to be refreshed.
pub(crate) fn ends_soon(token: &AccessToken) -> bool {
    let left = token.expires_at().map(|end| end.since(clock::now().wall));
    left.is_some_and(|left| left <= soon(token))
}

/// Whether tokens could be saved, found out before a user is asked for anything.
pub(crate) fn check_writable(store: &dyn Store) -> Result<(), Problem> {
    match store.lock() {
        Lock::Acquired => store.unlock(),
        Lock::Held => {}
        Lock::Unavailable => return Err(store::unwritable(&store.problem().unwrap_or_default())),
    }
    Ok(())
}

/// Why there is no token, as a problem of the account.
pub(crate) fn of_token_error(name: &str, error: &TokenError) -> Problem {
    let exit = match error.exit_code() {
        77 => Exit::Refused,
        78 => Exit::Settings,
        _ => Exit::Temporary,
    };
    let (kind, advice) = match error.unavailable() {
        None => ("stopped", String::new()),
        // Nobody was asked: the record itself says so.
        Some(Unavailable::Misconfigured(failure))
            if failure.status().is_none()
                && failure.class() == Class::Misconfigured(Setting::Client) =>
        {
            let message = format!(
                "the tokens are of another client_id: set it back, or sign in again{}",
                sign_in_with(name)
            );
            return Problem::new(exit, "other-client", message);
        }
        Some(Unavailable::Misconfigured(failure)) => (failure.class().name(), String::new()),
        Some(Unavailable::SignIn(sign_in)) => (sign_in.reason.name(), sign_in_with(name)),
        Some(Unavailable::SignedOut) => ("signed-out", sign_in_with(name)),
        Some(Unavailable::Temporary { failure, .. }) => {
            let class = failure.as_ref().map(|failure| failure.class().name());
            (class.unwrap_or("deadline"), String::new())
        }
        Some(_) => ("unavailable", String::new()),
    };
    let (plain, code) = plain(error);
    Problem::new(exit, kind, format!("{error}{advice}"))
        .with_plain(format!("{plain}{advice}"), code)
}

/// The same in our words alone, and what the server calls it.
fn plain(error: &TokenError) -> (String, Option<&str>) {
    let of_failure = |failure: &Failure| failure.class().to_string();
    match error.unavailable() {
        Some(
            Unavailable::Misconfigured(failure)
            | Unavailable::Temporary {
                failure: Some(failure),
                ..
            },
        ) => (of_failure(failure), failure.code()),
        Some(Unavailable::Temporary { failure: None, .. }) => {
            ("no token came in time: try again later".into(), None)
        }
        Some(Unavailable::SignIn(sign_in)) => (sign_in.reason.to_string(), sign_in.code.as_deref()),
        Some(other) => (other.to_string(), None),
        None => (error.to_string(), None),
    }
}

/// Behind the words of a server, so that nobody takes it for one of them.
pub(crate) fn sign_in_with(name: &str) -> String {
    format!("; run `mail-login sign-in {name}`")
}

#[cfg(test)]
mod tests;
