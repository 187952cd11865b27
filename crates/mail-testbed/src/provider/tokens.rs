//! What the provider gives, and what it knows about it.

use alloc::{borrow::ToOwned, string::String};
use core::{fmt, time::Duration};

use sasl_core::Secret;

use super::TokenFormat;

/// An order for tokens without a request.
///
/// ```
/// use core::time::Duration;
/// use mail_testbed::{Issue, Provider, ProviderOptions, TokenProblem};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// let tokens = provider.issue(Issue::to("bob@example.com").scope("calendar").life(Duration::ZERO));
/// assert_eq!(
///     provider.check(tokens.access_token(), None, None).unwrap_err(),
///     TokenProblem::Expired
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Issue {
    pub(super) user: String,
    pub(super) client: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) life: Option<Duration>,
    pub(super) format: Option<TokenFormat>,
}

impl Issue {
    /// Tokens for this user; one that the provider does not know is made up.
    pub fn to(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            client: None,
            scope: None,
            audience: None,
            life: None,
            format: None,
        }
    }

    /// The client that may use the refresh token; the first one, if this is not called.
    pub fn client(mut self, id: &str) -> Self {
        self.client = Some(id.to_owned());
        self
    }

    /// What the token is good for.
    pub fn scope(mut self, scope: &str) -> Self {
        self.scope = Some(scope.to_owned());
        self
    }

    /// Whom the token is for.
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_owned());
        self
    }

    /// How long the access token lives; zero is one that has expired.
    pub fn life(mut self, life: Duration) -> Self {
        self.life = Some(life);
        self
    }

    /// What the access token looks like.
    pub fn format(mut self, format: TokenFormat) -> Self {
        self.format = Some(format);
        self
    }
}

impl From<&str> for Issue {
    fn from(user: &str) -> Self {
        Self::to(user)
    }
}

/// An access token, and the refresh token that goes with it.
///
/// ```
/// use mail_testbed::{Provider, ProviderOptions};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// let tokens = provider.issue("alice@example.com");
/// assert_eq!(tokens.scope(), "mail");
/// assert!(tokens.refresh_token().is_some());
/// assert!(!format!("{tokens:?}").contains(tokens.access_token()));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tokens {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    pub(super) scope: String,
    pub(super) life: Duration,
    pub(super) grant: Grant,
}

impl Tokens {
    /// The access token.
    pub fn access_token(&self) -> &str {
        self.access.expose()
    }

    /// The refresh token, where the provider gives any.
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh.as_ref().map(Secret::expose)
    }

    /// What was granted.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// How long the access token lives from now on.
    pub fn life(&self) -> Duration {
        self.life
    }

    /// The grant that these tokens, and all that they are refreshed to, belong to.
    pub fn grant(&self) -> Grant {
        self.grant
    }
}

/// What one user gave to one client in one approval: the family of all tokens that come of it.
///
/// ```
/// use mail_testbed::{Provider, ProviderOptions, TokenProblem};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// let tokens = provider.issue("alice@example.com");
/// provider.revoke_grant(tokens.grant());
/// assert_eq!(
///     provider.check(tokens.access_token(), None, None).unwrap_err(),
///     TokenProblem::Revoked
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Grant(pub(super) u64);

/// What an access token says.
///
/// ```
/// use mail_testbed::{Provider, ProviderOptions};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// let tokens = provider.issue("alice@example.com");
/// let claims = provider.check(tokens.access_token(), None, Some("mail")).unwrap();
/// assert_eq!(claims.email, "alice@example.com");
/// assert_eq!(claims.expires_at - claims.issued_at, 3600);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// Whom the token is for (`aud`).
    pub audience: String,
    /// Who has it (`client_id`).
    pub client: String,
    /// The address of the mailbox; empty where a client acts for itself.
    pub email: String,
    /// Seconds since 1970 after which it counts no more (`exp`).
    pub expires_at: u64,
    /// The family of the token.
    pub grant: Grant,
    /// What is different in every token (`jti`).
    pub id: String,
    /// Seconds since 1970 at which it was made (`iat`).
    pub issued_at: u64,
    /// Who made it (`iss`).
    pub issuer: String,
    /// What it is good for, separated by spaces.
    pub scope: String,
    /// Whose it is (`sub`).
    pub subject: String,
}

/// Why an access token does not count.
///
/// ```
/// use mail_testbed::{Provider, ProviderOptions, TokenProblem};
///
/// let provider = Provider::start(ProviderOptions::new())?;
/// let problem = provider.check("made up", None, None).unwrap_err();
/// assert_eq!(problem, TokenProblem::Unknown);
/// assert_eq!(problem.to_string(), "this provider has issued no such token");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TokenProblem {
    /// Its time is over.
    Expired,
    /// It is good, and not for this.
    InsufficientScope,
    /// It was taken back.
    Revoked,
    /// This provider never issued it.
    Unknown,
    /// It is for somebody else.
    WrongAudience,
}

impl TokenProblem {
    /// How OAuth calls it, in the refusals of HTTP and of SASL.
    /// <https://www.rfc-editor.org/rfc/rfc6750#section-3.1>
    ///
    /// ```
    /// use mail_testbed::TokenProblem;
    ///
    /// assert_eq!(TokenProblem::Expired.code(), "invalid_token");
    /// assert_eq!(TokenProblem::InsufficientScope.code(), "insufficient_scope");
    /// ```
    pub fn code(self) -> &'static str {
        match self {
            Self::InsufficientScope => "insufficient_scope",
            Self::Expired | Self::Revoked | Self::Unknown | Self::WrongAudience => "invalid_token",
        }
    }
}

impl core::error::Error for TokenProblem {}

impl fmt::Display for TokenProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the token has expired",
            Self::InsufficientScope => "the token lacks the scope that is needed",
            Self::Revoked => "the token was revoked",
            Self::Unknown => "this provider has issued no such token",
            Self::WrongAudience => "the token is for another audience",
        })
    }
}
