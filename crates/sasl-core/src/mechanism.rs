//! Names of SASL mechanisms, and sets of them.

use core::fmt;

use crate::wire::is_word;

/// A SASL mechanism that this project speaks.
///
/// ```
/// use sasl_core::Mechanism;
/// assert_eq!(Mechanism::parse(b"xoauth2"), Some(Mechanism::XOAuth2));
/// assert_eq!(Mechanism::parse(b"XOAUTH2X"), None);
/// assert_eq!(Mechanism::OAuthBearer.name(), "OAUTHBEARER");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// A client certificate, RFC 4422 appendix A.
    External,
    /// User name and password one by one, `draft-murchison-sasl-login-00`.
    Login,
    /// A bearer token, <https://www.rfc-editor.org/rfc/rfc7628>.
    OAuthBearer,
    /// User name and password, <https://www.rfc-editor.org/rfc/rfc4616>.
    Plain,
    /// A bearer token, as Google and Microsoft document it.
    XOAuth2,
}

impl Mechanism {
    /// Every mechanism, in no order of preference.
    pub const ALL: [Self; 5] = [
        Self::External,
        Self::Login,
        Self::OAuthBearer,
        Self::Plain,
        Self::XOAuth2,
    ];

    /// The registered name, in upper case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::External => "EXTERNAL",
            Self::Login => "LOGIN",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::Plain => "PLAIN",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// Recognises a name without regard to case. The whole name must match.
    #[inline]
    pub fn parse(name: &[u8]) -> Option<Self> {
        match name.len() {
            5 if is_word(name, b"PLAIN") => Some(Self::Plain),
            5 if is_word(name, b"LOGIN") => Some(Self::Login),
            7 if is_word(name, b"XOAUTH2") => Some(Self::XOAuth2),
            8 if is_word(name, b"EXTERNAL") => Some(Self::External),
            11 if is_word(name, b"OAUTHBEARER") => Some(Self::OAuthBearer),
            _ => None,
        }
    }

    /// Whether the client speaks first. The others break when they get an initial response
    /// (<https://www.rfc-editor.org/rfc/rfc4422#section-3>).
    pub const fn is_client_first(self) -> bool {
        !matches!(self, Self::Login)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::External => 1,
            Self::Login => 2,
            Self::OAuthBearer => 4,
            Self::Plain => 8,
            Self::XOAuth2 => 16,
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of mechanisms.
///
/// ```
/// use sasl_core::{Mechanism, Mechanisms};
/// let mut offered = Mechanisms::NONE;
/// offered.insert(Mechanism::Plain);
/// assert!(offered.contains(Mechanism::Plain));
/// assert_eq!(offered.to_string(), "PLAIN");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Mechanisms(u8);

impl Mechanisms {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Adds one.
    #[inline]
    pub fn insert(&mut self, mechanism: Mechanism) {
        self.0 |= mechanism.bit();
    }

    /// Whether it is in the set.
    #[inline]
    pub fn contains(self, mechanism: Mechanism) -> bool {
        self.0 & mechanism.bit() != 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members.
    pub fn iter(self) -> impl Iterator<Item = Mechanism> {
        Mechanism::ALL
            .into_iter()
            .filter(move |m| self.contains(*m))
    }
}

impl FromIterator<Mechanism> for Mechanisms {
    fn from_iter<I: IntoIterator<Item = Mechanism>>(members: I) -> Self {
        let mut set = Self::NONE;
        members.into_iter().for_each(|m| set.insert(m));
        set
    }
}

impl fmt::Display for Mechanisms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (n, mechanism) in self.iter().enumerate() {
            write!(f, "{}{mechanism}", if n == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Mechanisms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mechanisms({self})")
    }
}
