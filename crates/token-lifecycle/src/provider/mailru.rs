//! Mail.ru.

use sasl_core::Mechanism;

use super::{Provider, RedirectKind, Server, Service, UNKNOWN, starttls, tls};

/// The scope for reading is also that for sending.
const SCOPE: &str = "userinfo mail.imap";

/// Endpoints: Thunderbird; servers and domains: its database of providers.
pub(super) static MAILRU: Provider = Provider {
    name: "mailru",
    title: "Mail.ru",
    domains: &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "corp.mail.ru"],
    authorization: "https://o2.mail.ru/login",
    token: "https://o2.mail.ru/token",
    scopes: &[(Service::Imap, SCOPE), (Service::Submission, SCOPE)],
    servers: &SERVERS,
    mechanisms: &[Mechanism::XOAuth2],
    redirects: &[RedirectKind::Https],
    wants_secret: true,
    ..UNKNOWN
};

static SERVERS: [Server; 4] = [
    tls(Service::Imap, "imap.mail.ru", 993),
    starttls(Service::Imap, "imap.mail.ru", 143),
    tls(Service::Submission, "smtp.mail.ru", 465),
    starttls(Service::Submission, "smtp.mail.ru", 587),
];
