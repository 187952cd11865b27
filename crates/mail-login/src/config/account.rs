//! One account, as it is in the file.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, de::IgnoredAny};
use token_lifecycle::{Audience, GrantKind, Issuer, Provider, Redirect, Service, Url};

use crate::cli::{Protocol, TlsMode};

/// What the file says of an account. Secrets are never in there: it is a file that people show, and
/// keep in public repositories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) user: String,
    pub(crate) provider: Option<String>,
    /// Microsoft: whose directory it is.
    pub(crate) tenant: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) device_authorization_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_secret_file: Option<PathBuf>,
    pub(crate) client_secret_command: Option<Vec<String>>,
    pub(crate) client_authentication: Option<Authentication>,
    pub(crate) scope: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    #[serde(default)]
    pub(crate) grant: Grant,
    #[serde(default)]
    store: String,
    pub(crate) ca: Option<PathBuf>,
    #[serde(default)]
    pub(crate) allow_http_loopback: bool,
    pub(crate) imap: Option<Place>,
    pub(crate) smtp: Option<Place>,
    pub(crate) sieve: Option<Place>,
    // What must not be there gets an answer of its own.
    client_secret: Option<IgnoredAny>,
    password: Option<IgnoredAny>,
    access_token: Option<IgnoredAny>,
    refresh_token: Option<IgnoredAny>,
}

/// A mail server.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) tls: Option<TlsMode>,
    pub(crate) server_name: Option<String>,
}

/// How the client shows who it is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Authentication {
    /// It has no secret
    None,
    /// In the header
    ClientSecretBasic,
    /// In the body
    ClientSecretPost,
}

/// How new tokens come.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Grant {
    /// By the refresh token of a user who signed in
    #[default]
    RefreshToken,
    /// By the client's own secret, without a user
    ClientCredentials,
}

impl Grant {
    /// The same in the words of the library.
    pub(crate) fn kind(self) -> GrantKind {
        match self {
            Self::RefreshToken => GrantKind::RefreshToken,
            Self::ClientCredentials => GrantKind::ClientCredentials,
        }
    }
}

/// Where the endpoints come from.
#[derive(Debug)]
pub(crate) enum Source {
    Provider(&'static Provider),
    Issuer(Issuer),
    Endpoints,
}

/// Where the tokens are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    File,
    Keyring,
    Redis(String),
}

impl Account {
    /// Looks for contradictions.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        check_name(name)?;
        let secrets = [
            ("client_secret", &self.client_secret),
            ("password", &self.password),
            ("access_token", &self.access_token),
            ("refresh_token", &self.refresh_token),
        ];
        if let Some((key, _)) = secrets.iter().find(|(_, value)| value.is_some()) {
            return Err(format!(
                "{key} must not be in this file: put a client secret into a file of its own and name it with client_secret_file, or use client_secret_command; tokens come by `mail-login sign-in`"
            ));
        }
        self.source()?;
        self.store()?;
        self.check_client()?;
        self.check_places()?;
        if self.user.is_empty() || self.user.chars().any(char::is_control) {
            return Err("user is empty, or has a control character".into());
        }
        if let Some(uri) = &self.redirect_uri {
            Redirect::new(uri).map_err(|error| format!("redirect_uri: {error}"))?;
        }
        Ok(())
    }

    /// Where the endpoints come from: exactly one of the three.
    pub(crate) fn source(&self) -> Result<Source, String> {
        let others = [
            ("authorization_endpoint", &self.authorization_endpoint),
            (
                "device_authorization_endpoint",
                &self.device_authorization_endpoint,
            ),
            ("revocation_endpoint", &self.revocation_endpoint),
        ];
        let endpoint = others.iter().find(|(_, value)| value.is_some());
        if self.tenant.is_some() && self.provider.is_none() {
            return Err("tenant belongs to a provider: name the provider, or leave it out".into());
        }
        match (&self.provider, &self.issuer, &self.token_endpoint) {
            (Some(_), Some(_), _) => Err("provider and issuer exclude each other".into()),
            (Some(_), _, Some(_)) => Err("provider and token_endpoint exclude each other".into()),
            (_, Some(_), Some(_)) => Err("issuer and token_endpoint exclude each other".into()),
            (None, None, None) => match endpoint {
                Some((key, _)) => Err(format!("{key} needs token_endpoint beside it")),
                None => Err("nothing says where tokens come from: set provider, issuer, or token_endpoint and the other endpoints".into()),
            },
            (Some(_), None, None) | (None, Some(_), None) if endpoint.is_some() => {
                let key = endpoint.map_or("", |(key, _)| key);
                Err(format!("{key} goes with token_endpoint alone: provider and issuer know it"))
            }
            (Some(name), None, None) => Provider::named(name).map(Source::Provider).ok_or_else(|| {
                let names: Vec<_> = Provider::all().map(|provider| provider.name).collect();
                format!("no provider {name} is known: use one of {}, or issuer", names.join(", "))
            }),
            (None, Some(issuer), None) => if self.allow_http_loopback {
                Issuer::dangerous_loopback(issuer)
            } else {
                Issuer::new(issuer)
            }
            .map(Source::Issuer)
            .map_err(|error| format!("issuer: {error}")),
            (None, None, Some(_)) => Ok(Source::Endpoints),
        }
    }

    /// An address for secrets, with `http` where the account allows it.
    pub(crate) fn url(&self, key: &str, url: &str) -> Result<Url, String> {
        let url = if self.allow_http_loopback {
            Url::dangerous_loopback(url)
        } else {
            Url::new(url)
        };
        url.map_err(|error| format!("{key}: {error}"))
    }

    pub(crate) fn store(&self) -> Result<Store, String> {
        match self.store.as_str() {
            "" | "file" => Ok(Store::File),
            "keyring" => Ok(Store::Keyring),
            url if ["redis://", "rediss://", "redis+unix://"]
                .iter()
                .any(|scheme| url.starts_with(scheme)) =>
            {
                Ok(Store::Redis(url.into()))
            }
            // Not shown: it may be an address with a password.
            _ => Err("store is none of file, keyring, redis://… and rediss://…".into()),
        }
    }

    /// What tokens are for that come in this way.
    pub(crate) fn audience_by(&self, way: Grant) -> Audience {
        let audience = Audience::new(self.scope_by(way).as_str());
        match &self.resource {
            Some(resource) => audience.with_resource(resource.as_str()),
            None => audience,
        }
    }

    /// What to ask for in this way: what the file says, or what the provider needs for it.
    pub(crate) fn scope_by(&self, way: Grant) -> String {
        if let Some(scope) = &self.scope {
            return scope.clone();
        }
        let Some(known) = self.provider.as_deref().and_then(Provider::named) else {
            return String::new();
        };
        let unattended = known
            .unattended
            .filter(|unattended| way == Grant::ClientCredentials && unattended.grant == way.kind());
        if let Some(unattended) = unattended {
            return unattended.scope.into();
        }
        let both = [Service::Imap, Service::Submission];
        let scope = known.scope(&both).or_else(|| known.scope(&both[..1]));
        scope.unwrap_or_default()
    }

    /// Its mail server for a protocol: the one in the file, or what is known of the provider.
    pub(crate) fn place(&self, protocol: Protocol) -> Option<Place> {
        let (own, service) = match protocol {
            Protocol::Imap => (&self.imap, Service::Imap),
            Protocol::Smtp => (&self.smtp, Service::Submission),
            Protocol::Sieve => (&self.sieve, Service::ManageSieve),
        };
        own.clone().or_else(|| {
            let provider = Provider::named(self.provider.as_deref()?)?;
            let server = provider.servers(service).next()?;
            Some(Place {
                host: server.host.into(),
                port: Some(server.port),
                tls: Some(if server.implicit_tls {
                    TlsMode::Implicit
                } else {
                    TlsMode::Starttls
                }),
                server_name: None,
            })
        })
    }

    fn check_client(&self) -> Result<(), String> {
        let secret = self.client_secret_file.is_some() || self.client_secret_command.is_some();
        if self.client_secret_file.is_some() && self.client_secret_command.is_some() {
            return Err("client_secret_file and client_secret_command exclude each other".into());
        }
        if self
            .client_secret_command
            .as_ref()
            .is_some_and(Vec::is_empty)
        {
            return Err("client_secret_command is empty: name a program".into());
        }
        match self.client_authentication {
            Some(Authentication::None) if secret => Err(
                "client_authentication is none, but there is a client secret: leave one out".into(),
            ),
            Some(Authentication::ClientSecretBasic | Authentication::ClientSecretPost)
                if !secret =>
            {
                Err(
                    "client_authentication needs client_secret_file or client_secret_command"
                        .into(),
                )
            }
            _ if self.grant == Grant::ClientCredentials && !secret => Err(
                "grant client_credentials needs client_secret_file or client_secret_command".into(),
            ),
            _ => Ok(()),
        }
    }

    fn check_places(&self) -> Result<(), String> {
        for (name, place) in [
            ("imap", &self.imap),
            ("smtp", &self.smtp),
            ("sieve", &self.sieve),
        ] {
            if place.as_ref().is_some_and(|place| place.host.is_empty()) {
                return Err(format!("{name}: host is empty"));
            }
            if place.as_ref().is_some_and(|place| place.port == Some(0)) {
                return Err(format!("{name}: port must be 1 to 65535"));
            }
        }
        Ok(())
    }
}

/// A name is part of file names.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) || name.starts_with(['.', '-'])
    {
        return Err(
            "the name of an account is made of at most 64 letters, digits and . _ - @ +, and starts with a letter or digit"
                .into(),
        );
    }
    Ok(())
}
