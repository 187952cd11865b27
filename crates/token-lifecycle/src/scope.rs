//! What a token is for.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use core::fmt;

/// A set of scopes: case-sensitive words whose order means nothing
/// (<https://www.rfc-editor.org/rfc/rfc6749#section-3.3>).
///
/// ```
/// use token_lifecycle::Scopes;
///
/// let asked = Scopes::from("mail.send  mail.read offline_access");
/// let granted = Scopes::from("mail.read");
/// assert_eq!(asked, Scopes::from("offline_access mail.read mail.send"));
/// // What is no right at a mail server is not missed.
/// assert_eq!(granted.missing_from(&asked).to_string(), "mail.send");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scopes(Vec<String>);

/// Scopes that say how to sign in, and not what a token may do. Some servers leave them out of
/// what they say they granted (Microsoft: `offline_access`).
const NOT_RIGHTS: [&str; 4] = ["email", "offline_access", "openid", "profile"];

impl Scopes {
    /// Whether none was named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// What was asked for and is not here, but for what is no right at a mail server.
    pub fn missing_from(&self, asked: &Self) -> Self {
        let missing =
            |scope: &&String| !self.0.contains(scope) && !NOT_RIGHTS.contains(&scope.as_str());
        Self(asked.0.iter().filter(missing).cloned().collect())
    }
}

impl From<&str> for Scopes {
    fn from(words: &str) -> Self {
        words.split_ascii_whitespace().collect()
    }
}

impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Self {
        let mut scopes: Vec<_> = words.into_iter().map(|word| word.to_string()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl fmt::Display for Scopes {
    /// As they are sent: with spaces between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// What an access token is for. One refresh token can get several access tokens, each for its own
/// audience: at Microsoft, those for mail and for the directory.
///
/// ```
/// use token_lifecycle::Audience;
///
/// let mail = Audience::new("https://outlook.office.com/IMAP.AccessAsUser.All");
/// assert_eq!(mail.resource(), None);
/// assert_ne!(mail, mail.clone().with_resource("https://outlook.office.com"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Audience {
    resource: Option<String>,
    scopes: Scopes,
}

impl Audience {
    /// What these scopes allow.
    pub fn new(scopes: impl Into<Scopes>) -> Self {
        let scopes = scopes.into();
        Self {
            resource: None,
            scopes,
        }
    }

    /// At this place (<https://www.rfc-editor.org/rfc/rfc8707>).
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// At which place.
    pub fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// Which scopes.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}
