//! HTTP to an authorization server.

mod answer;
mod framing;

use alloc::{format, string::ToString, vec::Vec};
use core::time::Duration;
use std::{io::Write, path::Path};

use mail_login_tls::{Deadline, Failure, Server, SettingsProblem, Silent};
use mail_login_tokens::{Http, HttpAnswer, HttpProblem};
use token_lifecycle::{HttpStage, Request, Url};
use zeroize::Zeroizing;

use crate::{connect::connect, stream::Stream};
use answer::receive;

/// The HTTP client for authorization servers: one request, one connection, one answer.
///
/// It is HTTP/1.1 over the same sockets, the same TLS and the same trust as the mail servers have, so
/// its deadline holds against a server that sends one octet now and then. It follows no redirect, keeps
/// no cookie and no connection, reads no environment variable, logs nothing, and wipes what
/// it has sent and received. There is no proxy.
///
/// ```no_run
/// use mail_login_blocking::tokens::{Http, HttpClient};
/// use token_lifecycle::Request;
///
/// let http = HttpClient::new();
/// let answer = http.send(&Request::fetch("https://accounts.google.com/.well-known/openid-configuration"))?;
/// assert_eq!(answer.response().status(), 200);
/// # Ok::<(), mail_login_blocking::tokens::HttpProblem>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpClient {
    /// No server at all: what is said of trust and time goes for all of them.
    template: Server,
    connect: Duration,
    loopback: bool,
}

impl HttpClient {
    /// A client that trusts what the platform trusts, and takes 20 seconds at most, 5 of them for the
    /// name and the connection.
    pub fn new() -> Self {
        Self {
            template: Server::implicit_tls("", 443),
            connect: Duration::from_secs(5),
            loopback: false,
        }
    }

    /// Trusts these authorities (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When there is no certificate in it, or a malformed one.
    pub fn extra_ca_pem(mut self, pem: &[u8]) -> Result<Self, SettingsProblem> {
        self.template = self.template.extra_ca_pem(pem)?;
        Ok(self)
    }

    /// Trusts the authorities in this file (PEM) besides those of the platform.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as for [`extra_ca_pem`](Self::extra_ca_pem).
    pub fn extra_ca_file(mut self, path: impl AsRef<Path>) -> Result<Self, SettingsProblem> {
        self.template = self.template.extra_ca_file(path)?;
        Ok(self)
    }

    /// How long a request takes at most, from the name to the last octet of the answer. Tell the
    /// lifecycle the same ([`Timers::http`](token_lifecycle::Timers::http)).
    pub fn timeout(mut self, time: Duration) -> Self {
        self.template = self.template.timeout(time);
        self
    }

    /// Also speaks `http`, without any TLS, to this very machine: for tests and development.
    pub fn dangerous_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Connects, and sets up TLS.
    fn open(&self, target: &Target<'_>, deadline: Deadline) -> Result<Stream, HttpProblem> {
        let server = self.template.elsewhere(target.host, target.port);
        let soon = match deadline.instant() {
            Some(instant) => {
                let left = instant.saturating_duration_since(std::time::Instant::now());
                Deadline::after(left.min(self.connect))
            }
            None => Deadline::after(self.connect),
        };
        let mut socket = connect(&server, soon).map_err(|failure| not_sent(&failure))?;
        socket.set_deadline(deadline);
        if !target.tls {
            return Ok(Stream::plain(socket));
        }
        let handshake = server.tls(Some("http/1.1"));
        handshake
            .and_then(|handshake| Stream::tls(socket, handshake, &mut Silent))
            .map_err(|failure| not_sent(&failure))
    }

    fn check(&self, url: &str) -> Result<(), HttpProblem> {
        let checked = match self.loopback {
            true => Url::dangerous_loopback(url),
            false => Url::new(url),
        };
        // Not one octet was sent.
        let problem = |error| HttpProblem::new(HttpStage::Connect, format!("{error}"));
        checked.map(drop).map_err(problem)
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl Http for HttpClient {
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        self.check(request.url())?;
        let unreadable = || HttpProblem::new(HttpStage::Connect, "the port of the URL is none");
        let target = Target::of(request.url()).ok_or_else(unreadable)?;
        let deadline = self.template.deadline();
        let mut stream = self.open(&target, deadline)?;
        let octets = encode(request, &target);
        let written = stream.write_all(&octets).and_then(|()| stream.flush());
        // A server may answer before it has read everything, and close.
        let answer = receive(&mut stream);
        if let (Err(problem), Err(error)) = (&answer, written) {
            let text = format!("the request could not be sent ({error}); {problem}");
            return Err(HttpProblem::new(HttpStage::Sent, text));
        }
        // The answer is here; whether the server hears our goodbye does not change it.
        let _ = stream.close();
        answer
    }
}

fn not_sent(failure: &Failure) -> HttpProblem {
    let stage = match failure {
        Failure::Tls(_) => HttpStage::Tls,
        Failure::Connect { .. }
        | Failure::Conversation(_)
        | Failure::Deadline { .. }
        | Failure::Invalid(_)
        | Failure::Io { .. }
        | Failure::Resolve { .. }
        | Failure::Settings(_)
        | _ => HttpStage::Connect,
    };
    HttpProblem::new(stage, failure.to_string())
}

/// Where a URL leads.
#[derive(Debug, PartialEq, Eq)]
struct Target<'a> {
    tls: bool,
    host: &'a str,
    port: u16,
    authority: &'a str,
    path: &'a str,
}

impl<'a> Target<'a> {
    /// Takes apart a URL that has been checked.
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = scheme.eq_ignore_ascii_case("https");
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            Some(_) | None => (authority, ""),
        };
        let port = match (port, tls) {
            ("", true) => 443,
            ("", false) => 80,
            (port, _) => port.parse().ok()?,
        };
        Some(Self {
            tls,
            host,
            port,
            authority,
            path,
        })
    }
}

/// The request as one piece, in memory that never moves and is wiped.
fn encode(request: &Request, target: &Target<'_>) -> Zeroizing<Vec<u8>> {
    const AGENT: &str = concat!("mail-login/", env!("CARGO_PKG_VERSION"));
    let (method, body) = (request.method().name(), request.body().expose());
    let length = body.len().to_string();
    let slash = if target.path.starts_with('/') {
        ""
    } else {
        "/"
    };
    let line = [method, " ", slash, target.path, " HTTP/1.1\r\n"];
    let own = [
        ("Host", target.authority),
        ("User-Agent", AGENT),
        // What is compressed could be far larger than it looks.
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        ("Content-Length", length.as_str()),
    ];
    let has_body = !body.is_empty();
    let own = own
        .into_iter()
        .filter(|(name, _)| has_body || *name != "Content-Length");
    let headers = own.chain(request.headers());
    let mut pieces = Vec::from(line);
    for (name, value) in headers {
        // A value with a line break would be another header.
        if value.bytes().all(|octet| octet == b'\t' || octet >= b' ') {
            pieces.extend([name, ": ", value, "\r\n"]);
        }
    }
    pieces.extend(["\r\n", body]);
    let size = pieces.iter().map(|piece| piece.len()).sum();
    let mut octets = Zeroizing::new(Vec::with_capacity(size));
    for piece in pieces {
        octets.extend_from_slice(piece.as_bytes());
    }
    octets
}

#[cfg(test)]
mod tests;
