//! What the driver of a node does for a machine: as the one for tokio, on a virtual clock.

use std::time::Duration;

use token_lifecycle::{
    Action, Called, Event as Fact, HttpStage, Place, Response, SignInReason, Turn, Want,
};

use super::{
    node::clocks,
    outcome::Outcome,
    plan::{DAY, Plan, SECOND},
    provider::Answer,
    session::{GONE, REVOKED, SPECIAL, UNSURE},
    world::{Event, Fleet},
};

/// What comes back to a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reply {
    Load,
    Lock,
    Save,
    Unlock,
    Tokens(u32),
    InvalidGrant,
    Unavailable,
    NoConnection,
    Lost,
}

/// How long the store takes.
const STORE: u64 = 2;

impl Fleet {
    /// What a machine waited for has come.
    pub(super) fn reply(&mut self, number: u32, reply: Reply) -> Result<(), String> {
        let (at, time) = (clocks(self.now), self.now);
        let live = self.lives[number as usize].1.as_mut().unwrap();
        let (node, session) = (live.node, live.session);
        let owner = u64::from(node) << 32 | u64::from(self.nodes[usize::from(node)].epoch);
        let state = &mut self.sessions[session as usize];
        let summary = &mut self.summary;
        live.driven = false;
        fn answer(status: u16, body: &str) -> Response<'_> {
            Response::new(status, body.as_bytes()).with_header("Content-Type", "application/json")
        }
        let life = &mut live.life;
        match reply {
            Reply::Load => {
                let seen = live.seen.as_ref();
                let record = self.store.load(session, state, seen, summary);
                live.seen = (!state.is(SPECIAL)).then(|| record.clone());
                life.handle_loaded(at, Some(record));
            }
            Reply::Lock => {
                let lock = self.store.lock(time, session, owner, summary);
                life.handle_lock(at, lock);
            }
            Reply::Unlock => self.store.unlock(session, owner, summary),
            Reply::Save => {
                if let Some((expected, record)) = live.save.take() {
                    let saved = self.store.save(session, state, expected, record, summary)?;
                    life.handle_saved(at, saved);
                }
            }
            Reply::Tokens(refresh) => {
                let body = format!(
                    r#"{{"access_token":"access-{session}-{refresh}","token_type":"Bearer","expires_in":3600,"refresh_token":"{session}-{refresh}"}}"#
                );
                life.handle_response(at, &answer(200, &body));
            }
            Reply::InvalidGrant => {
                life.handle_response(at, &answer(400, r#"{"error":"invalid_grant"}"#));
            }
            Reply::Unavailable => life.handle_response(at, &Response::new(503, b"")),
            Reply::NoConnection => life.handle_no_response(at, HttpStage::Connect),
            Reply::Lost => life.handle_no_response(at, HttpStage::Sent),
        }
        self.settle(number)
    }

    /// Everybody asks, and what comes of it is begun.
    pub(super) fn settle(&mut self, number: u32) -> Result<(), String> {
        self.ask(number)?;
        self.go_on(number)?;
        if self.live(number).driven {
            return Ok(());
        }
        self.ask(number)?;
        self.go_on(number)?;
        let live = self.live(number);
        if !live.driven && live.callers.is_empty() {
            self.end(number);
        }
        Ok(())
    }

    /// Those who wait ask for a token.
    fn ask(&mut self, number: u32) -> Result<Option<Outcome>, String> {
        let (now, time) = (clocks(self.now), self.now);
        let live = self.lives[number as usize].1.as_mut().unwrap();
        if live.callers.is_empty() && !live.ghost {
            return Ok(None);
        }
        let answer = live.life.token(now, Duration::ZERO);
        if answer
            .as_ref()
            .is_ok_and(|token| token.expires_at().is_none_or(|at| at <= now.wall))
        {
            return Err(format!("a token that has expired is given out: {live:?}"));
        }
        let outcome = Outcome::of(now.wall, answer);
        let session = live.session;
        let waited = |until: u64| time + Plan::PATIENCE - until;
        let longest = live.callers.iter().map(|caller| waited(caller.until)).max();
        match outcome {
            Outcome::TemporarilyUnavailable(_) => return Ok(Some(outcome)),
            Outcome::Misconfigured => return Err(format!("a setting is wrong: {live:?}")),
            Outcome::GoOn | Outcome::OldToken => {
                let count = live.callers.len() as u64;
                let longest_request = &mut self.summary.longest_request;
                *longest_request = longest.unwrap_or_default().max(*longest_request);
                match outcome {
                    Outcome::OldToken => self.summary.old += count,
                    // The record was read, and nothing else.
                    _ if longest.is_some_and(|longest| longest <= STORE) => {
                        self.summary.at_once += count;
                    }
                    _ => self.summary.waited += count,
                }
            }
            Outcome::SignInAgain => {
                self.summary.sign_in += live.callers.len() as u64;
                let state = &mut self.sessions[session as usize];
                if !state.is(REVOKED) {
                    return Err(format!("a session ends without cause: {state:?}, {live:?}"));
                }
                state.set(GONE, true);
            }
        }
        live.callers.clear();
        live.ghost = false;
        self.good_again(session);
        Ok(Some(outcome))
    }

    /// A request has waited long enough.
    pub(super) fn give_up(&mut self, number: u32, epoch: u32) -> Result<(), String> {
        let time = self.now;
        let is_late = |until: u64| until <= time;
        let waits = self.is(number, epoch)
            && self
                .live(number)
                .callers
                .iter()
                .any(|caller| is_late(caller.until));
        if !waits {
            return Ok(());
        }
        self.ask(number)?;
        self.go_on(number)?;
        let outcome = self.ask(number)?;
        if let Some(Outcome::TemporarilyUnavailable(retry_in)) = outcome {
            let live = self.live(number);
            let (session, callers) = (live.session, live.callers.len());
            let good = live
                .callers
                .iter()
                .any(|caller| caller.good && is_late(caller.until));
            live.callers.retain(|caller| !is_late(caller.until));
            let late = (callers - live.callers.len()) as u64;
            if good {
                return Err(format!(
                    "no token at {time}, and the stored one is good: {live:?}"
                ));
            }
            self.later(session, late, retry_in)?;
        }
        self.settle(number)
    }

    /// Requests of this session are told to come again.
    fn later(&mut self, number: u32, count: u64, retry_in: Duration) -> Result<(), String> {
        let session = &mut self.sessions[number as usize];
        self.summary.later += count;
        if session.expires() > self.now && !session.is(REVOKED) {
            self.summary.overtaken += count;
        }
        let time = self.now - DAY;
        // Its node was killed, and its lock has not ended yet. That does not last longer than a lease.
        if session.is(UNSURE) && self.plan.is_killing(time) {
            self.summary.held += count;
            return Ok(());
        }
        let Some(outage) = self.plan.outages.iter().rfind(|outage| outage.from <= time) else {
            return Err(format!("no token at {time}, and all is well: {session:?}"));
        };
        let after = time.saturating_sub(outage.until);
        if after > Plan::HERD {
            return Err(format!(
                "no token at {time}, {after} ms after the outage: {session:?}"
            ));
        }
        self.summary.worked_off = self.summary.worked_off.max(after);
        if session.since == 0 {
            session.since = self.now as u32;
        }
        let wait = u64::try_from(retry_in.as_millis()).unwrap();
        if !number.is_multiple_of(Plan::IMPATIENT) {
            session.again = (self.now + wait) as u32;
        }
        Ok(())
    }

    /// Asks the machine what comes next, until it has to wait.
    fn go_on(&mut self, number: u32) -> Result<(), String> {
        let (now, time) = (clocks(self.now), self.now);
        loop {
            let (epoch, live) = &mut self.lives[number as usize];
            let (epoch, live) = (*epoch, live.as_mut().unwrap());
            if live.driven {
                return Ok(());
            }
            let node = &mut self.nodes[usize::from(live.node)];
            if live.turn.is_none()
                && let Some(urgency) = live.life.begins(now)
            {
                let who = live.session;
                let clock = Duration::from_millis(time);
                match node.line.ask(clock, urgency, &mut live.place, true, || who) {
                    Ok(turn) => live.turn = Some(turn),
                    Err(wait) => {
                        live.life.handle_no_turn(now, wait);
                        self.ready.push(live.node);
                    }
                }
            }
            let (after, reply) = match live.life.poll(now) {
                Action::Load => (STORE, Reply::Load),
                Action::Lock => (STORE, Reply::Lock),
                Action::Unlock => (STORE, Reply::Unlock),
                Action::Save { expected, record } => {
                    live.save = Some((expected, record.clone()));
                    (STORE, Reply::Save)
                }
                Action::Send(Want::Refresh { token, .. }) => {
                    let (_, refresh) = token.expose().split_once('-').unwrap();
                    let refresh = refresh.parse().unwrap();
                    node.line
                        .sent(Duration::from_millis(time), live.turn.take());
                    let trouble = self.plan.trouble(time);
                    let (answer, after) = self.provider.refresh(
                        time,
                        trouble,
                        &mut self.sessions[live.session as usize],
                        refresh,
                        self.random.any(),
                        &mut self.summary,
                    )?;
                    let reply = match answer {
                        Answer::Tokens { refresh } => Reply::Tokens(refresh),
                        Answer::InvalidGrant => Reply::InvalidGrant,
                        Answer::Unavailable => Reply::Unavailable,
                        Answer::NoConnection => Reply::NoConnection,
                        Answer::Lost => Reply::Lost,
                    };
                    (after, reply)
                }
                Action::Event(fact) => {
                    self.summary.adopted += u64::from(matches!(fact, Fact::Adopted { .. }));
                    continue;
                }
                Action::SignIn(sign_in) => {
                    // Where an answer was lost before, that may be the reason as well.
                    let unsure = self.sessions[live.session as usize].is(UNSURE);
                    match sign_in.reason {
                        SignInReason::Rejected => {}
                        SignInReason::LostRotation if unsure => self.summary.unsure += 1,
                        _ => return Err(format!("the wrong reason: {sign_in:?}, {live:?}")),
                    }
                    continue;
                }
                Action::Wait(wait) => {
                    if let Some(turn) = live.turn.take() {
                        node.line.give_back(turn);
                        self.ready.push(live.node);
                    }
                    let at = time + (wait.as_millis() as u64).max(1);
                    let waits = live.callers.iter().any(|caller| at < caller.until);
                    let sooner = at < live.wake_at || live.wake_at <= time;
                    if waits && sooner {
                        live.wake_at = at;
                        self.at(at, Event::Wake(number, epoch));
                    }
                    return Ok(());
                }
                Action::Done | Action::Clear { .. } | Action::Send(_) => {
                    return Err(format!("nobody wants that: {live:?}"));
                }
            };
            live.driven = true;
            self.at(time + after, Event::Reply(number, epoch, reply));
            return Ok(());
        }
    }

    /// Calls up who is next on this node, while there are turns.
    pub(super) fn serve(&mut self, number: u16) -> Result<(), String> {
        loop {
            let node = &mut self.nodes[usize::from(number)];
            if node.closing {
                return Ok(());
            }
            match node.line.call(Duration::from_millis(self.now), true) {
                Called::Up(session, place, turn) => self.call_up(number, session, place, turn)?,
                Called::Later(wait) => {
                    let millis = wait.as_nanos().div_ceil(1_000_000) as u64;
                    let at = self.now + millis.clamp(1, 3600 * SECOND);
                    if at < node.turn_at || node.turn_at <= self.now {
                        node.turn_at = at;
                        self.at(at, Event::Turn(number));
                    }
                    return Ok(());
                }
                Called::Nobody => return Ok(()),
            }
        }
    }

    fn call_up(&mut self, node: u16, session: u32, place: Place, turn: Turn) -> Result<(), String> {
        let here = &mut self.nodes[usize::from(node)];
        if here.kept.get(&session) == Some(&place) {
            let number = self.begin(node, session);
            let live = self.live(number);
            live.place = None;
            live.ghost = true;
            live.turn = Some(turn);
            return self.settle(number);
        }
        let number = self.index.get(&(node, session)).copied();
        let now = clocks(self.now);
        match number {
            Some(number) if self.live(number).place == Some(place) => {
                let live = self.live(number);
                live.place = None;
                live.turn = Some(turn);
                live.life.handle_turn(now);
                self.settle(number)
            }
            Some(_) | None => {
                self.nodes[usize::from(node)].line.give_back(turn);
                Ok(())
            }
        }
    }
}
