//! Clouds that Microsoft keeps apart by law: nothing of one works in another.
//!
//! Authorization servers: Microsoft's "Microsoft Entra authentication and national clouds"; mail servers
//! and scopes: `--cloud` of sasl-xoauth2, email-oauth2-proxy #255 and #351, davmail #341.

use super::MICROSOFT;
use crate::{
    GrantKind,
    provider::{Provider, Server, Service, Unattended, starttls, tls},
};

/// GCC High. What is called GCC alone is in the cloud of all.
pub(in crate::provider) static US: Provider = Provider {
    name: "microsoft365-us",
    title: "Microsoft 365 for the US government",
    domains: &[".onmicrosoft.us"],
    exchangers: &["mail.protection.office365.us"],
    issuer: Some("https://login.microsoftonline.us/common/v2.0"),
    document_issuer: Some("https://login.microsoftonline.us/{tenantid}/v2.0"),
    authorization: "https://login.microsoftonline.us/{tenant}/oauth2/v2.0/authorize",
    token: "https://login.microsoftonline.us/{tenant}/oauth2/v2.0/token",
    device: Some("https://login.microsoftonline.us/{tenant}/oauth2/v2.0/devicecode"),
    scopes: &[
        (
            Service::Imap,
            "https://outlook.office365.us/IMAP.AccessAsUser.All",
        ),
        (
            Service::Pop,
            "https://outlook.office365.us/POP.AccessAsUser.All",
        ),
        (
            Service::Submission,
            "https://outlook.office365.us/SMTP.Send",
        ),
    ],
    unattended: Some(Unattended {
        grant: GrantKind::ClientCredentials,
        scope: "https://outlook.office365.us/.default",
    }),
    servers: &US_SERVERS,
    notes: &[
        "programs are registered at portal.azure.us, apart from those of other clouds",
        "this is GCC High: the Department of Defense has mail servers of its own",
    ],
    ..MICROSOFT
};

/// Operated by 21Vianet.
pub(in crate::provider) static CHINA: Provider = Provider {
    name: "microsoft365-cn",
    title: "Microsoft 365 in China",
    domains: &[".partner.onmschina.cn"],
    exchangers: &["mail.protection.partner.outlook.cn"],
    issuer: Some("https://login.partner.microsoftonline.cn/common/v2.0"),
    document_issuer: Some("https://login.partner.microsoftonline.cn/{tenantid}/v2.0"),
    authorization: "https://login.partner.microsoftonline.cn/{tenant}/oauth2/v2.0/authorize",
    token: "https://login.partner.microsoftonline.cn/{tenant}/oauth2/v2.0/token",
    device: Some("https://login.partner.microsoftonline.cn/{tenant}/oauth2/v2.0/devicecode"),
    scopes: &[
        (
            Service::Imap,
            "https://partner.outlook.cn/IMAP.AccessAsUser.All",
        ),
        (
            Service::Pop,
            "https://partner.outlook.cn/POP.AccessAsUser.All",
        ),
        (Service::Submission, "https://partner.outlook.cn/SMTP.Send"),
    ],
    unattended: Some(Unattended {
        grant: GrantKind::ClientCredentials,
        scope: "https://partner.outlook.cn/.default",
    }),
    servers: &CHINA_SERVERS,
    notes: &["programs are registered at portal.azure.cn, apart from those of other clouds"],
    ..MICROSOFT
};

static US_SERVERS: [Server; 3] = [
    tls(Service::Imap, "outlook.office365.us", 993),
    tls(Service::Pop, "outlook.office365.us", 995),
    starttls(Service::Submission, "smtp.office365.us", 587),
];

static CHINA_SERVERS: [Server; 3] = [
    tls(Service::Imap, "partner.outlook.cn", 993),
    tls(Service::Pop, "partner.outlook.cn", 995),
    starttls(Service::Submission, "smtp.partner.outlook.cn", 587),
];
