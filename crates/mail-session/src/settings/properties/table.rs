//! All properties of all files, and what reads their values.

use alloc::{borrow::ToOwned, collections::BTreeMap, format, string::String, vec::Vec};
use core::{cell::RefCell, time::Duration};

use zeroize::Zeroizing;

use super::{known, lines};
use crate::settings::{Findings, Severity, duration, findings::Place, local::LENGTH, similar};

/// What the files say, by key.
pub(super) struct Table<'a> {
    entries: BTreeMap<String, Entry<'a>>,
    findings: RefCell<Findings>,
}

struct Entry<'a> {
    file: &'a str,
    line: usize,
    value: Zeroizing<String>,
}

/// A value and where it is. Two keys may say the same thing, so the key is part of it.
#[derive(Clone, Copy)]
pub(super) struct Found<'t, T> {
    pub(super) value: T,
    pub(super) at: Place<'t>,
}

impl<'a> Table<'a> {
    /// Reads the files; tells of keys that are there twice, or should not be there at all.
    pub(super) fn read(files: &[(&'a str, &str)]) -> Self {
        let mut table = Self {
            entries: BTreeMap::new(),
            findings: RefCell::default(),
        };
        for (file, text) in files {
            table.add(file, text);
        }
        table
    }

    fn add(&mut self, file: &'a str, text: &str) {
        let findings = self.findings.get_mut();
        let whole = Place {
            file: Some(file),
            line: None,
            key: "",
        };
        if text.len() > LENGTH {
            findings.error(whole, "longer than 1 MiB: this is no file of settings");
            return;
        }
        for (number, property) in lines::read(text) {
            let line = Some(number);
            let Some(lines::Property { key, value }) = property else {
                let text = "a malformed \\u: it takes four hexadecimal digits, and a character beyond them two in a row";
                findings.error(Place { line, ..whole }, text);
                continue;
            };
            let at = Place {
                file: Some(file),
                line,
                key: &key,
            };
            if !known::check(at, findings) {
                continue;
            }
            if !value.is_ascii() {
                findings.warning(
                    at,
                    "letters outside of ASCII: Java reads them otherwise than they are here; write them as \\uXXXX",
                );
            }
            let entry = Entry {
                file,
                line: number,
                value: Zeroizing::new(value.trim().to_owned()),
            };
            if let Some(first) = self.entries.get(key.as_str()) {
                let place = format!("{}, line {}", first.file, first.line);
                if first.value == entry.value {
                    findings.warning(at, format!("the same is in {place}: leave one out"));
                } else {
                    findings.error(at, format!("something else is in {place}: leave one out"));
                }
                continue;
            }
            self.entries.insert(key.as_str().to_owned(), entry);
        }
    }

    pub(super) fn into_findings(self) -> Findings {
        self.findings.into_inner()
    }

    /// A value that is not empty; an empty one is as good as none.
    pub(super) fn get<'t>(&'t self, key: &'t str) -> Option<Found<'t, &'t str>> {
        let entry = self.entries.get(key)?;
        let at = Place {
            file: Some(entry.file),
            line: Some(entry.line),
            key,
        };
        let value = entry.value.as_str();
        (!value.is_empty()).then_some(Found { value, at })
    }

    pub(super) fn flag<'t>(&'t self, key: &'t str) -> Option<Found<'t, bool>> {
        self.parse(key, "neither true nor false", |text| {
            let is = |word| text.eq_ignore_ascii_case(word);
            (is("true") || is("false")).then(|| is("true"))
        })
    }

    pub(super) fn number<'t>(&'t self, key: &'t str) -> Option<Found<'t, u64>> {
        self.parse(key, "not a whole number", |text| text.parse().ok())
    }

    pub(super) fn millis<'t>(&'t self, key: &'t str) -> Option<Found<'t, Duration>> {
        let hint = "not a time: it takes a whole number of milliseconds";
        self.parse(key, hint, |text| {
            duration::bounded(Duration::from_millis(text.parse().ok()?))
        })
    }

    pub(super) fn seconds<'t>(&'t self, key: &'t str) -> Option<Found<'t, Duration>> {
        let hint = "not a time: it takes a whole number of seconds";
        self.parse(key, hint, |text| {
            duration::bounded(Duration::from_secs(text.parse().ok()?))
        })
    }

    /// One of these words, whatever its case.
    pub(super) fn choice<'t, T: Copy>(
        &'t self,
        key: &'t str,
        words: &[(&'static str, T)],
    ) -> Option<Found<'t, T>> {
        let Found { value, at } = self.get(key)?;
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(value));
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.error(at, similar::one_of(value, &words));
        }
        found.map(|(_, value)| Found { value: *value, at })
    }

    pub(super) fn parse<'t, T>(
        &'t self,
        key: &'t str,
        hint: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Found<'t, T>> {
        let Found { value, at } = self.get(key)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.error(at, hint);
        }
        parsed.map(|value| Found { value, at })
    }

    /// One of two that say the same thing. If both are there, they have to agree.
    pub(super) fn one<'t, T: PartialEq>(
        &self,
        first: Option<Found<'t, T>>,
        second: Option<Found<'t, T>>,
    ) -> Option<Found<'t, T>> {
        if let (Some(first), Some(second)) = (&first, &second) {
            if first.value != second.value {
                self.error(first.at, contradiction(second.at));
                self.error(second.at, contradiction(first.at));
            }
        }
        first.or(second)
    }

    pub(super) fn error(&self, at: Place<'_>, text: impl Into<String>) {
        self.findings.borrow_mut().error(at, text);
    }

    pub(super) fn warning(&self, at: Place<'_>, text: impl Into<String>) {
        self.findings.borrow_mut().warning(at, text);
    }

    pub(super) fn note(&self, at: Place<'_>, text: impl Into<String>) {
        self.findings.borrow_mut().note(at, text);
    }

    pub(super) fn push(&self, severity: Severity, at: Place<'_>, text: &str) {
        self.findings
            .borrow_mut()
            .push(severity, at, text.to_owned());
    }
}

fn contradiction(other: Place<'_>) -> String {
    format!(
        "{} in {}, line {}, says otherwise: make them the same, or leave one out",
        other.key,
        other.file.unwrap_or_default(),
        other.line.unwrap_or_default(),
    )
}
