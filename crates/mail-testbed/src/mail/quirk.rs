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
    NotConnected,
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Close,
    Reset,
    Silence,
}

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

    pub(super) fn change<'a>(&self, said: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        match &self.0 {
            Kind::Answers(_, change) => change(&said).into(),
            Kind::ByteAtATime
            | Kind::CutLines(_)
            | Kind::Delay(_)
            | Kind::EndAfter(..)
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
            Kind::NotConnected => f.write_str("Quirk(authenticated but not connected)"),
            Kind::Silent => f.write_str("Quirk(silent)"),
        }
    }
}
