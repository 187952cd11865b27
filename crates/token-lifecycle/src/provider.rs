//! Known providers, as data.

mod comcast;
mod endpoints;
mod fastmail;
mod google;
mod mailru;
mod microsoft;
mod seznam;
mod thundermail;
mod yahoo;
mod yandex;

use alloc::{string::String, vec::Vec};

use sasl_core::Mechanism;

pub use endpoints::Endpoints;

use crate::{GrantKind, Quirks};

/// What is known of a provider of mail that takes OAuth tokens: where its servers are, what to ask
/// for, and what it does otherwise than others. Facts without guarantee, each with its source in the
/// code; what a provider says of itself by [`Metadata`](crate::Metadata) is newer.
///
/// There are no client identifiers here: whoever writes a program registers it with the provider.
///
/// ```
/// use token_lifecycle::{Provider, Service};
///
/// let gmail = Provider::for_address("user@gmail.com").unwrap();
/// assert_eq!(gmail.name, "gmail");
/// assert_eq!(gmail.scope(&[Service::Imap, Service::Submission]).as_deref(), Some("https://mail.google.com/"));
/// let imap = gmail.servers(Service::Imap).next().unwrap();
/// assert_eq!((imap.host, imap.port), ("imap.gmail.com", 993));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Provider {
    /// The name for programs.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// Domains of its addresses; one with a dot in front stands for all below it.
    pub domains: &'static [&'static str],
    /// Ends of the names of its mail exchangers, by which domains of others that it hosts are known.
    pub exchangers: &'static [&'static str],
    /// Who it says it is, where it describes itself or names itself in the browser.
    pub issuer: Option<&'static str>,
    /// What its description says as issuer, where that is something else.
    pub document_issuer: Option<&'static str>,
    /// Where the user's browser goes. `{tenant}` stands for the tenant.
    pub authorization: &'static str,
    /// Where tokens come from.
    pub token: &'static str,
    /// Where a sign-in on another device starts; `None` also where that is possible, but not for mail.
    pub device: Option<&'static str>,
    /// Where tokens are taken back.
    pub revocation: Option<&'static str>,
    /// What to ask for, by service.
    pub scopes: &'static [(Service, &'static str)],
    /// What to ask for in any case.
    pub common_scope: &'static str,
    /// How a service without a user gets tokens.
    pub unattended: Option<Unattended>,
    /// Its mail servers, for each service the better one first.
    pub servers: &'static [Server],
    /// The mechanisms that it takes tokens by, the better one first.
    pub mechanisms: &'static [Mechanism],
    /// Whether its servers name these mechanisms. Where not, they are used all the same.
    pub advertises: bool,
    /// Parameters that the authorization request needs.
    pub parameters: &'static [(&'static str, &'static str)],
    /// The redirect URIs that can be registered for a program on people's machines.
    pub redirects: &'static [RedirectKind],
    /// Whether also a program on people's machines gets a client secret, and must send it.
    pub wants_secret: bool,
    /// What becomes of a refresh token that is used.
    pub rotation: Rotation,
    /// Whether it names granted scopes otherwise than they were asked for.
    pub renames_scopes: bool,
    /// See [`Quirks::invalid_grant_throttle_prefix`].
    pub throttle_prefix: Option<&'static str>,
    /// What the operator or the user should know.
    pub notes: &'static [&'static str],
}

/// What a token is used for.
///
/// ```
/// use token_lifecycle::{Provider, Service};
/// // Only operators of their own servers have OAuth for Sieve scripts.
/// assert!(Provider::all().all(|provider| provider.servers(Service::ManageSieve).next().is_none()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Reading mail.
    Imap,
    /// Scripts that sort mail.
    ManageSieve,
    /// Fetching mail.
    Pop,
    /// Sending mail.
    Submission,
}

/// A mail server.
///
/// ```
/// use token_lifecycle::{Provider, Service};
/// let server = Provider::named("outlook").unwrap().servers(Service::Submission).next().unwrap();
/// assert_eq!((server.port, server.implicit_tls), (587, false));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// What it is for.
    pub service: Service,
    /// Its name, by which its certificate is checked.
    pub host: &'static str,
    /// Its port.
    pub port: u16,
    /// Whether TLS comes first; if not, it comes by STARTTLS.
    pub implicit_tls: bool,
}

/// Where the browser may come back to.
///
/// ```
/// use token_lifecycle::{Provider, RedirectKind};
/// assert!(Provider::named("gmail").unwrap().redirects.contains(&RedirectKind::Loopback));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedirectKind {
    /// `https://…`, of a web server.
    Https,
    /// `http://127.0.0.1:…`, the port free.
    Loopback,
    /// `http://localhost:…`, the port free.
    Localhost,
    /// `com.example.app:/…`.
    Scheme,
}

/// What becomes of a refresh token that is used.
///
/// ```
/// use token_lifecycle::{Provider, Rotation};
/// assert_eq!(Provider::named("gmail").unwrap().rotation, Rotation::Never);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rotation {
    /// A new one comes with each answer, and the old one ends, at once or later.
    Always,
    /// It stays.
    Never,
    /// Nobody wrote it down; to be treated as [`Always`](Self::Always).
    Unknown,
}

/// How a service without a user gets tokens for mailboxes.
///
/// ```
/// use token_lifecycle::{GrantKind, Provider};
/// let unattended = Provider::named("gmail").unwrap().unattended.unwrap();
/// assert_eq!(unattended.grant, GrantKind::JwtBearer);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unattended {
    /// By this grant.
    pub grant: GrantKind,
    /// Asking for this.
    pub scope: &'static str,
}

/// AOL stands before Yahoo, whose exchangers have names above those of AOL.
static ALL: [&Provider; 13] = [
    &yahoo::AOL,
    &comcast::COMCAST,
    &fastmail::FASTMAIL,
    &google::GMAIL,
    &mailru::MAILRU,
    &microsoft::MICROSOFT365,
    &microsoft::CHINA,
    &microsoft::US,
    &microsoft::OUTLOOK,
    &seznam::SEZNAM,
    &thundermail::THUNDERMAIL,
    &yahoo::YAHOO,
    &yandex::YANDEX,
];

impl Provider {
    /// Every provider.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.into_iter()
    }

    /// The provider of this name, in any case.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|provider| provider.name.eq_ignore_ascii_case(name))
    }

    /// The provider of a mail address.
    pub fn for_address(address: &str) -> Option<&'static Self> {
        let (_, domain) = address.rsplit_once('@')?;
        Self::for_domain(domain)
    }

    /// The provider whose own domain this is.
    pub fn for_domain(domain: &str) -> Option<&'static Self> {
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        let is_own = |own: &&str| match own.strip_prefix('.') {
            Some(parent) => is_below(domain, parent),
            None => own.eq_ignore_ascii_case(domain),
        };
        Self::all().find(|provider| provider.domains.iter().any(is_own))
    }

    /// The provider that hosts a domain of somebody else, by the name of the domain's mail exchanger.
    /// That name comes from DNS, where it can be forged: ask the user before he is sent anywhere.
    pub fn for_exchanger(host: &str) -> Option<&'static Self> {
        let host = host.strip_suffix('.').unwrap_or(host);
        Self::all().find(|provider| {
            provider
                .exchangers
                .iter()
                .any(|parent| is_below(host, parent))
        })
    }

    /// What to ask for to use these services, once each; `None` if one of them cannot be used with a
    /// token.
    pub fn scope(&self, services: &[Service]) -> Option<String> {
        let mut names = Vec::new();
        let mut add = |scope: &'static str| {
            for name in scope.split(' ').filter(|name| !name.is_empty()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        };
        for service in services {
            let (_, scope) = self.scopes.iter().find(|(other, _)| other == service)?;
            add(scope);
        }
        add(self.common_scope);
        Some(names.join(" "))
    }

    /// Its servers for a service, the better one first.
    pub fn servers(&self, service: Service) -> impl Iterator<Item = &'static Server> {
        self.servers
            .iter()
            .filter(move |server| server.service == service)
    }

    /// How its answers differ from others.
    pub fn quirks(&self) -> Quirks {
        Quirks {
            never_rotates: self.rotation == Rotation::Never,
            renames_scopes: self.renames_scopes,
            invalid_grant_throttle_prefix: self.throttle_prefix,
            ..Quirks::default()
        }
    }
}

/// Whether a name is below another, or the same.
fn is_below(name: &str, parent: &str) -> bool {
    let Some(start) = name.len().checked_sub(parent.len()) else {
        return false;
    };
    let ends = name
        .get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(parent));
    ends && (start == 0 || name.get(..start).is_some_and(|front| front.ends_with('.')))
}

/// A server with TLS from the first octet on.
const fn tls(service: Service, host: &'static str, port: u16) -> Server {
    Server {
        service,
        host,
        port,
        implicit_tls: true,
    }
}

/// A server with STARTTLS.
const fn starttls(service: Service, host: &'static str, port: u16) -> Server {
    Server {
        service,
        host,
        port,
        implicit_tls: false,
    }
}

/// A provider of which nothing is known.
const UNKNOWN: Provider = Provider {
    name: "",
    title: "",
    domains: &[],
    exchangers: &[],
    issuer: None,
    document_issuer: None,
    authorization: "",
    token: "",
    device: None,
    revocation: None,
    scopes: &[],
    common_scope: "",
    unattended: None,
    servers: &[],
    mechanisms: &[],
    advertises: true,
    parameters: &[],
    redirects: &[],
    wants_secret: false,
    rotation: Rotation::Unknown,
    renames_scopes: false,
    throttle_prefix: None,
    notes: &[],
};

#[cfg(test)]
mod tests;
