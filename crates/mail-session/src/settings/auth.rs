//! How a login is made.

use sasl_core::Mechanism;
use serde::{Deserialize, Serialize};

/// How a mail server is logged in to.
///
/// ```
/// use mail_session::settings::AuthType;
///
/// assert_eq!(AuthType::parse("XOAUTH2"), Some(AuthType::XOAuth2));
/// assert_eq!(AuthType::parse("kerberos"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthType {
    /// By a password, which a session does not have: such an account is left to whoever has it.
    Login,
    /// By a token, and the mechanism that the server offers: `OAUTHBEARER` rather than `XOAUTH2`.
    #[default]
    OAuth,
    /// By a token, and `OAUTHBEARER` alone (<https://www.rfc-editor.org/rfc/rfc7628>).
    OAuthBearer,
    /// By a token, and `XOAUTH2` alone.
    XOAuth2,
}

impl AuthType {
    /// Reads the name as people write it, whatever its case.
    pub fn parse(name: &str) -> Option<Self> {
        let names = [Self::Login, Self::OAuth, Self::OAuthBearer, Self::XOAuth2];
        names
            .into_iter()
            .find(|auth| auth.name().eq_ignore_ascii_case(name))
    }

    /// The name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::OAuth => "oauth",
            Self::OAuthBearer => "oauthbearer",
            Self::XOAuth2 => "xoauth2",
        }
    }

    /// The mechanisms that may be used, best first; none for a password.
    pub const fn mechanisms(self) -> &'static [Mechanism] {
        match self {
            Self::Login => &[],
            Self::OAuth => &[Mechanism::OAuthBearer, Mechanism::XOAuth2],
            Self::OAuthBearer => &[Mechanism::OAuthBearer],
            Self::XOAuth2 => &[Mechanism::XOAuth2],
        }
    }
}
