//! Commands of a client (<https://www.rfc-editor.org/rfc/rfc5804#section-4>), as far as a server takes
//! them before the login.

use core::fmt;

use sasl_core::{Mechanism, wire::is_word};

use super::{Str, string::from_client};

/// A command before the login.
///
/// ```
/// use sasl_core::Mechanism;
/// use sieve_auth::parse::{Command, command};
///
/// let line = b"authenticate \"XOAUTH2\" {4+}\r\ndGlt";
/// let Command::Authenticate { mechanism, message } = command(line) else { panic!() };
/// assert_eq!((mechanism, message), (Some(Mechanism::XOAuth2), Some(&b"dGlt"[..])));
/// // The name has to be a string.
/// assert_eq!(command(b"AUTHENTICATE XOAUTH2"), Command::Malformed);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// AUTHENTICATE (<https://www.rfc-editor.org/rfc/rfc5804#section-2.1>).
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
    /// NOOP (<https://www.rfc-editor.org/rfc/rfc5804#section-2.13>).
    Noop {
        /// What is to be sent back.
        tag: Option<Str<'a>>,
    },
    /// STARTTLS.
    StartTls,
    /// Another command, or one that needs a login first.
    Unknown,
}

/// Reads one line of a client with the literals in it, without its line end. Literals have to be of
/// the kind that nobody waits for (`{n+}`). A quoted string longer than the 1024 octets of the standard
/// is taken: it is clear where it ends.
pub fn command(line: &[u8]) -> Command<'_> {
    let split = memchr::memchr(b' ', line).and_then(|at| line.split_at_checked(at));
    let (word, arguments) = match split {
        Some((word, rest)) => (word, rest.get(1..)),
        None => (line, None),
    };
    let alone = |command| match arguments {
        None => command,
        Some(_) => Command::Malformed,
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

/// What a client answers to a challenge: one string, which holds base64 or `*`, both of which need no
/// backslash.
pub(crate) fn answer(line: &[u8]) -> Option<&[u8]> {
    match from_client(line) {
        Ok((string, [])) => Some(string.raw()),
        Ok(_) | Err(_) => None,
    }
}

fn authenticate(arguments: &[u8]) -> Option<Command<'_>> {
    let (name, rest) = from_client(arguments).ok()?;
    let message = match rest {
        [] => None,
        [b' ', message @ ..] => Some(answer(message)?),
        _ => return None,
    };
    Some(Command::Authenticate {
        mechanism: Mechanism::parse(&name.decoded()),
        message,
    })
}

fn noop(arguments: Option<&[u8]>) -> Command<'_> {
    let Some(arguments) = arguments else {
        return Command::Noop { tag: None };
    };
    match from_client(arguments) {
        // Strings are UTF-8 (<https://www.rfc-editor.org/rfc/rfc5804#section-4>), also on the way back.
        Ok((tag, [])) if core::str::from_utf8(tag.raw()).is_ok() => {
            Command::Noop { tag: Some(tag) }
        }
        Ok(_) | Err(_) => Command::Malformed,
    }
}

impl fmt::Debug for Command<'_> {
    /// Without what may be a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authenticate { .. } => "Authenticate",
            Self::Capability => "Capability",
            Self::Logout => "Logout",
            Self::Malformed => "Malformed",
            Self::Noop { .. } => "Noop",
            Self::StartTls => "StartTls",
            Self::Unknown => "Unknown",
        })
    }
}

#[cfg(test)]
mod tests;
