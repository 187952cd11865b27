//! Records as JSON.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use sasl_core::Secret;
use serde::{Deserialize, Deserializer};

use super::{AccessToken, Ended, Generation, Pending, Record, Revision, writer::Writer};
use crate::{Audience, Scopes, UnixTime};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// A stored record cannot be used. It is never overwritten: it may be that of a newer version of
/// this program, and it may hold the only refresh token.
///
/// ```
/// use token_lifecycle::{Record, RecordError};
///
/// assert_eq!(Record::from_json(br#"{"version":2}"#), Err(RecordError::Version { version: 2 }));
/// assert_eq!(Record::from_json(br#"{"version":1,"revi"#), Err(RecordError::Unreadable));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not what this version writes: cut off, damaged, or with members that it does not know.
    #[error(
        "the stored tokens cannot be read: restore them from a copy, or move them away and sign in again"
    )]
    Unreadable,
    /// It has another version.
    #[error("the stored tokens have version {version} and not 1: use the program that wrote them")]
    Version {
        /// Which one.
        version: u32,
    },
}

impl Record {
    /// The record as JSON, which is as secret as the tokens in it.
    pub fn to_json(&self) -> Secret {
        // Room for all of it, so that no copy is left behind where the buffer was too small.
        let mut json = Writer::with_capacity(self.size());
        json.open("");
        json.number("version", VERSION.into());
        json.number("revision", self.revision.get());
        json.number("generation", self.generation.get());
        json.time("signed_in", Some(self.signed_in));
        json.text(
            "client_id",
            Some(self.client_id.as_str()).filter(|id| !id.is_empty()),
        );
        json.open_list("access");
        for token in &self.access {
            token.write(&mut json);
        }
        json.close_list();
        json.text("refresh", self.refresh.as_ref().map(Secret::expose));
        json.time("grant_expires_at", self.grant_expires_at);
        json.text("id_token", self.id_token.as_ref().map(Secret::expose));
        if let Some(Pending {
            owner,
            since,
            locked,
        }) = &self.pending
        {
            json.open("pending");
            json.text("owner", Some(owner));
            json.time("since", Some(*since));
            json.raw("locked", if *locked { "true" } else { "false" });
            json.close();
        }
        if let Some(Ended { reason, code }) = &self.ended {
            json.open("ended");
            json.text("reason", Some(reason.name()));
            json.text("code", code.as_deref());
            json.close();
        }
        json.close();
        json.finish()
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// If it is not exactly what this version writes.
    pub fn from_json(json: &[u8]) -> Result<Self, RecordError> {
        let Version { version } =
            serde_json::from_slice(json).map_err(|_| RecordError::Unreadable)?;
        if version != VERSION {
            return Err(RecordError::Version { version });
        }
        let stored: Stored = serde_json::from_slice(json).map_err(|_| RecordError::Unreadable)?;
        Ok(stored.into())
    }

    /// At least as many octets as the record has as JSON: each octet may become `\u0000`.
    pub(super) fn size(&self) -> usize {
        let secret = |secret: &Option<Secret>| secret.as_ref().map_or(0, |s| s.expose().len());
        let access = |token: &AccessToken| {
            let granted = token
                .granted
                .as_ref()
                .map_or(0, |scopes| scopes.to_string().len());
            let audience = token.audience.resource().map_or(0, str::len)
                + token.audience.scopes().to_string().len();
            6 * (token.secret.expose().len() + audience + granted) + 512
        };
        let owner = self
            .pending
            .as_ref()
            .map_or(0, |pending| pending.owner.len());
        let code = self
            .ended
            .as_ref()
            .and_then(|ended| ended.code.as_deref())
            .map_or(0, str::len);
        let text =
            secret(&self.refresh) + secret(&self.id_token) + self.client_id.len() + owner + code;
        1024 + 6 * text + self.access.iter().map(access).sum::<usize>()
    }
}

impl AccessToken {
    fn write(&self, json: &mut Writer) {
        json.open("");
        json.text("token", Some(self.secret.expose()));
        json.text("resource", self.audience.resource());
        json.text("scope", Some(&self.audience.scopes().to_string()));
        json.number("generation", self.generation.get());
        json.time("issued_at", Some(self.issued_at));
        json.time("expires_at", self.expires_at);
        json.time("refresh_at", self.refresh_at);
        json.text(
            "granted",
            self.granted.as_ref().map(ToString::to_string).as_deref(),
        );
        if self.forced {
            json.raw("forced", "true");
        }
        json.close();
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(rename = "version")]
    _version: u32,
    revision: Revision,
    generation: Generation,
    signed_in: UnixTime,
    #[serde(default)]
    access: Vec<StoredAccess>,
    #[serde(default, deserialize_with = "optional")]
    refresh: Option<Secret>,
    grant_expires_at: Option<UnixTime>,
    #[serde(default, deserialize_with = "optional")]
    id_token: Option<Secret>,
    #[serde(default)]
    client_id: String,
    pending: Option<Pending>,
    ended: Option<Ended>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAccess {
    #[serde(deserialize_with = "secret")]
    token: Secret,
    resource: Option<String>,
    scope: Scopes,
    generation: Generation,
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    refresh_at: Option<UnixTime>,
    granted: Option<Scopes>,
    #[serde(default)]
    forced: bool,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::from))
}

impl From<Stored> for Record {
    fn from(stored: Stored) -> Self {
        Self {
            revision: stored.revision,
            generation: stored.generation,
            signed_in: stored.signed_in,
            access: stored.access.into_iter().map(AccessToken::from).collect(),
            refresh: stored.refresh,
            grant_expires_at: stored.grant_expires_at,
            id_token: stored.id_token,
            client_id: stored.client_id,
            pending: stored.pending,
            ended: stored.ended,
        }
    }
}

impl From<StoredAccess> for AccessToken {
    fn from(stored: StoredAccess) -> Self {
        let audience = Audience::new(stored.scope);
        Self {
            audience: match stored.resource {
                Some(resource) => audience.with_resource(resource),
                None => audience,
            },
            secret: stored.token,
            generation: stored.generation,
            issued_at: stored.issued_at,
            expires_at: stored.expires_at,
            refresh_at: stored.refresh_at,
            granted: stored.granted,
            forced: stored.forced,
        }
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|words| Self::from(words.as_str()))
    }
}
