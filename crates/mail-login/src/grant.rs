//! One account, ready to be asked for: endpoints, client, scope.

mod discovery;
mod secret;

use mail_login_blocking::Deadline;
use mail_login_tokens::{Http, Settings, clock};
use token_lifecycle::{
    Audience, Client, Exchange, GrantKind, Metadata, Options, Provider, Quirks, Request,
    TokenRequest, Tokens, Url, Want,
};

use crate::{
    config::{Account, Authentication, Config, Grant as Renewal, Source},
    exit::{Exit, Problem},
    http::{self, Until},
};

/// An account whose endpoints are known.
pub(crate) struct Grant<'a> {
    pub(crate) name: &'a str,
    pub(crate) account: &'a Account,
    /// How new tokens come.
    pub(crate) way: Renewal,
    pub(crate) endpoints: Endpoints,
    pub(crate) client: Client,
    pub(crate) scope: String,
    pub(crate) provider: Option<&'static Provider>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) http: Box<dyn Http>,
}

/// Where its authorization server is.
#[derive(Debug)]
pub(crate) struct Endpoints {
    pub(crate) authorization: Option<Url>,
    pub(crate) token: Url,
    pub(crate) device: Option<Url>,
    pub(crate) revocation: Option<Url>,
}

impl<'a> Grant<'a> {
    /// Reads the client's secret, and asks an issuer for its endpoints unless that is known: not beyond
    /// the deadline.
    pub(crate) fn new(
        config: &'a Config,
        name: &'a str,
        deadline: Deadline,
    ) -> Result<Self, Problem> {
        let way = config.account(name)?.grant;
        Self::by(way, config, name, deadline)
    }

    /// The same where tokens come in another way than the account says.
    pub(crate) fn by(
        way: Renewal,
        config: &'a Config,
        name: &'a str,
        deadline: Deadline,
    ) -> Result<Self, Problem> {
        let account = config.account(name)?;
        let wrong = |what: String| config.wrong(name, &what);
        let http = http::client(config, account)?;
        let mut provider = None;
        let mut metadata = None;
        let endpoints = match account.source().map_err(wrong)? {
            Source::Provider(known) => {
                provider = Some(known);
                let tenant = account.tenant.as_deref();
                let endpoints = known
                    .endpoints(tenant)
                    .map_err(|error| wrong(error.to_string()))?;
                Endpoints {
                    authorization: Some(endpoints.authorization),
                    token: endpoints.token,
                    device: endpoints.device,
                    revocation: endpoints.revocation,
                }
            }
            Source::Issuer(issuer) => {
                let client = &http;
                let found = discovery::metadata(&issuer, &Until { client, deadline })?;
                let endpoints = Endpoints {
                    authorization: found.authorization_endpoint().ok().cloned(),
                    token: found
                        .token_endpoint()
                        .cloned()
                        .map_err(|error| wrong(error.to_string()))?,
                    device: found.device_authorization_endpoint().ok().cloned(),
                    revocation: found.revocation_endpoint().ok().cloned(),
                };
                metadata = Some(found);
                endpoints
            }
            Source::Endpoints => named(account).map_err(wrong)?,
        };
        let client = client(config, name, account, provider, metadata.as_ref())?;
        Ok(Self {
            name,
            account,
            way,
            endpoints,
            client,
            scope: account.scope_by(way),
            provider,
            metadata,
            http: Box::new(http),
        })
    }

    /// What its tokens are for.
    pub(crate) fn audience(&self) -> Audience {
        self.account.audience_by(self.way)
    }

    pub(crate) fn quirks(&self) -> Quirks {
        self.provider.map(Provider::quirks).unwrap_or_default()
    }

    pub(crate) fn settings(&self) -> Result<Settings, Problem> {
        let owner = clock::owner().map_err(no_randomness)?;
        let seed = clock::seed().map_err(no_randomness)?;
        let options = Options::new(owner, self.audience())
            .with_quirks(self.quirks())
            .with_seed(seed)
            .with_renewal(self.way.kind());
        let settings = Settings::new(self.endpoints.token.clone(), self.client.clone(), options);
        let settings = match &self.endpoints.revocation {
            Some(endpoint) => settings.with_revocation(endpoint.clone()),
            None => settings,
        };
        let Some(wanted) = self.account.audience.clone() else {
            return Ok(settings);
        };
        // Servers that know `audience` want it each time that a service asks by itself.
        let (endpoint, client) = (self.endpoints.token.clone(), self.client.clone());
        Ok(settings.with_requests(move |want| match want {
            Want::Grant {
                kind: GrantKind::ClientCredentials,
                audience,
                ..
            } => TokenRequest::client_credentials()
                .audience(audience)
                .parameter("audience", wanted.as_str())
                .build(&endpoint, &client)
                .ok(),
            _ => None,
        }))
    }

    /// Sends a request for the first tokens.
    pub(crate) fn exchange(&self, kind: GrantKind, request: &Request) -> Result<Tokens, Problem> {
        let exchange = Exchange::new(kind, clock::now().wall).with_quirks(self.quirks());
        let answer = match self.http.send(request) {
            Ok(answer) => answer,
            Err(problem) => {
                let failure = exchange.lost(problem.stage());
                return Err(Problem::of_token_failure(
                    &failure,
                    Some(&problem.to_string()),
                ));
            }
        };
        exchange
            .read(&answer.response())
            .map_err(|failure| Problem::of_token_failure(&failure, None))
    }
}

pub(crate) fn no_randomness(error: std::io::Error) -> Problem {
    let message = format!("the system gives no random numbers ({error}): try again");
    Problem::new(Exit::Temporary, "random", message)
}

fn named(account: &Account) -> Result<Endpoints, String> {
    let url = |key: &str, url: &Option<String>| {
        url.as_deref().map(|url| account.url(key, url)).transpose()
    };
    let token = url("token_endpoint", &account.token_endpoint)?;
    Ok(Endpoints {
        authorization: url("authorization_endpoint", &account.authorization_endpoint)?,
        token: token.ok_or("token_endpoint is missing")?,
        device: url(
            "device_authorization_endpoint",
            &account.device_authorization_endpoint,
        )?,
        revocation: url("revocation_endpoint", &account.revocation_endpoint)?,
    })
}

fn client(
    config: &Config,
    name: &str,
    account: &Account,
    provider: Option<&Provider>,
    metadata: Option<&Metadata>,
) -> Result<Client, Problem> {
    let id = account.client_id.as_str();
    let secret = secret::read(config, name, account)?;
    let takes_basic = match metadata {
        Some(metadata) => metadata
            .token_authentication_methods()
            .any(|method| method == "client_secret_basic"),
        None => provider.is_none(),
    };
    let usual = if takes_basic {
        Authentication::ClientSecretBasic
    } else {
        Authentication::ClientSecretPost
    };
    let client = match (secret, account.client_authentication.unwrap_or(usual)) {
        (None, _) | (_, Authentication::None) => Client::public(id),
        (Some(secret), Authentication::ClientSecretBasic) => Client::basic(id, secret),
        (Some(secret), Authentication::ClientSecretPost) => Client::post(id, secret),
    };
    client.map_err(|error| config.wrong(name, &error.to_string()))
}

#[cfg(test)]
mod tests;
