//! What is written of a session, for all nodes.

use alloc::sync::Arc;
use std::io;

use token_lifecycle::Saved;
use zeroize::Zeroizing;

use super::Inner;
use crate::{
    record::SessionRecord,
    sessions::{Sessions, Shared},
};

/// So often two nodes that write at once begin anew.
const TRIES: usize = 8;

/// Why a session is as it was.
pub(super) enum NotWritten<E> {
    /// Whoever was to change it says so.
    Refused(E),
    /// There is none any more, or what is stored cannot be read.
    Unreadable,
    /// The place does not work, or others are always quicker.
    Failed,
}

impl Inner {
    /// Reads the stored session, changes it, and writes it if nobody else has written meanwhile; if somebody has,
    /// from the beginning. What was written, and what was said of the change.
    pub(super) async fn write<T, E>(
        &self,
        shared: &Arc<Shared>,
        change: impl Fn(&mut SessionRecord) -> Result<T, E>,
    ) -> Result<(SessionRecord, T), NotWritten<E>> {
        let place = self.key.place();
        for _ in 0..TRIES {
            let stored = shared.places.load(&place).await;
            let broken = |error: &io::Error| error.kind() == io::ErrorKind::InvalidData;
            let works = stored.as_ref().err().is_none_or(broken);
            let mut record = match Sessions(Arc::clone(shared)).read(self.key, stored) {
                Ok(Some(record)) => record,
                Ok(None) => return Err(NotWritten::Unreadable),
                Err(_) if works => return Err(NotWritten::Unreadable),
                Err(_) => return Err(NotWritten::Failed),
            };
            let expected = record.revision;
            let changed = change(&mut record).map_err(NotWritten::Refused)?;
            record.next(shared.writer());
            let octets = Zeroizing::new(record.to_json());
            let new = Some((record.revision, octets.as_slice()));
            match shared.places.save(&place, Some(expected), new).await {
                Saved::Done => return Ok((record, changed)),
                Saved::Conflict => {}
                Saved::Failed => break,
            }
        }
        Err(NotWritten::Failed)
    }
}
