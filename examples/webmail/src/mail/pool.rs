//! IMAP connections that wait to be used again: a login for each click would be slow, and rude.

use core::time::Duration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mail_session::{AccessError, Change, MailConnection, Session, SessionKey, Sessions};
use tokio::{sync::broadcast::error::RecvError, time::Instant};

use super::{Imap, MailError};

/// The connections of all sessions of this node that wait. Clones are of the same pool.
#[derive(Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<Waiting>>);

type Waiting = HashMap<(SessionKey, String), Vec<Idle>>;

struct Idle {
    imap: Imap,
    since: Instant,
}

/// Waiting connections of one mailbox of one session.
const FEW: usize = 2;
/// Mailboxes with waiting connections; there is a login for each click of others.
const MAILBOXES: usize = 4096;
/// So long one waits. Servers end them after 30 minutes (<https://www.rfc-editor.org/rfc/rfc9051#section-5.4>),
/// and each costs the server a process.
const IDLE: Duration = Duration::from_secs(60);

impl Pool {
    /// A connection with INBOX open, and how many messages are in it: one that waits, if it still lives and
    /// the mailbox still belongs to the session, or a new one.
    pub(crate) async fn inbox(
        &self,
        session: &Session,
        account: &str,
    ) -> Result<(Lease, u32), MailError> {
        if !has(session, account) {
            let key = (session.key(), account.to_owned());
            self.waiting().remove(&key);
            return Err(AccessError::UnknownAccount.into());
        }
        while let Some(mut imap) = self.take(session.key(), account) {
            // The server may have closed it meanwhile.
            if let Ok(exists) = imap.select().await {
                return Ok((self.lease(imap), exists));
            }
        }
        let mut imap = Imap::new(session.imap(account).await?);
        let exists = imap.select().await?;
        Ok((self.lease(imap), exists))
    }

    /// How many connections wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting().values().map(Vec::len).sum()
    }

    /// Closes what must not be used any more, until there are no sessions.
    pub(crate) async fn listen(self, sessions: Sessions) {
        let mut changes = sessions.changes();
        drop(sessions);
        let mut sweep = tokio::time::interval(IDLE / 4);
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => self.hear(&change),
                    Err(RecvError::Lagged(_)) => self.retain(|_| true),
                    Err(RecvError::Closed) => return,
                },
                _ = sweep.tick() => self.retain(|idle| idle.since.elapsed() < IDLE),
            }
        }
    }

    fn hear(&self, change: &Change) {
        match change {
            // What waits is not in use: one with the new token takes its place when it is needed.
            Change::Renewed {
                session, account, ..
            }
            | Change::AccountEnded {
                session, account, ..
            } => {
                self.waiting().remove(&(*session, account.clone()));
            }
            Change::Ended { session, .. } => self.waiting().retain(|(key, _), _| key != session),
        }
    }

    fn take(&self, session: SessionKey, account: &str) -> Option<Imap> {
        let mut waiting = self.waiting();
        let idle = waiting.get_mut(&(session, account.to_owned()))?;
        while let Some(Idle { imap, since }) = idle.pop() {
            let connection = imap.connection();
            if connection.may_be_used() && connection.is_current() && since.elapsed() < IDLE {
                return Some(imap);
            }
        }
        None
    }

    fn put(&self, imap: Imap) {
        let since = Instant::now();
        let mut waiting = self.waiting();
        // Asked under the lock: what ends later is told to `hear`, which waits for it.
        let connection = imap.connection();
        if !is_good(connection) || !connection.is_current() {
            return;
        }
        let key = (connection.session().key(), connection.account().to_owned());
        if waiting.len() >= MAILBOXES && !waiting.contains_key(&key) {
            return;
        }
        let idle = waiting.entry(key).or_default();
        if idle.len() < FEW {
            idle.push(Idle { imap, since });
        }
    }

    fn retain(&self, keep: impl Fn(&Idle) -> bool) {
        self.waiting().retain(|_, idle| {
            idle.retain(|idle| is_good(idle.imap.connection()) && keep(idle));
            !idle.is_empty()
        });
    }

    fn lease(&self, imap: Imap) -> Lease {
        Lease {
            pool: self.clone(),
            imap,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_good(connection: &MailConnection) -> bool {
    connection.may_be_used() && has(connection.session(), connection.account())
}

/// Whether the mailbox belongs to the session: the user may have removed it.
fn has(session: &Session, account: &str) -> bool {
    let accounts = session.accounts();
    accounts.iter().any(|known| known.id() == account)
}

/// A connection in use. One that is not handed back is closed: nobody knows what it will say next.
pub(crate) struct Lease {
    pool: Pool,
    pub(crate) imap: Imap,
}

impl Lease {
    /// All went well: it may be used again.
    pub(crate) fn give_back(self) {
        self.pool.put(self.imap);
    }
}
