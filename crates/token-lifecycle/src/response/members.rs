//! The members of an answer, in whatever form they come.

use alloc::{string::String, vec::Vec};
use core::fmt;

use sasl_core::Secret;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::Scopes;

/// What we look at in an answer; all else is ignored. A member that comes twice makes the whole
/// unreadable, as nobody can say which one is meant.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Members {
    pub(crate) access_token: Scalar,
    pub(crate) refresh_token: Scalar,
    pub(crate) id_token: Scalar,
    pub(crate) token_type: Scalar,
    pub(crate) expires_in: Scalar,
    pub(crate) expires_on: Scalar,
    pub(crate) expires: Scalar,
    pub(crate) refresh_in: Scalar,
    pub(crate) refresh_expires_in: Scalar,
    pub(crate) refresh_token_expires_in: Scalar,
    pub(crate) scope: Scalar,
    pub(crate) error: Scalar,
    pub(crate) error_description: Scalar,
    pub(crate) suberror: Scalar,
    pub(crate) error_subtype: Scalar,
    pub(crate) claims: Scalar,
}

impl Members {
    /// From a JSON object, which may begin with a byte order mark.
    pub(crate) fn from_json(body: &[u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        // A derived struct would take an array too.
        let begins = body.iter().find(|octet| !octet.is_ascii_whitespace());
        // All of it has to be UTF-8, also what nobody looks at.
        let text = core::str::from_utf8(body)
            .ok()
            .filter(|_| begins == Some(&b'{'))?;
        serde_json::from_str(text).ok()
    }

    /// From a form, as some servers send tokens.
    pub(crate) fn from_form(body: &[u8]) -> Option<Self> {
        let body = core::str::from_utf8(body).ok()?;
        let mut members = Self::default();
        for (name, value) in form_urlencoded::parse(body.as_bytes()) {
            let Some(place) = members.place(&name) else {
                continue;
            };
            if !matches!(place, Scalar::None) {
                return None;
            }
            *place = Scalar::Text(Secret::from(value.into_owned()));
        }
        Some(members)
    }

    fn place(&mut self, name: &str) -> Option<&mut Scalar> {
        Some(match name {
            "access_token" => &mut self.access_token,
            "refresh_token" => &mut self.refresh_token,
            "id_token" => &mut self.id_token,
            "token_type" => &mut self.token_type,
            "expires_in" => &mut self.expires_in,
            "expires" => &mut self.expires,
            "scope" => &mut self.scope,
            "error" => &mut self.error,
            "error_description" => &mut self.error_description,
            _ => return None,
        })
    }
}

/// A value that should be a number or a text. Any text may be a token, so that all are secret.
#[derive(Default)]
pub(crate) enum Scalar {
    /// Absent, null, or something that cannot be meant.
    #[default]
    None,
    Number(f64),
    Text(Secret),
}

impl Scalar {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.expose()).filter(|text| !text.is_empty()),
            Self::None | Self::Number(_) => None,
        }
    }

    /// A text that is not empty.
    pub(crate) fn into_secret(self) -> Option<Secret> {
        match self {
            Self::Text(text) => Some(text).filter(|text| !text.expose().is_empty()),
            Self::None | Self::Number(_) => None,
        }
    }

    pub(crate) fn words(&self) -> Option<Scopes> {
        self.text().map(Scopes::from)
    }

    /// Whole seconds, and none for what is negative.
    pub(crate) fn seconds(&self) -> Option<u64> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.expose().trim().parse().ok()?,
            Self::None => return None,
        };
        // The conversion rounds down, and ends where the type ends.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it saturates"
        )]
        (!number.is_nan()).then_some(number as u64)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar::None)
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "such numbers are beyond any time"
            )]
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number as f64))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "such numbers are beyond any time"
            )]
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(Secret::from(text)))
            }

            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(Secret::from(text)))
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::None)
            }

            /// Some servers send scopes as a list.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element::<Scalar>()? {
                    words.extend(word.text().map(String::from));
                }
                Ok(Scalar::Text(Secret::from(words.join(" "))))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::None)
            }
        }

        deserializer.deserialize_any(Any)
    }
}
