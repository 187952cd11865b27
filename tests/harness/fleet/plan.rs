//! What a day is like.

use crate::sim::Random;

/// Milliseconds.
pub(super) const SECOND: u64 = 1000;
pub(super) const MINUTE: u64 = 60 * SECOND;
pub(super) const HOUR: u64 = 60 * MINUTE;
/// The day begins here: tokens may be older.
pub(super) const DAY: u64 = 24 * HOUR;

/// A day of a fleet.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many sessions there are.
    pub sessions: u32,
    /// How many nodes.
    pub nodes: u16,
    /// All that happens by chance depends on this.
    pub seed: u64,
    /// How many refreshes a second all nodes together may begin in the long run, and how many each node
    /// at once.
    pub rate: u32,
    /// How many of them a node may begin at once.
    pub burst: u32,
    /// For how many minutes of the day a session asks, once a minute.
    pub active: u16,
    /// When the authorization server does not do what it should.
    pub outages: Vec<Outage>,
    /// When all nodes begin anew, one after another.
    pub waves: Vec<Wave>,
    /// One session in so many is revoked by the authorization server, some time while it is in use.
    pub revoked: u32,
}

/// A time of trouble at the authorization server, in milliseconds of the day.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// From then on.
    pub from: u64,
    /// Until then.
    pub until: u64,
    /// What is wrong.
    pub trouble: Trouble,
}

/// What an authorization server does that does not do what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It accepts requests, and neither does anything nor answers.
    Hangs,
    /// It does its work, and the answer is lost.
    Loses,
    /// There is no connection.
    Refuses,
    /// It says 503.
    Unavailable,
}

/// Every node begins anew, with nothing in its memory.
#[derive(Clone, Copy, Debug)]
pub struct Wave {
    /// It is given no new requests for half a minute before. Otherwise it is killed in the middle of its work.
    pub drained: bool,
    /// When the first one is killed, in milliseconds of the day.
    pub from: u64,
    /// How long after that the next one is.
    pub every: u64,
}

impl Plan {
    /// How long a token lives, in milliseconds.
    pub const LIFETIME: u64 = HOUR;
    /// A token that is younger than this is good whoever asks: it is refreshed ahead of time in its last ten
    /// minutes, and up to a quarter of that sooner by chance.
    pub const FRESH: u64 = HOUR - 751 * SECOND;
    /// How long a request waits for a token.
    pub const PATIENCE: u64 = 10 * SECOND;
    /// How long a herd is worked off at most.
    pub const HERD: u64 = 45 * MINUTE;
    /// How long a node gets no requests before it ends, if it is drained.
    pub const DRAIN: u64 = 30 * SECOND;
    /// How long a node is away when it begins anew.
    pub const AWAY: u64 = 5 * SECOND;
    /// One session in so many does not do as it is told when it is told to come again later.
    pub const IMPATIENT: u32 = 32;
    /// One session in so many has two windows, which ask at the same time.
    pub const TWICE: u32 = 8;

    /// A day with everything in it: outages of seconds, minutes and hours, and restarts of all nodes, also
    /// while the herd after an outage is worked off. A session is active for so many minutes.
    pub fn day(sessions: u32, nodes: u16, active: u16) -> Self {
        let at = |hour: u64, minute: u64| hour * HOUR + minute * MINUTE;
        let outage = |from, until, trouble| Outage {
            from,
            until,
            trouble,
        };
        let wave = |from, length: u64, drained| Wave {
            drained,
            from,
            every: length / u64::from(nodes),
        };
        Self {
            sessions,
            nodes,
            seed: 1,
            // About twice of what is needed at noon.
            rate: ((u64::from(sessions) * (u64::from(active) + 120) / 1_500_000) as u32).max(1),
            // Where a node has a turn every few seconds, those who come by chance at once must not wait for that.
            burst: if sessions / u32::from(nodes) < 10_000 {
                4
            } else {
                2
            },
            active,
            outages: vec![
                outage(at(8, 0), at(8, 5), Trouble::Unavailable),
                outage(at(9, 30), at(9, 30) + 20 * SECOND, Trouble::Loses),
                outage(at(11, 0), at(11, 10), Trouble::Hangs),
                outage(at(11, 10), at(12, 15), Trouble::Refuses),
                outage(at(17, 0), at(17, 30), Trouble::Unavailable),
            ],
            waves: vec![
                wave(at(15, 0), 20 * MINUTE, false),
                wave(at(17, 31), 5 * MINUTE, true),
            ],
            revoked: 10_000,
        }
    }

    /// The most that all nodes together may begin in any time of so many milliseconds.
    pub fn most(&self, millis: u64) -> u64 {
        u64::from(self.burst) * u64::from(self.nodes) + u64::from(self.rate) * millis / 1000
    }

    /// The minute of the day at which a session begins to ask: most of them in the late morning, by a
    /// curve with the shape of a roof of sixteen hours.
    pub(super) fn begins(random: &mut Random) -> u16 {
        let minute = 2 * 60 + random.between(0, 480) + random.between(0, 480);
        u16::try_from(minute % 1440).unwrap()
    }

    /// Whether a node was killed not longer ago than a lease and a minute.
    pub(super) fn is_killing(&self, time: u64) -> bool {
        let mut waves = self.waves.iter().filter(|wave| !wave.drained);
        waves.any(|wave| {
            let length = wave.every * u64::from(self.nodes);
            (wave.from..wave.from + length + 2 * MINUTE).contains(&time)
        })
    }

    pub(super) fn trouble(&self, now: u64) -> Option<Trouble> {
        let time = now - DAY;
        let outage = self
            .outages
            .iter()
            .find(|outage| (outage.from..outage.until).contains(&time));
        outage.map(|outage| outage.trouble)
    }
}
