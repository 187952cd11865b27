//! Messages as people see them. All of it comes from strangers.

use mail_parser::{Address, DateTime, Message, MessageParser};
use serde::Serialize;

/// A message in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(crate) uid: u32,
    pub(crate) seen: bool,
    pub(crate) from: String,
    pub(crate) subject: String,
    /// As `2026-11-24T08:30Z`; empty if the message has none that is one.
    pub(crate) date: String,
}

/// A message that is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Text {
    pub(crate) from: String,
    /// The bare address of the sender, for answers.
    pub(crate) address: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) date: String,
    pub(crate) text: String,
    /// There is more than is shown.
    pub(crate) is_cut: bool,
}

/// Characters of a header field that are shown.
const FIELD: usize = 300;
const TEXT: usize = 200_000;

impl Row {
    /// Reads the header fields of a list (<https://www.rfc-editor.org/rfc/rfc5322>), which may be cut off.
    pub(super) fn read(uid: u32, seen: bool, header: &[u8]) -> Self {
        // The parser wants every field to end.
        let header = [header, b"\r\n\r\n"].concat();
        let message = MessageParser::default().parse_headers(&header);
        let message = message.as_ref();
        Self {
            uid,
            seen,
            from: people(message.and_then(Message::from), true),
            subject: subject(message),
            date: date(message),
        }
    }
}

impl Text {
    pub(super) fn read(octets: &[u8], is_cut: bool) -> Self {
        let message = MessageParser::default().parse(octets);
        let message = message.as_ref();
        let text = message.and_then(|message| message.body_text(0));
        let text = text.unwrap_or_default();
        let from = message.and_then(Message::from);
        Self {
            from: people(from, false),
            address: from
                .and_then(|from| from.first())
                .and_then(|from| from.address())
                .map_or_else(String::new, |address| clean(address, FIELD)),
            to: people(message.and_then(Message::to), false),
            subject: subject(message),
            date: date(message),
            is_cut: is_cut || text.chars().count() > TEXT,
            text: text.chars().filter(is_shown).take(TEXT).collect(),
        }
    }
}

/// One line of text from outside, at most so many characters, without those that control how others are shown.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(is_shown)
        .take(most + 1)
        .collect();
    if let Some((cut, _)) = line.char_indices().nth(most) {
        line.truncate(cut);
        line.push('…');
    }
    line.trim().to_owned()
}

/// Not those that turn the direction of what follows, by which a name can look like another one
/// (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>).
fn is_shown(c: &char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !turns && (!c.is_control() || matches!(c, '\n' | '\t'))
}

fn subject(message: Option<&Message<'_>>) -> String {
    let subject = message.and_then(Message::subject);
    let subject = clean(subject.unwrap_or_default(), FIELD);
    if subject.is_empty() {
        return "(no subject)".to_owned();
    }
    subject
}

/// Names, or names with addresses: a name alone can say anything.
fn people(address: Option<&Address<'_>>, short: bool) -> String {
    let all = address.into_iter().flat_map(Address::iter).take(20);
    let shown = all.map(|one| match (one.name(), one.address()) {
        (Some(name), _) if short => clean(name, FIELD),
        (Some(name), Some(address)) => {
            format!("{} <{}>", clean(name, FIELD), clean(address, FIELD))
        }
        (None, Some(text)) | (Some(text), None) => clean(text, FIELD),
        (None, None) => String::new(),
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    if shown.is_empty() {
        return "(nobody)".to_owned();
    }
    clean(&shown, 4 * FIELD)
}

fn date(message: Option<&Message<'_>>) -> String {
    let date = message.and_then(Message::date);
    let Some(date) = date.filter(|date| date.is_valid()) else {
        return String::new();
    };
    let utc = DateTime::from_timestamp(date.to_timestamp());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}Z",
        utc.year, utc.month, utc.day, utc.hour, utc.minute
    )
}

#[cfg(test)]
mod tests;
