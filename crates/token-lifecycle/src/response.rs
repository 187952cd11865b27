//! The answer of a token endpoint.

mod jwt;
mod members;

use core::time::Duration;

use sasl_core::Secret;

use crate::{Scopes, UnixTime};

pub(crate) use members::Members;

/// Tokens as an authorization server gave them, with times that no longer depend on when they are
/// read (<https://www.rfc-editor.org/rfc/rfc6749#section-5.1>).
///
/// ```
/// use token_lifecycle::{Exchange, GrantKind, Response, UnixTime};
///
/// let exchange = Exchange::new(GrantKind::DeviceCode, UnixTime::from_secs(1_767_222_000));
/// let body = br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
/// let tokens = exchange.read(&Response::new(200, body)).unwrap();
/// // Counted from when the request was sent, which is before the server began to count.
/// assert_eq!(tokens.expires_at, Some(UnixTime::from_secs(1_767_225_600)));
/// assert!(tokens.refresh.is_some());
/// assert!(!format!("{tokens:?}").contains("tGzv"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tokens {
    /// The access token: 1 to 65536 octets of visible ASCII.
    pub access: Secret,
    /// When the request was sent.
    pub issued_at: UnixTime,
    /// Until when the access token is good. `None` if nobody knows; never carried over from the
    /// token before.
    pub expires_at: Option<UnixTime>,
    /// When the server would have it refreshed.
    pub refresh_at: Option<UnixTime>,
    /// The refresh token, if there is a new one; it ends the old one.
    pub refresh: Option<Secret>,
    /// Until when the refresh token is good.
    pub grant_expires_at: Option<UnixTime>,
    /// What was granted, if it was said.
    pub scopes: Option<Scopes>,
    /// The ID token of OpenID Connect, unread.
    pub id_token: Option<Secret>,
}

/// Longer lives are cut to this.
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 86_400);
/// Longer tokens are none.
const LENGTH: usize = 64 << 10;
/// A number of seconds greater than this is a date.
const DATE: u64 = 1_000_000_000;

impl Tokens {
    /// Tokens that were got elsewhere, such as by the sign-in of another program: an access token of which
    /// nothing more is known. Set what is. `None` if it has no form that mail servers take.
    ///
    /// ```
    /// use token_lifecycle::{Tokens, UnixTime};
    ///
    /// let now = UnixTime::from_secs(1_767_222_000);
    /// let mut tokens = Tokens::held("mF_9.B5f-4.1JqM", now).unwrap();
    /// tokens.refresh = Some("tGzv3JOkF0XG5Qx2TlKWIA".into());
    /// assert!(Tokens::held("two words", now).is_none());
    /// ```
    pub fn held(access: impl Into<Secret>, now: UnixTime) -> Option<Self> {
        let access = Some(access.into()).filter(is_token)?;
        Some(Self {
            access,
            issued_at: now,
            expires_at: None,
            refresh_at: None,
            refresh: None,
            grant_expires_at: None,
            scopes: None,
            id_token: None,
        })
    }

    /// The tokens of an answer, or `None` if there is no access token of the kind that mail
    /// servers take. `date` is the server's clock.
    pub(crate) fn new(members: Members, sent: UnixTime, date: Option<UnixTime>) -> Option<Self> {
        // A client must not use a type of token that it does not understand
        // (<https://www.rfc-editor.org/rfc/rfc6749#section-7.1>). None at all means Bearer.
        let is_bearer = members
            .token_type
            .text()
            .is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let access = members
            .access_token
            .into_secret()
            .filter(|token| is_bearer && is_token(token))?;
        let refresh = members.refresh_token.into_secret();
        if refresh
            .as_ref()
            .is_some_and(|token| token.expose().len() > LENGTH)
        {
            return None;
        }
        let after = |duration: Duration| sent + duration.min(TEN_YEARS);
        let here = date.unwrap_or(sent);
        let span = |seconds: u64| match seconds {
            DATE.. => UnixTime::from_secs(seconds).since(here),
            _ => Duration::from_secs(seconds),
        };
        let said = members.expires_in.seconds().map(Duration::from_secs);
        let said = said.or_else(|| members.expires_on.seconds().map(span));
        let said = said
            .or_else(|| members.expires.seconds().map(span))
            .map(after);
        let hint = jwt::expiry(&access).filter(|hint| *hint > sent + HINT);
        let grant = members
            .refresh_expires_in
            .seconds()
            .or_else(|| members.refresh_token_expires_in.seconds());
        Some(Self {
            // Nobody has verified the hint, so that it may only make a life shorter.
            expires_at: match said {
                Some(said) => Some(hint.map_or(said, |hint| hint.min(said))),
                None => hint.filter(|hint| *hint < sent + ASSUMED),
            },
            access,
            issued_at: sent,
            refresh_at: members
                .refresh_in
                .seconds()
                .map(Duration::from_secs)
                .map(after),
            refresh,
            // Keycloak says 0 for "as long as the session of the user in the browser".
            grant_expires_at: grant
                .filter(|grant| *grant > 0)
                .map(Duration::from_secs)
                .map(after),
            scopes: members.scope.words().filter(|scopes| !scopes.is_empty()),
            id_token: members
                .id_token
                .into_secret()
                .filter(|token| token.expose().len() <= LENGTH),
        })
    }
}

/// How long a token is good for if nobody says so.
pub(crate) const ASSUMED: Duration = Duration::from_secs(3600);
/// A hint that a token expires sooner says that a clock is wrong.
const HINT: Duration = Duration::from_secs(60);

fn is_token(token: &Secret) -> bool {
    let token = token.expose().as_bytes();
    (1..=LENGTH).contains(&token.len()) && token.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests;
