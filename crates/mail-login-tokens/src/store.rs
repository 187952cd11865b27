//! Where a grant is kept.

use alloc::{boxed::Box, string::String, sync::Arc};
use std::io;

use token_lifecycle::{Lock, Record, Revision, Saved};

/// The place of one grant, and the lock that goes with it.
///
/// Whoever implements it holds to this:
///
/// - Every process that uses the grant uses the same place. `load` reads the authoritative copy.
/// - `save` compares and replaces in one step: nobody else writes in between.
/// - What `save` calls [`Saved::Done`] is still there after the power fails.
/// - A record that cannot be read is an error, is never taken for none, and is never overwritten: it
///   may be of a newer version, and it may hold the only refresh token.
/// - `lock` does not wait. A lock whose holder has died ends by itself, soon or after
///   [`Timers::lease`](token_lifecycle::Timers::lease).
/// - A place that does not work is [`Lock::Unavailable`], an error of `load`, or [`Saved::Failed`];
///   never [`Lock::Held`], "no record" or [`Saved::Conflict`].
/// - Records are secret: nobody else can read them, and nothing of them is in an error.
///
/// The value stands for one machine: a [`Lifecycle`](token_lifecycle::Lifecycle) has its own.
///
/// ```
/// use mail_login_tokens::{MemoryStore, Store};
/// use token_lifecycle::{Record, Revision, Saved};
///
/// let store = MemoryStore::new();
/// let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"r"}"#;
/// let record = Record::from_json(json)?;
/// assert_eq!(store.save(None, Some(&record)), Saved::Done);
/// assert_eq!(store.save(None, Some(&record)), Saved::Conflict);
/// assert_eq!(store.save(Some(Revision::from(1)), None), Saved::Done);
/// assert_eq!(store.load()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Store: Send + Sync {
    /// Reads the record; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the place does not work, or holds what this version cannot read.
    fn load(&self) -> io::Result<Option<Record>>;

    /// Replaces the record, or deletes it, if the revision of the stored one is the expected one. With
    /// `None` there must be no record.
    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved;

    /// Tries to get the lock, without waiting.
    fn lock(&self) -> Lock;

    /// Lets the lock go. Without a lock it does nothing.
    fn unlock(&self);

    /// What went wrong last, for people, in a sentence without secrets. It is what `Unavailable` and
    /// `Failed` cannot say.
    fn problem(&self) -> Option<String> {
        None
    }
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        impl<S: Store + ?Sized> Store for $pointer<S> {
            fn load(&self) -> io::Result<Option<Record>> {
                (**self).load()
            }

            fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
                (**self).save(expected, record)
            }

            fn lock(&self) -> Lock {
                (**self).lock()
            }

            fn unlock(&self) {
                (**self).unlock();
            }

            fn problem(&self) -> Option<String> {
                (**self).problem()
            }
        }
    )*};
}

forward!(Arc, Box);
