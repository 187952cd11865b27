//! A provider, and the two HTTP clients that ask it.

use harness::provider::OidcProvider;
use mail_login_blocking::tokens::{Http, HttpAnswer, HttpClient, HttpProblem, clock};
use mail_login_tokio::tokens as asynchronous;
use token_lifecycle::{
    Client, Exchange, Failure, GrantKind, Issuer, Metadata, Request, TokenRequest, Tokens,
};
use tokio::runtime::Runtime;

pub(crate) const ALICE: &str = "alice@example.test";
pub(crate) const PASSWORD: &str = "correct horse";
/// Tokens for it are signed JWTs.
pub(crate) const MAIL: &str = "https://mail.example.test/";
/// Tokens for it are random, and known to the provider alone.
pub(crate) const OPAQUE: &str = "https://opaque.mail.example.test/";

/// The provider as one HTTP client sees it.
pub(crate) struct Scene<'a> {
    pub(crate) provider: &'a OidcProvider,
    pub(crate) issuer: Issuer,
    pub(crate) metadata: Metadata,
    http: Box<dyn Http>,
}

/// Plays this with the HTTP client of each driver, by one provider.
pub(crate) fn with_both(play: impl Fn(&Scene<'_>)) {
    let provider = OidcProvider::start();
    let blocking = HttpClient::new().extra_ca_file(provider.ca()).unwrap();
    let tokio = Tokio::new(&provider);
    for http in [Box::new(blocking) as Box<dyn Http>, Box::new(tokio)] {
        play(&Scene::new(&provider, http));
    }
}

impl<'a> Scene<'a> {
    pub(crate) fn new(provider: &'a OidcProvider, http: Box<dyn Http>) -> Self {
        let issuer = Issuer::new(&provider.issuer()).unwrap();
        let url = issuer.urls().remove(0);
        let answer = http.send(&Request::fetch(url.as_str())).unwrap();
        let metadata = Metadata::parse(answer.response().body(), &issuer).unwrap();
        Self {
            provider,
            issuer,
            metadata,
            http,
        }
    }

    pub(crate) fn send(&self, request: &Request) -> HttpAnswer {
        self.http.send(request).unwrap()
    }

    /// Asks for tokens.
    pub(crate) fn tokens(
        &self,
        request: &TokenRequest<'_>,
        client: &Client,
    ) -> Result<Tokens, Failure> {
        self.exchange(request.grant(), &self.build(request, client))
    }

    pub(crate) fn build(&self, request: &TokenRequest<'_>, client: &Client) -> Request {
        let endpoint = self.metadata.token_endpoint().unwrap();
        request.build(endpoint, client).unwrap()
    }

    pub(crate) fn exchange(&self, grant: GrantKind, request: &Request) -> Result<Tokens, Failure> {
        let exchange = Exchange::new(grant, clock::now().wall);
        exchange.read(&self.send(request).response())
    }

    /// Alice's tokens by her password, for this resource.
    pub(crate) fn signed_in(&self, client: &Client, resource: &str) -> Tokens {
        let password = PASSWORD.into();
        let request = TokenRequest::password(ALICE, &password)
            .scope("mail offline_access")
            .resource(resource);
        self.tokens(&request, client).unwrap()
    }
}

/// The client of the other driver, for code that blocks.
struct Tokio {
    runtime: Runtime,
    client: asynchronous::HttpClient,
}

impl Tokio {
    fn new(provider: &OidcProvider) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let client = asynchronous::HttpClient::new();
        Self {
            runtime,
            client: client.extra_ca_file(provider.ca()).unwrap(),
        }
    }
}

impl Http for Tokio {
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        self.runtime
            .block_on(asynchronous::Http::send(&self.client, request))
    }
}
