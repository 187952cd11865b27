//! Comcast.

use sasl_core::Mechanism;

use super::{Provider, RedirectKind, Server, Service, UNKNOWN, starttls, tls};

const SCOPE: &str = "https://email.comcast.net/ profile openid";

/// Endpoints and scope: Thunderbird; servers: its database of providers.
pub(super) static COMCAST: Provider = Provider {
    name: "comcast",
    title: "Comcast",
    domains: &["comcast.net"],
    exchangers: &["comcast.net"],
    authorization: "https://oauth.xfinity.com/oauth/authorize",
    token: "https://oauth.xfinity.com/oauth/token",
    scopes: &[
        (Service::Imap, SCOPE),
        (Service::Pop, SCOPE),
        (Service::Submission, SCOPE),
    ],
    servers: &SERVERS,
    mechanisms: &[Mechanism::XOAuth2],
    redirects: &[RedirectKind::Localhost],
    wants_secret: true,
    ..UNKNOWN
};

static SERVERS: [Server; 5] = [
    tls(Service::Imap, "imap.comcast.net", 993),
    starttls(Service::Imap, "imap.comcast.net", 143),
    tls(Service::Pop, "pop.comcast.net", 995),
    tls(Service::Submission, "smtp.comcast.net", 465),
    starttls(Service::Submission, "smtp.comcast.net", 587),
];
