//! What the thread does.

use alloc::{
    boxed::Box,
    string::{String, ToString},
    sync::Arc,
};
use core::time::Duration;
use std::time::Instant;

use mail_login_tokens::{Http, NoRequest, Notice, Settings, Store, clock};
use token_lifecycle::{Action, Event, Hint, Lock, Record, Request, Revision, Saved};

use super::shared::{Shared, State};

/// How long the thread tries to save what it has, after the keeper was dropped.
const LAST_TRIES: Duration = Duration::from_secs(5);

pub(super) struct Worker {
    shared: Arc<Shared>,
    settings: Settings,
    store: Box<dyn Store>,
    http: Box<dyn Http>,
    watch: Box<dyn FnMut(&Notice) + Send>,
    /// Whether we have the lock.
    holds: bool,
    /// Until when it is tried to save what is not saved, once the keeper was dropped.
    end: Option<Instant>,
}

/// An action that takes time, with what it needs of the machine.
enum Task {
    Load,
    Lock,
    Notice(Notice),
    Save(Option<Revision>, Option<Record>),
    Send(Result<Request, NoRequest>),
    Unlock,
}

/// Where a problem is.
enum Place {
    Network,
    Store,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        settings: Settings,
        store: Box<dyn Store>,
        http: Box<dyn Http>,
        watch: Box<dyn FnMut(&Notice) + Send>,
    ) -> Self {
        Self {
            shared,
            settings,
            store,
            http,
            watch,
            holds: false,
            end: None,
        }
    }

    pub(super) fn run(mut self) {
        while let Some(task) = self.next() {
            self.perform(task);
        }
    }

    /// Waits for the next thing to do; `None`: there is nothing more.
    fn next(&mut self) -> Option<Task> {
        let shared = Arc::clone(&self.shared);
        loop {
            let mut state = shared.state();
            let task = match state.lifecycle.poll(clock::now()) {
                Action::Clear { expected } => Task::Save(Some(expected), None),
                Action::Done => {
                    if state.stopping {
                        return None;
                    }
                    state.leaving = false;
                    shared.announce();
                    shared.pause(state, None);
                    continue;
                }
                Action::Event(event) => Task::Notice(Notice::Event(event)),
                Action::Load => Task::Load,
                Action::Lock => Task::Lock,
                Action::Save { expected, record } => Task::Save(expected, Some(record.clone())),
                Action::Send(want) => Task::Send(self.settings.request(&want)),
                Action::SignIn(sign_in) => Task::Notice(Notice::SignIn(sign_in)),
                Action::Unlock => Task::Unlock,
                Action::Wait(time) => {
                    let time = match state.stopping {
                        true => self.last_wait(&mut state, time)?,
                        false => time,
                    };
                    shared.pause(state, Some(time));
                    continue;
                }
            };
            // Nothing new is begun: no refresh token was sent, nor will it be.
            let begins = matches!(task, Task::Lock) || matches!(task, Task::Load) && !self.holds;
            if begins && state.stopping && !state.leaving && !state.lifecycle.is_unsaved() {
                return None;
            }
            return Some(task);
        }
    }

    /// How long to wait once the keeper was dropped: while there is something to save.
    fn last_wait(&mut self, state: &mut State, time: Duration) -> Option<Duration> {
        if !state.lifecycle.is_unsaved() {
            return None;
        }
        let end = match self.end {
            Some(end) => end,
            None => {
                state.lifecycle.handle_hint(clock::now(), Hint::Retry);
                *self.end.insert(Instant::now() + LAST_TRIES)
            }
        };
        let left = end.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| left.min(time))
    }

    fn perform(&mut self, task: Task) {
        match task {
            Task::Load => {
                let loaded = self.store.load();
                let problem = loaded.as_ref().err().map(ToString::to_string);
                self.note(Place::Store, problem);
                let mut state = self.shared.state();
                match loaded {
                    Ok(record) => state.lifecycle.handle_loaded(clock::now(), record),
                    Err(_) => state.lifecycle.handle_not_loaded(clock::now()),
                }
            }
            Task::Lock => {
                let lock = self.store.lock();
                self.holds = lock == Lock::Acquired;
                self.note_if(lock == Lock::Unavailable);
                let mut state = self.shared.state();
                state.lifecycle.handle_lock(clock::now(), lock);
            }
            Task::Notice(notice) => self.tell(&notice),
            Task::Save(expected, record) => {
                let saved = self.store.save(expected, record.as_ref());
                self.note_if(saved == Saved::Failed);
                let mut state = self.shared.state();
                state.lifecycle.handle_saved(clock::now(), saved);
            }
            Task::Send(request) => self.send(request),
            Task::Unlock => {
                self.store.unlock();
                self.holds = false;
            }
        }
        self.shared.announce();
    }

    fn send(&mut self, request: Result<Request, NoRequest>) {
        let request = match request {
            Ok(request) => request,
            Err(why) => {
                self.note(Place::Network, Some(why.to_string()));
                let mut state = self.shared.state();
                let lifecycle = &mut state.lifecycle;
                return lifecycle.handle_response(clock::now(), &why.response());
            }
        };
        let answer = self.http.send(&request);
        let problem = answer.as_ref().err().map(ToString::to_string);
        self.note(Place::Network, problem);
        let mut state = self.shared.state();
        let lifecycle = &mut state.lifecycle;
        match answer {
            Ok(answer) => lifecycle.handle_response(clock::now(), &answer.response()),
            Err(problem) => lifecycle.handle_no_response(clock::now(), problem.stage()),
        }
    }

    /// Remembers what the store says of a failure.
    fn note_if(&mut self, failed: bool) {
        let unknown = || Some(String::from("the store does not work"));
        let problem = failed.then(|| self.store.problem().or_else(unknown));
        self.note(Place::Store, problem.flatten());
    }

    /// Remembers a problem and tells it, or forgets the one before.
    fn note(&mut self, place: Place, problem: Option<String>) {
        let new = {
            let mut state = self.shared.state();
            let known = match place {
                Place::Network => &mut state.network,
                Place::Store => &mut state.store,
            };
            let new = problem.clone().filter(|_| *known != problem);
            *known = problem;
            new
        };
        if let Some(problem) = new {
            (self.watch)(&Notice::Problem(problem));
        }
    }

    fn tell(&mut self, notice: &Notice) {
        {
            let mut state = self.shared.state();
            match notice {
                Notice::Event(Event::Restored { .. }) => state.restored += 1,
                Notice::Event(Event::StoreUnavailable { .. }) => state.failed += 1,
                Notice::Event(_) | Notice::Problem(_) | Notice::SignIn(_) => {}
            }
        }
        (self.watch)(notice);
    }
}

impl Drop for Worker {
    /// Also when something panics that is not ours: nobody waits for a thread that is gone.
    fn drop(&mut self) {
        if self.holds {
            self.store.unlock();
        }
        self.shared.state().stopped = true;
        self.shared.announce();
    }
}
