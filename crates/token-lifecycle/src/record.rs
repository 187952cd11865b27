//! What is kept of a grant.

mod json;
mod writer;

use alloc::{string::String, vec::Vec};
use core::{fmt, time::Duration};

use sasl_core::Secret;
use serde::Deserialize;

use crate::{Audience, Scopes, UnixTime};

pub use json::RecordError;

/// All that is known of one grant: one account at one authorization server by one client. It has
/// one refresh token, and an access token for each audience.
///
/// The machine makes and reads records; a store keeps them, as the JSON that
/// [`to_json`](Self::to_json) writes, where nobody else can read it. A store replaces a record only if the
/// [`revision`](Self::revision) of the stored one is still the expected one.
///
/// ```
/// use token_lifecycle::{Record, RecordError};
///
/// let json = br#"{"version":1,"revision":7,"generation":3,"signed_in":1767222000000,"refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
/// let record = Record::from_json(json)?;
/// assert_eq!(record.revision().get(), 7);
/// assert!(record.can_refresh());
/// assert_eq!(Record::from_json(record.to_json().expose().as_bytes())?, record);
/// // What must stay secret stays out of logs.
/// assert!(!format!("{record:?}").contains("tGzv"));
/// # Ok::<(), RecordError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    pub(crate) revision: Revision,
    pub(crate) generation: Generation,
    /// When the user signed in. Two records that differ in it are of two different grants, and
    /// their generations say nothing about which one is newer.
    pub(crate) signed_in: UnixTime,
    pub(crate) access: Vec<AccessToken>,
    pub(crate) refresh: Option<Secret>,
    pub(crate) grant_expires_at: Option<UnixTime>,
    pub(crate) id_token: Option<Secret>,
    /// To whom the grant was given: no other client can use it.
    pub(crate) client_id: String,
    pub(crate) pending: Option<Pending>,
    pub(crate) ended: Option<Ended>,
}

impl Record {
    /// Which writing of the record this is: what a store compares.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Which tokens these are.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// When the user signed in.
    pub fn signed_in(&self) -> UnixTime {
        self.signed_in
    }

    /// The refresh token.
    pub fn refresh(&self) -> Option<&Secret> {
        self.refresh.as_ref()
    }

    /// Whether there is a refresh token.
    pub fn can_refresh(&self) -> bool {
        self.refresh.is_some()
    }

    /// Until when the user is signed in, if the server said so.
    pub fn grant_expires_at(&self) -> Option<UnixTime> {
        self.grant_expires_at
    }

    /// The last ID token: for a sign-out at the server, and to recognise the session it names.
    pub fn id_token(&self) -> Option<&Secret> {
        self.id_token.as_ref()
    }

    /// Whether the user has to sign in again: the refresh token was refused and is gone.
    pub fn is_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// The access tokens.
    pub fn access(&self) -> &[AccessToken] {
        &self.access
    }

    pub(crate) fn access_for(&self, audience: &Audience) -> Option<&AccessToken> {
        self.access.iter().find(|token| token.audience == *audience)
    }

    /// When the newest of the tokens was asked for.
    pub(crate) fn issued_at(&self) -> UnixTime {
        self.access
            .iter()
            .map(|token| token.issued_at)
            .max()
            .unwrap_or(self.signed_in)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("revision", &self.revision.0)
            .field("generation", &self.generation.0)
            .field("access", &self.access)
            .field("refresh", &self.refresh)
            .field("pending", &self.pending)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Counts the tokens of a grant: each refresh makes a new generation.
///
/// ```
/// use token_lifecycle::Generation;
/// assert!(Generation::from(2) > Generation::from(1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Generation(u64);

impl Generation {
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<u64> for Generation {
    fn from(generation: u64) -> Self {
        Self(generation)
    }
}

/// Counts the writings of a record. A store compares it and knows nothing else about a record.
///
/// ```
/// use token_lifecycle::Revision;
/// assert_eq!(Revision::from(7).get(), 7);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Revision(u64);

impl Revision {
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<u64> for Revision {
    fn from(revision: u64) -> Self {
        Self(revision)
    }
}

/// An access token, and what is known about it.
///
/// ```
/// # use token_lifecycle::Record;
/// let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,
///     "access":[{"token":"mF_9.B5f-4.1JqM","scope":"mail","generation":1,"issued_at":0,"expires_at":3600000}]}"#;
/// let record = Record::from_json(json)?;
/// let token = &record.access()[0];
/// assert_eq!(token.secret().expose(), "mF_9.B5f-4.1JqM");
/// assert_eq!(token.expires_at().map(|at| at.as_secs()), Some(3600));
/// assert!(!format!("{token:?}").contains("mF_9"));
/// # Ok::<(), token_lifecycle::RecordError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub(crate) audience: Audience,
    pub(crate) secret: Secret,
    pub(crate) generation: Generation,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires_at: Option<UnixTime>,
    /// When the server would have it refreshed.
    pub(crate) refresh_at: Option<UnixTime>,
    /// What the server says it granted, where that is less than what was asked for.
    pub(crate) granted: Option<Scopes>,
    /// It was asked for because a mail server had refused the one before.
    pub(crate) forced: bool,
}

impl AccessToken {
    /// The token itself.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What it is for.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Which one it is; say so when a mail server refuses it.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// When it was asked for.
    pub fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// Until when it is good; `None` if the server did not say.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// What was asked for and not granted, by the server's own words. At a server that gives scopes other
    /// names ([`Quirks::renames_scopes`](crate::Quirks::renames_scopes)) that says nothing.
    pub fn missing(&self) -> Scopes {
        let asked = self.audience.scopes();
        let granted = self.granted.as_ref();
        granted.map_or_else(Scopes::default, |granted| granted.missing_from(asked))
    }

    pub(crate) fn lifetime(&self) -> Option<Duration> {
        Some(self.expires_at?.since(self.issued_at))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("generation", &self.generation.0)
            .field("expires_at", &self.expires_at.map(UnixTime::as_secs))
            .field("forced", &self.forced)
            .finish_non_exhaustive()
    }
}

/// The mark that is written before the refresh token is sent. Who finds an old one knows that the
/// token may have been used up by somebody who did not live to tell.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
    pub(crate) owner: String,
    pub(crate) since: UnixTime,
    /// Whether its writer had the lock. If so, whoever has it now knows that he is gone.
    pub(crate) locked: bool,
}

/// Why there is no refresh token any more.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ended {
    pub(crate) reason: EndReason,
    /// What the server called it.
    #[serde(default)]
    pub(crate) code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndReason {
    Interaction,
    LostRotation,
    Rejected,
}

impl EndReason {
    /// The same as serde reads.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Interaction => "interaction",
            Self::LostRotation => "lost-rotation",
            Self::Rejected => "rejected",
        }
    }
}

#[cfg(test)]
mod tests;
