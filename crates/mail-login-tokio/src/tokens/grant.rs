//! One grant: its machine, and who waits for it.

mod fresh;
mod turn;

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use mail_login_tls::Deadline;
use mail_login_tokens::{NoRequest, Notice, Settings, TokenError, clock};
use token_lifecycle::{
    Action, Event, Generation, Lifecycle, Now, Place, Record, Request, Revision, Turn, Unavailable,
    Want,
};
use tokio::{sync::Notify, time};

use self::fresh::Fresh;
use super::{Store, drive, keepers::Shared, schedule};

/// Whoever wants to know what happens.
pub(super) type Watch = dyn Fn(&Notice) + Send + Sync;

/// One grant. While nothing is under way, this is all there is of it.
pub(super) struct Grant {
    pub(super) shared: Arc<Shared>,
    pub(super) settings: Arc<Settings>,
    pub(super) store: Box<dyn Store>,
    watch: Option<Box<Watch>>,
    state: Mutex<State>,
    /// The machine may say something else by now.
    changed: Notify,
    /// How many wait.
    wanted: AtomicUsize,
    fresh: Fresh,
}

pub(super) struct State {
    pub(super) lifecycle: Lifecycle,
    /// A task is at work, and asks the machine what comes next.
    driven: bool,
    due: Option<Due>,
    /// Where it waits for a turn to refresh, where that takes one, and the turn that it has.
    place: Option<Place>,
    turn: Option<Turn>,
    unsaved: bool,
    /// What the network and the store said last, since they last worked.
    network: Option<String>,
    store: Option<String>,
    /// How often a sign-in was saved, and how often something could not be saved.
    pub(super) restored: u64,
    pub(super) failed: u64,
}

/// When it is looked at next, by which ticket, and whether it is kept alive until then.
struct Due {
    at: Instant,
    ticket: u64,
    keeps: bool,
}

/// Not worth another entry.
const CLOSE: Duration = Duration::from_millis(2);

/// What a task does for a machine, without a borrow of it.
pub(super) enum Task {
    Load,
    Lock,
    Save(Option<Revision>, Option<Record>),
    Send(Result<Request, NoRequest>),
    Unlock,
}

/// How it went.
pub(super) enum Went {
    /// The network does as it should, or does not.
    Network(Option<String>),
    /// The same of the store.
    Store(Option<String>),
    /// Nothing new is known.
    On,
}

impl Grant {
    pub(super) fn new(
        shared: Arc<Shared>,
        settings: Arc<Settings>,
        lifecycle: Lifecycle,
        store: Box<dyn Store>,
        watch: Option<Box<Watch>>,
    ) -> Self {
        Self {
            shared,
            settings,
            store,
            watch,
            state: Mutex::new(State {
                lifecycle,
                driven: false,
                due: None,
                place: None,
                turn: None,
                unsaved: false,
                network: None,
                store: None,
                restored: 0,
                failed: 0,
            }),
            changed: Notify::new(),
            wanted: AtomicUsize::new(0),
            fresh: Fresh::default(),
        }
    }

    /// What is known without the lock: whether the first token needs no question.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh.is_now()
    }

    /// The same: the generation that was in use last.
    pub(super) fn generation(&self) -> Generation {
        self.fresh.generation()
    }

    /// Has the machine looked at soon, when there is room.
    pub(super) fn plan(self: &Arc<Self>) {
        self.rest(&mut self.state(), Duration::ZERO);
    }

    /// Tells the machine something, or asks it, and does what comes of it.
    pub(super) fn with<T>(self: &Arc<Self>, ask: impl FnOnce(&mut State, Now) -> T) -> T {
        let mut state = self.state();
        let answer = ask(&mut state, clock::now());
        self.go_on(state);
        answer
    }

    /// Asks until there is an answer that waiting does not change, or the time is over; then `last` says
    /// whether there is something else that will do.
    pub(super) async fn wait<T>(
        self: &Arc<Self>,
        deadline: Deadline,
        mut ask: impl FnMut(&mut State, Now) -> Result<T, Unavailable>,
        last: impl FnOnce(&mut State, Now) -> Option<T>,
    ) -> Result<T, TokenError> {
        let mut wanted = None;
        loop {
            // Before the question, so that no answer is missed.
            let changed = self.changed.notified();
            match self.ask(&mut ask) {
                Ok(answer) => return Ok(answer),
                Err(why) if why.is_temporary() => {}
                Err(why) => return Err(TokenError::new(why)),
            }
            wanted.get_or_insert_with(|| Wanted::new(self));
            let Some(instant) = deadline.instant() else {
                changed.await;
                continue;
            };
            if time::timeout_at(instant.into(), changed).await.is_err() {
                // How long it takes from now on.
                let why = match self.ask(&mut ask) {
                    Ok(answer) => return Ok(answer),
                    Err(why) => why,
                };
                let mut state = self.state();
                let other = match why.is_temporary() {
                    true => last(&mut state, clock::now()),
                    false => None,
                };
                return other.ok_or_else(|| TokenError::new(why).with_problem(state.problem()));
            }
        }
    }

    /// Asks, and once more if there is no turn for what would have to be done: the answer is another one by
    /// then.
    fn ask<T>(
        self: &Arc<Self>,
        mut ask: impl FnMut(&mut State, Now) -> Result<T, Unavailable>,
    ) -> Result<T, Unavailable> {
        let answer = self.with(&mut ask);
        match &answer {
            Err(why) if why.is_temporary() => {}
            Ok(_) | Err(_) => return answer,
        }
        let waits = self.shared.schedule.is_paced();
        if waits { self.with(ask) } else { answer }
    }

    /// Whether somebody waits.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }

    /// It is due, by this ticket.
    pub(super) fn look(self: &Arc<Self>, ticket: u64) {
        let mut state = self.state();
        // Otherwise it was looked at meanwhile, and another time was set.
        if state.due.as_ref().is_some_and(|due| due.ticket == ticket) {
            state.due = None;
            self.go_on(state);
        }
    }

    /// Asks the machine what comes next, and has a task do it, unless one is at work.
    fn go_on(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if state.driven {
            self.fresh.publish(&mut state.lifecycle);
            return;
        }
        let (task, told) = self.next(&mut state);
        state.driven = task.is_some();
        self.fresh.publish(&mut state.lifecycle);
        drop(state);
        if let Some(task) = task {
            drive::start(Arc::clone(self), task);
        }
        self.tell(told);
    }

    /// For the task at work: tells the machine what came of what it did, and says what comes next.
    pub(super) fn done(
        self: &Arc<Self>,
        went: Went,
        handle: impl FnOnce(&mut Lifecycle, Now),
    ) -> Option<Task> {
        let mut state = self.state();
        let problem = state.learn(went).map(Notice::Problem);
        handle(&mut state.lifecycle, clock::now());
        let mut told = Vec::from_iter(problem);
        loop {
            let (task, more) = self.next(&mut state);
            told.extend(more);
            self.fresh.publish(&mut state.lifecycle);
            if told.is_empty() {
                state.driven = task.is_some();
                drop(state);
                self.changed.notify_waiters();
                return task;
            }
            drop(state);
            self.changed.notify_waiters();
            // Until all is told nobody else begins, so that it is told in order.
            self.tell(told.drain(..));
            if task.is_some() {
                return task;
            }
            state = self.state();
        }
    }

    /// The task at work was broken off.
    pub(super) fn abandoned(self: &Arc<Self>) {
        let mut state = self.state();
        state.lifecycle.handle_abandoned(clock::now());
        state.driven = false;
        self.give_back(&mut state);
        // Whatever it was that broke, it is given a moment.
        self.rest(&mut state, Duration::from_secs(1));
        self.fresh.publish(&mut state.lifecycle);
        drop(state);
        self.changed.notify_waiters();
    }

    fn next(self: &Arc<Self>, state: &mut State) -> (Option<Task>, Vec<Notice>) {
        let mut told = Vec::new();
        loop {
            let now = clock::now();
            self.take_turn(state, now);
            let task = match state.lifecycle.poll(now) {
                Action::Clear { expected } => Task::Save(Some(expected), None),
                Action::Load => Task::Load,
                Action::Lock => Task::Lock,
                Action::Save { expected, record } => Task::Save(expected, Some(record.clone())),
                Action::Send(want) => {
                    let request = self.settings.request(&want);
                    if request.is_ok() && !matches!(want, Want::Revoke { .. }) {
                        self.shared.schedule.sent(state.turn.take());
                    }
                    Task::Send(request)
                }
                Action::Unlock => Task::Unlock,
                Action::Event(event) => {
                    state.note(&event);
                    told.push(Notice::Event(event));
                    continue;
                }
                Action::SignIn(sign_in) => {
                    told.push(Notice::SignIn(sign_in));
                    continue;
                }
                Action::Wait(time) => {
                    self.give_back(state);
                    self.rest(state, time);
                    return (None, told);
                }
                Action::Done => {
                    self.give_back(state);
                    self.note_unsaved(state);
                    state.due = None;
                    return (None, told);
                }
            };
            return (Some(task), told);
        }
    }

    /// Nothing is to be done for so long.
    fn rest(self: &Arc<Self>, state: &mut State, time: Duration) {
        self.note_unsaved(state);
        let (now, at) = (schedule::now(), schedule::after(time));
        // One entry is enough, if it comes in time. One that is over lies where it has to wait.
        let enough =
            |due: &Due| now <= due.at && due.at <= at + CLOSE && (due.keeps || !state.unsaved);
        if state.due.as_ref().is_some_and(enough) {
            return;
        }
        let keeps = state.unsaved;
        let ticket = self.shared.schedule.push(at, self, keeps);
        state.due = Some(Due { at, ticket, keeps });
    }

    fn note_unsaved(&self, state: &mut State) {
        let unsaved = state.lifecycle.is_unsaved();
        if unsaved != state.unsaved {
            state.unsaved = unsaved;
            self.shared.schedule.count_unsaved(unsaved);
        }
    }

    fn tell(&self, notices: impl IntoIterator<Item = Notice>) {
        let Some(watch) = &self.watch else { return };
        for notice in notices {
            watch(&notice);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A machine that panicked would be a bug; nobody is helped if all callers panic too.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What is in the way, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        self.store.as_ref().or(self.network.as_ref()).cloned()
    }

    /// Remembers how it went, and says what is new about it.
    fn learn(&mut self, went: Went) -> Option<String> {
        let (known, problem) = match went {
            Went::Network(problem) => (&mut self.network, problem),
            Went::Store(problem) => (&mut self.store, problem),
            Went::On => return None,
        };
        let new = problem.clone().filter(|_| *known != problem);
        *known = problem;
        new
    }

    fn note(&mut self, event: &Event) {
        if matches!(event, Event::Restored { .. }) {
            self.restored = self.restored.wrapping_add(1);
        }
        if matches!(event, Event::StoreUnavailable { .. }) {
            self.failed = self.failed.wrapping_add(1);
        }
    }
}

/// Somebody waits, until this is dropped.
struct Wanted(Arc<Grant>);

impl Wanted {
    fn new(grant: &Arc<Grant>) -> Self {
        grant.wanted.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(grant))
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.wanted.fetch_sub(1, Ordering::Relaxed);
    }
}
