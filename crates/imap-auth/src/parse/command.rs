//! Commands of a client (<https://www.rfc-editor.org/rfc/rfc9051#section-9>), as far as a server takes
//! them before the login.

use alloc::{borrow::Cow, vec::Vec};

use sasl_core::{Mechanism, Violation, wire::is_word};
use zeroize::{Zeroize, Zeroizing};

/// A command before the login.
///
/// ```
/// use imap_auth::parse::{Command, command};
/// use sasl_core::Mechanism;
///
/// let (tag, command) = command(b"a1 authenticate XOAUTH2 =")?;
/// assert_eq!(tag, b"a1");
/// let Command::Authenticate { mechanism, message } = command else { panic!() };
/// assert_eq!((mechanism, message), (Some(Mechanism::XOAuth2), Some(&b""[..])));
/// # Ok::<(), sasl_core::Violation>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// AUTHENTICATE.
    Authenticate {
        /// How. `None`: by something that this project does not speak.
        mechanism: Option<Mechanism>,
        /// The first message in base64, if it came along; `=` is an empty one.
        message: Option<&'a [u8]>,
    },
    /// CAPABILITY.
    Capability,
    /// ID, whatever the client says about itself.
    Id,
    /// LOGIN with both arguments.
    Login {
        /// The user name.
        user: Cow<'a, [u8]>,
        /// The password.
        password: Cow<'a, [u8]>,
    },
    /// LOGOUT.
    Logout,
    /// A known command with arguments that are not in its grammar.
    Malformed,
    /// NOOP.
    Noop,
    /// STARTTLS.
    StartTls,
    /// Another command, or one that needs a login first.
    Unknown,
}

/// The longest tag that is taken.
const TAG: usize = 64;

/// Reads one line of a client with its literals: the tag and the command.
///
/// # Errors
///
/// When there is no tag, and so nobody to answer to. A word alone is no tag: it may be the message of a
/// login that was refused before it came, and an answer would show it around.
pub fn command(line: &[u8]) -> Result<(&[u8], Command<'_>), Violation> {
    let (tag, rest) = super::response::split_word(line);
    let legal = tag.len() <= TAG && tag.iter().all(|octet| super::response::is_tag_char(*octet));
    if tag.is_empty() || !legal {
        return Err(Violation::BadLine);
    }
    let (word, arguments) = super::response::split_word(rest.ok_or(Violation::BadLine)?);
    Ok((tag, read(word, arguments)))
}

fn read<'a>(word: &[u8], arguments: Option<&'a [u8]>) -> Command<'a> {
    let alone = |command| {
        if arguments.is_none() {
            command
        } else {
            Command::Malformed
        }
    };
    match word.len() {
        2 if is_word(word, b"ID") && arguments.is_some() => Command::Id,
        4 if is_word(word, b"NOOP") => alone(Command::Noop),
        5 if is_word(word, b"LOGIN") => arguments.and_then(login).unwrap_or(Command::Malformed),
        6 if is_word(word, b"LOGOUT") => alone(Command::Logout),
        8 if is_word(word, b"STARTTLS") => alone(Command::StartTls),
        10 if is_word(word, b"CAPABILITY") => alone(Command::Capability),
        12 if is_word(word, b"AUTHENTICATE") => arguments.map_or(Command::Malformed, authenticate),
        _ => Command::Unknown,
    }
}

/// <https://www.rfc-editor.org/rfc/rfc4959#section-3>
fn authenticate(arguments: &[u8]) -> Command<'_> {
    let (name, message) = super::response::split_word(arguments);
    match message {
        Some(b"") => return Command::Malformed,
        _ if name.is_empty() || message.is_some_and(|m| m.contains(&b' ')) => {
            return Command::Malformed;
        }
        _ => {}
    }
    Command::Authenticate {
        mechanism: Mechanism::parse(name),
        message: message.map(|text| if text == b"=" { b"" } else { text }),
    }
}

fn login(arguments: &[u8]) -> Option<Command<'_>> {
    let (user, rest) = astring(arguments)?;
    let (password, rest) = astring(rest.strip_prefix(b" ")?)?;
    if rest.is_empty() {
        return Some(Command::Login { user, password });
    }
    if let Cow::Owned(mut password) = password {
        password.zeroize();
    }
    None
}

/// An atom, a quoted string or a literal, and what stands behind it.
fn astring(input: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    match input {
        [b'"', inner @ ..] => quoted(inner),
        [b'{', ..] => literal(input),
        _ => {
            let is_char = |octet: &u8| *octet == b'+' || super::response::is_tag_char(*octet);
            let end = input.iter().take_while(|octet| is_char(octet)).count();
            let (atom, rest) = input.split_at_checked(end)?;
            (end > 0).then_some((Cow::Borrowed(atom), rest))
        }
    }
}

fn quoted(inner: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut rest = inner;
    let mut text = Zeroizing::new(Vec::new());
    loop {
        let at = memchr::memchr2(b'"', b'\\', rest)?;
        let (before, special) = rest.split_at_checked(at)?;
        match special {
            [b'"', behind @ ..] if text.is_empty() => return Some((Cow::Borrowed(before), behind)),
            [b'"', behind @ ..] => {
                text.extend_from_slice(before);
                return Some((Cow::Owned(core::mem::take(&mut *text)), behind));
            }
            [b'\\', octet @ (b'"' | b'\\'), behind @ ..] => {
                // Large enough for all of it, so that no part of a password is left elsewhere.
                if text.is_empty() {
                    text.reserve_exact(inner.len());
                }
                text.extend_from_slice(before);
                text.push(*octet);
                rest = behind;
            }
            _ => return None,
        }
    }
}

fn literal(input: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let end = memchr::memchr(b'\n', input)?;
    let (announcement, rest) = input.split_at_checked(end + 1)?;
    let announcement = announcement.strip_suffix(b"\r\n")?;
    let (octets, _) = sasl_core::wire::announced_literal(announcement)?.ok()?;
    let (text, rest) = rest.split_at_checked(usize::try_from(octets).ok()?)?;
    Some((Cow::Borrowed(text), rest))
}

impl core::fmt::Debug for Command<'_> {
    /// Without what may be a credential.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Authenticate { .. } => "Authenticate",
            Self::Capability => "Capability",
            Self::Id => "Id",
            Self::Login { .. } => "Login",
            Self::Logout => "Logout",
            Self::Malformed => "Malformed",
            Self::Noop => "Noop",
            Self::StartTls => "StartTls",
            Self::Unknown => "Unknown",
        })
    }
}

#[cfg(test)]
mod tests;
