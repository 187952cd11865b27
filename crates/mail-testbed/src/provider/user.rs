//! Whose mail it is.

use alloc::{borrow::ToOwned, string::String};

use sasl_core::Secret;

/// A person with a mailbox.
///
/// ```
/// use mail_testbed::User;
///
/// let user = User::new("alice@example.com").password("wonderland").subject("u-42");
/// # let _ = user;
/// ```
#[derive(Clone, Debug)]
pub struct User {
    pub(super) email: String,
    pub(super) subject: String,
    pub(super) password: Option<Secret>,
}

impl User {
    /// A user of this address, who has no password and so can sign in only where nobody asks.
    pub fn new(email: &str) -> Self {
        Self {
            email: email.to_owned(),
            subject: email.to_owned(),
            password: None,
        }
    }

    /// The password, for the form and for the password grant.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The address.
    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn has_password(&self, password: &Secret) -> bool {
        self.password.as_ref() == Some(password)
    }

    /// A client that acts for itself.
    pub(super) fn itself(client: &str) -> Self {
        Self {
            email: String::new(),
            subject: client.to_owned(),
            password: None,
        }
    }

    /// What tokens call this user (`sub`), if not by the address.
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = subject.to_owned();
        self
    }
}
