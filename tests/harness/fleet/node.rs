//! A node, and what it has in memory while something happens.

use std::{collections::HashMap, num::NonZeroU32, time::Duration};

use token_lifecycle::{
    Audience, Lifecycle, Line, Now, Options, Pace, Place, Record, Revision, Turn, UnixTime,
};

use super::{plan::Plan, session::EPOCH};

/// So many places in the line of a node; as in `mail-login-tokio`.
const PLACES: usize = 16_384;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: Line<u32>,
    /// Places that are kept for sessions whose requests have gone, as a back end does that keeps its keepers
    /// for a while. At its turn a machine is made anew.
    pub(super) kept: HashMap<u32, Place>,
    /// How often it began.
    pub(super) epoch: u32,
    /// When the line is looked at, if that is planned.
    pub(super) turn_at: u64,
    pub(super) away_until: u64,
    /// It is about to end: nobody is called up any more.
    pub(super) closing: bool,
}

impl Node {
    pub(super) fn new(plan: &Plan, epoch: u32, now: u64, away_until: u64) -> Self {
        let number = |n: u32| NonZeroU32::new(n).unwrap();
        let pace = Pace::per_second(number(plan.rate))
            .divided_by(number(plan.nodes.into()))
            .with_burst(number(plan.burst));
        Self {
            line: Line::new(Duration::from_millis(now), pace, PLACES),
            kept: HashMap::new(),
            epoch,
            turn_at: u64::MAX,
            away_until,
            closing: false,
        }
    }
}

/// A machine at work for a session on a node.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) life: Lifecycle,
    pub(super) node: u16,
    pub(super) session: u32,
    /// It is waited for what it asked for.
    pub(super) driven: bool,
    /// Its place in the line.
    pub(super) place: Option<Place>,
    pub(super) turn: Option<Turn>,
    pub(super) callers: Vec<Caller>,
    /// Its turn has come, for somebody who is gone.
    pub(super) ghost: bool,
    pub(super) wake_at: u64,
    /// The last plain record that it has read.
    pub(super) seen: Option<Record>,
    pub(super) save: Option<(Option<Revision>, Record)>,
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    /// The token in the store was good when it came.
    pub(super) good: bool,
    pub(super) until: u64,
}

impl Live {
    pub(super) fn new(node: u16, epoch: u32, session: u32) -> Self {
        let mut options = Options::new(format!("node-{node}-{epoch}"), Audience::new("mail"));
        options.ahead = false;
        options.seed = u64::from(node) << 32 | u64::from(session);
        Self {
            life: Lifecycle::new(options),
            node,
            session,
            driven: false,
            place: None,
            turn: None,
            callers: Vec::new(),
            ghost: false,
            wake_at: u64::MAX,
            seen: None,
            save: None,
        }
    }
}

/// What the clocks say; those of all nodes are right.
pub(super) fn clocks(now: u64) -> Now {
    Now::wall(UnixTime::from_millis(EPOCH + now)).with_boot(Duration::from_millis(now))
}
