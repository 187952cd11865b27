//! What is on its way between processes, store, lock and server.

use token_lifecycle::{HttpStage, Lock, Record, Response, Revision, Saved};

use super::{Event, HTTP, MINUTE, Reply, Request, World};
use crate::sim::{
    check,
    process::Fate,
    server::{Answer, Cause},
};

impl World {
    /// A request gets to where it has its effect, also if who sent it is gone by now.
    pub(super) fn effect(
        &mut self,
        index: usize,
        epoch: u64,
        request: Request,
    ) -> Result<(), String> {
        let faults = self.faults;
        let reply = match request {
            Request::Lock if self.random.happens(faults.lock_fails) => {
                Reply::Lock(Lock::Unavailable)
            }
            Request::Lock => {
                let won = self.lease.try_lock(self.now, index, epoch);
                Reply::Lock(if won { Lock::Acquired } else { Lock::Held })
            }
            Request::Load if self.random.happens(faults.load_fails) => Reply::NotLoaded,
            Request::Load => Reply::Loaded(self.store.record.clone()),
            Request::Put(..)
                if self.now < self.outage || self.random.happens(faults.save_fails) =>
            {
                // While it is not saved, others may use the refresh token before it.
                let unsaved = self.processes[index].unsaved.clone();
                self.excuse(unsaved.as_deref());
                Reply::Saved(Saved::Failed)
            }
            Request::Put(expected, record) => self.put(expected, record)?,
            Request::Refresh(token) => self.refresh(index, epoch, token)?,
            Request::Revoke(token) => {
                self.server.revoke(&token);
                Reply::Http {
                    token: None,
                    status: 200,
                    body: String::new(),
                    retry_after: None,
                }
            }
        };
        let slow = matches!(reply, Reply::Http { .. }) && self.random.happens(faults.slow);
        let latency = if slow {
            self.random.between(5000, 30_000)
        } else {
            self.random.between(1, 200)
        };
        let begun = self.processes[index]
            .sends
            .last()
            .copied()
            .unwrap_or_default();
        if let Reply::Http {
            token: Some(token), ..
        } = &reply
            && self.now + latency > begun + HTTP
        {
            let token = token.clone();
            self.lose(&reply);
            let at = (begun + HTTP).max(self.now);
            self.at(
                at,
                Event::Done(index, epoch, Reply::Lost(HttpStage::Sent, Some(token))),
            );
            return Ok(());
        }
        self.at(self.now + latency, Event::Done(index, epoch, reply));
        Ok(())
    }

    fn put(&mut self, expected: Option<Revision>, record: Option<Record>) -> Result<Reply, String> {
        if let Some(new) = &record
            && self.store.record.as_ref().map(Record::revision) == expected
        {
            check::written(self.store.record.as_ref(), new, &self.server, &self.refused)?;
        }
        let saved = self.store.put(expected, record);
        if saved == Saved::Done && self.random.happens(self.faults.save_unsure) {
            return Ok(Reply::Saved(Saved::Failed));
        }
        Ok(Reply::Saved(saved))
    }

    fn refresh(&mut self, index: usize, epoch: u64, token: String) -> Result<Reply, String> {
        let faults = self.faults;
        let http = |status, body: &str, token, retry_after| Reply::Http {
            token,
            status,
            body: body.into(),
            retry_after,
        };
        if self.random.happens(faults.throttled) {
            let wait = self.random.between(1, 900);
            return Ok(http(429, "slow down", Some(token), Some(wait)));
        }
        if self.random.happens(faults.unavailable) {
            return Ok(http(503, "", Some(token), None));
        }
        if self.random.happens(faults.portal) {
            return Ok(http(200, "<html>Welcome", Some(token), None));
        }
        let broken = self.random.happens(faults.broken);
        if broken && self.random.happens(500) {
            return Ok(http(500, "", Some(token), None));
        }
        let before = self.server.cause(&token);
        let answer = self.server.refresh(self.now, &token);
        let family = self.server.family(&token);
        let excused = family.is_some_and(|family| self.excused.contains(&family));
        let gone = !self.processes[index].up || self.processes[index].epoch != epoch;
        Ok(match answer {
            Answer::InvalidGrant => {
                self.note(|| format!("server refuses {token}"));
                self.refused.push(token.clone());
                check::refused(&self.server, &token, before, excused)?;
                if before == Cause::Alive && excused {
                    self.summary.excused_losses += 1;
                }
                http(400, r#"{"error":"invalid_grant"}"#, Some(token), None)
            }
            Answer::Tokens { access, refresh } => {
                self.note(|| format!("server takes {token} and gives {refresh:?}"));
                if broken || gone || self.random.happens(faults.reply_lost) {
                    if self.server.rotates {
                        self.excuse(Some(&token));
                    }
                    if broken {
                        return Ok(http(500, "", Some(token), None));
                    }
                    return Ok(Reply::Lost(HttpStage::Sent, Some(token)));
                }
                let refresh = refresh.map_or_else(String::new, |refresh| {
                    format!(r#","refresh_token":"{refresh}""#)
                });
                if self.random.happens(faults.outage) {
                    self.outage = self.now + self.random.between(1000, 20 * MINUTE);
                }
                let seconds = self.server.lifetime / 1000;
                http(
                    200,
                    &format!(r#"{{"access_token":"{access}","expires_in":{seconds}{refresh}}}"#),
                    Some(token),
                    None,
                )
            }
        })
    }

    /// An answer gets to a process.
    pub(super) fn answer(&mut self, index: usize, reply: Reply) -> Result<(), String> {
        self.note(|| format!("{index} learns {}", told(&reply)));
        let at = self.now;
        let process = &mut self.processes[index];
        let now = process.now(at);
        match reply {
            Reply::Lock(lock) => process.life.handle_lock(now, lock),
            Reply::Loaded(record) => process.life.handle_loaded(now, record),
            Reply::NotLoaded => process.life.handle_not_loaded(now),
            Reply::Saved(saved) => process.life.handle_saved(now, saved),
            Reply::Lost(stage, token) => {
                if let Some(token) = token {
                    process.fates.insert(token, Fate::Again);
                }
                process.life.handle_no_response(now, stage);
            }
            Reply::Http {
                token,
                status,
                body,
                retry_after,
            } => {
                if let Some(token) = &token {
                    let over = body.contains("invalid_grant") || body.contains("refresh_token");
                    process
                        .fates
                        .insert(token.clone(), if over { Fate::Over } else { Fate::Again });
                }
                if let Some(seconds) = retry_after {
                    process.not_before = at + seconds * 1000;
                }
                if body.contains("refresh_token") {
                    process.unsaved = token;
                }
                let value = retry_after
                    .map(|seconds| seconds.to_string())
                    .unwrap_or_default();
                let response =
                    Response::new(status, body.as_bytes()).with_header("Retry-After", &value);
                process.life.handle_response(now, &response);
            }
        }
        Ok(())
    }
}

pub(super) fn name(request: &Request) -> String {
    match request {
        Request::Lock => "lock".into(),
        Request::Load => "load".into(),
        Request::Put(expected, record) => {
            format!(
                "put {expected:?} {:?}",
                record
                    .as_ref()
                    .map(|r| (r.revision().get(), r.generation().get()))
            )
        }
        Request::Refresh(token) => format!("refresh {token}"),
        Request::Revoke(token) => format!("revoke {token}"),
    }
}

pub(super) fn told(reply: &Reply) -> String {
    match reply {
        Reply::Lock(lock) => format!("{lock:?}"),
        Reply::Loaded(record) => {
            format!(
                "record {:?}",
                record
                    .as_ref()
                    .map(|r| (r.revision().get(), r.generation().get(), r.is_ended()))
            )
        }
        Reply::NotLoaded => "no record".into(),
        Reply::Saved(saved) => format!("{saved:?}"),
        Reply::Http { status, .. } => format!("HTTP {status}"),
        Reply::Lost(stage, _) => format!("lost {stage:?}"),
    }
}
