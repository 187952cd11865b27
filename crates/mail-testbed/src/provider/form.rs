//! What a client fills in, read strictly: a testbed is there to show mistakes.

use alloc::{string::String, vec::Vec};

/// The fields of a form or query. <https://www.rfc-editor.org/rfc/rfc6749#appendix-B>
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// # Errors
    ///
    /// What is wrong, for `error_description`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for field in text.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                return Err("the parameters are not properly encoded");
            };
            fields.push((name, value));
            if fields.len() > 100 {
                return Err("there are too many parameters");
            }
        }
        // A parameter must not be there twice, but for `resource`, which RFC 8707 lets repeat.
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let twice = |pair: &[&str]| matches!(pair, [a, b] if a == b && *a != "resource");
        if names.windows(2).any(twice) {
            return Err("a parameter is there twice");
        }
        Ok(Self(fields))
    }

    /// A parameter; one without a value counts as absent.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Undoes the encoding of one name or value.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_the_standard() {
        assert_eq!(
            decode("+%25%26%2B%C2%A3%E2%82%AC").as_deref(),
            Some(" %&+£€")
        );
    }

    #[test]
    fn what_is_not_encoded_properly_is_refused() {
        for bad in ["%", "%4", "%zz", "%ff", "a=%+1"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_parameter_is_there_once() {
        assert!(Form::parse("a=1&a=1").is_err());
        assert!(Form::parse("a=1&%61=2").is_err());
        assert!(Form::parse("resource=x&resource=y").is_ok());
        assert_eq!(Form::parse("a=&b=2").unwrap().value("a"), None);
        assert_eq!(Form::parse("a=&b=2").unwrap().value("b"), Some("2"));
    }
}
