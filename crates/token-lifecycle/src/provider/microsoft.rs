//! Microsoft: organisations and persons, in the cloud of all.

mod national;

pub(super) use national::{CHINA, US};

use sasl_core::Mechanism;

use super::{
    Provider, RedirectKind, Rotation, Server, Service, UNKNOWN, Unattended, starttls, tls,
};
use crate::GrantKind;

/// Endpoints and scopes: Microsoft's documents; servers and domains: Thunderbird's database of
/// providers. XOAUTH2 alone: oama #75.
const MICROSOFT: Provider = Provider {
    issuer: Some("https://login.microsoftonline.com/common/v2.0"),
    document_issuer: Some("https://login.microsoftonline.com/{tenantid}/v2.0"),
    authorization: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    device: Some("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode"),
    scopes: &[
        (
            Service::Imap,
            "https://outlook.office.com/IMAP.AccessAsUser.All",
        ),
        (
            Service::Pop,
            "https://outlook.office.com/POP.AccessAsUser.All",
        ),
        (Service::Submission, "https://outlook.office.com/SMTP.Send"),
    ],
    common_scope: "offline_access",
    mechanisms: &[Mechanism::XOAuth2],
    redirects: &[
        RedirectKind::Localhost,
        RedirectKind::Https,
        RedirectKind::Scheme,
    ],
    // The old one is good for a while.
    rotation: Rotation::Always,
    renames_scopes: true,
    // "Loop detected": it means too many requests, as MSAL reads it.
    throttle_prefix: Some("AADSTS50196"),
    ..UNKNOWN
};

pub(super) static MICROSOFT365: Provider = Provider {
    name: "microsoft365",
    title: "Microsoft 365",
    domains: &["office365.com", ".onmicrosoft.com"],
    exchangers: &["mail.protection.outlook.com"],
    // Needs a service principal in Exchange, and rights to the mailboxes.
    unattended: Some(Unattended {
        grant: GrantKind::ClientCredentials,
        scope: "https://outlook.office365.com/.default",
    }),
    servers: &ORGANISATIONS,
    notes: &[
        "a sign-in ends after some ninety days without use, or earlier by a policy of the organisation (AADSTS700082, AADSTS70043)",
        "a login for the wrong mailbox may succeed, and fail later as authenticated but not connected",
        "client secrets end after two years at most",
    ],
    ..MICROSOFT
};

/// The servers are the same as for organisations, but for sending.
pub(super) static OUTLOOK: Provider = Provider {
    name: "outlook",
    title: "Outlook.com, Hotmail and Live",
    domains: DOMAINS,
    exchangers: &["olc.protection.outlook.com"],
    servers: &PERSONS,
    notes: &["a sign-in ends after some ninety days without use"],
    ..MICROSOFT
};

static ORGANISATIONS: [Server; 3] = [
    tls(Service::Imap, "outlook.office365.com", 993),
    tls(Service::Pop, "outlook.office365.com", 995),
    starttls(Service::Submission, "smtp.office365.com", 587),
];

static PERSONS: [Server; 4] = [
    tls(Service::Imap, "outlook.office365.com", 993),
    tls(Service::Pop, "outlook.office365.com", 995),
    starttls(Service::Submission, "smtp-mail.outlook.com", 587),
    starttls(Service::Submission, "smtp.office365.com", 587),
];

#[rustfmt::skip]
static DOMAINS: &[&str] = &[
    "hotmail.com", "live.com", "msn.com", "outlook.com", "windowslive.com", "livemail.tw",
    "outlook.at", "outlook.be", "outlook.cl", "outlook.cz", "outlook.de", "outlook.dk", "outlook.es",
    "outlook.fr", "outlook.hu", "outlook.ie", "outlook.in", "outlook.it", "outlook.jp", "outlook.kr",
    "outlook.lv", "outlook.my", "outlook.ph", "outlook.pt", "outlook.sa", "outlook.sg", "outlook.sk",
    "outlook.co.id", "outlook.co.il", "outlook.co.th", "outlook.com.ar", "outlook.com.au",
    "outlook.com.br", "outlook.com.gr", "outlook.com.tr", "outlook.com.vn",
    "hotmail.be", "hotmail.ca", "hotmail.cl", "hotmail.cz", "hotmail.de", "hotmail.dk", "hotmail.es",
    "hotmail.fi", "hotmail.fr", "hotmail.gr", "hotmail.hu", "hotmail.it", "hotmail.lt", "hotmail.lv",
    "hotmail.my", "hotmail.nl", "hotmail.no", "hotmail.ph", "hotmail.rs", "hotmail.se", "hotmail.sg",
    "hotmail.sk", "hotmail.co.id", "hotmail.co.il", "hotmail.co.in", "hotmail.co.jp", "hotmail.co.kr",
    "hotmail.co.th", "hotmail.co.uk", "hotmail.co.za", "hotmail.com.ar", "hotmail.com.au",
    "hotmail.com.br", "hotmail.com.hk", "hotmail.com.tr", "hotmail.com.tw", "hotmail.com.vn",
    "live.at", "live.be", "live.ca", "live.cl", "live.cn", "live.de", "live.dk", "live.fi", "live.fr",
    "live.hk", "live.ie", "live.in", "live.it", "live.jp", "live.nl", "live.no", "live.ru", "live.se",
    "live.co.jp", "live.co.kr", "live.co.uk", "live.co.za", "live.com.ar", "live.com.au",
    "live.com.mx", "live.com.my", "live.com.ph", "live.com.pt", "live.com.sg",
];
