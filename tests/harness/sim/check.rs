//! What must hold.

use token_lifecycle::Record;

use super::{
    process::{Fate, Process},
    server::{Cause, Server},
};

/// A new record is written over an old one.
pub(super) fn written(
    old: Option<&Record>,
    new: &Record,
    server: &Server,
    refused: &[String],
) -> Result<(), String> {
    let Some(old) = old else { return Ok(()) };
    if new.revision() <= old.revision() {
        return Err("a revision does not grow".into());
    }
    if old.signed_in() == new.signed_in() && new.generation() < old.generation() {
        return Err("an older generation overwrites a newer one".into());
    }
    if let (Some(lost), None) = (old.refresh(), new.refresh()) {
        let lost = lost.expose();
        // Or one that was to replace it, and could not be saved.
        let family = server.family(lost);
        let was_refused = |refused: &String| refused == lost || server.family(refused) == family;
        if !refused.iter().any(was_refused) {
            return Err("a refresh token was dropped that nobody has refused".into());
        }
        if server.is_current(lost) {
            return Err("a refresh token was dropped that is good".into());
        }
    }
    Ok(())
}

/// A process sends a refresh token.
pub(super) fn sent(process: &mut Process, now: u64, token: &str) -> Result<(), String> {
    match process.fates.get(token) {
        Some(Fate::InFlight) => return Err("two requests at once by one process".into()),
        Some(Fate::Over) => {
            return Err("a refresh token was sent that was refused or replaced".into());
        }
        Some(Fate::Again) | None => {}
    }
    if now < process.not_before {
        return Err("a request before the server's Retry-After".into());
    }
    process.fates.insert(token.into(), Fate::InFlight);
    process.sends.push(now);
    let window = process
        .sends
        .iter()
        .rev()
        .take_while(|at| now - **at < 300_000)
        .count();
    if window > 40 {
        return Err(format!("a storm: {window} requests in five minutes"));
    }
    Ok(())
}

/// A process lets the lock go: others would send the refresh token that is stored.
pub(super) fn unlocked(
    process: &Process,
    stored: Option<&Record>,
    server: &Server,
) -> Result<(), String> {
    let Some((ours, stored)) = process.life.record().zip(stored) else {
        return Ok(());
    };
    // Of another sign-in it would not matter.
    let is_newer =
        ours.signed_in() == stored.signed_in() && ours.generation() > stored.generation();
    let ours = ours
        .refresh()
        .filter(|ours| Some(*ours) != stored.refresh());
    if is_newer && ours.is_some_and(|ours| server.is_current(ours.expose())) {
        return Err("the lock is let go, and the refresh token is not saved".into());
    }
    Ok(())
}

/// The server has refused a refresh token: if that is because an old one was used, somebody must
/// have lost an answer.
pub(super) fn refused(
    server: &Server,
    token: &str,
    before: Cause,
    excused: bool,
) -> Result<(), String> {
    if before == Cause::Alive && server.cause(token) == Cause::Reuse && !excused {
        return Err(
            "the login was lost: an old refresh token was used, and no answer was lost".into(),
        );
    }
    Ok(())
}
