//! Writes JSON into a buffer that was made large enough. `serde_json` has a buffer of its own, which
//! leaves copies of secrets behind as it grows.

use alloc::string::String;
use core::fmt::Write as _;

use sasl_core::Secret;

use crate::UnixTime;

pub(super) struct Writer(String);

impl Writer {
    pub(super) fn with_capacity(octets: usize) -> Self {
        Self(String::with_capacity(octets))
    }

    /// Begins an object: a member, or an element of a list where the name is empty.
    pub(super) fn open(&mut self, name: &str) {
        self.name(name);
        self.0.push('{');
    }

    pub(super) fn close(&mut self) {
        self.0.push('}');
    }

    pub(super) fn open_list(&mut self, name: &str) {
        self.name(name);
        self.0.push('[');
    }

    pub(super) fn close_list(&mut self) {
        self.0.push(']');
    }

    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push_str(value);
    }

    pub(super) fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        self.put(format_args!("{value}"));
    }

    pub(super) fn time(&mut self, name: &str, value: Option<UnixTime>) {
        if let Some(time) = value {
            self.number(name, time.as_millis());
        }
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.name(name);
        self.0.push('"');
        for c in value.chars() {
            match c {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\0'..=' ' if c != ' ' => self.put(format_args!("\\u{:04x}", u32::from(c))),
                _ => self.0.push(c),
            }
        }
        self.0.push('"');
    }

    pub(super) fn finish(self) -> Secret {
        Secret::from(self.0)
    }

    fn name(&mut self, name: &str) {
        if !self.0.is_empty() && !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
        if !name.is_empty() {
            self.put(format_args!("\"{name}\":"));
        }
    }

    fn put(&mut self, text: core::fmt::Arguments<'_>) {
        let written = self.0.write_fmt(text);
        debug_assert!(written.is_ok(), "a string takes all text");
    }
}
