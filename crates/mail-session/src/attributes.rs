//! Tokens as attributes of a session elsewhere.

use alloc::{format, string::String};
use core::fmt;

use mail_login_tokens::clock;
use sasl_core::Secret;
use token_lifecycle::{AccessToken, Tokens, UnixTime};

/// The tokens of a session in the form in which App Suite keeps them: three attributes of text.
///
/// ```
/// use mail_session::Attributes;
///
/// let attributes = Attributes::from_pairs([
///     ("__session.oauth.access", "mF_9.B5f-4.1JqM"),
///     ("__session.oauth.access.expiry", "1767225600000"),
///     ("__session.oauth.refresh", "tGzv3JOkF0XG5Qx2TlKWIA"),
///     ("__session.other", "is not ours"),
/// ])?;
/// assert_eq!(attributes.pairs().count(), 3);
/// assert!(!format!("{attributes:?}").contains("tGzv"));
/// # Ok::<(), mail_session::InvalidAttribute>(())
/// ```
#[derive(Clone)]
pub struct Attributes {
    access: Secret,
    expiry: Option<String>,
    refresh: Option<Secret>,
}

/// The access token.
const ACCESS: &str = "__session.oauth.access";
/// When it expires, in milliseconds since 1970, as text.
const EXPIRY: &str = "__session.oauth.access.expiry";
/// The refresh token.
const REFRESH: &str = "__session.oauth.refresh";

impl Attributes {
    /// Finds the three among the attributes of a session. Empty ones count as absent.
    ///
    /// # Errors
    ///
    /// When there is no access token, or one of the three has an impossible form.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidAttribute> {
        let (mut access, mut expiry, mut refresh) = (None, None, None);
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name {
                ACCESS => access = Some(value),
                EXPIRY => expiry = Some(value),
                REFRESH => refresh = Some(value),
                _ => {}
            }
        }
        let attributes = Self {
            access: access.ok_or(InvalidAttribute::NoAccessToken)?.into(),
            expiry: expiry.map(Into::into),
            refresh: refresh.map(Into::into),
        };
        attributes.tokens().map(|_| attributes)
    }

    /// The tokens.
    ///
    /// # Errors
    ///
    /// When one of them has an impossible form.
    pub fn tokens(&self) -> Result<Tokens, InvalidAttribute> {
        let now = clock::now().wall;
        let tokens = Tokens::held(self.access.clone(), now);
        let mut tokens = tokens.ok_or(InvalidAttribute::AccessToken)?;
        tokens.expires_at = match &self.expiry {
            Some(expiry) => Some(read(expiry).ok_or(InvalidAttribute::Expiry)?),
            None => None,
        };
        let fits = |token: &Secret| token.expose().len() <= 64 << 10;
        if !self.refresh.as_ref().is_none_or(fits) {
            return Err(InvalidAttribute::RefreshToken);
        }
        tokens.refresh = self.refresh.clone();
        Ok(tokens)
    }

    pub(crate) fn new(access: &AccessToken, refresh: Option<&Secret>) -> Self {
        let expiry = access.expires_at().map(UnixTime::as_millis);
        Self {
            access: access.secret().clone(),
            expiry: expiry.map(|millis| format!("{millis}")),
            refresh: refresh.cloned(),
        }
    }

    /// Name and value of each that there is. The values are secret.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let pairs = [
            (ACCESS, Some(self.access.expose())),
            (EXPIRY, self.expiry.as_deref()),
            (REFRESH, self.refresh.as_ref().map(Secret::expose)),
        ];
        pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attributes")
            .field("expiry", &self.expiry)
            .finish_non_exhaustive()
    }
}

/// The expiry, as digits alone: nothing is guessed.
fn read(expiry: &str) -> Option<UnixTime> {
    let digits = expiry.bytes().all(|octet| octet.is_ascii_digit());
    let millis = expiry.parse().ok().filter(|_| digits)?;
    Some(UnixTime::from_millis(millis))
}

/// Why attributes are no tokens.
///
/// ```
/// use mail_session::{Attributes, InvalidAttribute};
/// assert_eq!(Attributes::from_pairs([]).unwrap_err(), InvalidAttribute::NoAccessToken);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAttribute {
    /// There is none, or an empty one.
    #[error("the session contains no OAuth token: have the user sign in")]
    NoAccessToken,
    /// It is no token.
    #[error("the access token of the session is none: 1 to 65536 visible characters are expected")]
    AccessToken,
    /// It is no time.
    #[error("the expiry of the session's token is no number of milliseconds since 1970")]
    Expiry,
    /// It is too long.
    #[error("the refresh token of the session is longer than 65536 characters")]
    RefreshToken,
}
