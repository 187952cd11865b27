//! A session by its identifier.

use alloc::{string::ToString, sync::Arc};
use core::time::Duration;
use std::io;

use mail_login_tokens::clock;

use super::Sessions;
use crate::{
    Fact, Session, SessionId, SessionKey, Wait, places::Stored, record::SessionRecord,
    session::Inner,
};

impl Sessions {
    /// The session of this identifier, if this node has it in memory: without waiting.
    pub fn find_here(&self, id: &SessionId) -> Option<Session> {
        self.known(id.key())
    }

    fn known(&self, key: SessionKey) -> Option<Session> {
        let known = self.0.known.pin();
        known.get(&key).cloned().map(Session)
    }

    /// The session of this identifier, read from its place if this node does not know it yet. One that has
    /// ended a while ago is there too, and says why it ended. `None`: there is none.
    ///
    /// # Errors
    ///
    /// When the place does not work, or what it holds cannot be read. The session may well be alive, so the
    /// answer to the request is 503.
    pub async fn find(&self, id: &SessionId) -> Result<Option<Session>, Wait> {
        self.find_key(id.key()).await
    }

    /// The same by its public name, as logs have it: for operators, who end sessions. Whoever makes requests
    /// has to show the identifier.
    ///
    /// # Errors
    ///
    /// As for [`find`](Self::find).
    pub async fn find_key(&self, key: SessionKey) -> Result<Option<Session>, Wait> {
        if let Some(session) = self.known(key) {
            return Ok(Some(session));
        }
        let stored = self.0.places.load(&key.place()).await;
        let record = match self.read(key, stored) {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(None),
            Err(wait) => return Err(wait),
        };
        let now = clock::now().wall.as_millis();
        if record.is_forgotten(now, self.0.settings.sessions.grave) {
            // If that fails, the next one tries it again.
            let place = key.place();
            let _ = self
                .0
                .places
                .save(&place, Some(record.revision), None)
                .await;
            return Ok(None);
        }
        let session = self.know(key, record)?;
        self.0.tell(&Fact::Opened {
            session: key,
            new: false,
        });
        Ok(Some(session))
    }

    /// Reads a stored session.
    pub(crate) fn read(
        &self,
        key: SessionKey,
        stored: io::Result<Option<Stored>>,
    ) -> Result<Option<SessionRecord>, Wait> {
        let problem = match stored {
            Ok(None) => return Ok(None),
            Ok(Some(stored)) => match SessionRecord::from_json(&stored.octets) {
                Ok(record) => return Ok(Some(record)),
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        self.0.tell(&Fact::Store {
            session: key,
            problem: &problem,
        });
        Err(Wait::new(Duration::from_secs(5), problem))
    }

    /// Takes a session into the memory of this node. Whoever was quicker wins, so that each grant has one
    /// keeper.
    pub(crate) fn know(&self, key: SessionKey, record: SessionRecord) -> Result<Session, Wait> {
        let inner = Inner::new(&self.0, key, record)
            .map_err(|error| Wait::new(Duration::from_secs(1), error.to_string()))?;
        let known = self.0.known.pin();
        let inner = known.get_or_insert(key, inner);
        Ok(Session(Arc::clone(inner)))
    }
}
