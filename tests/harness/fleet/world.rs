//! The clock, the users, and the nodes.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    time::Duration,
};

use token_lifecycle::Action;

use super::{
    drive::Reply,
    node::{Caller, Live, Node, clocks},
    outcome::Outcome,
    plan::{DAY, HOUR, MINUTE, Plan, SECOND},
    provider::Provider,
    session::{DOOMED, GONE, REVOKED, SPECIAL, Session, UNSURE},
    store::Store,
    summary::Summary,
};
use crate::sim::Random;

/// A fleet of nodes, on a virtual clock.
///
/// ```
/// use harness::fleet::{Fleet, Plan};
///
/// let summary = Fleet::play(Plan::day(100, 2, 30), |_, _| {}).unwrap();
/// assert!(summary.at_once > 1000);
/// ```
#[derive(Debug)]
pub struct Fleet {
    pub(super) plan: Plan,
    pub(super) now: u64,
    pub(super) random: Random,
    pub(super) sessions: Vec<Session>,
    pub(super) provider: Provider,
    pub(super) store: Store,
    pub(super) nodes: Vec<Node>,
    /// Machines at work, by number, and how often the number was used.
    pub(super) lives: Vec<(u32, Option<Box<Live>>)>,
    free: Vec<u32>,
    pub(super) index: HashMap<(u16, u32), u32>,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    order: u64,
    /// When requests that wait give up: all wait equally long.
    deadlines: VecDeque<(u64, u32, u32)>,
    /// Whom the authorization server revokes, and when; the next one is the last.
    doomed: Vec<(u64, u32)>,
    pub(super) revoked: Vec<(u64, u32)>,
    /// Nodes whose line is to be looked at.
    pub(super) ready: Vec<u16>,
    /// How many places are kept in all lines.
    kept: u64,
    pub(super) summary: Summary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Reply(u32, u32, Reply),
    Wake(u32, u32),
    Turn(u16),
    Drain(u16),
    Restart(u16),
}

/// Users come at these moments, each of them once a minute.
const STEP: u64 = 100;
const SLICES: u64 = MINUTE / STEP;
/// One request in so many that need no machine is played with one all the same.
const SAMPLE: u64 = 1000;

impl Fleet {
    /// Plays a day, and says what came of it. `tell` hears of each hour.
    ///
    /// # Errors
    ///
    /// When something does not hold that must.
    pub fn play(plan: Plan, mut tell: impl FnMut(u64, &Summary)) -> Result<Summary, String> {
        let mut fleet = Self::new(plan);
        let mut active = 0;
        for step in 0..24 * HOUR / STEP {
            fleet.catch_up(DAY + step * STEP)?;
            active += fleet.requests(step)?;
            if (step + 1) % SLICES == 0 {
                fleet.summary.active = fleet.summary.active.max(active);
                active = 0;
            }
            if (step + 1) % (HOUR / STEP) == 0 {
                tell((step + 1) / (HOUR / STEP), &fleet.summary);
            }
        }
        fleet.catch_up(DAY + 24 * HOUR + 30 * MINUTE)?;
        fleet.judge()
    }

    fn new(plan: Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let mut doomed = Vec::new();
        let sessions = (0..plan.sessions).map(|number| {
            let begins = Plan::begins(&mut random);
            let mut session = Session {
                generation: 1,
                revision: 1,
                current: 1,
                begins,
                ..Session::default()
            };
            let age = match session.is_active(0, plan.active) {
                true => random.between(0, 45 * MINUTE),
                false => random.between(HOUR, 20 * HOUR),
            };
            session.issued = (DAY - age) as u32;
            if random.between(0, plan.revoked.into()) == 0 {
                session.set(DOOMED, true);
                let after = random.between(0, u64::from(plan.active) / 2);
                let minute = (u64::from(begins) + after) % 1440;
                doomed.push((DAY + minute * MINUTE, number));
            }
            session
        });
        let sessions: Vec<_> = sessions.collect();
        doomed.sort_unstable_by_key(|(at, _)| Reverse(*at));
        let nodes = (0..plan.nodes)
            .map(|_| Node::new(&plan, 0, DAY, 0))
            .collect();
        let mut fleet = Self {
            now: DAY,
            random,
            sessions,
            provider: Provider::new(),
            store: Store::default(),
            nodes,
            lives: Vec::new(),
            free: Vec::new(),
            index: HashMap::new(),
            queue: BinaryHeap::new(),
            order: 0,
            deadlines: VecDeque::new(),
            doomed,
            revoked: Vec::new(),
            ready: Vec::new(),
            kept: 0,
            summary: Summary {
                octets: size_of::<Session>() as u64,
                ..Summary::default()
            },
            plan,
        };
        for wave in fleet.plan.waves.clone() {
            for node in 0..fleet.plan.nodes {
                let at = DAY + wave.from + wave.every * u64::from(node);
                if wave.drained {
                    fleet.at(at - Plan::DRAIN, Event::Drain(node));
                }
                fleet.at(at, Event::Restart(node));
            }
        }
        fleet
    }

    pub(super) fn at(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((at, self.order, event)));
    }

    /// All that happens until then.
    fn catch_up(&mut self, until: u64) -> Result<(), String> {
        loop {
            let event = self.queue.peek().map(|Reverse((at, ..))| *at);
            let deadline = self.deadlines.front().map(|(at, ..)| *at);
            let Some(at) = event
                .into_iter()
                .chain(deadline)
                .min()
                .filter(|at| *at <= until)
            else {
                break;
            };
            self.now = at;
            if event == Some(at) {
                if let Some(Reverse((_, _, event))) = self.queue.pop() {
                    self.happen(event)?;
                }
            } else if let Some((_, live, epoch)) = self.deadlines.pop_front() {
                self.give_up(live, epoch)?;
            }
            while let Some(node) = self.ready.pop() {
                self.serve(node)?;
            }
        }
        self.now = until;
        while self.doomed.last().is_some_and(|(at, _)| *at <= until) {
            if let Some((at, number)) = self.doomed.pop() {
                self.revoked.push((at, number));
                self.sessions[number as usize].set(REVOKED, true);
                self.summary.revoked += 1;
            }
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Reply(live, epoch, reply) if self.is(live, epoch) => self.reply(live, reply),
            Event::Wake(live, epoch) if self.is(live, epoch) => {
                if self.live(live).wake_at == self.now {
                    self.live(live).wake_at = u64::MAX;
                    self.settle(live)?;
                }
                Ok(())
            }
            Event::Reply(..) | Event::Wake(..) => Ok(()),
            Event::Turn(node) => {
                if self.nodes[usize::from(node)].turn_at == self.now {
                    self.nodes[usize::from(node)].turn_at = u64::MAX;
                    self.ready.push(node);
                }
                Ok(())
            }
            Event::Drain(node) => {
                let node = &mut self.nodes[usize::from(node)];
                node.away_until = self.now + Plan::DRAIN + Plan::AWAY;
                node.closing = true;
                Ok(())
            }
            Event::Restart(node) => {
                self.restart(node);
                Ok(())
            }
        }
    }

    /// The users whose moment it is. How many of them are at work.
    fn requests(&mut self, step: u64) -> Result<u64, String> {
        let (slice, count) = (step % SLICES, u64::from(self.plan.sessions));
        let minute = (step / SLICES) as u16;
        let mut active = 0;
        for number in slice * count / SLICES..(slice + 1) * count / SLICES {
            let session = &mut self.sessions[number as usize];
            if !session.is_active(minute, self.plan.active) || session.is(GONE) {
                continue;
            }
            active += 1;
            if minute == session.begins {
                (session.since, session.again) = (0, 0);
            }
            if u64::from(session.again) > self.now {
                continue;
            }
            let number = number as u32;
            self.request(number)?;
            if number.is_multiple_of(Plan::TWICE) {
                self.request(number)?;
            }
            while let Some(node) = self.ready.pop() {
                self.serve(node)?;
            }
        }
        Ok(active)
    }

    /// A request of this session, to any node.
    fn request(&mut self, number: u32) -> Result<(), String> {
        self.summary.requests += 1;
        let session = &self.sessions[number as usize];
        let is_fresh = self.now - u64::from(session.issued) < Plan::FRESH;
        if is_fresh && session.nodes == 0 && !session.is(SPECIAL) {
            self.summary.loads += 1;
            self.summary.at_once += 1;
            if session.since != 0 {
                self.good_again(number);
            }
            if self.summary.at_once.is_multiple_of(SAMPLE) {
                return self.sample(number);
            }
            return Ok(());
        }
        let mut node = self.random.between(0, self.plan.nodes.into()) as u16;
        while self.nodes[usize::from(node)].away_until > self.now {
            node = (node + 1) % self.plan.nodes;
        }
        self.summary.played += 1;
        let live = match self.index.get(&(node, number)) {
            Some(live) => *live,
            None => self.begin(node, number),
        };
        let session = &self.sessions[number as usize];
        let until = self.now + Plan::PATIENCE;
        let good = !session.is(REVOKED) && session.expires() > self.now + 10 * SECOND;
        self.live(live).callers.push(Caller { good, until });
        self.deadlines
            .push_back((until, live, self.lives[live as usize].0));
        self.settle(live)
    }

    /// A request that needs no machine, with one.
    fn sample(&self, number: u32) -> Result<(), String> {
        let session = &self.sessions[number as usize];
        let mut life = Live::new(0, 0, number).life;
        let now = clocks(self.now);
        let _ = life.poll(now);
        life.handle_loaded(now, Some(session.record(number)));
        let outcome = Outcome::of(now.wall, life.token(now, Duration::ZERO));
        let begins = life.begins(now);
        let rests = matches!(life.poll(now), Action::Wait(_));
        if outcome == Outcome::GoOn && begins.is_none() && rests {
            return Ok(());
        }
        Err(format!(
            "a fresh token is {outcome:?}, and {begins:?}: {session:?}"
        ))
    }

    /// A machine for this session, on this node.
    pub(super) fn begin(&mut self, node: u16, number: u32) -> u32 {
        let there = &mut self.nodes[usize::from(node)];
        let mut live = Box::new(Live::new(node, there.epoch, number));
        live.place = there.kept.remove(&number);
        if live.place.is_some() {
            self.kept -= 1;
        } else {
            self.sessions[number as usize].nodes += 1;
        }
        let free = self.free.pop().unwrap_or_else(|| {
            self.lives.push((0, None));
            self.lives.len() as u32 - 1
        });
        self.lives[free as usize].1 = Some(live);
        self.index.insert((node, number), free);
        let machines = self.index.len() as u64;
        self.summary.machines = self.summary.machines.max(machines);
        free
    }

    /// Nothing is to be done by this machine: the session is at rest, but for a place in the line that is
    /// kept for a caller who was told when to come again.
    pub(super) fn end(&mut self, number: u32) {
        let (epoch, live) = &mut self.lives[number as usize];
        *epoch += 1;
        let Some(live) = live.take() else { return };
        self.free.push(number);
        self.index.remove(&(live.node, live.session));
        match live.place {
            Some(place) => {
                let node = &mut self.nodes[usize::from(live.node)];
                node.kept.insert(live.session, place);
                self.kept += 1;
                self.summary.places = self.summary.places.max(self.kept);
            }
            None => self.sessions[live.session as usize].nodes -= 1,
        }
    }

    /// A node begins anew.
    fn restart(&mut self, node: u16) {
        let lives = self.lives.iter().enumerate();
        let here =
            lives.filter(|(_, (_, live))| live.as_ref().is_some_and(|live| live.node == node));
        for number in here.map(|(number, _)| number).collect::<Vec<_>>() {
            let live = self.live(number as u32);
            live.place = None;
            let (session, driven) = (live.session as usize, live.driven);
            if driven {
                self.sessions[session].set(UNSURE, true);
            }
            self.summary.cut += self.live(number as u32).callers.len() as u64;
            self.end(number as u32);
        }
        let epoch = self.nodes[usize::from(node)].epoch + 1;
        let new = Node::new(&self.plan, epoch, self.now, self.now + Plan::AWAY);
        let old = std::mem::replace(&mut self.nodes[usize::from(node)], new);
        for number in old.kept.into_keys() {
            self.kept -= 1;
            self.sessions[number as usize].nodes -= 1;
        }
    }

    /// A user who was told "later" has a token.
    pub(super) fn good_again(&mut self, number: u32) {
        let session = &mut self.sessions[number as usize];
        if session.since != 0 {
            let longest = self.now - u64::from(session.since);
            self.summary.longest = self.summary.longest.max(longest);
            (session.since, session.again) = (0, 0);
        }
    }

    pub(super) fn live(&mut self, number: u32) -> &mut Live {
        self.lives[number as usize].1.as_mut().unwrap()
    }

    pub(super) fn is(&self, live: u32, epoch: u32) -> bool {
        let (now, live) = &self.lives[live as usize];
        *now == epoch && live.is_some()
    }
}
