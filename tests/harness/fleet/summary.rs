//! What came of it.

use super::Plan;

/// What came of a day. Times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// All requests.
    pub requests: u64,
    /// Those that a machine was made for.
    pub played: u64,
    /// Answered with a good token as soon as the record was read.
    pub at_once: u64,
    /// Answered with a token in its last minute, for there was no new one yet.
    pub old: u64,
    /// Answered after a refresh, or after that of another node.
    pub waited: u64,
    /// Told to come again later.
    pub later: u64,
    /// Of these, those for which another node had a token by the time.
    pub overtaken: u64,
    /// Of these, those whose lock was held by a node that had been killed.
    pub held: u64,
    /// Told to sign in.
    pub sign_in: u64,
    /// How often a lost answer was named as the reason, where one had been lost before.
    pub unsure: u64,
    /// Cut off, as the node was killed.
    pub cut: u64,
    /// Requests to the authorization server.
    pub refreshes: u64,
    /// Refresh tokens that it replaced.
    pub rotations: u64,
    /// Those that it gave once more because an answer was lost.
    pub repeated: u64,
    /// Generations of tokens that were written.
    pub generations: u64,
    /// Refresh tokens that were given out to a node that was killed before it saved them, for a user who did not
    /// come again while the old one still worked.
    pub orphaned: u64,
    /// Sessions that were written to have ended.
    pub ended: u64,
    /// Sessions that the authorization server has revoked.
    pub revoked: u64,
    /// Refreshes of other nodes that a machine was surprised by, and used.
    pub adopted: u64,
    /// How often the store was read.
    pub loads: u64,
    /// How often it was written.
    pub saves: u64,
    /// How often a lock was asked for or let go.
    pub locks: u64,
    /// Writings that another node came before.
    pub conflicts: u64,
    /// The most refreshes in a second.
    pub second: u64,
    /// The most in a minute.
    pub minute: u64,
    /// The longest that a session was told "later".
    pub longest: u64,
    /// The longest after the end of an outage that anybody was.
    pub worked_off: u64,
    /// The longest that a single request waited for a token and got it.
    pub longest_request: u64,
    /// The most sessions that were used in a minute.
    pub active: u64,
    /// The most machines at once.
    pub machines: u64,
    /// The most places in lines that were kept without a machine.
    pub places: u64,
    /// Octets of a session at rest.
    pub octets: u64,
}

impl Summary {
    /// A table.
    pub fn tell(&self, plan: &Plan) -> String {
        let minutes = |millis: u64| format!("{:.1} min", millis as f64 / 60_000.0);
        let per_second = |count: u64| count as f64 / 86_400.0;
        let rows = [
            (
                "sessions, nodes",
                format!("{}, {}", plan.sessions, plan.nodes),
            ),
            ("most sessions active in a minute", self.active.to_string()),
            ("requests", self.requests.to_string()),
            ("  played with a machine", self.played.to_string()),
            ("  answered at once", self.at_once.to_string()),
            ("  with the old token", self.old.to_string()),
            ("  waited for a new one", self.waited.to_string()),
            ("  told to come later", self.later.to_string()),
            (
                "  … and overtaken by another node",
                self.overtaken.to_string(),
            ),
            ("  … for the lock of a killed node", self.held.to_string()),
            ("  told to sign in", self.sign_in.to_string()),
            ("  cut off by a restart", self.cut.to_string()),
            (
                "longest wait of a request",
                format!("{} ms", self.longest_request),
            ),
            ("longest time told to come later", minutes(self.longest)),
            ("  … after the end of an outage", minutes(self.worked_off)),
            ("requests to the provider", self.refreshes.to_string()),
            (
                "  mean per second",
                format!("{:.1}", per_second(self.refreshes)),
            ),
            (
                "  most in a second / limit",
                format!("{} / {}", self.second, plan.most(1000)),
            ),
            (
                "  most in a minute / limit",
                format!("{} / {}", self.minute, plan.most(60_000)),
            ),
            (
                "tokens replaced, given again",
                format!("{}, {}", self.rotations, self.repeated),
            ),
            ("generations written", self.generations.to_string()),
            ("  … lost with a killed node", self.orphaned.to_string()),
            ("  … named a lost answer", self.unsure.to_string()),
            (
                "sessions revoked, ended",
                format!("{}, {}", self.revoked, self.ended),
            ),
            ("adopted from another node", self.adopted.to_string()),
            ("store: reads", self.loads.to_string()),
            (
                "store: writes, conflicts",
                format!("{}, {}", self.saves, self.conflicts),
            ),
            ("store: locks and unlocks", self.locks.to_string()),
            (
                "most machines, kept places",
                format!("{}, {}", self.machines, self.places),
            ),
            ("octets of a session at rest", self.octets.to_string()),
        ];
        rows.iter()
            .map(|(what, value)| format!("| {what} | {value} |\n"))
            .collect()
    }
}
