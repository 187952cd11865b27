//! Google.

use sasl_core::Mechanism;

use super::{
    Provider, RedirectKind, Rotation, Server, Service, UNKNOWN, Unattended, starttls, tls,
};
use crate::GrantKind;

/// One scope for all of mail; it is restricted, so that a program for the public is audited.
const SCOPE: &str = "https://mail.google.com/";

/// Endpoints and scope: Google's documents of 2026. Servers and domains: Thunderbird's database of
/// providers.
pub(super) static GMAIL: Provider = Provider {
    name: "gmail",
    title: "Gmail and Google Workspace",
    domains: &["gmail.com", "googlemail.com"],
    exchangers: &["google.com", "googlemail.com"],
    issuer: Some("https://accounts.google.com"),
    authorization: "https://accounts.google.com/o/oauth2/v2/auth",
    token: "https://oauth2.googleapis.com/token",
    // There is https://oauth2.googleapis.com/device/code, but it refuses the scope of mail
    // (dmarcguard #147).
    device: None,
    revocation: Some("https://oauth2.googleapis.com/revoke"),
    scopes: &[
        (Service::Imap, SCOPE),
        (Service::Pop, SCOPE),
        (Service::Submission, SCOPE),
    ],
    // A service account to which the Workspace gave its domain; `sub` is the mailbox.
    unattended: Some(Unattended {
        grant: GrantKind::JwtBearer,
        scope: SCOPE,
    }),
    servers: &SERVERS,
    mechanisms: &[Mechanism::OAuthBearer, Mechanism::XOAuth2],
    // Without the first there is no refresh token, and without the second only the first time.
    parameters: &[("access_type", "offline"), ("prompt", "consent")],
    redirects: &[
        RedirectKind::Loopback,
        RedirectKind::Https,
        RedirectKind::Scheme,
    ],
    wants_secret: true,
    rotation: Rotation::Never,
    notes: &[
        "while the consent screen is in the state Testing, each sign-in ends after seven days",
        "a sign-in ends after six months without use, and with a change of the password",
        "an administrator may let sign-ins end early (invalid_rapt)",
    ],
    ..UNKNOWN
};

static SERVERS: [Server; 4] = [
    tls(Service::Imap, "imap.gmail.com", 993),
    tls(Service::Pop, "pop.gmail.com", 995),
    tls(Service::Submission, "smtp.gmail.com", 465),
    starttls(Service::Submission, "smtp.gmail.com", 587),
];
