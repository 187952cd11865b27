//! What an authorization server says about a token
//! (<https://www.rfc-editor.org/rfc/rfc7662#section-2.2>).

use alloc::{string::String, vec::Vec};

use crate::{DocumentError, Scopes, UnixTime, json::Object};

/// What a token is worth, as its server says: a tool for finding out why a mail server refuses it.
///
/// ```
/// use token_lifecycle::Introspection;
///
/// let token = Introspection::parse(br#"{
///   "active": true,
///   "client_id": "l238j323ds-23ij4",
///   "username": "jdoe",
///   "scope": "read write dolphin",
///   "sub": "Z5O3upPC88QrAjx00dis",
///   "aud": "https://protected.example.net/resource",
///   "iss": "https://server.example.com/",
///   "exp": 1419356238,
///   "iat": 1419350238
/// }"#)?;
/// assert!(token.is_active());
/// assert_eq!(token.username(), Some("jdoe"));
/// assert_eq!(token.expires().map(|time| time.as_secs()), Some(1_419_356_238));
/// # Ok::<(), token_lifecycle::IntrospectionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introspection {
    active: bool,
    scopes: Option<Scopes>,
    client_id: Option<String>,
    username: Option<String>,
    token_type: Option<String>,
    expires: Option<UnixTime>,
    issued: Option<UnixTime>,
    not_before: Option<UnixTime>,
    subject: Option<String>,
    audience: Vec<String>,
    issuer: Option<String>,
}

/// Why the answer says nothing.
///
/// ```
/// use token_lifecycle::{Introspection, IntrospectionError};
/// assert_eq!(Introspection::parse(b"{}"), Err(IntrospectionError::Active));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntrospectionError {
    /// `active` is missing, or not true or false.
    #[error("the answer does not say whether the token is active: check the address")]
    Active,
    /// The document.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

const LIMIT: usize = 64 << 10;

const MEMBERS: &[&str] = &[
    "active",
    "scope",
    "client_id",
    "username",
    "token_type",
    "exp",
    "iat",
    "nbf",
    "sub",
    "aud",
    "iss",
];

impl Introspection {
    /// Reads the body of an answer with status 200. Of an inactive token nothing else is read, and
    /// none should be there. Unknown members are skipped.
    ///
    /// # Errors
    ///
    /// When it is no such document, or longer than 64 KiB.
    pub fn parse(document: &[u8]) -> Result<Self, IntrospectionError> {
        let object = Object::parse(document, LIMIT, MEMBERS)?;
        let active = object.get("active").and_then(serde_json::Value::as_bool);
        match active {
            None => return Err(IntrospectionError::Active),
            Some(false) => return Ok(Self::default()),
            Some(true) => {}
        }
        let text = |name| object.text(name).map(String::from);
        let time = |name| object.number(name).map(UnixTime::from_secs);
        Ok(Self {
            active: true,
            scopes: object
                .texts("scope")
                .map(|words| words.join(" ").as_str().into()),
            client_id: text("client_id"),
            username: text("username"),
            token_type: text("token_type"),
            expires: time("exp"),
            issued: time("iat"),
            not_before: time("nbf"),
            subject: text("sub"),
            audience: object.texts("aud").unwrap_or_default(),
            issuer: text("iss"),
        })
    }

    /// Whether the token is good, to the knowledge of its server, right now.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// What it is for. Some servers write a list instead of words with spaces, and both are read.
    pub fn scopes(&self) -> Option<&Scopes> {
        self.scopes.as_ref()
    }

    /// Which client it was given to.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Whose it is, for people.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The type of the token.
    pub fn token_type(&self) -> Option<&str> {
        self.token_type.as_deref()
    }

    /// When it ends.
    pub fn expires(&self) -> Option<UnixTime> {
        self.expires
    }

    /// When it was issued.
    pub fn issued(&self) -> Option<UnixTime> {
        self.issued
    }

    /// When it begins.
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// Whose it is, for the server.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Where it may be used.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.audience.iter().map(String::as_str)
    }

    /// Who issued it.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inactive_token_says_nothing_else() {
        let token = Introspection::parse(br#"{"active":false,"username":"jdoe"}"#).unwrap();
        assert_eq!(token, Introspection::default());
    }

    #[test]
    fn active_is_true_or_false() {
        for bad in [
            "{}",
            "{\"active\":\"true\"}",
            "{\"active\":1}",
            "{\"active\":null}",
        ] {
            let read = Introspection::parse(bad.as_bytes());
            assert_eq!(read, Err(IntrospectionError::Active), "{bad}");
        }
        for (bad, why) in [
            ("", DocumentError::Form),
            ("[true]", DocumentError::Form),
            (
                "{\"active\":true,\"active\":true}",
                DocumentError::Duplicate,
            ),
        ] {
            assert_eq!(
                Introspection::parse(bad.as_bytes()),
                Err(why.into()),
                "{bad}"
            );
        }
    }

    #[test]
    fn odd_members_count_as_absent() {
        let token = Introspection::parse(
            br#"{"active":true,"exp":"1419356238.9","iat":-1,"sub":7,"aud":["a","b"],"scope":["x","y"],"username":""}"#,
        )
        .unwrap();
        assert_eq!(token.expires(), Some(UnixTime::from_secs(1_419_356_238)));
        assert_eq!(
            (token.issued(), token.subject(), token.username()),
            (None, None, None)
        );
        assert!(token.audience().eq(["a", "b"]));
        assert_eq!(token.scopes(), Some(&Scopes::from("x y")));
    }
}
