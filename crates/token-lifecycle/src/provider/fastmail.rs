//! Fastmail.

use sasl_core::Mechanism;

use super::{Provider, RedirectKind, Server, Service, UNKNOWN, tls};

/// Endpoints, scopes and issuer: Thunderbird, and the provider's own description, which it has by
/// RFC 8414. Servers: Thunderbird's database of providers. The address of its token endpoint does
/// end in `refresh`. PKCE is a must.
pub(super) static FASTMAIL: Provider = Provider {
    name: "fastmail",
    title: "Fastmail",
    domains: &["fastmail.com", "fastmail.fm"],
    exchangers: &["messagingengine.com"],
    issuer: Some("https://api.fastmail.com"),
    authorization: "https://api.fastmail.com/oauth/authorize",
    token: "https://api.fastmail.com/oauth/refresh",
    scopes: &[
        (Service::Imap, "https://www.fastmail.com/dev/protocol-imap"),
        (Service::Pop, "https://www.fastmail.com/dev/protocol-pop"),
        (
            Service::Submission,
            "https://www.fastmail.com/dev/protocol-smtp",
        ),
    ],
    servers: &SERVERS,
    mechanisms: &[Mechanism::OAuthBearer, Mechanism::XOAuth2],
    // What registers itself by RFC 7591 gets no other (ortie).
    redirects: &[RedirectKind::Scheme],
    notes: &[
        "scopes that begin with urn: need a resource as well, or are refused as invalid_target",
    ],
    ..UNKNOWN
};

static SERVERS: [Server; 3] = [
    tls(Service::Imap, "imap.fastmail.com", 993),
    tls(Service::Pop, "pop.fastmail.com", 995),
    tls(Service::Submission, "smtp.fastmail.com", 465),
];
