//! What comes back.

use alloc::{format, vec, vec::Vec};
use core::str;
use std::io::{ErrorKind, Read};

use mail_login_tls::{Failure, Phase};
use mail_login_tokens::{HttpAnswer, HttpProblem};
use token_lifecycle::HttpStage;
use zeroize::Zeroizing;

use super::framing::{Framing, Progress};

/// A longer head is that of no authorization server.
const HEAD: usize = 64 << 10;
const HEADERS: usize = 128;
/// How much is read at a time, at first.
const READ: usize = 4096;

/// Reads one answer, as much of it as counts.
pub(super) fn receive(stream: &mut impl Read) -> Result<HttpAnswer, HttpProblem> {
    let mut input = Input::new();
    let (mut answer, mut framing) = loop {
        if let Some((head, used)) = parse_head(input.unread())? {
            input.used += used;
            // An interim answer comes before the real one.
            if let Some(head) = head {
                break head;
            }
            continue;
        }
        if input.filled > HEAD {
            return Err(broken("the head of the answer has more than 64 KiB"));
        }
        if !input.read(stream)? {
            return Err(broken("the server closed the connection before its answer"));
        }
    };
    let mut body = Body::default();
    loop {
        let (used, progress) = framing.take(input.unread(), &mut |octets| body.push(octets));
        input.used += used;
        match progress {
            Progress::Broken => return Err(broken("the answer is not what HTTP allows")),
            Progress::Ended => break,
            // One octet too many says that all of it is too long.
            Progress::More if body.is_full() => break,
            Progress::More => {}
        }
        if !input.read(stream)? {
            if framing.ends_with_connection() {
                break;
            }
            return Err(broken("the connection ended in the middle of the answer"));
        }
    }
    answer.body = body.octets;
    Ok(answer.finish())
}

fn broken(text: &str) -> HttpProblem {
    HttpProblem::new(HttpStage::Sent, text)
}

/// A head that was read, and what follows it.
struct Head {
    status: u16,
    headers: Vec<(&'static str, Zeroizing<Vec<u8>>)>,
    body: Zeroizing<Vec<u8>>,
}

impl Head {
    fn finish(self) -> HttpAnswer {
        let mut answer = HttpAnswer::new(self.status, self.body);
        for (name, value) in &self.headers {
            if let Ok(value) = str::from_utf8(value) {
                answer = answer.with_header(name, value);
            }
        }
        answer
    }
}

/// `None`: there is more to come. The inner `None`: it was an interim answer.
#[expect(clippy::type_complexity, reason = "a head or none, and how long it is")]
fn parse_head(input: &[u8]) -> Result<Option<(Option<(Head, Framing)>, usize)>, HttpProblem> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let used = match response.parse(input) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(broken(&format!("the answer is not HTTP ({error})"))),
    };
    let status = response.code.unwrap_or_default();
    if matches!(status, 100 | 102..=199) {
        return Ok(Some((None, used)));
    }
    let framing = Framing::of(status, response.headers);
    let framing = framing.ok_or_else(|| broken("the answer has two lengths"))?;
    let kept = ["content-type", "retry-after", "date"];
    let headers = response.headers.iter().filter_map(|header| {
        let name = kept
            .into_iter()
            .find(|name| name.eq_ignore_ascii_case(header.name))?;
        Some((name, Zeroizing::new(header.value.to_vec())))
    });
    let head = Head {
        status,
        headers: headers.collect(),
        body: Zeroizing::default(),
    };
    Ok(Some((Some((head, framing)), used)))
}

/// What was read and not looked at yet.
struct Input {
    buffer: Zeroizing<Vec<u8>>,
    filled: usize,
    used: usize,
}

impl Input {
    fn new() -> Self {
        Self {
            buffer: Zeroizing::new(vec![0; READ]),
            filled: 0,
            used: 0,
        }
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.used..self.filled).unwrap_or_default()
    }

    /// Reads once. `false`: there is nothing more.
    fn read(&mut self, stream: &mut impl Read) -> Result<bool, HttpProblem> {
        if self.used == self.filled {
            (self.used, self.filled) = (0, 0);
        }
        if self.filled == self.buffer.len() {
            // A new one, so that the old one is wiped; twice as long, so that it takes linear time.
            let mut larger = Zeroizing::new(vec![0; self.buffer.len() * 2]);
            let rest = self.unread();
            if let Some(place) = larger.get_mut(..rest.len()) {
                place.copy_from_slice(rest);
            }
            (self.filled, self.used) = (rest.len(), 0);
            self.buffer = larger;
        }
        let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
        loop {
            match stream.read(free) {
                Ok(read) => {
                    self.filled += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Many servers do not say goodbye to TLS. Where that matters, it is found out.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
                Err(error) => {
                    let failure = Failure::from_io(Phase::Conversation, error);
                    return Err(broken(&format!("{failure}")));
                }
            }
        }
    }
}

/// The octets of a body, up to one more than allowed.
#[derive(Default)]
struct Body {
    octets: Zeroizing<Vec<u8>>,
}

impl Body {
    fn push(&mut self, octets: &[u8]) {
        let free = HttpAnswer::LIMIT.saturating_sub(self.octets.len());
        let octets = octets.get(..free).unwrap_or(octets);
        let needed = self.octets.len() + octets.len();
        if needed > self.octets.capacity() {
            let room = needed.max(self.octets.capacity() * 2).max(READ);
            let mut larger = Zeroizing::new(Vec::with_capacity(room));
            larger.extend_from_slice(&self.octets);
            // The old one is wiped as it goes.
            self.octets = larger;
        }
        self.octets.extend_from_slice(octets);
    }

    fn is_full(&self) -> bool {
        self.octets.len() >= HttpAnswer::LIMIT
    }
}
