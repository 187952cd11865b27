//! What a server does wrong, or slowly, or not at all.

use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};

/// Something that a server does otherwise than it should. Several add up.
///
/// Those that a real server shows name it. What none of them does is done by
/// [`answers`](Self::answers), which changes whatever is about to be said.
///
/// ```
/// use mail_testbed::{Quirk, Testbed, TestbedOptions, MailOptions};
///
/// let slow = MailOptions::new().quirk(Quirk::byte_at_a_time());
/// let testbed = Testbed::with(TestbedOptions::new().mail(slow))?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Quirk(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    /// Changes what is said.
    Answers(&'static str, Change),
    ByteAtATime,
    /// Says so much, and then this ends the connection.
    EndAfter(usize, End),
    /// Cuts lines of the client.
    CutLines(usize),
    Delay(Duration),
    /// Answers a line in the server's place.
    Instead(&'static str, Instead),
    NotConnected,
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Close,
    Reset,
    Silence,
}

pub(super) type Instead = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

pub(super) type Change = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

impl Quirk {
    /// Each octet in a packet of its own, a millisecond apart, so that they arrive one by one.
    pub fn byte_at_a_time() -> Self {
        Self(Kind::ByteAtATime)
    }

    /// Every answer comes so much later.
    pub fn delay(time: Duration) -> Self {
        Self(Kind::Delay(time))
    }

    /// Takes the connection and never says a word.
    pub fn silent() -> Self {
        Self(Kind::Silent)
    }

    /// Says so many things, the greeting counted, and closes instead of the next one.
    pub fn close_after(answers: usize) -> Self {
        Self(Kind::EndAfter(answers, End::Close))
    }

    /// Says so many things and resets the connection instead of the next one.
    pub fn reset_after(answers: usize) -> Self {
        Self(Kind::EndAfter(answers, End::Reset))
    }

    /// Says so many things and then nothing more.
    pub fn silent_after(answers: usize) -> Self {
        Self(Kind::EndAfter(answers, End::Silence))
    }

    /// Cuts the client's lines at so many octets and says nothing about it, as Postfix does at 2048.
    pub fn cut_lines(octets: usize) -> Self {
        Self(Kind::CutLines(octets))
    }

    /// Lets the client in and refuses every command thereafter: `User is authenticated but not
    /// connected`, as Exchange does where token and mailbox do not fit together.
    pub fn not_connected() -> Self {
        Self(Kind::NotConnected)
    }

    /// Changes what is about to be said; what comes of it goes out in one write.
    ///
    /// ```
    /// use mail_testbed::Quirk;
    ///
    /// let shouting = Quirk::answers("shouting", |said| said.to_ascii_uppercase());
    /// assert_eq!(format!("{shouting:?}"), "Quirk(shouting)");
    /// ```
    pub fn answers(
        name: &'static str,
        change: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Answers(name, Arc::new(change)))
    }

    /// Answers a line of the client, with its CRLF, in the place of the server, which never gets to see
    /// it. `None`: the server answers itself. An empty answer closes the connection. Up to the login.
    ///
    /// ```
    /// use mail_testbed::Quirk;
    ///
    /// let deaf = Quirk::instead("deaf to NOOP", |line| {
    ///     line.ends_with(b" NOOP\r\n").then(|| b"* BAD What?\r\n".to_vec())
    /// });
    /// # let _ = deaf;
    /// ```
    pub fn instead(
        name: &'static str,
        answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Instead(name, Arc::new(answer)))
    }

    /// Offers SASL-IR and refuses every first message that comes along, as Coremail does.
    pub fn refuse_initial_response() -> Self {
        Self::instead("refuses initial responses", |line| {
            let words: Vec<_> = line.split(|octet| *octet == b' ').collect();
            match words[..] {
                [tag, command, _, _] if command.eq_ignore_ascii_case(b"AUTHENTICATE") => {
                    Some([tag, b" BAD Parse command error\r\n"].concat())
                }
                [command, _, _] if command.eq_ignore_ascii_case(b"AUTH") => {
                    Some(b"501 5.5.4 Invalid arguments\r\n".to_vec())
                }
                _ => None,
            }
        })
    }

    /// Refuses SMTP commands longer than this, CRLF counted, as the submission server of Dovecot does at
    /// about 1024.
    pub fn refuse_long_commands(octets: usize) -> Self {
        Self::instead("refuses long commands", move |line| {
            let long = line.len() > octets && line.contains(&b' ');
            long.then(|| b"500 5.5.2 Line too long\r\n".to_vec())
        })
    }

    /// Closes without a word on lines longer than this, as Dovecot does in IMAP and ManageSieve at 8192.
    pub fn hang_up_on_long_lines(octets: usize) -> Self {
        Self::instead("hangs up on long lines", move |line| {
            (line.len() > octets).then(Vec::new)
        })
    }

    /// Answers CAPABILITY with a bare OK and no list, as was seen at iCloud.
    pub fn no_capabilities() -> Self {
        Self::instead("OK and no capabilities", |line| {
            let tag = line.strip_suffix(b" CAPABILITY\r\n")?;
            Some([tag, b" OK Done\r\n"].concat())
        })
    }

    /// An empty challenge of ManageSieve as a literal without a line end behind it, as Stalwart sends it.
    pub fn unfinished_literal_challenge() -> Self {
        Self::answers("unfinished literal challenge", |said| match said {
            b"\"\"\r\n" => b"{0}\r\n".to_vec(),
            said => said.to_vec(),
        })
    }

    /// Untagged capabilities of IMAP in the middle of a login, before each challenge.
    pub fn capabilities_during_login() -> Self {
        Self::answers("capabilities during the login", |said| {
            if said.starts_with(b"+ ") {
                [b"* CAPABILITY IMAP4rev1 SASL-IR\r\n", said].concat()
            } else {
                said.to_vec()
            }
        })
    }

    /// An empty challenge without the space behind it: `+` and `334`, as Yandex sends it.
    pub fn bare_challenge() -> Self {
        Self::answers("bare challenge", |said| match said {
            b"+ \r\n" => b"+\r\n".to_vec(),
            b"334 \r\n" => b"334\r\n".to_vec(),
            said => said.to_vec(),
        })
    }

    /// Words where the challenge should be empty: `+ Go ahead`, `334 Go on`.
    pub fn prose_challenge() -> Self {
        Self::answers("prose for a challenge", |said| match said {
            b"+ \r\n" => b"+ Go ahead\r\n".to_vec(),
            b"334 \r\n" => b"334 Go on\r\n".to_vec(),
            said => said.to_vec(),
        })
    }

    /// No capabilities in the greeting of IMAP, as at Gmail and Exchange.
    pub fn no_capabilities_in_greeting() -> Self {
        Self::answers("no capabilities in the greeting", |said| {
            let greeting = said.strip_prefix(b"* OK [CAPABILITY ");
            match greeting.and_then(|rest| rest.iter().position(|octet| *octet == b']')) {
                Some(_) => b"* OK ready\r\n".to_vec(),
                None => said.to_vec(),
            }
        })
    }

    /// The list of mechanisms once more in the old form `250-AUTH=…`, as many SMTP servers send it.
    pub fn legacy_auth_line() -> Self {
        Self::answers("250-AUTH=", |said| {
            lines(said, |line| match line.strip_prefix(b"250-AUTH ") {
                Some(names) => [line, b"250-AUTH=", names].concat(),
                None => match line.strip_prefix(b"250 AUTH ") {
                    Some(names) => [b"250-AUTH=", names, line].concat(),
                    None => line.to_vec(),
                },
            })
        })
    }

    /// Lines that end with LF alone.
    pub fn bare_line_feeds() -> Self {
        Self::answers("bare line feeds", |said| {
            said.iter()
                .copied()
                .filter(|octet| *octet != b'\r')
                .collect()
        })
    }

    /// Plain bytes behind the agreement to STARTTLS: an attack, not a deviation (CVE-2021-22947).
    pub fn inject_after_starttls(injected: &'static [u8]) -> Self {
        Self::answers("bytes behind STARTTLS", move |said| {
            let agreed = [&b"Begin TLS"[..], b"Ready to start TLS"]
                .iter()
                .any(|words| said.windows(words.len()).any(|part| part == *words));
            if agreed {
                [said, injected].concat()
            } else {
                said.to_vec()
            }
        })
    }

    /// What this says to a line in the server's place.
    pub(super) fn answer_instead(&self, line: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Kind::Instead(_, answer) => answer(line),
            Kind::Answers(..)
            | Kind::ByteAtATime
            | Kind::CutLines(_)
            | Kind::Delay(_)
            | Kind::EndAfter(..)
            | Kind::NotConnected
            | Kind::Silent => None,
        }
    }

    pub(super) fn change<'a>(&self, said: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        match &self.0 {
            Kind::Answers(_, change) => change(&said).into(),
            Kind::ByteAtATime
            | Kind::CutLines(_)
            | Kind::Delay(_)
            | Kind::EndAfter(..)
            | Kind::Instead(..)
            | Kind::NotConnected
            | Kind::Silent => said,
        }
    }
}

/// Each line with its line end, changed.
fn lines(said: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    said.split_inclusive(|octet| *octet == b'\n')
        .flat_map(change)
        .collect()
}

impl fmt::Debug for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Answers(name, _) => write!(f, "Quirk({name})"),
            Kind::ByteAtATime => f.write_str("Quirk(an octet at a time)"),
            Kind::CutLines(octets) => write!(f, "Quirk(lines cut at {octets})"),
            Kind::Delay(time) => write!(f, "Quirk({time:?} late)"),
            Kind::EndAfter(answers, end) => write!(f, "Quirk({end:?} after {answers} answers)"),
            Kind::Instead(name, _) => write!(f, "Quirk({name})"),
            Kind::NotConnected => f.write_str("Quirk(authenticated but not connected)"),
            Kind::Silent => f.write_str("Quirk(silent)"),
        }
    }
}
