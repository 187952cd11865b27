//! What pools of connections have to know.

use alloc::{string::String, sync::Arc};

use token_lifecycle::{Generation, SignIn};

use crate::{Ended, SessionKey};

/// Something has changed. Whoever keeps connections that are logged in looks at those of this session.
///
/// ```
/// use mail_session::Change;
///
/// fn recycle(change: &Change) -> bool {
///     match change {
///         // A connection that is logged in stays so; a server that asks again gets the new token.
///         Change::Renewed { .. } => false,
///         Change::AccountEnded { .. } | Change::Ended { .. } => true,
///     }
/// }
/// # let _ = recycle;
/// ```
#[derive(Clone, Debug)]
pub enum Change {
    /// An account has tokens of a new generation. Connections of the old one go on, unless a server ends them when
    /// the token expires by which they were made.
    Renewed {
        /// Whose.
        session: SessionKey,
        /// Which.
        account: String,
        /// The new one.
        generation: Generation,
    },
    /// An external account has no tokens any more; the session goes on.
    AccountEnded {
        /// Whose.
        session: SessionKey,
        /// Which.
        account: String,
        /// Why.
        sign_in: Arc<SignIn>,
    },
    /// The session has ended: close all its connections.
    Ended {
        /// Which.
        session: SessionKey,
        /// Why.
        ended: Arc<Ended>,
    },
}

/// A fact for logs and metrics. It holds no secret.
///
/// ```
/// use mail_session::{Fact, Sessions};
///
/// fn count(fact: &Fact<'_>) {
///     if let Fact::Login { protocol, result, .. } = fact {
///         println!("mail_logins_total{{protocol=\"{protocol}\",result=\"{result}\"}}");
///     }
/// }
/// # let _ = count;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fact<'a> {
    /// The keeper of tokens of an account has something to tell.
    Tokens {
        /// Whose.
        session: SessionKey,
        /// Which.
        account: &'a str,
        /// What.
        notice: &'a mail_login_tokens::Notice,
    },
    /// A mail server was logged in to, or not.
    Login {
        /// Whose.
        session: SessionKey,
        /// Which.
        account: &'a str,
        /// `imap`, `smtp` or `sieve`.
        protocol: &'static str,
        /// `accepted`, or why not, in kebab-case.
        result: &'static str,
    },
    /// A session began on this node, or was found by it.
    Opened {
        /// Which.
        session: SessionKey,
        /// Whether the user has signed in just now.
        new: bool,
    },
    /// A session has ended. This is told once on one of all nodes, by the one that wrote it down.
    Ended {
        /// Which.
        session: SessionKey,
        /// Why.
        ended: &'a Ended,
    },
    /// What is stored of a session does not work, or cannot be read; nothing of it was changed.
    Store {
        /// Which.
        session: SessionKey,
        /// What is wrong, for people.
        problem: &'a str,
    },
}
