//! Taking tokens back, and asking about them.

use alloc::{borrow::Cow, string::String};
use core::time::Duration;

use sasl_core::Secret;
use zeroize::Zeroizing;

use super::parameters::Parameters;
use crate::{Client, Request, Response, UnixTime, Url, form, json::Object};

/// Which of the two tokens, as a hint to the server
/// (<https://www.rfc-editor.org/rfc/rfc7009#section-2.1>).
///
/// ```
/// assert_eq!(token_lifecycle::TokenKind::Refresh.name(), "refresh_token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// A refresh token. Who signs out takes this one back, and most servers the others with it.
    Refresh,
}

impl TokenKind {
    /// The value of `token_type_hint`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access_token",
            Self::Refresh => "refresh_token",
        }
    }
}

/// A request that takes a token back (<https://www.rfc-editor.org/rfc/rfc7009>).
///
/// ```
/// use sasl_core::Secret;
/// use token_lifecycle::{Client, TokenKind, Url, revoke};
///
/// let request = revoke(
///     &Url::new("https://server.example.com/revoke")?,
///     &Client::basic("s6BhdRkqt3", "gX1fBat3bV")?,
///     &Secret::from("45ghiukldjahdnhzdauz"),
///     TokenKind::Refresh,
/// );
/// assert_eq!(request.body().expose(), "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn revoke(endpoint: &Url, client: &Client, token: &Secret, kind: TokenKind) -> Request {
    about(token, kind).post(endpoint, client)
}

/// A request that asks what a token is worth (<https://www.rfc-editor.org/rfc/rfc7662>), by a client
/// that shows itself. The answer is an [`Introspection`](crate::Introspection).
///
/// ```
/// use sasl_core::Secret;
/// use token_lifecycle::{Client, TokenKind, Url, introspect};
///
/// let request = introspect(
///     &Url::new("https://server.example.com/introspect")?,
///     &Client::basic("s6BhdRkqt3", "gX1fBat3bV")?,
///     &Secret::from("mF_9.B5f-4.1JqM"),
///     TokenKind::Access,
/// );
/// assert_eq!(request.body().expose(), "token=mF_9.B5f-4.1JqM&token_type_hint=access_token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn introspect(endpoint: &Url, client: &Client, token: &Secret, kind: TokenKind) -> Request {
    about(token, kind).post(endpoint, client)
}

/// The same by who has an access token for asking
/// (<https://www.rfc-editor.org/rfc/rfc7662#section-2.1>).
///
/// ```
/// use sasl_core::Secret;
/// use token_lifecycle::{TokenKind, Url, introspect_with_bearer};
///
/// let request = introspect_with_bearer(
///     &Url::new("https://server.example.com/introspect")?,
///     &Secret::from("23410913-abewfq.123483"),
///     &Secret::from("2YotnFZFEjr1zCsicMWpAA"),
///     TokenKind::Access,
/// );
/// assert!(request.headers().any(|header| header == ("Authorization", "Bearer 23410913-abewfq.123483")));
/// # Ok::<(), token_lifecycle::InvalidUrl>(())
/// ```
pub fn introspect_with_bearer(
    endpoint: &Url,
    bearer: &Secret,
    token: &Secret,
    kind: TokenKind,
) -> Request {
    let mut value = Zeroizing::new(String::new());
    form::push(&mut value, "Bearer ");
    form::push(&mut value, bearer.expose());
    let body = about(token, kind).form().into_secret();
    Request::post(endpoint.as_str(), body)
        .with_header("Authorization", Secret::from(core::mem::take(&mut *value)))
}

fn about(token: &Secret, kind: TokenKind) -> Parameters<'_> {
    let mut parameters = Parameters::default();
    parameters.own("token", Cow::Borrowed(token.expose()));
    parameters.own("token_type_hint", Cow::Borrowed(kind.name()));
    parameters
}

/// What became of a token that was to be taken back
/// (<https://www.rfc-editor.org/rfc/rfc7009#section-2.2>).
///
/// ```
/// use token_lifecycle::{Response, Revocation};
///
/// assert_eq!(Revocation::read(&Response::new(200, b"")), Revocation::Done);
/// let busy = Response::new(503, b"").with_header("Retry-After", "30");
/// assert!(matches!(Revocation::read(&busy), Revocation::Later(Some(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Revocation {
    /// It is worth nothing any more, or never was.
    Done,
    /// It is as good as before; the server asks to come again, and says when.
    Later(Option<Duration>),
    /// It is as good as before, and asking again will not help: client, address or configuration are
    /// not right.
    Refused,
    /// The server takes no tokens of this kind back.
    Unsupported,
}

impl Revocation {
    /// Reads the answer. A date in `Retry-After` counts if the answer also has a `Date`.
    pub fn read(response: &Response<'_>) -> Self {
        // Not followed: what is sent there is a secret.
        match response.status() {
            200..=299 => Self::Done,
            408 | 425 | 429 | 500..=599 => Self::Later(response.retry_after(None::<UnixTime>)),
            _ => match Object::parse(response.body(), LIMIT, &["error"]) {
                Ok(object) if object.text("error") == Some("unsupported_token_type") => {
                    Self::Unsupported
                }
                // Google says so to a token that is gone already (customeros, pull request 11611, 2025).
                Ok(object) if object.text("error") == Some("invalid_token") => Self::Done,
                Ok(_) | Err(_) => Self::Refused,
            },
        }
    }
}

/// A longer answer is not looked into.
const LIMIT: usize = 16 << 10;
