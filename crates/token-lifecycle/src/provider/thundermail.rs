//! Thundermail: Keycloak before Stalwart.

use sasl_core::Mechanism;

use super::{Provider, RedirectKind, Server, Service, UNKNOWN, tls};

const SCOPE: &str = "openid profile email offline_access";

/// All of it: Thunderbird. A realm of Keycloak describes itself, so the description is newer.
pub(super) static THUNDERMAIL: Provider = Provider {
    name: "thundermail",
    title: "Thundermail",
    domains: &["thundermail.com", "tb.pro"],
    exchangers: &["mail.thundermail.com"],
    issuer: Some("https://auth.tb.pro/realms/tbpro"),
    authorization: "https://auth.tb.pro/realms/tbpro/protocol/openid-connect/auth",
    token: "https://auth.tb.pro/realms/tbpro/protocol/openid-connect/token",
    scopes: &[(Service::Imap, SCOPE), (Service::Submission, SCOPE)],
    servers: &SERVERS,
    mechanisms: &[Mechanism::OAuthBearer],
    redirects: &[RedirectKind::Loopback, RedirectKind::Scheme],
    ..UNKNOWN
};

static SERVERS: [Server; 2] = [
    tls(Service::Imap, "mail.thundermail.com", 993),
    tls(Service::Submission, "mail.thundermail.com", 465),
];
