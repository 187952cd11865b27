//! Recordings of real servers, and playing them against our machines.
//!
//! The client that was recorded is not ours: it has other tags, asks for capabilities once more, and
//! sends messages with mistakes on purpose. What a server said to each of its commands is true all the
//! same, so it is said again to the same command of ours, with our tag.

use std::path::{Path, PathBuf};

use sasl_core::{Credentials, Error, Machine, Outcome, Session, Step};

use crate::{play::Cut, protocol::Tested};

/// One connection.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The server, such as `dovecot-local`.
    pub server: String,
    /// `imap`, `submission`, `sieve`.
    pub protocol: String,
    /// Such as `starttls-XOAUTH2-expired`.
    pub case: String,
    /// Whether the recorded client got in, with its first attempt.
    pub accepted: bool,
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
enum Item {
    Tls,
    Exchange(Exchange),
}

#[derive(Clone, Debug, Default)]
struct Exchange {
    /// Lines of the client; `None` for what the server said unasked.
    client: Option<String>,
    /// Octets of the client's line, before it was cut for the recording.
    octets: usize,
    server: String,
    closed: bool,
}

/// What a recorded line of the client is.
#[derive(Debug, PartialEq, Eq)]
enum Said<'a> {
    /// A command; whether it has the first message with it.
    Command { verb: &'a str, along: bool },
    /// A line of an exchange under way.
    Line,
}

/// How the recorded connection was protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    InClear,
    /// From its first octet on.
    OverTls,
    /// After STARTTLS.
    StartTls,
}

/// Commands that recorded clients send.
const VERBS: [&str; 15] = [
    "AUTH",
    "AUTHENTICATE",
    "CAPABILITY",
    "DATA",
    "EHLO",
    "LISTSCRIPTS",
    "LOGOUT",
    "MAIL",
    "NOOP",
    "PUTSCRIPT",
    "QUIT",
    "RCPT",
    "SETACTIVE",
    "STARTTLS",
    "STATUS",
];

/// Where the recordings are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/transcripts/debian-12")
}

impl Recording {
    /// All recordings, by server and case.
    pub fn all() -> Vec<Self> {
        let mut paths = Vec::new();
        for server in std::fs::read_dir(folder()).unwrap() {
            let server = server.unwrap().path();
            if server.is_dir() {
                paths.extend(
                    std::fs::read_dir(server)
                        .unwrap()
                        .map(|f| f.unwrap().path()),
                );
            }
        }
        paths.sort();
        assert!(!paths.is_empty(), "no recordings in {}", folder().display());
        paths.iter().map(|path| Self::file(path)).collect()
    }

    /// One recording by name, such as `dovecot-local/imap-implicit-XOAUTH2-good`.
    pub fn named(name: &str) -> Self {
        Self::file(&folder().join(name).with_extension("txt"))
    }

    /// One recording.
    pub fn file(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        Self::parse(&text).unwrap_or_else(|| panic!("{}", path.display()))
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once('\n')?;
        let (name, outcome) = head.strip_prefix("# ")?.rsplit_once(": ")?;
        let mut words = name.splitn(3, ' ').map(str::to_owned);
        let mut recording = Self {
            server: words.next()?,
            protocol: words.next()?,
            case: words.next()?,
            accepted: match outcome {
                "logged in" => true,
                "not logged in" => false,
                _ => return None,
            },
            items: Vec::new(),
        };
        // What came before was no login: the server had stopped answering.
        let body = body.rsplit("# another connection\n").next()?;
        body.lines().for_each(|line| recording.line(line));
        Some(recording)
    }

    fn line(&mut self, line: &str) {
        if let Some(said) = line.strip_prefix("S: ") {
            let exchange = self.open();
            exchange.server += said;
            exchange.server += "\r\n";
        } else if let Some(said) = line.strip_prefix("C: ") {
            self.items.push(Item::Exchange(Exchange {
                client: Some(said.to_owned()),
                octets: octets(said),
                ..Exchange::default()
            }));
        } else if line.starts_with("# TLS handshake done") {
            self.items.push(Item::Tls);
        } else if line == "# server closed the connection" {
            self.open().closed = true;
        } else if !line.starts_with('#') {
            // The octets of a literal.
            let exchange = self.open();
            exchange.octets += octets(line);
            let client = exchange.client.as_mut().expect("a literal of the client");
            *client += "\r\n";
            *client += line;
        }
    }

    /// The exchange under way, or one that the server begins.
    fn open(&mut self) -> &mut Exchange {
        if !matches!(self.items.last(), Some(Item::Exchange(_))) {
            self.items.push(Item::Exchange(Exchange::default()));
        }
        match self.items.last_mut() {
            Some(Item::Exchange(exchange)) => exchange,
            Some(Item::Tls) | None => unreachable!("one was just added"),
        }
    }

    /// How the connection was protected when the login began.
    pub fn protection(&self) -> Protection {
        match self.items.iter().position(|item| matches!(item, Item::Tls)) {
            None => Protection::InClear,
            Some(0) => Protection::OverTls,
            Some(_) => Protection::StartTls,
        }
    }

    /// The name that the summary and companions go by.
    pub fn name(&self) -> String {
        format!("{}/{}-{}", self.server, self.protocol, self.case)
    }

    /// Whether the first message went with the first command.
    pub fn has_initial_response(&self) -> bool {
        self.logins().next().expect("a login").1
    }

    /// Whether the first message went out at all.
    pub fn sends_message(&self) -> bool {
        let (at, along) = self.logins().next().expect("a login");
        let next = self.items.get(at + 1).and_then(Item::exchange);
        along || next.and_then(Exchange::said) == Some(Said::Line)
    }

    /// Octets of the longest line that the client sent to log in.
    pub fn longest_line(&self) -> usize {
        let (first, _) = self.logins().next().expect("a login");
        let exchanges = self.items.iter().skip(first).filter_map(Item::exchange);
        exchanges
            .enumerate()
            .take_while(|(n, exchange)| *n == 0 || exchange.said() == Some(Said::Line))
            .map(|(_, exchange)| exchange.octets)
            .max()
            .unwrap_or_default()
    }

    /// Where logins begin, and whether their first message goes along.
    fn logins(&self) -> impl Iterator<Item = (usize, bool)> {
        let items = self.items.iter().enumerate();
        items.filter_map(|(at, item)| match item.exchange()?.said()? {
            Said::Command {
                verb: "AUTH" | "AUTHENTICATE",
                along,
            } => Some((at, along)),
            Said::Command { .. } | Said::Line => None,
        })
    }
}

impl Item {
    fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Exchange(exchange) => Some(exchange),
            Self::Tls => None,
        }
    }
}

impl Exchange {
    fn said(&self) -> Option<Said<'_>> {
        self.client.as_deref().map(said)
    }

    fn is_cancel(&self) -> bool {
        matches!(self.client.as_deref(), Some("*" | "\"*\""))
    }
}

/// Octets of a recorded line that may have been cut.
fn octets(line: &str) -> usize {
    const BEFORE: &str = "[... ";
    const BEHIND: &str = " octets left out ...]";
    let cut = line.split_once(BEFORE).and_then(|(before, rest)| {
        let (number, behind) = rest.split_once(BEHIND)?;
        Some(before.len() + number.parse::<usize>().ok()? + behind.len())
    });
    cut.unwrap_or(line.len())
}

fn said(line: &str) -> Said<'_> {
    let mut words = line.split(' ').map(str::trim_end).peekable();
    // A tag: a letter and digits.
    let is_tag = |word: &str| {
        let digits = word.get(1..).unwrap_or_default();
        word.starts_with(['a', 'A'])
            && !digits.is_empty()
            && digits.bytes().all(|o| o.is_ascii_digit())
    };
    words.next_if(|word| is_tag(word));
    match words
        .next()
        .and_then(|word| VERBS.into_iter().find(|verb| *verb == word))
    {
        Some(verb) => Said::Command {
            verb,
            along: words.count() > 1,
        },
        None => Said::Line,
    }
}

fn tag(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// A recording being played.
struct Responder<'a> {
    recording: &'a Recording,
    /// The recording of the same login with its first message apart.
    apart: Option<&'a Recording>,
    at: usize,
    /// The tags of the present command, of the recorded client and of ours.
    tags: Option<(String, String)>,
}

/// What a server says next.
#[derive(Debug, Default)]
struct Answer {
    octets: Vec<u8>,
    closes: bool,
    /// The recorded client gave up then.
    cancelled: bool,
}

impl Responder<'_> {
    fn exchange(&self) -> Option<&Exchange> {
        self.recording.items.get(self.at)?.exchange()
    }

    /// What the server says unasked.
    fn unasked(&mut self) -> Answer {
        match self.exchange() {
            Some(exchange) if exchange.client.is_none() => self.take(),
            Some(_) | None => Answer::default(),
        }
    }

    fn tls(&mut self) {
        assert!(
            matches!(self.recording.items.get(self.at), Some(Item::Tls)),
            "{}: TLS comes elsewhere",
            self.recording.name()
        );
        self.at += 1;
    }

    fn answer(&mut self, written: &str) -> Answer {
        let written = written.strip_suffix("\r\n").expect("whole lines");
        let ours = said(written);
        // The recorded client asks for what it knows already.
        while ours != Said::Line
            && let Some(Some(Said::Command {
                verb: "CAPABILITY", ..
            })) = self.exchange().map(Exchange::said)
            && !matches!(
                ours,
                Said::Command {
                    verb: "CAPABILITY",
                    ..
                }
            )
        {
            self.at += 1;
        }
        let theirs = self.exchange().and_then(Exchange::said);
        if theirs.as_ref() != Some(&ours)
            && let Some(apart) = self.apart.take()
        {
            self.at = apart.logins().next().expect("a login").0;
            self.recording = apart;
        }
        let name = self.recording.name();
        let theirs = self.exchange().and_then(Exchange::said);
        assert_eq!(
            Some(&ours),
            theirs.as_ref(),
            "{name}: another command than the recorded one"
        );
        if self.recording.protocol == "imap" && ours != Said::Line {
            let client = self
                .exchange()
                .and_then(|exchange| exchange.client.as_deref());
            self.tags = client.map(|client| (tag(client).to_owned(), tag(written).to_owned()));
        }
        self.take()
    }

    /// The answer with our tag in place of theirs.
    fn take(&mut self) -> Answer {
        let exchange = self.exchange().expect("an exchange").clone();
        self.at += 1;
        let mut octets = String::new();
        for line in exchange.server.split_inclusive("\r\n") {
            match &self.tags {
                Some((theirs, ours)) if tag(line) == theirs => {
                    octets += ours;
                    octets += line.strip_prefix(theirs.as_str()).unwrap_or_default();
                }
                Some(_) | None => octets += line,
            }
        }
        Answer {
            octets: octets.into_bytes(),
            closes: exchange.closed,
            cancelled: self.exchange().is_some_and(Exchange::is_cancel),
        }
    }
}

/// Everything that could be seen of a replayed recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    /// How each attempt ended.
    pub ends: Vec<Result<Outcome<Session>, Error>>,
    /// What was written.
    pub writes: Vec<Vec<u8>>,
    /// The same and all events, as they may be shown.
    pub shown: Vec<String>,
    /// What the server said before TLS, flight by flight.
    pub flights_in_clear: Vec<Vec<u8>>,
    /// What the server said to the machine that logs in.
    pub flights: Vec<Vec<u8>>,
}

/// Plays a recording against the machines of a protocol: a login for each of the credentials. Panics
/// where our client does not say what the recorded one said.
pub fn replay<P: Tested>(
    recording: &Recording,
    apart: Option<&Recording>,
    credentials: &[Credentials],
    options: P::Options,
    cut: Cut,
) -> Replayed {
    let mut player = Player {
        responder: Responder {
            recording,
            apart,
            at: 0,
            tags: None,
        },
        cut,
        pending: Vec::new(),
        closes: false,
        heard: 0,
        seen: Replayed::default(),
    };
    let (first, more) = credentials.split_first().expect("credentials");
    let first = first.clone();
    let mut login = match recording.protection() {
        Protection::InClear => P::dangerous_login_in_clear(first, options),
        Protection::OverTls => {
            player.responder.tls();
            P::login_over_tls(first, options)
        }
        Protection::StartTls => {
            let mut start = P::start_tls(options.clone());
            player.unasked();
            let proof = player.converse(&mut start, |_| ()).unwrap();
            player.seen.flights_in_clear = std::mem::take(&mut player.seen.flights);
            player.responder.tls();
            P::login_after_starttls(proof, first, options)
        }
    };
    player.unasked();
    let end = player.converse(&mut login, |login| P::cancel(login));
    player.seen.ends.push(end);
    for next in more {
        P::retry(&mut login, next.clone());
        let end = player.converse(&mut login, |login| P::cancel(login));
        player.seen.ends.push(end);
    }
    if player.seen.ends.iter().all(Result::is_ok) {
        assert_eq!(login.remaining(), b"", "{}", recording.name());
        assert!(player.pending.is_empty(), "{}", recording.name());
    }
    player.seen
}

struct Player<'a> {
    responder: Responder<'a>,
    cut: Cut,
    pending: Vec<Vec<u8>>,
    closes: bool,
    heard: usize,
    seen: Replayed,
}

impl Player<'_> {
    fn unasked(&mut self) {
        let answer = self.responder.unasked();
        self.hear(answer);
    }

    fn hear(&mut self, answer: Answer) {
        if !answer.octets.is_empty() {
            self.seen.flights.push(answer.octets.clone());
        }
        let pieces = self.cut.pieces(&answer.octets, self.heard);
        let pieces = pieces.into_iter().rev().filter(|piece| !piece.is_empty());
        self.pending = pieces.map(<[u8]>::to_vec).collect();
        self.heard += answer.octets.len();
        self.closes = answer.closes;
    }

    fn converse<M: Machine>(
        &mut self,
        machine: &mut M,
        cancel: impl Fn(&mut M),
    ) -> Result<M::Output, Error> {
        loop {
            match machine.poll()? {
                Step::Write(bytes) => {
                    assert!(
                        self.pending.is_empty(),
                        "a command before the answer was read"
                    );
                    let written = String::from_utf8(bytes.to_vec()).unwrap();
                    self.seen.shown.push(bytes.redacted().to_string());
                    self.seen.writes.push(bytes.to_vec());
                    let answer = self.responder.answer(&written);
                    if answer.cancelled {
                        cancel(machine);
                    }
                    self.hear(answer);
                }
                Step::Read => match self.pending.pop() {
                    Some(piece) => machine.handle_input(&piece),
                    None => {
                        let name = self.responder.recording.name();
                        assert!(self.closes, "{name}: waits for more than was recorded");
                        machine.handle_input(b"");
                    }
                },
                Step::Event(event) => self.seen.shown.push(format!("{event:?}")),
                Step::Done(output) => return Ok(output),
            }
        }
    }
}
