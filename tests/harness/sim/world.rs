//! The world: who does what when.

mod drive;
mod wire;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet, VecDeque},
};

use token_lifecycle::{Hint, HttpStage, Lock, Record, Revision, Saved, Unavailable};

use super::{
    Faults, Random,
    process::{Fate, Process},
    server::Server,
    store::{Lease, Store},
};

/// All of it.
#[derive(Debug)]
pub struct World {
    now: u64,
    random: Random,
    faults: Faults,
    server: Server,
    store: Store,
    lease: Lease,
    processes: Vec<Process>,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: std::collections::HashMap<u64, Event>,
    order: u64,
    seed: u64,
    /// Grants that may be lost, as an answer was.
    excused: HashSet<usize>,
    refused: Vec<String>,
    /// Until when the store cannot be written.
    outage: u64,
    signed_out: bool,
    signs_in: u64,
    is_calm: bool,
    /// What happened last, where somebody wants to know.
    log: Option<VecDeque<String>>,
    summary: Summary,
}

/// What a schedule was made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Things that happened.
    pub steps: u64,
    /// New tokens that were saved.
    pub refreshes: u64,
    /// Tokens of others that were taken over.
    pub adoptions: u64,
    /// Processes that ended in the middle.
    pub crashes: u64,
    /// Grants that were lost after an answer was.
    pub excused_losses: u64,
    /// Users who signed in.
    pub sign_ins: u64,
}

#[derive(Debug)]
enum Event {
    Wake(usize),
    Ask(usize),
    Crash(usize),
    Begin(usize),
    Suspend(usize),
    SetClock(usize),
    SignIn(usize),
    SignOut(usize),
    /// Something gets to where it has its effect.
    Effect(usize, u64, Request),
    Done(usize, u64, Reply),
}

#[derive(Debug)]
enum Request {
    Lock,
    Load,
    Put(Option<Revision>, Option<Record>),
    Refresh(String),
    Revoke(String),
}

#[derive(Debug)]
enum Reply {
    Lock(Lock),
    Loaded(Option<Record>),
    NotLoaded,
    Saved(Saved),
    Http {
        token: Option<String>,
        status: u16,
        body: String,
        retry_after: Option<u64>,
    },
    Lost(HttpStage, Option<String>),
}

const MINUTE: u64 = 60_000;
const HTTP: u64 = 20_000;
/// Whose answers nobody waits for.
const NOBODY: u64 = u64::MAX;

impl World {
    /// A world of this many processes, in which a user has just signed in.
    fn new(seed: u64, processes: usize, faults: Faults) -> Self {
        let mut random = Random::new(seed);
        let grace = random.pick(&[0, 0, 5000, 60_000]);
        let lifetime = random.pick(&[300, 900, 3600]) * 1000;
        let rotates = !random.happens(100);
        let server = Server::new(grace, lifetime, rotates);
        let processes = (0..processes)
            .map(|index| Process::new(index, 0, seed ^ index as u64, rotates))
            .collect();
        let mut world = Self {
            now: 0,
            random,
            faults,
            server,
            store: Store::default(),
            lease: Lease::default(),
            processes,
            queue: BinaryHeap::new(),
            events: std::collections::HashMap::new(),
            order: 0,
            seed,
            excused: HashSet::new(),
            refused: Vec::new(),
            outage: 0,
            signed_out: false,
            signs_in: 1,
            is_calm: false,
            log: None,
            summary: Summary::default(),
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        for index in 0..self.processes.len() {
            self.processes[index].offset = self.random.between(0, 240_000) as i64 - 120_000;
            let at = self.random.between(0, 1000);
            self.wake_at(index, at);
        }
        let at = 2000;
        self.at(at, Event::SignIn(0));
    }

    /// Plays so many minutes with faults and then without, until everybody should have a token.
    ///
    /// # Errors
    ///
    /// What did not hold, with what happened before it.
    pub fn play(
        seed: u64,
        processes: usize,
        faults: Faults,
        minutes: u64,
    ) -> Result<Summary, String> {
        let mut world = Self::new(seed, processes, faults);
        let Err(what) = world.play_all(minutes) else {
            return Ok(world.summary);
        };
        // The same once more, and this time it is written down.
        let mut world = Self::new(seed, processes, faults);
        world.log = Some(VecDeque::new());
        let again = world.play_all(minutes);
        let log: Vec<_> = world.log.into_iter().flatten().collect();
        let same = if again.as_ref() == Err(&what) {
            ""
        } else {
            "\n(it was different the second time)"
        };
        Err(format!(
            "{what}{same}\nseed {seed}, {processes} processes, {faults:?}\n{}",
            log.join("\n")
        ))
    }

    fn play_all(&mut self, minutes: u64) -> Result<(), String> {
        let quiet = minutes * MINUTE;
        self.play_until(quiet)?;
        self.calm();
        let awake = self
            .processes
            .iter()
            .map(|process| process.asleep_until)
            .max();
        let quiet = quiet.max(awake.unwrap_or_default());
        // Clocks are apart, so that a token may just have run out.
        for minutes in 30..35 {
            self.play_until(quiet + minutes * MINUTE)?;
            if self.judge().is_ok() {
                break;
            }
        }
        self.judge()
    }

    /// From now on nothing goes wrong, and everybody is told.
    fn calm(&mut self) {
        self.faults = Faults::NONE;
        self.outage = 0;
        self.is_calm = true;
        for index in 0..self.processes.len() {
            let now = self.processes[index].now(self.now);
            self.processes[index].life.handle_hint(now, Hint::NetworkUp);
            self.wake_at(index, self.now + 1);
            self.ask_after(index, 0, MINUTE);
        }
    }

    /// Everybody has a token that is good, or knows that he has to sign in.
    fn judge(&self) -> Result<(), String> {
        let stored = self.store.record.as_ref().and_then(Record::refresh);
        let alive = stored.is_some_and(|refresh| self.server.is_current(refresh.expose()));
        for (index, process) in self.processes.iter().enumerate() {
            let shown = format!("{:?}", process.life);
            if shown.contains("secret-") {
                return Err(format!("a secret is shown: {shown}"));
            }
            match &process.last {
                Some(Ok(true)) => {}
                Some(Err(Unavailable::SignIn(_) | Unavailable::SignedOut)) if !alive => {}
                // Who signed out stays so, whatever others do after that.
                Some(Err(Unavailable::SignedOut)) if process.life.is_done() => {}
                other => {
                    return Err(format!(
                        "{index} has no token at last: {other:?}, alive {alive}, {shown}, stored {:?}",
                        self.store.record
                    ));
                }
            }
        }
        Ok(())
    }

    fn play_until(&mut self, end: u64) -> Result<(), String> {
        while let Some(Reverse((at, _))) = self.queue.peek() {
            if *at > end {
                break;
            }
            let Reverse((at, order)) = self.queue.pop().unwrap();
            let event = self.events.remove(&order).unwrap();
            self.now = at;
            self.summary.steps += 1;
            self.happen(event)?;
        }
        self.now = end;
        Ok(())
    }

    fn at(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.events.insert(self.order, event);
        self.queue.push(Reverse((at, self.order)));
    }

    /// The one time at which a process looks at its machine again.
    fn wake_at(&mut self, index: usize, at: u64) {
        let at = at.max(self.processes[index].asleep_until);
        if self.processes[index].wake_at != at {
            self.processes[index].wake_at = at;
            self.at(at, Event::Wake(index));
        }
    }

    /// The one time at which the next caller comes.
    fn ask_after(&mut self, index: usize, from: u64, to: u64) {
        let at = self.now + self.random.between(from, to);
        let at = at.max(self.processes[index].asleep_until);
        self.processes[index].ask_at = at;
        self.at(at, Event::Ask(index));
    }

    fn after(&mut self, from: u64, to: u64, event: Event) {
        let wait = self.random.between(from, to);
        self.at(self.now + wait, event);
    }

    /// Writes down what happens, when it is played for that.
    fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            if log.len() == 60 {
                log.pop_front();
            }
            log.push_back(format!("{:>9} {}", self.now, what()));
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Effect(index, epoch, request) => self.effect(index, epoch, request),
            Event::Begin(index) => {
                let epoch = self.processes[index].epoch;
                let mut new =
                    Process::new(index, epoch, self.seed ^ index as u64, self.server.rotates);
                new.offset = self.processes[index].offset;
                self.processes[index] = new;
                self.run(index)?;
                self.ask_after(index, 0, 5000);
                Ok(())
            }
            Event::Wake(index)
            | Event::Ask(index)
            | Event::Crash(index)
            | Event::Suspend(index)
            | Event::SetClock(index)
            | Event::SignIn(index)
            | Event::SignOut(index)
                if !self.processes[index].up =>
            {
                if matches!(event, Event::SignIn(_)) {
                    self.at(self.now + MINUTE, event);
                }
                Ok(())
            }
            Event::Crash(_) | Event::Suspend(_) | Event::SetClock(_) | Event::SignOut(_)
                if self.is_calm =>
            {
                Ok(())
            }
            Event::Done(index, epoch, reply) => {
                if !self.processes[index].up || epoch != self.processes[index].epoch {
                    self.lose(&reply);
                    return Ok(());
                }
                let asleep = self.processes[index].asleep_until;
                if asleep > self.now {
                    // By the time it wakes, others may think that it is gone.
                    self.lose(&reply);
                    self.at(asleep, Event::Done(index, epoch, reply));
                    return Ok(());
                }
                self.answer(index, reply)?;
                self.run(index)
            }
            Event::Wake(index) if self.processes[index].wake_at != self.now => Ok(()),
            Event::Ask(index) if self.processes[index].ask_at != self.now => Ok(()),
            Event::Wake(index) | Event::Ask(index)
                if self.processes[index].asleep_until > self.now =>
            {
                // It fell asleep after that was planned.
                self.wake_at(index, self.now);
                self.ask_after(index, 0, 1000);
                Ok(())
            }
            Event::Wake(index) => self.run(index),
            Event::Ask(index) => self.ask(index),
            Event::Crash(index) => {
                self.crash(index);
                Ok(())
            }
            Event::Suspend(index) => {
                let until = self.now + self.random.between(1000, 90 * MINUTE);
                let asleep = &mut self.processes[index].asleep_until;
                *asleep = until.max(*asleep);
                Ok(())
            }
            Event::SetClock(index) => {
                self.processes[index].offset = self.random.between(0, 480_000) as i64 - 240_000;
                self.run(index)
            }
            Event::SignIn(index) => self.sign_in(index),
            Event::SignOut(index) => {
                self.note(|| format!("{index} signs out"));
                self.signed_out = true;
                let process = &mut self.processes[index];
                process.life.sign_out(process.now(self.now));
                self.run(index)
            }
        }
    }

    fn crash(&mut self, index: usize) {
        self.note(|| format!("{index} crashes"));
        self.summary.crashes += 1;
        let process = &mut self.processes[index];
        process.up = false;
        process.epoch += 1;
        let unsaved = process.unsaved.take();
        self.excuse(unsaved.as_deref());
        // What was on its way will not be answered.
        let in_flight: Vec<_> = process_in_flight(&self.processes[index])
            .map(String::from)
            .collect();
        for token in in_flight {
            self.excuse(Some(&token));
        }
        self.after(100, 3 * MINUTE, Event::Begin(index));
    }

    /// A grant may be lost if an answer is.
    fn excuse(&mut self, refresh: Option<&str>) {
        if let Some(family) = refresh.and_then(|refresh| self.server.family(refresh)) {
            self.excused.insert(family);
        }
    }

    fn lose(&mut self, reply: &Reply) {
        if let Reply::Http {
            token: Some(token),
            status: 200,
            ..
        } = reply
        {
            let token = token.clone();
            self.excuse(Some(&token));
        }
    }
}

fn process_in_flight(process: &Process) -> impl Iterator<Item = &str> {
    process
        .fates
        .iter()
        .filter(|(_, fate)| **fate == Fate::InFlight)
        .map(|(token, _)| token.as_str())
}
