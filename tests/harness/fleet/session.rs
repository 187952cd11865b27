//! A session at rest.

use token_lifecycle::Record;

use super::plan::Plan;

/// By the wall, the clock of the simulation begins here.
pub(super) const EPOCH: u64 = 1_767_139_200_000;

/// All that is known of a session while nothing happens: what the store and the authorization server hold of
/// it, and what its user is about. Times are in milliseconds of the simulation.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// The record in the store: when the token was asked for, its generation, and its revision.
    pub(super) issued: u32,
    pub(super) generation: u32,
    pub(super) revision: u32,
    /// The authorization server's side: which refresh token is the newest, and since when.
    pub(super) current: u32,
    pub(super) rotated: u32,
    /// Since when the user is told "later" (0: not), and when he comes again.
    pub(super) since: u32,
    pub(super) again: u32,
    /// The minute of the day at which he begins.
    pub(super) begins: u16,
    /// How many nodes have a machine for it, or keep a place in their line.
    pub(super) nodes: u8,
    pub(super) flags: u8,
}

/// The record in the store is not the plain one: it is kept as it is.
pub(super) const SPECIAL: u8 = 1;
/// The authorization server revokes it at some time, and has done so.
pub(super) const DOOMED: u8 = 2;
pub(super) const REVOKED: u8 = 4;
/// A request has got no answer, so that nobody can know whether its refresh token was used up.
pub(super) const UNSURE: u8 = 16;
/// The user was told to sign in, and has gone.
pub(super) const GONE: u8 = 8;

/// One record in so many is compared with what is kept of it.
const SAMPLE: u32 = 16;

impl Session {
    pub(super) fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }

    /// Until when the stored token is good.
    pub(super) fn expires(&self) -> u64 {
        u64::from(self.issued) + Plan::LIFETIME
    }

    /// Whether the user is at work at this minute of the day.
    pub(super) fn is_active(&self, minute: u16, length: u16) -> bool {
        (minute + 1440 - self.begins) % 1440 < length
    }

    /// The plain record, as the store would give it.
    pub(super) fn record(&self, number: u32) -> Record {
        let (issued, generation) = (EPOCH + u64::from(self.issued), self.generation);
        let expires = issued + Plan::LIFETIME;
        let json = format!(
            r#"{{"version":1,"revision":{},"generation":{generation},"signed_in":{EPOCH},"access":[{{"token":"access-{number}-{generation}","scope":"mail","generation":{generation},"issued_at":{issued},"expires_at":{expires}}}],"refresh":"{number}-{generation}"}}"#,
            self.revision,
        );
        Record::from_json(json.as_bytes()).unwrap()
    }

    /// Keeps this record, if it is a plain one.
    pub(super) fn keep(&mut self, number: u32, record: &Record) -> bool {
        let Some(token) = record.access().first() else {
            return false;
        };
        let mut plain = Self {
            issued: (token.issued_at().as_millis() - EPOCH) as u32,
            generation: record.generation().get() as u32,
            revision: record.revision().get() as u32,
            ..self.clone()
        };
        // The mark of a refresh that is under way is in the record, and not in a session.
        let is_new = plain.generation != self.generation;
        let is_plain =
            !record.is_ended() && (is_new || !record.to_json().expose().contains("pending"));
        if is_plain && plain.revision.is_multiple_of(SAMPLE) {
            assert_eq!(
                plain.record(number),
                *record,
                "it is more than what is kept"
            );
        }
        if is_plain {
            plain.set(SPECIAL, false);
            *self = plain;
        }
        is_plain
    }
}
