//! What sends requests.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;

use token_lifecycle::{HttpStage, Request, Response};
use zeroize::Zeroizing;

/// What sends a request to an authorization server and waits for the answer.
///
/// Whoever implements it holds to this, because a request carries refresh tokens and client secrets:
///
/// - No redirect is followed: its status is the answer
///   (<https://www.rfc-editor.org/rfc/rfc9700#section-4.12>).
/// - TLS verifies; `http` is for loopback alone, where the caller has said so by
///   [`Url::dangerous_loopback`](token_lifecycle::Url::dangerous_loopback).
/// - A proxy is used where the caller names one, and never because the environment does.
/// - All of it takes 20 seconds at most, and connecting 5.
/// - At most [`HttpAnswer::LIMIT`] octets of the body are read.
/// - The stage of a failure is right. When in doubt it is [`HttpStage::Sent`].
///
/// ```
/// use mail_login_tokens::{Http, HttpAnswer, HttpProblem};
/// use token_lifecycle::Request;
///
/// struct Busy;
///
/// impl Http for Busy {
///     fn send(&self, _: &Request) -> Result<HttpAnswer, HttpProblem> {
///         Ok(HttpAnswer::new(503, Vec::new()).with_header("Retry-After", "10"))
///     }
/// }
/// # let answer = Busy.send(&Request::fetch("https://id.example.com/")).unwrap();
/// # assert_eq!(answer.response().retry_after(None).unwrap().as_secs(), 10);
/// ```
pub trait Http: Send + Sync {
    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    ///
    /// When no whole answer came.
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem>;
}

impl<H: Http + ?Sized> Http for Arc<H> {
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        (**self).send(request)
    }
}

impl<H: Http + ?Sized> Http for Box<H> {
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        (**self).send(request)
    }
}

/// What a server answered. The body may hold tokens and is wiped when this is dropped.
///
/// ```
/// use mail_login_tokens::HttpAnswer;
///
/// let answer = HttpAnswer::new(200, b"{}".to_vec()).with_header("Content-Type", "application/json");
/// assert_eq!(answer.response().status(), 200);
/// ```
pub struct HttpAnswer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Zeroizing<Vec<u8>>,
}

/// The headers that mean something to a lifecycle.
const HEADERS: [&str; 3] = ["content-type", "retry-after", "date"];
/// A longer value of one of them means nothing.
const VALUE: usize = 1024;

impl HttpAnswer {
    /// How much of a body is read: all that is allowed and one octet more, by which a longer one is
    /// recognised.
    pub const LIMIT: usize = Response::LIMIT + 1;

    /// An answer without headers.
    pub fn new(status: u16, body: impl Into<Zeroizing<Vec<u8>>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Takes note of a header, if it is one that matters.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let known = HEADERS
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        let is_new = |known: &&str| self.headers.iter().all(|(name, _)| name != known);
        let known = known.filter(|_| value.len() <= VALUE).filter(is_new);
        if let Some(known) = known {
            self.headers.push((known, value.into()));
        }
        self
    }

    /// The answer as a lifecycle takes it.
    pub fn response(&self) -> Response<'_> {
        let response = Response::new(self.status, &self.body);
        let headers = self.headers.iter();
        headers.fold(response, |response, (name, value)| {
            response.with_header(name, value)
        })
    }
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpAnswer({:?})", self.response())
    }
}

/// Why there was no answer, and how far the request got.
///
/// ```
/// use mail_login_tokens::HttpProblem;
/// use token_lifecycle::HttpStage;
///
/// let problem = HttpProblem::new(HttpStage::Connect, "id.example.com has no address");
/// assert_eq!(problem.stage(), HttpStage::Connect);
/// assert_eq!(problem.to_string(), "id.example.com has no address");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct HttpProblem {
    stage: HttpStage,
    text: String,
}

impl HttpProblem {
    /// A problem, in a sentence for people without secrets.
    pub fn new(stage: HttpStage, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { stage, text }
    }

    /// How far the request got.
    pub fn stage(&self) -> HttpStage {
        self.stage
    }
}
