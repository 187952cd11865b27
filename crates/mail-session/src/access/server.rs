//! Which server, by what name, in which way.

use mail_login_tokio::{Address, Server};

use crate::{
    Account, AccountKind, User,
    sessions::Shared,
    settings::{AuthType, Mail},
};

/// What a mail server does for an account.
///
/// ```
/// assert_eq!(mail_session::Service::Sieve.name(), "sieve");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Reading mail.
    Imap,
    /// Sending mail.
    Smtp,
    /// Editing scripts.
    Sieve,
}

impl Service {
    /// The name of the protocol, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
            Self::Sieve => "sieve",
        }
    }
}

impl Shared {
    fn mail(&self, account: &Account) -> Option<&Mail> {
        match account.kind() {
            AccountKind::Primary => Some(&self.settings.primary),
            AccountKind::Secondary => Some(&self.settings.secondary),
            AccountKind::External => None,
        }
    }

    /// How the account is logged in to.
    pub(crate) fn auth(&self, account: &Account, service: Service) -> AuthType {
        let mail = self.mail(account);
        match service {
            Service::Imap => account.access().or_else(|| mail.map(|mail| mail.access)),
            Service::Smtp => account
                .transport()
                .or_else(|| mail.map(|mail| mail.transport)),
            Service::Sieve => mail.map(|_| self.settings.filter.mechanism),
        }
        .unwrap_or_default()
    }

    /// By what name.
    pub(crate) fn user<'a>(
        &self,
        user: &'a User,
        account: &'a Account,
        service: Service,
    ) -> &'a str {
        if let Some(login) = account.login() {
            return login;
        }
        let source = self.mail(account).map(|mail| mail.login_source);
        let source = source.unwrap_or_default();
        match service {
            Service::Imap | Service::Smtp => source.of(user),
            Service::Sieve => self.settings.filter.credential_source.of(user, source),
        }
    }

    /// Where.
    pub(crate) fn server(
        &self,
        user: &User,
        account: &Account,
        service: Service,
    ) -> Option<Server> {
        let named = self.servers.as_ref();
        if let Some(server) = named.and_then(|named| named(user, account, service)) {
            return Some(server);
        }
        let mail = self.mail(account)?;
        match service {
            Service::Imap => mail.imap.clone(),
            Service::Smtp => mail.smtp.clone(),
            Service::Sieve => match &self.settings.filter.server {
                Some(server) => Some(server.clone()),
                None => self.beside(&self.server(user, account, Service::Imap)?),
            },
        }
    }

    /// The ManageSieve server on the host of the IMAP server.
    fn beside(&self, imap: &Server) -> Option<Server> {
        match imap.address() {
            Address::Tcp { host, .. } => {
                let filter = &self.settings.filter;
                Some(Server::starttls(host, filter.port).timeout(filter.timeout))
            }
            Address::Unix(_) => None,
            // A newer library may know more.
            _ => None,
        }
    }
}
