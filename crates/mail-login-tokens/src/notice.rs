//! What the keeper of a grant tells.

use alloc::string::String;

use token_lifecycle::{AccessToken, Event, Generation, Lifecycle, Record, SignIn, UnixTime};

/// What the keeper of a grant tells whoever watches it. None of it holds a secret.
///
/// ```
/// use mail_login_tokens::Notice;
/// use token_lifecycle::{Event, Generation};
///
/// let notice = Notice::Event(Event::Adopted { generation: Generation::from(7) });
/// assert!(!matches!(notice, Notice::SignIn(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A fact.
    Event(Event),
    /// What network or store say of a failure.
    Problem(String),
    /// The user has to sign in: end what depends on these tokens. It is said once for each
    /// generation. Where a scope is missing
    /// ([`ConsentMissing`](token_lifecycle::SignInReason::ConsentMissing)) nothing ends, for servers that
    /// want less take them.
    SignIn(SignIn),
}

/// What is known of a grant, for programs that show it.
///
/// ```
/// use mail_login_tokens::Status;
/// use token_lifecycle::{Audience, Lifecycle, Options};
///
/// let status = Status::of(&Lifecycle::new(Options::new("me", Audience::new("mail"))));
/// assert!(!status.is_signed_in);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Which tokens are in use; `None` if there are none, or none were read yet.
    pub generation: Option<Generation>,
    /// Whether new tokens can be had without the user, as far as is known.
    pub is_signed_in: bool,
    /// Until when the access token for the first audience is good, where that is known.
    pub expires_at: Option<UnixTime>,
    /// Until when the user is signed in, where the server said so.
    pub grant_expires_at: Option<UnixTime>,
    /// Whether tokens are in use that could not be saved: who ends now loses them.
    pub is_unsaved: bool,
    /// What network or store said last, since it last worked.
    pub problem: Option<String>,
}

impl Status {
    /// What a lifecycle knows.
    pub fn of(lifecycle: &Lifecycle) -> Self {
        let record = lifecycle.record();
        let first = record.and_then(|record| record.access().first());
        Self {
            generation: record.map(Record::generation),
            is_signed_in: record.is_some_and(|record| record.can_refresh() && !record.is_ended()),
            expires_at: first.and_then(AccessToken::expires_at),
            grant_expires_at: record.and_then(Record::grant_expires_at),
            is_unsaved: lifecycle.is_unsaved(),
            problem: None,
        }
    }
}
