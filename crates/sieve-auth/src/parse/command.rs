//! Commands of a client (<https://www.rfc-editor.org/rfc/rfc5804#section-4>), as far as a server takes
//! them before the login.

use alloc::borrow::Cow;

use sasl_core::{Mechanism, wire::is_word};

use super::{Str, string};

/// A command before the login.
///
/// ```
/// use sasl_core::Mechanism;
/// use sieve_auth::parse::{Command, command};
///
/// let Command::Authenticate { mechanism, message } = command(b"authenticate \"PLAIN\" \"\"")
///     else { panic!() };
/// assert_eq!((mechanism, message), (Some(Mechanism::Plain), Some(&b""[..])));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// AUTHENTICATE.
    Authenticate {
        /// How. `None`: by something that this project does not speak.
        mechanism: Option<Mechanism>,
        /// The first message in base64, if it came along.
        message: Option<&'a [u8]>,
    },
    /// CAPABILITY.
    Capability,
    /// LOGOUT.
    Logout,
    /// A known command with arguments that are not in its grammar.
    Malformed,
    /// NOOP, and what the answer has to repeat.
    Noop(Option<Cow<'a, [u8]>>),
    /// STARTTLS.
    StartTls,
    /// Another command, or one that needs a login first.
    Unknown,
}

/// Reads one line of a client with its literals.
pub fn command(line: &[u8]) -> Command<'_> {
    let at = memchr::memchr(b' ', line).unwrap_or(line.len());
    let (word, rest) = line.split_at(at);
    let arguments = rest.get(1..);
    let alone = |command| {
        if arguments.is_none() {
            command
        } else {
            Command::Malformed
        }
    };
    match word.len() {
        4 if is_word(word, b"NOOP") => noop(arguments),
        6 if is_word(word, b"LOGOUT") => alone(Command::Logout),
        8 if is_word(word, b"STARTTLS") => alone(Command::StartTls),
        10 if is_word(word, b"CAPABILITY") => alone(Command::Capability),
        12 if is_word(word, b"AUTHENTICATE") => arguments
            .and_then(authenticate)
            .unwrap_or(Command::Malformed),
        _ => Command::Unknown,
    }
}

/// The answer of a client to a challenge: one string with base64 or `*` in it, and nothing behind it.
///
/// ```
/// use sieve_auth::parse::message;
/// assert_eq!(message(b"\"AQ==\""), Some(&b"AQ=="[..]));
/// assert_eq!(message(b"{4+}\r\nAQ=="), Some(&b"AQ=="[..]));
/// assert_eq!(message(b"AQ=="), None);
/// ```
pub fn message(line: &[u8]) -> Option<&[u8]> {
    match client_string(line)? {
        (string, []) => plain(string),
        _ => None,
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5804#section-2.1>
fn authenticate(arguments: &[u8]) -> Option<Command<'_>> {
    let (name, rest) = client_string(arguments)?;
    let message = match rest {
        [] => None,
        [b' ', rest @ ..] => Some(message(rest)?),
        _ => return None,
    };
    Some(Command::Authenticate {
        mechanism: Mechanism::parse(name.raw()),
        message,
    })
}

/// <https://www.rfc-editor.org/rfc/rfc5804#section-2.13>
fn noop(arguments: Option<&[u8]>) -> Command<'_> {
    match arguments.map(client_string) {
        None => Command::Noop(None),
        Some(Some((tag, []))) => Command::Noop(Some(tag.decoded())),
        Some(_) => Command::Malformed,
    }
}

/// A string as a client may write it: its literals are `{n+}`, for nobody would ask for the octets of
/// another one.
fn client_string(input: &[u8]) -> Option<(Str<'_>, &[u8])> {
    let announcement = input.split(|octet| *octet == b'\n').next()?;
    if announcement.starts_with(b"{") && !announcement.ends_with(b"+}\r") {
        return None;
    }
    string(input, false).ok()
}

/// Base64 needs no escapes, so what has some is not base64.
fn plain(string: Str<'_>) -> Option<&[u8]> {
    match string.decoded() {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}

impl core::fmt::Debug for Command<'_> {
    /// Without what may be a credential.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Authenticate { .. } => "Authenticate",
            Self::Capability => "Capability",
            Self::Logout => "Logout",
            Self::Malformed => "Malformed",
            Self::Noop(_) => "Noop",
            Self::StartTls => "StartTls",
            Self::Unknown => "Unknown",
        })
    }
}

#[cfg(test)]
mod tests;
