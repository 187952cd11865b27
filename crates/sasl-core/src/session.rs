//! What an accepted login leaves behind.

use crate::{Capabilities, Mechanism};

/// An accepted login.
///
/// ```
/// use sasl_core::{Capabilities, Mechanism, Session};
///
/// let session = Session::new(Some(Mechanism::XOAuth2), Capabilities::default(), 1);
/// assert_eq!(session.round_trips(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    mechanism: Option<Mechanism>,
    capabilities: Capabilities,
    round_trips: u32,
}

impl Session {
    /// What was agreed on.
    pub fn new(mechanism: Option<Mechanism>, capabilities: Capabilities, round_trips: u32) -> Self {
        Self {
            mechanism,
            capabilities,
            round_trips,
        }
    }

    /// The mechanism that was used. `None`: none was, because the server said that the connection is
    /// logged in already and the caller had allowed that, or because the LOGIN command of IMAP was
    /// used.
    pub fn mechanism(&self) -> Option<Mechanism> {
        self.mechanism
    }

    /// What the server offers, as last heard. In IMAP this is the list for the logged-in state if
    /// the server sent one, else empty, and worth asking for. SMTP and ManageSieve send none after a
    /// login, so it is the one from before.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// How many writes had to wait for an answer after the connection was secure.
    pub fn round_trips(&self) -> u32 {
        self.round_trips
    }
}
