//! Yandex.

use sasl_core::Mechanism;

use super::{Provider, RedirectKind, Server, Service, UNKNOWN, tls};

/// Endpoints and scopes: Thunderbird; servers and domains: its database of providers. That the
/// mechanism is not announced: documents of Yandex.
pub(super) static YANDEX: Provider = Provider {
    name: "yandex",
    title: "Yandex Mail",
    domains: &[
        "yandex.com",
        "yandex.ru",
        "yandex.net",
        "yandex.by",
        "yandex.kz",
        "yandex.ua",
        "ya.ru",
        "narod.ru",
    ],
    authorization: "https://oauth.yandex.com/authorize",
    token: "https://oauth.yandex.com/token",
    scopes: &[
        (Service::Imap, "mail:imap_full"),
        (Service::Submission, "mail:smtp"),
    ],
    servers: &SERVERS,
    mechanisms: &[Mechanism::XOAuth2],
    advertises: false,
    redirects: &[RedirectKind::Https],
    wants_secret: true,
    ..UNKNOWN
};

static SERVERS: [Server; 2] = [
    tls(Service::Imap, "imap.yandex.com", 993),
    tls(Service::Submission, "smtp.yandex.com", 465),
];
