//! Why a caller got no token.

use alloc::string::String;
use core::fmt;

use token_lifecycle::Unavailable;

/// Why a caller got no token.
///
/// ```
/// use core::time::Duration;
/// use mail_login_tokens::TokenError;
/// use token_lifecycle::Unavailable;
///
/// let why = Unavailable::Temporary { retry_in: Duration::from_secs(2), failure: None };
/// let error = TokenError::new(why).with_problem(Some("id.example.com has no address".into()));
/// assert_eq!(error.to_string(), "there is no token yet: wait (id.example.com has no address)");
/// assert_eq!(error.exit_code(), 75);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    why: Option<Unavailable>,
    problem: Option<String>,
}

impl TokenError {
    /// The lifecycle says so. Where that passes by itself, the caller's deadline has.
    pub fn new(why: Unavailable) -> Self {
        Self {
            why: Some(why),
            problem: None,
        }
    }

    /// Whoever keeps the tokens has stopped.
    pub fn stopped() -> Self {
        Self {
            why: None,
            problem: None,
        }
    }

    /// Adds what network or store said last. It is kept only where there is something to wait for:
    /// elsewhere the reason is another one.
    pub fn with_problem(mut self, problem: Option<String>) -> Self {
        let temporary = self.why.as_ref().is_some_and(Unavailable::is_temporary);
        self.problem = problem.filter(|_| temporary);
        self
    }

    /// What the lifecycle says; `None` if the keeper of the tokens has stopped.
    pub fn unavailable(&self) -> Option<&Unavailable> {
        self.why.as_ref()
    }

    /// Whether trying again later may help: the deadline passed before there was a token.
    pub fn is_temporary(&self) -> bool {
        self.why.as_ref().is_none_or(Unavailable::is_temporary)
    }

    /// Whether the user has to sign in.
    pub fn needs_sign_in(&self) -> bool {
        matches!(
            self.why,
            Some(Unavailable::SignIn(_) | Unavailable::SignedOut)
        )
    }

    /// The exit code for a program, see [`Unavailable::exit_code`].
    pub fn exit_code(&self) -> u8 {
        self.why.as_ref().map_or(75, Unavailable::exit_code)
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Some(why) => why.fmt(f)?,
            None => f.write_str("whoever keeps the tokens has stopped: start it again")?,
        }
        match &self.problem {
            Some(problem) => write!(f, " ({problem})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for TokenError {}

impl From<Unavailable> for TokenError {
    fn from(why: Unavailable) -> Self {
        Self::new(why)
    }
}
