//! What a client shows.

use crate::{Credentials, Endpoint, Kind, Mechanism};

/// Credentials that a client presented, read by the strict grammar of their mechanism. Nothing of it
/// was checked: that is what [`Verdict`](crate::Verdict) is for.
///
/// ```
/// use sasl_core::{Kind, Mechanism, parse_message};
///
/// let message = b"n,a=user@example.com,\x01auth=Bearer mF_9.B5f-4.1JqM\x01\x01";
/// let presented = parse_message(Mechanism::OAuthBearer, message)?.unwrap();
/// assert_eq!(presented.credentials().kind(), Kind::Token);
/// assert_eq!(presented.user(), "user@example.com");
/// // `Secret` compares in constant time.
/// assert!(presented.credentials().secret() == &"mF_9.B5f-4.1JqM".into());
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, Debug)]
pub struct Presented {
    pub(super) credentials: Credentials,
    pub(super) mechanism: Option<Mechanism>,
    pub(super) authorization: Option<alloc::string::String>,
    pub(super) endpoint: Option<Endpoint>,
}

impl Presented {
    /// The arguments of the LOGIN command of IMAP.
    pub fn login_command(credentials: Credentials) -> Self {
        Self {
            credentials,
            mechanism: None,
            authorization: None,
            endpoint: None,
        }
    }

    /// The token with the user it is shown for, or user and password, or the user of a certificate.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The mechanism. `None`: the LOGIN command of IMAP.
    pub fn mechanism(&self) -> Option<Mechanism> {
        self.mechanism
    }

    /// Whom the client wants to act as. Empty: the owner of the credentials, whoever that is.
    pub fn user(&self) -> &str {
        self.authorization
            .as_deref()
            .unwrap_or_else(|| self.credentials.user())
    }

    /// Whom the client asked for in so many words: the name beside a password only says whose it is.
    pub(super) fn acts_as(&self) -> &str {
        let named = match self.credentials.kind() {
            Kind::Certificate | Kind::Token => self.credentials.user(),
            Kind::Password => "",
        };
        self.authorization.as_deref().unwrap_or(named)
    }

    /// The host and port that the client meant to reach, as OAUTHBEARER tells.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref()
    }
}
