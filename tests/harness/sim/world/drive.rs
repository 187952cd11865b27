//! What a driver and its callers do.

use std::time::Duration;

use sasl_core::{Kind, Reason, Rejection};
use token_lifecycle::{
    Action, Exchange, Feedback, Generation, GrantKind, HttpStage, Record, Response, SignInReason,
    Want,
};

use super::{Event, HTTP, MINUTE, NOBODY, Reply, Request, World, wire::name};
use crate::sim::check;

impl World {
    pub(super) fn sign_in(&mut self, index: usize) -> Result<(), String> {
        if self.signs_in == 0 {
            return Ok(());
        }
        self.signs_in -= 1;
        self.summary.sign_ins += 1;
        let (access, refresh) = self.server.sign_in(self.now);
        self.note(|| format!("{index} signs in and gets {refresh}"));
        let body = format!(
            r#"{{"access_token":"{access}","expires_in":{},"refresh_token":"{refresh}"}}"#,
            self.server.lifetime / 1000
        );
        let process = &mut self.processes[index];
        let now = process.now(self.now);
        let tokens = Exchange::new(GrantKind::AuthorizationCode, now.wall)
            .read(&Response::new(200, body.as_bytes()))
            .map_err(|failure| failure.to_string())?;
        process.life.handle_grant(now, tokens);
        process.unsaved = Some(refresh);
        self.run(index)?;
        for other in 0..self.processes.len() {
            self.ask_after(other, 0, MINUTE);
        }
        Ok(())
    }

    /// A caller wants a token, and logs in with it.
    pub(super) fn ask(&mut self, index: usize) -> Result<(), String> {
        self.chances(index);
        let process = &mut self.processes[index];
        let now = process.now(self.now);
        let result = process
            .life
            .token(now, Duration::ZERO)
            .map(|token| (token.secret().expose().to_owned(), token.generation()));
        let again = match &result {
            Ok(_) => MINUTE,
            Err(why) if why.is_temporary() => 500,
            Err(_) => 2 * MINUTE,
        };
        if let Ok((token, generation)) = &result {
            let good = self.server.is_good(self.now, token);
            if !good || self.random.happens(self.faults.refused) {
                let rejection = Rejection::new(Reason::TokenRejected, Kind::Token);
                let process = &mut self.processes[index];
                let feedback: Feedback =
                    process.life.handle_rejection(now, *generation, &rejection);
                self.note(|| {
                    format!(
                        "{index} is refused with generation {}: {feedback:?}",
                        generation.get()
                    )
                });
            }
        }
        if let Ok((_, generation)) = &result
            && self.random.happens(self.faults.narrow)
        {
            self.want_more(index, *generation)?;
        }
        let server = &self.server;
        let last = result.map(|(token, _)| server.is_good(self.now, &token));
        let again = if last == Ok(false) { 500 } else { again };
        self.processes[index].last = Some(last);
        self.run(index)?;
        self.ask_after(index, again, again * 2);
        Ok(())
    }

    /// A mail server wants a scope that the token does not have, which takes it from nobody else.
    fn want_more(&mut self, index: usize, generation: Generation) -> Result<(), String> {
        let process = &mut self.processes[index];
        let now = process.now(self.now);
        let before = process.life.token(now, Duration::ZERO).is_ok();
        let rejection = Rejection::new(Reason::ScopeInsufficient, Kind::Token);
        let feedback = process.life.handle_rejection(now, generation, &rejection);
        let after = process.life.token(now, Duration::ZERO).is_ok();
        self.note(|| format!("{index} lacks a scope: {feedback:?}"));
        if before && !after {
            return Err(format!("{index} has no token for lack of a scope"));
        }
        Ok(())
    }

    /// What happens to a process now and then.
    fn chances(&mut self, index: usize) {
        let faults = self.faults;
        if self.random.happens(faults.clock) {
            self.after(0, 5000, Event::SetClock(index));
        }
        if self.random.happens(faults.suspend) {
            self.after(0, 5000, Event::Suspend(index));
        }
        if self.random.happens(faults.sign_out) && !self.signed_out {
            self.after(0, 5000, Event::SignOut(index));
        }
    }

    /// Does what the machine wants, as far as that needs no answer.
    pub(super) fn run(&mut self, index: usize) -> Result<(), String> {
        for _ in 0..100 {
            let process = &mut self.processes[index];
            let (now, epoch) = (process.now(self.now), process.epoch);
            let request = match process.life.poll(now) {
                Action::Wait(wait) => {
                    let at = self.now + (wait.as_millis() as u64).max(1);
                    self.wake_at(index, at);
                    return Ok(());
                }
                Action::Done => return Ok(()),
                Action::Event(event) => {
                    match event.name() {
                        "refreshed" => self.summary.refreshes += 1,
                        "adopted" => self.summary.adoptions += 1,
                        _ => {}
                    }
                    if matches!(event.name(), "refreshed" | "saved" | "restored") {
                        self.processes[index].unsaved = None;
                    }
                    self.note(|| format!("{index} tells {event:?}"));
                    continue;
                }
                Action::SignIn(sign_in) => {
                    let generation = sign_in.generation.get();
                    self.note(|| format!("{index} has to sign in: {}", sign_in.reason.name()));
                    let process = &mut self.processes[index];
                    let (told, record) = match sign_in.reason {
                        // That is about the token that it has, whatever is stored by now.
                        SignInReason::ConsentMissing => {
                            (&mut process.wanted, process.life.record())
                        }
                        _ => (&mut process.told, self.store.record.as_ref()),
                    };
                    let what = (generation, record.map(Record::signed_in));
                    if generation > 0 && told.contains(&what) {
                        return Err(format!("{index} was told twice to sign in"));
                    }
                    told.push(what);
                    if generation > 0 {
                        self.signs_in = self.signs_in.max(u64::from(self.random.happens(700)));
                        self.after(MINUTE, 20 * MINUTE, Event::SignIn(index));
                    }
                    continue;
                }
                Action::Unlock => {
                    let stored = self.store.record.as_ref();
                    if !self.signed_out {
                        check::unlocked(&self.processes[index], stored, &self.server)?;
                    }
                    self.lease.unlock(index, epoch);
                    continue;
                }
                Action::Lock => Request::Lock,
                Action::Load => Request::Load,
                Action::Save { expected, record } => Request::Put(expected, Some(record.clone())),
                Action::Clear { expected } => Request::Put(Some(expected), None),
                Action::Send(Want::Refresh { token, .. }) => {
                    Request::Refresh(token.expose().to_owned())
                }
                Action::Send(Want::Revoke { token }) => Request::Revoke(token.expose().to_owned()),
                Action::Send(Want::Grant { .. }) => return Err("a grant that nobody has".into()),
            };
            self.start(index, request)?;
        }
        Err(format!(
            "{index} finds no end: {:?}",
            self.processes[index].life
        ))
    }

    fn start(&mut self, index: usize, request: Request) -> Result<(), String> {
        let epoch = self.processes[index].epoch;
        self.note(|| format!("{index} does {}", name(&request)));
        if let Request::Refresh(token) = &request {
            check::sent(&mut self.processes[index], self.now, token)?;
        }
        if self.random.happens(self.faults.crash) {
            self.after(0, 3000, Event::Crash(index));
        }
        let latency = match &request {
            Request::Refresh(_) if self.random.happens(self.faults.slow) => {
                self.random.between(5000, 30_000)
            }
            Request::Refresh(_) | Request::Revoke(_) => self.random.between(20, 500),
            Request::Lock | Request::Load | Request::Put(..) => self.random.between(1, 50),
        };
        let token = match &request {
            Request::Refresh(token) => Some(token.clone()),
            Request::Lock | Request::Load | Request::Put(..) | Request::Revoke(_) => None,
        };
        let is_http = matches!(request, Request::Refresh(_) | Request::Revoke(_));
        if is_http && self.random.happens(self.faults.unreachable) {
            let stage = self.random.pick(&[HttpStage::Connect, HttpStage::Tls]);
            self.at(
                self.now + latency,
                Event::Done(index, epoch, Reply::Lost(stage, token)),
            );
            return Ok(());
        }
        if let Some(token) = token.filter(|_| latency > HTTP) {
            // The driver gives up, and the request arrives all the same, perhaps after the next one.
            self.excuse(Some(&token));
            self.at(
                self.now + HTTP,
                Event::Done(index, epoch, Reply::Lost(HttpStage::Sent, Some(token))),
            );
            self.at(self.now + latency, Event::Effect(index, NOBODY, request));
            return Ok(());
        }
        self.at(self.now + latency, Event::Effect(index, epoch, request));
        Ok(())
    }
}
