//! A minute in which processes that share a grant are killed at random moments, with tokens that live
//! five seconds, at a provider that ends the grant when a refresh token is used twice.
//!
//! | | files | Redis |
//! |---|---|---|
//! | driver | blocking | tokio |
//! | grace of the provider | none | 30 seconds |
//! | killed | at any moment but between the sending of a refresh token and the saving of the answer | at any moment |
//! | what else | | Redis is killed as by a power failure, and started again |
//! | a lock ends | with its process | after its lease, 6 seconds here |
//!
//! Both run at once, which takes one minute instead of two. `STORM_SECONDS` sets another time.

mod file;
mod redis;

use std::{
    env, thread,
    time::{Duration, Instant},
};

use mail_login_blocking::tokens::Store;
use token_lifecycle::Record;

use crate::{
    crowd::Death,
    diary::Phase,
    story::{Story, tokens_by_generation},
};
use harness::provider::Rotations;

fn until() -> Instant {
    let seconds = env::var("STORM_SECONDS").ok();
    let seconds = seconds.map_or(60, |seconds| seconds.parse().unwrap());
    Instant::now() + Duration::from_secs(seconds)
}

#[test]
fn no_grant_is_lost_and_each_generation_is_one_refresh() {
    thread::scope(|scope| {
        let storms = [
            scope.spawn(|| file::storm()),
            scope.spawn(|| redis::storm()),
        ];
        // Both are told before one fails.
        let ended = storms.map(|storm| storm.join());
        for storm in ended {
            println!("{}", storm.unwrap());
        }
    });
}

/// The process that has written the mark that is in the store.
fn refresher(store: &dyn Store) -> Option<u32> {
    let record = store.load().ok()??;
    let json = record.to_json();
    let record: serde_json::Value = serde_json::from_str(json.expose()).unwrap();
    let owner = record["pending"]["owner"].as_str()?;
    let (pid, _) = owner.split_once('-').unwrap();
    Some(pid.parse().unwrap())
}

/// Waits until somebody refreshes.
fn wait_for_refresher(store: &dyn Store, until: Instant) -> Option<u32> {
    while Instant::now() < until {
        if let Some(pid) = refresher(store) {
            return Some(pid);
        }
        // A refresh takes some ten times as long.
        thread::sleep(Duration::from_millis(1));
    }
    None
}

/// All that was seen.
struct Seen {
    deaths: Vec<Death>,
    living: Vec<Story>,
    rotations: Rotations,
    /// The generation of the sign-in, and the last one.
    first: u64,
    last: Record,
}

impl Seen {
    fn stories(&self) -> impl Iterator<Item = &Story> {
        let dead = self.deaths.iter().map(|death| &death.story);
        dead.chain(&self.living)
    }

    /// So many refreshes were saved.
    fn generations(&self) -> u64 {
        self.last.generation().get() - self.first
    }

    /// What must hold in any storm.
    fn check(&self) {
        for story in self.stories() {
            assert!(!story.is_lost, "signed out: {}", story.text);
        }
        assert!(self.last.can_refresh() && !self.last.is_ended());
        assert_eq!(self.rotations.reuses, 0);
        assert_eq!(self.rotations.refused, 0);
        // Each of them saw the tokens, and lives.
        for story in &self.living {
            let last = story.generations.last().map(|(generation, _)| *generation);
            assert!(last.is_some(), "no token: {}", story.text);
        }
        // Nobody has seen a token that was not got by a refresh, or by the sign-in.
        let tokens = tokens_by_generation(self.stories());
        let different: usize = tokens.values().map(Vec::len).sum();
        assert!(
            different as u64 <= self.rotations.exchanges + 1,
            "{tokens:?}"
        );
    }

    fn killed_when(&self, phases: &[Phase]) -> u64 {
        let phase = |death: &&Death| phases.contains(&death.story.phase);
        self.deaths.iter().filter(phase).count() as u64
    }

    fn figures(&self, what: &str) -> String {
        let phases: Vec<String> = Phase::ALL
            .iter()
            .map(|phase| format!("{} {}", self.killed_when(&[*phase]), phase.name()))
            .collect();
        format!(
            "{what}: {} generations by {} refreshes; {} tokens handed out to {} processes, {} of them \
             killed ({}); {} waits past a deadline, the longest wait for a token was {} ms",
            self.generations(),
            self.rotations.exchanges,
            self.stories().map(|story| story.tokens).sum::<u64>(),
            self.stories().count(),
            self.deaths.len(),
            phases.join(", "),
            self.stories().map(|story| story.errors).sum::<u64>(),
            self.stories().map(|story| story.longest).max().unwrap_or(0),
        )
    }
}
