//! What the operator decides.

mod auth;
#[cfg(feature = "sessions")]
mod discover;
mod duration;
mod filter;
mod findings;
mod host;
mod load;
mod local;
mod login;
mod mail;
mod properties;
mod similar;
mod token;
mod toml;

use core::time::Duration;

pub use auth::AuthType;
#[cfg(feature = "sessions")]
pub use discover::DiscoverError;
pub use filter::{CredentialSource, Filter};
pub use findings::{Findings, Problem, Severity};
pub use load::LoadError;
pub use login::{LoginSource, NamePart};
pub use mail::Mail;
pub use token::{ClientAuth, TokenSettings};

/// The settings of a webmail back end: how its users log in to their mail servers, and where their
/// tokens come from.
///
/// All are values. They are filled in by a program, or come [from files](Self::load): [one of our
/// own](Self::from_toml), or [those of App Suite](Self::from_properties).
///
/// ```
/// use mail_session::settings::{AuthType, Settings};
///
/// let settings = Settings::default();
/// assert_eq!(settings.primary.access, AuthType::OAuth);
/// assert!(!settings.tokens.password_grant);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The user's own mailbox.
    pub primary: Mail,
    /// Further mailboxes of the same provider, such as shared ones, with the same tokens.
    pub secondary: Mail,
    /// ManageSieve.
    pub filter: Filter,
    /// Where tokens come from.
    pub tokens: TokenSettings,
    /// The sessions themselves.
    pub sessions: Times,
}

/// How long sessions are kept where.
///
/// ```
/// use core::time::Duration;
/// use mail_session::settings::Times;
///
/// assert_eq!(Times::default().look, Duration::from_secs(10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// How old may be what a node knows of a session. One that was ended on a node ends on all others that are
    /// asked for it within this time, on those that are asked later before they answer, and on those that have
    /// connections of it within a minute at most.
    pub look: Duration,
    /// A session that is not used for so long leaves the memory of a node; it is read again when it
    /// is used.
    pub idle: Duration,
    /// A session that is not used for so long ends: its [place](crate::places) forgets it.
    pub keep: Duration,
    /// How long is remembered why a session ended.
    pub grave: Duration,
    /// How long a login that was refused is not tried again with the same token.
    pub failed_login: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Self {
            look: Duration::from_secs(10),
            idle: minutes(15),
            keep: minutes(60 * 24 * 14),
            grave: minutes(60),
            failed_login: Duration::from_secs(10),
        }
    }
}

/// What is said where a password would be used.
const NO_PASSWORD: &str =
    "this means a password, which a session does not have: such logins are left to whoever has it";
