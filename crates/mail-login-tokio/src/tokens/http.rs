//! What sends requests, without blocking.

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};
use core::{error::Error, iter::successors, time::Duration};
use std::{io, path::Path, sync::OnceLock};

use bytes::Bytes;
use mail_login_tls::{Failure, Phase, Server, SettingsProblem};
use mail_login_tokens::{HttpAnswer, HttpProblem};
use reqwest::{Client, Response, header::HeaderValue, redirect::Policy};
use token_lifecycle::{HttpStage, InvalidUrl, Method, Request, Url};
use zeroize::Zeroizing;

use super::Pending;

/// What sends a request to an authorization server and waits for the answer, without blocking.
///
/// Whoever implements it holds to the same as with the blocking
/// [`Http`](mail_login_tokens::Http): no redirects, TLS that verifies, no proxy of the environment, 20 seconds
/// at most, at most [`HttpAnswer::LIMIT`] octets of the body, and the right stage of a failure.
///
/// ```
/// use mail_login_tokio::tokens::{Http, HttpAnswer, HttpProblem, Pending};
/// use token_lifecycle::Request;
///
/// struct Busy;
///
/// impl Http for Busy {
///     fn send<'a>(&'a self, _: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
///         Box::pin(async { Ok(HttpAnswer::new(503, Vec::new()).with_header("Retry-After", "10")) })
///     }
/// }
/// ```
pub trait Http: Send + Sync {
    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    ///
    /// When no whole answer came.
    fn send<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>>;
}

impl<H: Http + ?Sized> Http for Arc<H> {
    fn send<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        (**self).send(request)
    }
}

/// The HTTP client for authorization servers: reqwest, with the TLS and the trust that the mail servers
/// have. It follows no redirect, keeps no cookie, asks for no compression and reads no environment variable.
/// There is no proxy. Clones share their connections, which are kept for a burst of requests and not longer.
///
/// The bodies of requests and answers are wiped; the copies that hyper and rustls make on the way, and
/// headers, are not. Where that matters, the client of `mail-login-blocking` leaves less behind.
///
/// ```no_run
/// # fn main_(company_ca: &[u8]) -> Result<(), mail_login_tokio::SettingsProblem> {
/// use mail_login_tokio::tokens::HttpClient;
///
/// let http = HttpClient::new();
/// let inside = HttpClient::new().extra_ca_pem(company_ca)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct HttpClient {
    /// No server at all: what is said of trust goes for all of them.
    template: Server,
    whole: Duration,
    loopback: bool,
    /// Shared by clones; a new one whenever a setting changes.
    client: Arc<OnceLock<Client>>,
}

/// Connecting takes this long at most.
const CONNECT: Duration = Duration::from_secs(5);
/// A connection that waits longer may be closed by the server just when a refresh token is on its way.
const IDLE: Duration = Duration::from_secs(2);
/// Most answers fit.
const USUAL: usize = 8 << 10;

impl HttpClient {
    /// A client that trusts what the platform trusts, and takes 20 seconds at most, 5 of them for the
    /// name and the connection. The first request reads what the platform trusts, which takes some
    /// milliseconds.
    pub fn new() -> Self {
        Self {
            template: Server::implicit_tls("localhost", 443),
            whole: Duration::from_secs(20),
            loopback: false,
            client: Arc::default(),
        }
    }

    /// Trusts these authorities (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When there is no certificate in it, or a malformed one.
    pub fn extra_ca_pem(mut self, pem: &[u8]) -> Result<Self, SettingsProblem> {
        self.template = self.template.extra_ca_pem(pem)?;
        Ok(self.anew())
    }

    /// Trusts the authorities in this file (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as for [`extra_ca_pem`](Self::extra_ca_pem).
    pub fn extra_ca_file(mut self, path: impl AsRef<Path>) -> Result<Self, SettingsProblem> {
        self.template = self.template.extra_ca_file(path)?;
        Ok(self.anew())
    }

    /// How long a request takes at most, from the name to the last octet of the answer. Tell the
    /// lifecycle the same ([`Timers::http`](token_lifecycle::Timers::http)).
    pub fn timeout(mut self, time: Duration) -> Self {
        self.whole = time;
        self.anew()
    }

    /// Also speaks `http`, without any TLS, to this very machine: for tests and development.
    pub fn dangerous_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    fn anew(mut self) -> Self {
        self.client = Arc::default();
        self
    }

    fn client(&self) -> Result<&Client, HttpProblem> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.build()?;
        Ok(self.client.get_or_init(|| client))
    }

    fn build(&self) -> Result<Client, HttpProblem> {
        let unready = |text: String| HttpProblem::new(HttpStage::Connect, text);
        let tls = self.template.tls(Some("http/1.1"));
        let tls = tls.map_err(|failure| unready(failure.to_string()))?;
        Client::builder()
            .tls_backend_preconfigured((*tls.config).clone())
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .timeout(self.whole)
            .connect_timeout(CONNECT.min(self.whole))
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("mail-login/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unready(told(&error)))
    }

    /// What reqwest is not asked to judge.
    fn check(&self, url: &str) -> Result<(), HttpProblem> {
        let checked = match self.loopback {
            true => Url::dangerous_loopback(url),
            false => Url::new(url),
        };
        // Not one octet was sent.
        let problem = |error: InvalidUrl| HttpProblem::new(HttpStage::Connect, error.to_string());
        checked.map(drop).map_err(problem)
    }

    async fn exchange(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        self.check(request.url())?;
        let method = match request.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut builder = self.client()?.request(method, request.url());
        for (name, value) in request.headers() {
            let value = HeaderValue::from_str(value).map(|mut value| {
                value.set_sensitive(true);
                value
            });
            let value = value.map_err(|_| {
                let text = "a header of the request has a character that it cannot have";
                HttpProblem::new(HttpStage::Connect, text)
            })?;
            builder = builder.header(name, value);
        }
        if request.method() == Method::Post {
            // The octets are wiped when reqwest is done with them.
            let body = Zeroizing::new(Vec::from(request.body().expose().as_bytes()));
            builder = builder.body(Bytes::from_owner(body));
        }
        let response = builder.send().await.map_err(|error| problem(&error))?;
        receive(response).await
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl Http for HttpClient {
    fn send<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        Box::pin(self.exchange(request))
    }
}

async fn receive(mut response: Response) -> Result<HttpAnswer, HttpProblem> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Zeroizing::new(Vec::with_capacity(USUAL));
    while let Some(chunk) = response.chunk().await.map_err(|error| problem(&error))? {
        let room = HttpAnswer::LIMIT - body.len();
        append(&mut body, chunk.get(..room).unwrap_or(&chunk));
        if body.len() >= HttpAnswer::LIMIT {
            break;
        }
    }
    let answer = HttpAnswer::new(status, body);
    Ok(headers.iter().fold(answer, |answer, (name, value)| {
        answer.with_header(name.as_str(), value.to_str().unwrap_or_default())
    }))
}

/// Grows without leaving behind what was there before.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    if body.capacity() - body.len() < chunk.len() {
        let room = (2 * body.capacity()).max(body.len() + chunk.len());
        let mut larger = Zeroizing::new(Vec::with_capacity(room));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}

/// How far a request got whose answer did not come.
fn problem(error: &reqwest::Error) -> HttpProblem {
    let before = error.is_connect() || error.is_builder();
    if let Some(tls) = causes(error).find_map(tls).filter(|_| before) {
        // The same words as for a mail server.
        let cause = io::Error::other(tls.clone());
        let text = Failure::from_io(Phase::Handshake, cause).to_string();
        return HttpProblem::new(HttpStage::Tls, text);
    }
    let stage = match before {
        true => HttpStage::Connect,
        false => HttpStage::Sent,
    };
    HttpProblem::new(stage, told(error))
}

fn tls<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let inner = || cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref();
    cause.downcast_ref().or_else(inner)
}

/// What went wrong, without the address: it may have a query.
fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the authorization server did not answer in time".into();
    }
    // The innermost cause says most.
    match causes(error).last() {
        Some(cause) => format!("the authorization server cannot be reached ({cause})"),
        None => "the request could not be sent".into(),
    }
}

/// What is behind an error.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    fn behind<'a>(cause: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        (*cause).source()
    }

    successors(error.source(), behind)
}
