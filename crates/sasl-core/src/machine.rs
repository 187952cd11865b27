//! The one trait every conversation implements, and the one enum that says what to do next.

use core::{fmt, ops::Deref, ops::Range, time::Duration};

use crate::{Error, Event};

/// A conversation as a state machine: bytes in, one thing to do next out.
///
/// A driver calls [`poll`](Self::poll) until it says [`Step::Done`] and does what each step says.
/// This is the whole of a blocking driver:
///
/// ```
/// use std::io::{self, Read, Write};
/// use sasl_core::{Machine, Step};
///
/// fn drive<M: Machine>(machine: &mut M, stream: &mut (impl Read + Write)) -> io::Result<M::Output> {
///     let mut buffer = [0; 4096];
///     loop {
///         match machine.poll().map_err(io::Error::other)? {
///             Step::Write(bytes) => stream.write_all(&bytes)?,
///             Step::Read => {
///                 let read = stream.read(&mut buffer)?;
///                 machine.handle_input(&buffer[..read]);
///             }
///             Step::Event(event) => println!("{event:?}"),
///             Step::Done(output) => return Ok(output),
///         }
///     }
/// }
/// ```
pub trait Machine {
    /// What the conversation yields when it ends.
    type Output;

    /// Takes bytes that were read. An empty slice says that the peer closed the stream.
    ///
    /// Call [`poll`](Self::poll) after a write before handing in more: what is handed in before that
    /// poll counts as received before the write, and an answer among it is refused as forged.
    fn handle_input(&mut self, bytes: &[u8]);

    /// The one thing to do next.
    ///
    /// The answer changes only by `handle_input`, by [`handle_silence`](Self::handle_silence) and by
    /// having done the step. [`Step::Read`] may be polled again at no cost. Never blocks, never
    /// panics, does work bounded by the bytes handed in.
    ///
    /// # Errors
    ///
    /// An error says that the conversation broke. It is sticky: every later poll returns it again.
    fn poll(&mut self) -> Result<Step<'_, Self::Output>, Error>;

    /// Bytes read beyond the end of this conversation: they belong to whatever speaks next.
    fn remaining(&self) -> &[u8];

    /// How long a [`Step::Read`] may stay unanswered before the driver should call
    /// [`handle_silence`](Self::handle_silence). `None`: until the driver's own deadline.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Nothing came for as long as [`patience`](Self::patience) says.
    fn handle_silence(&mut self) {}
}

/// The one thing to do next.
///
/// ```
/// use sasl_core::{Outgoing, Step};
///
/// let step: Step<'_, ()> = Step::Write(Outgoing::new(b"A1 CAPABILITY\r\n", 0..0));
/// let Step::Write(bytes) = step else { unreachable!() };
/// assert_eq!(&*bytes, b"A1 CAPABILITY\r\n");
/// ```
#[derive(Debug)]
#[must_use = "a step that is not taken stalls the login"]
pub enum Step<'a, T> {
    /// Write all of these bytes, in one system call where that is possible.
    Write(Outgoing<'a>),
    /// Flush, read, and hand the bytes to [`Machine::handle_input`].
    Read,
    /// A fact, never a duty: log it, show it, drop it.
    Event(Event<'a>),
    /// The conversation is over.
    Done(T),
}

/// Bytes to write. `Debug` and [`redacted`](Self::redacted) leave out what is secret; only
/// dereferencing gives the bytes themselves.
///
/// ```
/// use sasl_core::Outgoing;
///
/// let line = Outgoing::new(b"A1 AUTHENTICATE XOAUTH2 dXNlcg==\r\n", 24..32);
/// assert_eq!(line.redacted().to_string(), "A1 AUTHENTICATE XOAUTH2 <8 octets left out>");
/// assert_eq!(line.len(), 34);
/// ```
#[derive(Clone)]
pub struct Outgoing<'a> {
    bytes: &'a [u8],
    secret: Range<usize>,
}

impl<'a> Outgoing<'a> {
    /// Bytes of which the octets in `secret` are not for logs. An empty range: nothing is secret.
    pub fn new(bytes: &'a [u8], secret: Range<usize>) -> Self {
        Self { bytes, secret }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The same line for people and logs: secrets cut out, control characters escaped, no line end.
    pub fn redacted(&self) -> impl fmt::Display + use<'a> {
        Redacted(self.clone())
    }
}

impl Deref for Outgoing<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes
    }
}

impl AsRef<[u8]> for Outgoing<'_> {
    fn as_ref(&self) -> &[u8] {
        self.bytes
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({})", self.redacted())
    }
}

struct Redacted<'a>(Outgoing<'a>);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outgoing { bytes, secret } = &self.0;
        let line_end =
            |bytes: &'_ [u8]| bytes.strip_suffix(b"\r\n").map_or(bytes.len(), <[u8]>::len);
        let end = line_end(bytes);
        let before = bytes.get(..secret.start.min(end)).unwrap_or_default();
        if secret.is_empty() {
            return crate::Text::new(bytes.get(..end).unwrap_or_default()).fmt(f);
        }
        crate::Text::new(before).fmt(f)?;
        write!(f, "<{} octets left out>", secret.len())?;
        crate::Text::new(bytes.get(secret.end.min(end)..end).unwrap_or_default()).fmt(f)
    }
}
