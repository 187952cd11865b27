//! ManageSieve.

use core::time::Duration;

use mail_login_tokio::Server;

use super::AuthType;

/// How scripts are edited.
///
/// ```
/// use mail_session::settings::{CredentialSource, Filter};
///
/// let filter = Filter::default();
/// assert_eq!((filter.port, filter.credential_source), (4190, CredentialSource::Session));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Filter {
    /// How a login is made.
    pub mechanism: AuthType,
    /// By what name.
    pub credential_source: CredentialSource,
    /// The server; `None` if it is on the host of the user's IMAP server, with STARTTLS.
    pub server: Option<Server>,
    /// The port, where `server` is `None`.
    pub port: u16,
    /// The deadline of a whole login, where `server` is `None`.
    pub timeout: Duration,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            mechanism: AuthType::OAuth,
            credential_source: CredentialSource::Session,
            server: None,
            port: 4190,
            timeout: Duration::from_secs(20),
        }
    }
}

/// Which of a user's names the ManageSieve server knows.
///
/// ```
/// use mail_session::{User, settings::{CredentialSource, LoginSource}};
///
/// let user = User::new("alice").with_mail("alice@example.com");
/// assert_eq!(CredentialSource::Mail.of(&user, LoginSource::Login), "alice@example.com");
/// assert_eq!(CredentialSource::ImapLogin.of(&user, LoginSource::Login), "alice");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CredentialSource {
    /// The name by which the user signed in.
    #[default]
    Session,
    /// The same with the domain, if the user signed in with one.
    SessionFullLogin,
    /// The name by which the user logs in to IMAP.
    ImapLogin,
    /// The primary address.
    Mail,
}

impl CredentialSource {
    /// The name of this user.
    pub fn of(self, user: &crate::User, imap: super::LoginSource) -> &str {
        match self {
            Self::Session => user.name(),
            Self::SessionFullLogin => user.full_login(),
            Self::ImapLogin => imap.of(user),
            Self::Mail => user.mail(),
        }
    }

    /// The name as it is written in files of settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::SessionFullLogin => "session-full-login",
            Self::ImapLogin => "imapLogin",
            Self::Mail => "mail",
        }
    }
}
