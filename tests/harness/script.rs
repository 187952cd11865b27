//! Transcripts: dialogues as text files.
//!
//! ```text
//! # A comment.
//! credentials: bearer user@example.com mF_9.B5f-4.1JqM
//! option: mechanisms XOAUTH2
//! S: * OK ready                   what the server says, CRLF added
//! S\ * OK ready\n                 the same without CRLF, with the escapes \r \n \0 \xHH \\
//! S\ * OK \{900:ab}\r\n            `ab` 900 times; no brace inside
//! C: A1 CAPABILITY                what the client must say
//! C\ A1 ...                       the same with escapes
//! --- TLS                         the handshake after STARTTLS
//! S: <EOF>                        the server closes
//! X: cancel                       the caller gives up
//! X: retry bearer user other      the caller tries again with other credentials
//! X: silence                      nothing came for as long as the machine has patience
//! ! Notice { notice: Alert        an event whose debug form begins so must have come by now
//! !- Notice                       none whose debug form begins so may have come
//! = accepted XOAUTH2 round-trips=1 capabilities=IDLE
//! = rejected token-rejected refresh-token code=AUTHENTICATIONFAILED
//! = error Protocol { violation: ForeignTag, during: Authenticate }
//! remaining: * 1 EXISTS\r\n       what must be left over, with escapes
//! ```
//!
//! The first word of an option line is the option; `␠` is a space that must be visible; `%IR%` and
//! `%TOKEN%` in a client's line stand for the base64 of the first message and for the token.

use std::path::Path;

/// One transcript.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The file's name without its ending.
    pub name: String,
    /// `login` (the default), `in-clear`, `starttls`, `probe`, `probe-starttls`, `probe-in-clear`;
    /// for the side of the server see [`accept`](crate::accept).
    pub machine: String,
    /// `bearer USER TOKEN`, `password USER PASSWORD`, `external [USER]`.
    pub credentials: String,
    /// Option lines.
    pub options: Vec<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What must be left over.
    pub remaining: Option<Vec<u8>>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The client must write this.
    Client(Vec<u8>),
    /// The server sends this, in one flight.
    Server(Vec<u8>),
    /// The server closes.
    Close,
    /// TLS is up; the next machine begins.
    Tls,
    /// The caller does something.
    Caller(String),
    /// An event must have come.
    Event(String),
    /// An event must not have come.
    NoEvent(String),
    /// How it ends.
    End(String),
}

impl Script {
    /// All transcripts of a folder, by name.
    pub fn folder(path: &Path) -> Vec<Self> {
        let mut names: Vec<_> = std::fs::read_dir(path)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
            .collect();
        names.sort();
        assert!(!names.is_empty(), "no transcript in {}", path.display());
        names.iter().map(|path| Self::file(path)).collect()
    }

    /// One transcript.
    pub fn file(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut script = Self::parse(&text);
        script.name = path.file_stem().unwrap().to_string_lossy().into_owned();
        script
    }

    /// Reads a transcript.
    pub fn parse(text: &str) -> Self {
        let mut script = Self {
            machine: "login".into(),
            ..Self::default()
        };
        for (n, line) in text.lines().enumerate() {
            let line = line.trim_end().replace('␠', " ");
            script
                .line(&line)
                .unwrap_or_else(|| panic!("line {}: {line}", n + 1));
        }
        assert!(
            matches!(script.steps.last(), Some(Step::End(_))),
            "a transcript ends with how it ends"
        );
        script
    }

    /// What is handed in to the machine, whichever side it is.
    pub fn flights(&self) -> impl Iterator<Item = &[u8]> {
        let accept = self.machine.starts_with("accept");
        self.steps.iter().filter_map(move |step| match step {
            Step::Server(bytes) if !accept => Some(bytes.as_slice()),
            Step::Client(bytes) if accept => Some(bytes.as_slice()),
            _ => None,
        })
    }

    /// What the server says before anything is written to it.
    pub fn server_flights(&self) -> impl Iterator<Item = &[u8]> {
        self.steps.iter().filter_map(|step| match step {
            Step::Server(bytes) => Some(bytes.as_slice()),
            _ => None,
        })
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if line.is_empty() || line.starts_with('#') {
            return Some(());
        }
        if line == "--- TLS" {
            self.steps.push(Step::Tls);
            return Some(());
        }
        let (key, rest) = line.split_at_checked(2)?;
        let value = rest.strip_prefix(' ').unwrap_or(rest);
        match key {
            "S:" if value == "<EOF>" => self.steps.push(Step::Close),
            "S:" => self.server([value.as_bytes(), b"\r\n"].concat()),
            "S\\" => self.server(unescape(value)),
            "C:" => self
                .steps
                .push(Step::Client([value.as_bytes(), b"\r\n"].concat())),
            "C\\" => self.steps.push(Step::Client(unescape(value))),
            "X:" => self.steps.push(Step::Caller(value.into())),
            "! " => self.steps.push(Step::Event(rest.into())),
            "!-" => self.steps.push(Step::NoEvent(value.into())),
            "= " => self.steps.push(Step::End(rest.into())),
            _ => {
                let (key, value) = line.split_once(": ")?;
                match key {
                    "credentials" => self.credentials = value.into(),
                    "machine" => self.machine = value.into(),
                    "option" => self.options.push(value.into()),
                    "remaining" => self.remaining = Some(unescape(value)),
                    _ => return None,
                }
            }
        }
        Some(())
    }

    /// What the server says in a row is one flight.
    fn server(&mut self, bytes: Vec<u8>) {
        match self.steps.last_mut() {
            Some(Step::Server(flight)) => flight.extend(bytes),
            _ => self.steps.push(Step::Server(bytes)),
        }
    }
}

/// `\r \n \0 \xHH \\ \{N:text}`.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'\\' {
            out.push(octet);
            continue;
        }
        match rest.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b'0') => out.push(0),
            Some(b'\\') => out.push(b'\\'),
            Some(b'x') => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap().to_owned();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            Some(b'{') => {
                let inner: Vec<_> = rest.by_ref().take_while(|octet| *octet != b'}').collect();
                let inner = String::from_utf8(inner).unwrap();
                let (times, part) = inner.split_once(':').unwrap();
                out.extend(unescape(part).repeat(times.parse().unwrap()));
            }
            other => panic!("unknown escape {other:?} in {text}"),
        }
    }
    out
}
