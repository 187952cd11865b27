//! Yahoo and AOL, which are one house.

use sasl_core::Mechanism;

use super::{Provider, RedirectKind, Server, Service, UNKNOWN, starttls, tls};

/// `mail-w` reads and sends.
const SCOPES: &[(Service, &str)] = &[
    (Service::Imap, "mail-w"),
    (Service::Pop, "mail-w"),
    (Service::Submission, "mail-w"),
];

/// What is alike. New clients do not get the scope of mail any more (documents of
/// email-oauth2-proxy); the redirect URI is `https` or of a scheme (Thunderbird).
const COMMON: Provider = Provider {
    scopes: SCOPES,
    mechanisms: &[Mechanism::OAuthBearer, Mechanism::XOAuth2],
    redirects: &[RedirectKind::Https, RedirectKind::Scheme],
    notes: &["new programs are not given access to mail: ask the provider first"],
    ..UNKNOWN
};

/// All of it: Thunderbird's database of providers.
pub(super) static YAHOO: Provider = Provider {
    name: "yahoo",
    title: "Yahoo Mail",
    domains: &[
        "yahoo.com",
        "yahoo.de",
        "yahoo.it",
        "yahoo.fr",
        "yahoo.es",
        "yahoo.se",
        "yahoo.co.in",
        "yahoo.co.uk",
        "yahoo.co.nz",
        "yahoo.com.au",
        "yahoo.com.ar",
        "yahoo.com.br",
        "yahoo.com.mx",
        "ymail.com",
        "myyahoo.com",
        "rocketmail.com",
    ],
    exchangers: &["yahoodns.net"],
    authorization: "https://api.login.yahoo.com/oauth2/request_auth",
    token: "https://api.login.yahoo.com/oauth2/get_token",
    servers: &YAHOO_SERVERS,
    ..COMMON
};

/// All of it: Thunderbird's database of providers.
pub(super) static AOL: Provider = Provider {
    name: "aol",
    title: "AOL Mail",
    domains: &[
        "aol.com",
        "aim.com",
        "netscape.net",
        "netscape.com",
        "compuserve.com",
        "cs.com",
        "wmconnect.com",
        "aol.de",
        "aol.it",
        "aol.fr",
        "aol.es",
        "aol.se",
        "aol.co.uk",
        "aol.co.nz",
        "aol.com.au",
        "aol.com.ar",
        "aol.com.br",
        "aol.com.mx",
    ],
    exchangers: &["mail.gm0.yahoodns.net"],
    authorization: "https://api.login.aol.com/oauth2/request_auth",
    token: "https://api.login.aol.com/oauth2/get_token",
    servers: &AOL_SERVERS,
    ..COMMON
};

static YAHOO_SERVERS: [Server; 4] = [
    tls(Service::Imap, "imap.mail.yahoo.com", 993),
    tls(Service::Pop, "pop.mail.yahoo.com", 995),
    tls(Service::Submission, "smtp.mail.yahoo.com", 465),
    starttls(Service::Submission, "smtp.mail.yahoo.com", 587),
];

static AOL_SERVERS: [Server; 3] = [
    tls(Service::Imap, "imap.aol.com", 993),
    tls(Service::Pop, "pop.aol.com", 995),
    tls(Service::Submission, "smtp.aol.com", 465),
];
