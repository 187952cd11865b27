//! By what name a user logs in.

/// Which of a user's names a mail server knows.
///
/// ```
/// use mail_session::{User, settings::LoginSource};
///
/// let user = User::new("alice@example.com").with_mail("alice.b@example.com");
/// assert_eq!(LoginSource::Mail.of(&user), "alice.b@example.com");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LoginSource {
    /// The login name of the mailbox.
    #[default]
    Login,
    /// The primary address.
    Mail,
    /// The user name.
    Name,
}

impl LoginSource {
    /// The name of this user.
    pub fn of(self, user: &crate::User) -> &str {
        match self {
            Self::Login => user.login(),
            Self::Mail => user.mail(),
            Self::Name => user.name(),
        }
    }

    /// The name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Mail => "mail",
            Self::Name => "name",
        }
    }
}

/// Which part of what a user typed is a name.
///
/// ```
/// use mail_session::settings::NamePart;
///
/// assert_eq!(NamePart::LocalPart.of("alice@example.com"), "alice");
/// assert_eq!(NamePart::Domain.of("alice"), "alice");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NamePart {
    /// All of it.
    #[default]
    Full,
    /// What is before the last `@`; all of it if there is none.
    LocalPart,
    /// What is behind the last `@`; all of it if there is none.
    Domain,
}

impl NamePart {
    /// The part of this name.
    pub fn of(self, name: &str) -> &str {
        match (self, name.rsplit_once('@')) {
            (Self::Full, _) | (_, None) => name,
            (Self::LocalPart, Some((local, _))) => local,
            (Self::Domain, Some((_, domain))) => domain,
        }
    }

    /// The name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::LocalPart => "local-part",
            Self::Domain => "domain",
        }
    }
}
