//! The form of Java's files of properties.
//!
//! It is read as
//! <https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)>
//! has it: comments, three separators, lines that go on in the next one, escapes.

use alloc::{string::String, vec::Vec};

use zeroize::Zeroizing;

/// A key and its value. Both are wiped, for either may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) key: Zeroizing<String>,
    pub(super) value: Zeroizing<String>,
}

/// The properties of a text and the lines where they begin. `None` is one with a malformed `\u`.
pub(super) fn read(text: &str) -> impl Iterator<Item = (usize, Option<Property>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = Natural {
        rest: Some(text),
        number: 0,
    };
    core::iter::from_fn(move || {
        loop {
            let (number, first) = rest.next()?;
            let first = first.trim_start_matches(BLANK);
            if !first.is_empty() && !first.starts_with(['#', '!']) {
                return Some((number, property(&whole(first, &mut rest))));
            }
        }
    })
}

const BLANK: [char; 3] = [' ', '\t', '\u{c}'];

/// Lines as they end in the file: by LF, CR or both.
#[derive(Clone)]
struct Natural<'a> {
    rest: Option<&'a str>,
    number: usize,
}

impl<'a> Iterator for Natural<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest?;
        self.number += 1;
        let Some(at) = text.find(['\n', '\r']) else {
            self.rest = None;
            return Some((self.number, text));
        };
        let (line, rest) = text.split_at(at);
        let rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..));
        self.rest = rest;
        Some((self.number, line))
    }
}

/// A line with those that belong to it because the one before ends with a backslash.
fn whole(first: &str, rest: &mut Natural<'_>) -> Zeroizing<String> {
    let mut parts = Vec::new();
    let mut line = first;
    loop {
        let open = line.bytes().rev().take_while(|octet| *octet == b'\\');
        let goes_on = open.count() % 2 == 1;
        let part = if goes_on {
            line.strip_suffix('\\').unwrap_or(line)
        } else {
            line
        };
        parts.push(part);
        // At the end of the file such a backslash means nothing.
        let Some((_, next)) = goes_on.then(|| rest.next()).flatten() else {
            break;
        };
        line = next.trim_start_matches(BLANK);
    }
    // In one piece: a text that grows would leave copies of a secret behind.
    Zeroizing::new(parts.concat())
}

fn property(line: &str) -> Option<Property> {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let is_end = !escaped && (BLANK.contains(&c) || c == '=' || c == ':');
        escaped = c == '\\' && !escaped;
        is_end
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANK);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    Some(Property {
        key: unescape(key)?,
        value: unescape(value.trim_start_matches(BLANK))?,
    })
}

fn unescape(text: &str) -> Option<Zeroizing<String>> {
    // No escape is shorter than what it stands for.
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text.chars();
    // The first half of a character that takes two escapes.
    let mut high = None;
    while let Some(c) = rest.next() {
        let unit = match c {
            '\\' => match rest.next() {
                Some('u') => Some(unit(&mut rest)?),
                Some('t') => plain(&mut out, high, '\t')?,
                Some('n') => plain(&mut out, high, '\n')?,
                Some('r') => plain(&mut out, high, '\r')?,
                Some('f') => plain(&mut out, high, '\u{c}')?,
                Some(c) => plain(&mut out, high, c)?,
                None => None,
            },
            c => plain(&mut out, high, c)?,
        };
        let Some(unit) = unit else { continue };
        match (high.take(), unit) {
            (None, 0xd800..=0xdbff) => high = Some(unit),
            (None, unit) => out.push(char::from_u32(unit.into())?),
            (Some(first), unit) => {
                let mut decoded = char::decode_utf16([first, unit]);
                out.push(decoded.next()?.ok()?);
                if decoded.next().is_some() {
                    return None;
                }
            }
        }
    }
    high.is_none().then_some(out)
}

/// A character that stands for itself; it cannot come between two halves of another.
fn plain(out: &mut String, high: Option<u16>, c: char) -> Option<Option<u16>> {
    if high.is_some() {
        return None;
    }
    out.push(c);
    Some(None)
}

fn unit(rest: &mut core::str::Chars<'_>) -> Option<u16> {
    (0..4).try_fold(0, |sum, _| {
        let digit = rest.next()?.to_digit(16)?;
        Some(sum << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests;
