//! A connection that is logged in, and whether it may be used again.

use alloc::{string::String, vec::Vec};
use core::fmt;

use mail_login_tokio::{Connection, Stream, tokens::Keeper};
use token_lifecycle::Generation;

use crate::Session;

/// A connection that is logged in to a mail server.
///
/// A pool that keeps it asks [`may_be_used`](Self::may_be_used) before each use, or listens to
/// [`Sessions::changes`](crate::Sessions::changes).
///
/// ```no_run
/// use mail_session::Session;
/// use tokio::io::AsyncWriteExt;
///
/// # async fn list(session: Session) -> Result<(), Box<dyn std::error::Error>> {
/// let mut mail = session.imap("primary").await?;
/// mail.stream.write_all(b"A1 SELECT INBOX\r\n").await?;
/// # Ok(()) }
/// ```
#[non_exhaustive]
pub struct MailConnection {
    /// The stream.
    pub stream: Stream,
    /// Bytes that were read beyond the login; they come before the next ones of the stream.
    pub remaining: Vec<u8>,
    /// What was agreed on.
    pub agreed: sasl_core::Session,
    session: Session,
    account: String,
    keeper: Keeper,
    generation: Generation,
}

impl MailConnection {
    pub(super) fn new(
        connection: Connection,
        session: Session,
        account: &str,
        keeper: Keeper,
    ) -> Self {
        Self {
            stream: connection.stream,
            remaining: connection.remaining,
            agreed: connection.session,
            session,
            account: account.into(),
            generation: keeper.generation(),
            keeper,
        }
    }

    /// Whose it is.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Which account it belongs to.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Which tokens it was made with.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether its session lives and its account has tokens: if not, close it. A connection that was made with
    /// older tokens may be used, and is worth replacing when nobody uses it.
    pub fn may_be_used(&self) -> bool {
        self.session.is_over().is_none() && self.keeper.generation().get() > 0
    }

    /// Whether it was made with the tokens that are in use now.
    pub fn is_current(&self) -> bool {
        self.keeper.generation() == self.generation
    }
}

impl fmt::Debug for MailConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailConnection")
            .field("session", &self.session)
            .field("account", &self.account)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
