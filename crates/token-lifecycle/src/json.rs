//! JSON objects from strangers.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use sasl_core::Secret;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Number, Value};
use zeroize::Zeroize;

/// Why a document was not taken at all.
///
/// ```
/// use token_lifecycle::{DocumentError, Introspection};
/// assert_eq!(Introspection::parse(b"<html>").unwrap_err(), DocumentError::Form.into());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A member that counts is there twice.
    #[error("the document answers one question twice")]
    Duplicate,
    /// No JSON, or no object.
    #[error(
        "the document is no JSON object: check the address, and whether a proxy or sign-in page of the network answered"
    )]
    Form,
    /// Too long or nested too deeply.
    #[error("the document is longer or nested more deeply than any that is meant well")]
    Limit,
}

/// The members of an object that somebody asked for. Whatever else is in the document is skipped; what
/// is here is wiped.
pub(crate) struct Object(Vec<(&'static str, Value)>);

/// Nesting beyond this is refused.
const DEPTH: usize = 16;

impl Object {
    /// Reads the named members of a document of at most `limit` octets.
    pub(crate) fn parse(
        document: &[u8],
        limit: usize,
        members: &'static [&'static str],
    ) -> Result<Self, DocumentError> {
        if document.len() > limit || depth(document) > DEPTH {
            return Err(DocumentError::Limit);
        }
        // Some servers begin with a byte order mark, which is no JSON.
        let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
        // All of it has to be UTF-8, also what nobody looks at.
        let text = core::str::from_utf8(document).map_err(|_| DocumentError::Form)?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut object = Self(Vec::new());
        let is_unique = Members(&mut object, members)
            .deserialize(&mut deserializer)
            .map_err(|_| DocumentError::Form)?;
        deserializer.end().map_err(|_| DocumentError::Form)?;
        if is_unique {
            Ok(object)
        } else {
            Err(DocumentError::Duplicate)
        }
    }

    /// A member; null counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let (_, value) = self.0.iter().find(|(other, _)| *other == name)?;
        Some(value).filter(|value| !value.is_null())
    }

    /// Text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Text that is taken out of the document, and of which no copy stays.
    pub(crate) fn take_secret(&mut self, name: &str) -> Option<Secret> {
        let (_, value) = self.0.iter_mut().find(|(other, _)| *other == name)?;
        match value.take() {
            Value::String(text) if !text.is_empty() => Some(Secret::from(text)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }

    /// A number that is not negative, without its fraction, also where it is written as text. One
    /// that is too large is the largest.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Value::Number(number) => whole(number),
            Value::String(text) => text.parse::<Number>().ok().as_ref().and_then(whole),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A list of text; other elements are left out. Text alone is a list of one.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.get(name)? {
            Value::Array(list) => {
                let texts = list.iter().filter_map(Value::as_str);
                Some(texts.map(ToString::to_string).collect())
            }
            Value::String(text) => Some(alloc::vec![text.clone()]),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            wipe(value);
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

fn whole(number: &Number) -> Option<u64> {
    if let Some(whole) = number.as_u64() {
        return Some(whole);
    }
    // Casting a float saturates; what is beyond the largest number is the largest.
    number
        .as_f64()
        .filter(|value| *value >= 0.0)
        .map(|value| value as u64)
}

/// Nesting is bounded, so this may call itself.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(list) => list.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The deepest nesting of arrays and objects, in one pass and without a stack.
fn depth(document: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for octet in document {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Where members go, and which are wanted. Says whether none of them is there twice.
struct Members<'a>(&'a mut Object, &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self(object, wanted) = self;
        let mut is_unique = true;
        while let Some(key) = map.next_key::<String>()? {
            let Some(name) = wanted.iter().find(|name| **name == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            is_unique &= object.0.iter().all(|(other, _)| other != name);
            object.0.push((name, map.next_value()?));
        }
        Ok(is_unique)
    }
}

#[cfg(test)]
mod tests;
