//! Whose session it is.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// A user's names, as the back end knows them.
///
/// ```
/// use mail_session::User;
///
/// let user = User::new("alice@example.com").with_name("alice");
/// assert_eq!(user.mail(), "alice@example.com");
/// assert_eq!(user.name(), "alice");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    login: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    full_login: Option<String>,
}

impl User {
    /// A user whose mailbox has this login name. All other names are the same, unless they are given.
    pub fn new(login: impl Into<String>) -> Self {
        Self {
            login: login.into(),
            mail: None,
            name: None,
            full_login: None,
        }
    }

    /// Sets the primary address.
    pub fn with_mail(mut self, mail: impl Into<String>) -> Self {
        self.mail = Some(mail.into());
        self
    }

    /// Sets the user name.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets what was typed to sign in, with the domain.
    pub fn with_full_login(mut self, full_login: impl Into<String>) -> Self {
        self.full_login = Some(full_login.into());
        self
    }

    /// The login name of the mailbox.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// The primary address.
    pub fn mail(&self) -> &str {
        self.mail.as_ref().unwrap_or(&self.login)
    }

    /// The user name.
    pub fn name(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.login)
    }

    /// What was typed to sign in, with the domain.
    pub fn full_login(&self) -> &str {
        self.full_login.as_deref().unwrap_or_else(|| self.name())
    }
}
