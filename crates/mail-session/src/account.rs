//! The mailboxes of a session.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::settings::AuthType;

/// One mailbox that a session has.
///
/// ```
/// use mail_session::{Account, AccountKind};
///
/// let account = Account::external("private", "google", "alice@gmail.com");
/// assert_eq!(account.kind(), AccountKind::External);
/// assert_eq!(account.provider(), Some("google"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    id: String,
    kind: AccountKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access: Option<AuthType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transport: Option<AuthType>,
    /// The revision of the session in which it was added: who adds it anew has other tokens, in another place.
    #[serde(default, skip_serializing_if = "is_zero")]
    added: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Account {
    /// The name of the account that every session has.
    pub const PRIMARY: &'static str = "primary";

    /// The user's own mailbox.
    pub fn primary() -> Self {
        Self {
            id: Self::PRIMARY.into(),
            kind: AccountKind::Primary,
            login: None,
            provider: None,
            access: None,
            transport: None,
            added: 0,
        }
    }

    /// Another mailbox that is reached by the user's own tokens, such as a shared one.
    pub fn secondary(id: impl Into<String>, login: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind: AccountKind::Secondary,
            login: Some(login.into()),
            ..Self::primary()
        }
    }

    /// A mailbox elsewhere with tokens of its own, from a provider that the back end knows by this name.
    pub fn external(
        id: impl Into<String>,
        provider: impl Into<String>,
        login: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            kind: AccountKind::External,
            login: Some(login.into()),
            provider: Some(provider.into()),
            ..Self::primary()
        }
    }

    /// Has mail read and sent in these ways, and not in those of the settings.
    pub fn with_auth(mut self, access: AuthType, transport: AuthType) -> Self {
        self.access = Some(access);
        self.transport = Some(transport);
        self
    }

    /// Its name in the session.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is.
    pub fn kind(&self) -> AccountKind {
        self.kind
    }

    /// The login name, if it is not that of the user.
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// Whose tokens it has, if they are not those of the session.
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// How mail is read, if the settings are not to say.
    pub fn access(&self) -> Option<AuthType> {
        self.access
    }

    /// How mail is sent, if the settings are not to say.
    pub fn transport(&self) -> Option<AuthType> {
        self.transport
    }

    /// The same, added in this revision of the session.
    pub(crate) fn added_in(&self, revision: u64) -> Self {
        Self {
            added: revision,
            ..self.clone()
        }
    }

    pub(crate) fn added(&self) -> u64 {
        self.added
    }

    /// Whether both stand for the same tokens.
    pub(crate) fn shares_grant(&self, other: &Self) -> bool {
        let of = |account: &Self| (account.kind, account.added);
        self.id == other.id && self.provider == other.provider && of(self) == of(other)
    }
}

/// What an account is to a session.
///
/// ```
/// assert_eq!(mail_session::AccountKind::External.name(), "external");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    /// The user's own mailbox: without its tokens there is no session.
    Primary,
    /// Another one with the same tokens.
    Secondary,
    /// One with tokens of its own, whose end does not end the session.
    External,
}

impl AccountKind {
    /// The name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::External => "external",
        }
    }
}
