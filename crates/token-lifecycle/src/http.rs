//! HTTP as values: a request to send, a response that came.

use alloc::{string::String, vec::Vec};
use core::fmt;

use sasl_core::Secret;

use crate::{UnixTime, time};

/// A request to an authorization server, for any HTTP client. Whoever sends it follows no redirect
/// and sends it over TLS: it holds what must not get elsewhere
/// (<https://www.rfc-editor.org/rfc/rfc9700#section-4.12>).
///
/// ```
/// use token_lifecycle::{Method, Request};
///
/// let request = Request::post("https://login.example.com/token", "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA");
/// assert_eq!(request.method(), Method::Post);
/// assert_eq!(request.headers().next(), Some(("Accept", "application/json")));
/// // What must stay secret stays out of logs.
/// assert_eq!(format!("{request:?}"), "Request(POST https://login.example.com/token, 2 headers, 61 octets)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    method: Method,
    url: String,
    headers: Vec<(&'static str, Secret)>,
    body: Secret,
}

impl Request {
    /// Asks for a document.
    pub fn fetch(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url.into(), Secret::from(String::new()))
    }

    /// Sends a form.
    pub fn post(url: impl Into<String>, form: impl Into<Secret>) -> Self {
        Self::new(Method::Post, url.into(), form.into())
            .with_header("Content-Type", "application/x-www-form-urlencoded")
    }

    fn new(method: Method, url: String, body: Secret) -> Self {
        let headers = Vec::new();
        Self {
            method,
            url,
            headers,
            body,
        }
        .with_header("Accept", "application/json")
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<Secret>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// GET or POST.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Where to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Names and values. `Authorization` among them is secret.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (*name, value.expose()))
    }

    /// The form, which is secret; empty for GET.
    pub fn body(&self) -> &Secret {
        &self.body
    }
}

impl fmt::Debug for Request {
    /// Without a query, a value of a header, and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self
            .url
            .split_once('?')
            .map_or(&*self.url, |(before, _)| before);
        let (headers, octets) = (self.headers.len(), self.body.expose().len());
        write!(
            f,
            "Request({} {url}, {headers} headers, {octets} octets)",
            self.method.name()
        )
    }
}

/// What a request does.
///
/// ```
/// assert_eq!(token_lifecycle::Method::Post.name(), "POST");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Asks for a document.
    Get,
    /// Sends a form.
    Post,
}

impl Method {
    /// As HTTP has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What a server answered, as any HTTP client has it. A driver hands in every header; those that
/// matter are kept. It reads at most [`Response::LIMIT`] octets of the body and one more, by which
/// a longer one is recognised.
///
/// ```
/// use token_lifecycle::Response;
///
/// let response = Response::new(429, b"").with_header("Retry-After", "30");
/// assert_eq!(response.status(), 429);
/// assert_eq!(response.retry_after(None).map(|wait| wait.as_secs()), Some(30));
/// ```
#[derive(Clone, Copy)]
pub struct Response<'a> {
    status: u16,
    content_type: &'a str,
    retry_after: &'a str,
    date: &'a str,
    body: &'a [u8],
}

impl<'a> Response<'a> {
    /// A longer body is not looked into.
    pub const LIMIT: usize = 1 << 20;

    /// A response without headers.
    pub fn new(status: u16, body: &'a [u8]) -> Self {
        Self {
            status,
            content_type: "",
            retry_after: "",
            date: "",
            body,
        }
    }

    /// Takes note of a header. Unknown ones are ignored, of several the first one counts.
    pub fn with_header(mut self, name: &str, value: &'a str) -> Self {
        let known = [
            ("content-type", &mut self.content_type),
            ("retry-after", &mut self.retry_after),
            ("date", &mut self.date),
        ];
        for (header, place) in known {
            if place.is_empty() && header.eq_ignore_ascii_case(name) {
                *place = value.trim();
            }
        }
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body: it may hold tokens.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Whether the media type is this one, whatever its parameters.
    pub fn has_type(&self, media: &str) -> bool {
        let own = self.content_type.split(';').next().unwrap_or_default();
        own.trim().eq_ignore_ascii_case(media)
    }

    /// How long to leave the server alone, as it says in seconds or by a date
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>). A date is compared with the
    /// server's own clock, if it sent `Date`, else with `wall`.
    pub fn retry_after(&self, wall: Option<UnixTime>) -> Option<core::time::Duration> {
        if !self.retry_after.is_empty() && self.retry_after.bytes().all(|b| b.is_ascii_digit()) {
            // More digits than fit say "very long" all the same.
            let seconds = self.retry_after.parse().unwrap_or(u64::MAX);
            return Some(core::time::Duration::from_secs(seconds));
        }
        let until = time::parse_date(self.retry_after)?;
        Some(until.since(self.date().or(wall)?))
    }

    /// The clock of the server.
    pub fn date(&self) -> Option<UnixTime> {
        time::parse_date(self.date)
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} octets)", self.status, self.body.len())
    }
}
