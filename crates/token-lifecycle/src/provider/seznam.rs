//! Seznam.cz.

use sasl_core::Mechanism;

use super::{Provider, RedirectKind, Server, Service, UNKNOWN, tls};

/// Thunderbird asks for all three, so that calendars need no second sign-in.
const SCOPE: &str = "identity calendar email";

/// Endpoints, scope and redirect URI (`http://127.0.0.1/seznam`): Thunderbird. Servers and domains:
/// the provider's help pages.
pub(super) static SEZNAM: Provider = Provider {
    name: "seznam",
    title: "Seznam.cz",
    domains: &["seznam.cz", "email.cz", "post.cz", "spoluzaci.cz"],
    authorization: "https://login.seznam.cz/api/v1/oauth/auth",
    token: "https://login.seznam.cz/api/v1/oauth/token",
    scopes: &[
        (Service::Imap, SCOPE),
        (Service::Pop, SCOPE),
        (Service::Submission, SCOPE),
    ],
    servers: &SERVERS,
    mechanisms: &[Mechanism::XOAuth2],
    redirects: &[RedirectKind::Loopback],
    ..UNKNOWN
};

static SERVERS: [Server; 3] = [
    tls(Service::Imap, "imap.seznam.cz", 993),
    tls(Service::Pop, "pop3.seznam.cz", 995),
    tls(Service::Submission, "smtp.seznam.cz", 465),
];
