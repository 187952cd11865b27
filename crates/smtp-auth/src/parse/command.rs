//! Commands of a client (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1>), as far as a server
//! takes them before the login.

use core::fmt;

use sasl_core::Mechanism;

/// A command before the login.
///
/// ```
/// use sasl_core::Mechanism;
/// use smtp_auth::parse::{Command, command};
///
/// let Command::Authenticate { mechanism, message } = command(b"auth XOAUTH2 =") else { panic!() };
/// assert_eq!((mechanism, message), (Some(Mechanism::XOAuth2), Some(&b""[..])));
/// assert_eq!(command(b"EHLO [192.0.2.1]"), Command::Ehlo(b"[192.0.2.1]"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// AUTH (<https://www.rfc-editor.org/rfc/rfc4954#section-4>).
    Authenticate {
        /// How. `None`: by something that this project does not speak.
        mechanism: Option<Mechanism>,
        /// The first message in base64, if it came along; `=` is an empty one.
        message: Option<&'a [u8]>,
    },
    /// EHLO, and what the client calls itself.
    Ehlo(&'a [u8]),
    /// HELO, the greeting of a client that knows no extensions.
    Helo(&'a [u8]),
    /// HELP, whatever about.
    Help,
    /// LHLO, the EHLO of LMTP (<https://www.rfc-editor.org/rfc/rfc2033#section-4.1>).
    Lhlo(&'a [u8]),
    /// MAIL, RCPT, DATA or another one that needs a login first.
    Mail,
    /// A known command with arguments that are not in its grammar.
    Malformed,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// RSET.
    Rset,
    /// STARTTLS (<https://www.rfc-editor.org/rfc/rfc3207#section-4>).
    StartTls,
    /// No command that is known.
    Unknown,
    /// VRFY.
    Vrfy,
}

/// Reads one line of a client without its line end. White space at its end does not count
/// (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1>).
pub fn command(line: &[u8]) -> Command<'_> {
    let mut line = line;
    while let [rest @ .., b' ' | b'\t'] = line {
        line = rest;
    }
    let (verb, arguments) = split_word(line);
    let alone = |command| match arguments {
        None => command,
        Some(_) => Command::Malformed,
    };
    let with_name = |command: fn(_) -> _| {
        let name = arguments.filter(|name| is_name(name));
        name.map_or(Command::Malformed, command)
    };
    if sasl_core::wire::is_word(verb, b"STARTTLS") {
        return alone(Command::StartTls);
    }
    let Ok(mut verb) = <[u8; 4]>::try_from(verb) else {
        return Command::Unknown;
    };
    verb.make_ascii_uppercase();
    match &verb {
        b"AUTH" => arguments.map_or(Command::Malformed, authenticate),
        b"EHLO" => with_name(Command::Ehlo),
        b"HELO" => with_name(Command::Helo),
        b"HELP" => Command::Help,
        b"LHLO" => with_name(Command::Lhlo),
        b"NOOP" => Command::Noop,
        b"QUIT" => alone(Command::Quit),
        b"RSET" => alone(Command::Rset),
        b"VRFY" if arguments.is_some() => Command::Vrfy,
        b"VRFY" => Command::Malformed,
        // What is wrong with their arguments is a question for after the login.
        b"ATRN" | b"BDAT" | b"BURL" | b"DATA" | b"ETRN" | b"EXPN" | b"MAIL" | b"RCPT" => {
            Command::Mail
        }
        _ => Command::Unknown,
    }
}

/// What EHLO names. Nothing is done with it, so that names with an underscore, which many machines
/// have, need not be refused.
fn is_name(name: &[u8]) -> bool {
    name.len() <= 255 && name.iter().all(u8::is_ascii_graphic)
}

fn authenticate(arguments: &[u8]) -> Command<'_> {
    let (name, message) = split_word(arguments);
    let legal = |message: &[u8]| !message.is_empty() && !message.contains(&b' ');
    if name.is_empty() || !message.is_none_or(legal) {
        return Command::Malformed;
    }
    Command::Authenticate {
        mechanism: Mechanism::parse(name),
        message: message.map(|text| if text == b"=" { b"" } else { text }),
    }
}

/// A word, and what stands behind the space behind it.
fn split_word(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let split = memchr::memchr(b' ', line).and_then(|at| line.split_at_checked(at));
    match split {
        Some((word, rest)) => (word, rest.get(1..)),
        None => (line, None),
    }
}

impl fmt::Debug for Command<'_> {
    /// Without what may be a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authenticate { .. } => "Authenticate",
            Self::Ehlo(_) => "Ehlo",
            Self::Helo(_) => "Helo",
            Self::Help => "Help",
            Self::Lhlo(_) => "Lhlo",
            Self::Mail => "Mail",
            Self::Malformed => "Malformed",
            Self::Noop => "Noop",
            Self::Quit => "Quit",
            Self::Rset => "Rset",
            Self::StartTls => "StartTls",
            Self::Unknown => "Unknown",
            Self::Vrfy => "Vrfy",
        })
    }
}

#[cfg(test)]
mod tests;
