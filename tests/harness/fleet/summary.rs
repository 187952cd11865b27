//! What came of it.

use std::fmt;

use super::Plan;

/// What came of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Requests, and those of them that were played in full.
    pub requests: u64,
    /// Requests that a machine was made for.
    pub played: u64,
    /// Answered with a good token as soon as the record was read.
    pub at_once: u64,
    /// Answered with the old token, for there was no new one yet.
    pub old: u64,
    /// Answered after a refresh, or after that of another node.
    pub waited: u64,
    /// Told to come again later.
    pub later: u64,
    /// Of these, those for which another node had a token by the time.
    pub overtaken: u64,
    /// Told to sign in.
    pub sign_in: u64,
    /// On a node that was killed.
    pub cut: u64,
    /// Requests to the authorization server.
    pub refreshes: u64,
    /// Refresh tokens that it replaced, and those that it gave again because an answer was lost.
    pub rotations: u64,
    /// See above.
    pub repeated: u64,
    /// Generations of tokens that were written, and sessions that ended.
    pub generations: u64,
    /// See above.
    pub ended: u64,
    /// Sessions that the authorization server has revoked, and whose user came after that.
    pub revoked: u64,
    /// Refreshes of other nodes that were used.
    pub adopted: u64,
    /// Operations of the store: reading, writing, and taking or leaving a lock.
    pub loads: u64,
    /// See above.
    pub saves: u64,
    /// See above.
    pub locks: u64,
    /// Writings that another node came before.
    pub conflicts: u64,
    /// The most refreshes in a second, and in a minute.
    pub second: u64,
    /// See above.
    pub minute: u64,
    /// The longest that a session was told "later", in milliseconds, and how long after the end of the outage.
    pub longest: u64,
    /// See above.
    pub worked_off: u64,
    /// The longest that a single request waited for a token.
    pub longest_request: u64,
    /// The most sessions that used the service at once.
    pub active: u64,
    /// The most machines at once, and places in lines without one.
    pub machines: u64,
    /// See above.
    pub places: u64,
    /// Octets of a session at rest.
    pub octets: u64,
}

impl Summary {
    /// In words.
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

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
