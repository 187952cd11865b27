//! Mailboxes.

use mail_login_tls::Server;

use super::{AuthType, LoginSource};

/// How mailboxes of one kind are read and how mail is sent from them.
///
/// ```
/// use mail_login_tls::Server;
/// use mail_session::settings::{AuthType, Mail};
///
/// let mut mail = Mail::default();
/// mail.transport = AuthType::XOAuth2;
/// mail.imap = Some(Server::implicit_tls("imap.example.com", 993));
/// assert_eq!(mail.access, AuthType::OAuth);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Mail {
    /// How mail is read.
    pub access: AuthType,
    /// How mail is sent.
    pub transport: AuthType,
    /// By what name.
    pub login_source: LoginSource,
    /// The IMAP server; `None` if each account names its own.
    pub imap: Option<Server>,
    /// The submission server; `None` if each account names its own.
    pub smtp: Option<Server>,
}
