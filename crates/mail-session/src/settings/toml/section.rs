//! A table of TOML, read key by key; what nobody asked for is a mistake.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{cell::RefCell, ops::Range, time::Duration};

use toml_edit::{Item, TableLike};

use crate::settings::{Findings, duration, findings::Place, similar};

/// The text, and what was found in it so far.
pub(super) struct Reader<'a> {
    file: &'a str,
    /// Where lines end.
    ends: Vec<usize>,
    findings: RefCell<Findings>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, text: &str) -> Self {
        Self {
            file,
            ends: text.match_indices('\n').map(|(at, _)| at).collect(),
            findings: RefCell::default(),
        }
    }

    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    pub(super) fn into_findings(self) -> Findings {
        self.findings.into_inner()
    }

    pub(super) fn line(&self, span: Option<Range<usize>>) -> Option<usize> {
        span.map(|span| 1 + self.ends.partition_point(|end| *end < span.start))
    }
}

/// A table and its path, which problems name.
pub(super) struct Section<'a> {
    pub(super) reader: &'a Reader<'a>,
    path: String,
    table: &'a dyn TableLike,
    line: Option<usize>,
    asked: Vec<&'static str>,
    refused: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn root(reader: &'a Reader<'a>, table: &'a dyn TableLike) -> Self {
        Self {
            reader,
            path: String::new(),
            table,
            line: None,
            asked: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// The table below this one.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Self> {
        let item = self.item(key)?;
        let Some(table) = item.as_table_like() else {
            self.error(key, "not a table: write key = value pairs into it");
            return None;
        };
        Some(Self {
            reader: self.reader,
            path: self.full(key),
            table,
            line: self.line_of(key),
            asked: Vec::new(),
            refused: Vec::new(),
        })
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let item = self.item(key)?;
        let text = item.as_str();
        match text {
            None => self.error(key, "not a text: put it into quotes"),
            Some("") => self.error(key, "empty: leave the key out, or give it a value"),
            Some(text) if text.chars().any(char::is_control) => {
                self.error(key, "it has a control character: leave that out");
            }
            Some(_) => return text,
        }
        None
    }

    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        let Some(item) = self.item(key) else {
            return false;
        };
        item.as_bool().unwrap_or_else(|| {
            self.error(key, "neither true nor false");
            false
        })
    }

    /// A whole number within these bounds.
    pub(super) fn number(&mut self, key: &'static str, min: u32, max: u32) -> Option<u32> {
        let item = self.item(key)?;
        let number = item
            .as_integer()
            .and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.error(key, &format!("not a whole number from {min} to {max}"));
        }
        number
    }

    pub(super) fn time(&mut self, key: &'static str, target: &mut Duration) {
        let Some(item) = self.item(key) else {
            return;
        };
        match item.as_str().and_then(duration::parse) {
            Some(time) => *target = time,
            None => self.error(key, duration::HINT),
        }
    }

    /// A time that must not be zero; and what is told of one that is longer than this.
    pub(super) fn time_within(
        &mut self,
        key: &'static str,
        target: &mut Duration,
        zero: &str,
        (longest, long): (Duration, &str),
    ) {
        self.time(key, target);
        if target.is_zero() {
            self.error(key, zero);
        } else if *target > longest && self.has(key) {
            self.warning(key, long);
        }
    }

    /// One of these words, whatever its case.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(key)?;
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.error(key, &similar::one_of(text, &words));
        }
        found.map(|(_, value)| *value)
    }

    /// Whether there is such a key, of whatever value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A key that must not be there gets an answer of its own.
    pub(super) fn refuse(&mut self, key: &'static str, why: &str) {
        self.refused.push(key);
        if self.has(key) {
            self.error(key, why);
        }
    }

    pub(super) fn error(&self, key: &str, text: &str) {
        let full = self.full(key);
        let place = self.place(key, &full);
        self.reader.findings.borrow_mut().error(place, text);
    }

    pub(super) fn warning(&self, key: &str, text: &str) {
        let full = self.full(key);
        let place = self.place(key, &full);
        self.reader.findings.borrow_mut().warning(place, text);
    }

    /// Tells of the keys that nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.table.iter() {
            if self.asked.contains(&key) || self.refused.contains(&key) {
                continue;
            }
            let known = self.asked.iter().copied();
            let text = match similar::similar(key, known) {
                Some(meant) => format!("no such key: did you mean {meant}?"),
                None => "no such key: leave it out".to_owned(),
            };
            self.error(key, &text);
        }
    }

    fn item(&mut self, key: &'static str) -> Option<&'a Item> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn line_of(&self, key: &str) -> Option<usize> {
        let (name, item) = self.table.get_key_value(key)?;
        let span = name.span().or_else(|| item.span());
        self.reader.line(span)
    }

    fn place<'b>(&self, key: &str, full: &'b str) -> Place<'b>
    where
        'a: 'b,
    {
        Place {
            file: Some(self.reader.file),
            line: self.line_of(key).or(self.line),
            key: full,
        }
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_string()
        } else if key.is_empty() {
            self.path.clone()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}
