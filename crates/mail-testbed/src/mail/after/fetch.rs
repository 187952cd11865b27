//! Messages, as far as a client that shows them needs it
//! (<https://www.rfc-editor.org/rfc/rfc3501#section-6.4.5>).

use alloc::{format, string::String, sync::Arc, vec::Vec};

use super::Said;

/// Answers FETCH; `by_uid`: the set has UIDs. What is in no message is in no answer, and what is not known
/// here is left out.
pub(super) fn fetch(arguments: &[u8], by_uid: bool, said: &mut Said<'_>) -> bool {
    let Ok(text) = core::str::from_utf8(arguments) else {
        return false;
    };
    let Some((set, items)) = text.split_once(' ') else {
        return false;
    };
    let messages = said.boxes.messages(said.user);
    let last = match by_uid {
        true => messages.last().map_or(0, |(uid, _)| *uid),
        false => u32::try_from(messages.len()).unwrap_or(u32::MAX),
    };
    let Some(set) = ranges(set, last) else {
        return false;
    };
    for (number, (uid, message)) in (1_u32..).zip(&messages) {
        let name = if by_uid { *uid } else { number };
        if set.iter().any(|(from, to)| (*from..=*to).contains(&name)) {
            one(number, *uid, message, items, said);
        }
    }
    true
}

fn one(number: u32, uid: u32, message: &Arc<[u8]>, items: &str, said: &mut Said<'_>) {
    let head = format!(
        "* {number} FETCH (UID {uid} FLAGS () RFC822.SIZE {}",
        message.len()
    );
    said.bytes.extend_from_slice(head.as_bytes());
    if let Some((section, range)) = section(items) {
        let content = content(message, section);
        let (from, octets) = range.unwrap_or((0, content.len()));
        let content = content.get(from..).unwrap_or_default();
        let content = content.get(..octets).unwrap_or(content);
        let origin = range.map_or_else(String::new, |(from, _)| format!("<{from}>"));
        let name = format!(" BODY[{section}]{origin} {{{}}}\r\n", content.len());
        said.bytes.extend_from_slice(name.as_bytes());
        said.bytes.extend_from_slice(content);
    }
    said.line(&[b")"]);
}

/// The first part of a body that is asked for, and of it from where how many octets.
fn section(items: &str) -> Option<(&str, Option<(usize, usize)>)> {
    let (_, rest) = items
        .split_once("BODY.PEEK[")
        .or_else(|| items.split_once("BODY["))?;
    let (section, rest) = rest.split_once(']')?;
    let range = rest.strip_prefix('<').and_then(|rest| {
        let (from, octets) = rest.split_once('>')?.0.split_once('.')?;
        Some((from.parse().ok()?, octets.parse().ok()?))
    });
    Some((section, range))
}

fn content(message: &[u8], section: &str) -> Vec<u8> {
    let end = message.windows(4).position(|octets| octets == b"\r\n\r\n");
    let (header, body) = message.split_at(end.map_or(message.len(), |end| end + 4));
    if section.is_empty() {
        return message.to_vec();
    }
    if section.eq_ignore_ascii_case("TEXT") {
        return body.to_vec();
    }
    let Some((_, names)) = section.split_once('(') else {
        return header.to_vec();
    };
    let names: Vec<&str> = names.trim_end_matches(')').split(' ').collect();
    let mut kept = Vec::new();
    let mut keeps = false;
    for line in header.split_inclusive(|octet| *octet == b'\n') {
        // A line that begins with a blank belongs to the one before.
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line
                .split(|octet| *octet == b':')
                .next()
                .unwrap_or_default();
            keeps = names
                .iter()
                .any(|one| one.as_bytes().eq_ignore_ascii_case(name));
        }
        if keeps {
            kept.extend_from_slice(line);
        }
    }
    kept.extend_from_slice(b"\r\n");
    kept
}

/// A set of numbers, of which `*` is the last (<https://www.rfc-editor.org/rfc/rfc3501#section-9>).
fn ranges(set: &str, last: u32) -> Option<Vec<(u32, u32)>> {
    let number = |text: &str| match text {
        "*" => Some(last),
        text => text.parse().ok().filter(|number| *number > 0),
    };
    set.split(',')
        .map(|range| {
            let (from, to) = range.split_once(':').unwrap_or((range, range));
            let (from, to) = (number(from)?, number(to)?);
            Some((from.min(to), from.max(to)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read() {
        assert_eq!(ranges("1:3,5,*", 9), Some([(1, 3), (5, 5), (9, 9)].into()));
        assert_eq!(ranges("7:*", 4), Some([(4, 7)].into()));
        for bad in ["", "0", "a", "1:", "1,,2"] {
            assert_eq!(ranges(bad, 9), None, "{bad}");
        }
    }

    #[test]
    fn parts_are_cut_out() {
        let message = b"A: 1\r\nB: 2\r\n more\r\nC: 3\r\n\r\nText\r\n";
        assert_eq!(
            content(message, "HEADER.FIELDS (B x)"),
            b"B: 2\r\n more\r\n\r\n"
        );
        assert_eq!(content(message, "TEXT"), b"Text\r\n");
        assert_eq!(content(message, ""), message);
        assert_eq!(section("(BODY.PEEK[]<0.10>)"), Some(("", Some((0, 10)))));
        assert_eq!(section("(UID FLAGS)"), None);
    }
}
