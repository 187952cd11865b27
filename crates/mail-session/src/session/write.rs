//! What is written of a session, for all nodes.

use alloc::sync::Arc;

use token_lifecycle::Saved;
use zeroize::Zeroizing;

use super::Inner;
use crate::{
    record::SessionRecord,
    sessions::{Sessions, Shared},
};

/// So often two nodes that write at once begin anew.
const TRIES: usize = 8;

impl Inner {
    /// Reads the stored session, changes it, and writes it if nobody else has written meanwhile; if somebody has,
    /// from the beginning. What was written.
    ///
    /// # Errors
    ///
    /// What `change` says; `None` when the session cannot be read or stored, or is gone. Then it is as it was.
    pub(super) async fn write<E>(
        &self,
        shared: &Arc<Shared>,
        change: impl Fn(&mut SessionRecord) -> Result<(), E>,
    ) -> Result<SessionRecord, Option<E>> {
        let place = self.key.place();
        for _ in 0..TRIES {
            let stored = shared.places.load(&place).await;
            let read = Sessions(Arc::clone(shared)).read(self.key, stored);
            let Ok(Some(mut record)) = read else { break };
            let expected = record.revision;
            change(&mut record)?;
            record.next(shared.writer());
            let octets = Zeroizing::new(record.to_json());
            let new = Some((record.revision, octets.as_slice()));
            match shared.places.save(&place, Some(expected), new).await {
                Saved::Done => return Ok(record),
                Saved::Conflict => {}
                Saved::Failed => break,
            }
        }
        Err(None)
    }
}
