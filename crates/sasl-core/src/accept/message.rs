//! The messages of the mechanisms, read by their strict grammar.

use crate::{Credentials, Endpoint, Invalid, Mechanism, Presented, Violation};

use super::gs2;

/// Reads the first message of a mechanism. `None`: a token mechanism without a token, with which a
/// client asks for the refusal document (<https://www.rfc-editor.org/rfc/rfc7628#section-4.3>).
///
/// LOGIN has no message of its own, only two answers; see [`Acceptance`](crate::Acceptance).
///
/// ```
/// use sasl_core::{Mechanism, parse_message};
///
/// let presented = parse_message(Mechanism::Plain, b"\0tim\0tanstaaftanstaaf")?.unwrap();
/// assert_eq!(presented.user(), "tim");
/// // The final separator is missing.
/// assert!(parse_message(Mechanism::XOAuth2, b"user=u\x01auth=Bearer t\x01").is_err());
/// # Ok::<(), sasl_core::Violation>(())
/// ```
///
/// # Errors
///
/// [`Violation::BadMessage`] when it is not in the grammar, holds what no user name, token or password
/// may hold, or says something twice.
pub fn parse_message(mechanism: Mechanism, message: &[u8]) -> Result<Option<Presented>, Violation> {
    let message = core::str::from_utf8(message).map_err(|_| Violation::BadMessage)?;
    match mechanism {
        Mechanism::External => external(message).map(Some),
        Mechanism::Login => Err(Bad),
        Mechanism::OAuthBearer => oauthbearer(message),
        Mechanism::Plain => plain(message).map(Some),
        Mechanism::XOAuth2 => xoauth2(message),
    }
    .map_err(|Bad| Violation::BadMessage)
}

/// Why a message was refused; nobody is told more than that it was.
struct Bad;

impl From<Invalid> for Bad {
    fn from(_: Invalid) -> Self {
        Self
    }
}

const SEPARATOR: char = '\u{1}';

/// <https://www.rfc-editor.org/rfc/rfc7628#section-3.1>: header, separator, pairs with a separator
/// behind each, separator.
fn oauthbearer(message: &str) -> Result<Option<Presented>, Bad> {
    let (user, rest) = gs2::header(message).ok_or(Bad)?;
    let pairs = rest.strip_prefix(SEPARATOR).ok_or(Bad)?;
    let pairs = pairs.strip_suffix(SEPARATOR).ok_or(Bad)?;
    let pairs = pairs.strip_suffix(SEPARATOR).ok_or(Bad)?;
    let (mut host, mut port, mut token) = (None, None, None);
    for pair in pairs.split(SEPARATOR) {
        let (key, value) = pair.split_once('=').ok_or(Bad)?;
        if key.is_empty() || !key.bytes().all(|octet| octet.is_ascii_alphabetic()) {
            return Err(Bad);
        }
        let value_octet = |o: u8| matches!(o, 0x20..=0x7e | b'\t' | b'\r' | b'\n');
        if !value.bytes().all(value_octet) {
            return Err(Bad);
        }
        let place = match key {
            "auth" => &mut token,
            "host" => &mut host,
            "port" => &mut port,
            // The standard wants unknown keys to be ignored.
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(Bad);
        }
    }
    let endpoint = match (host, port) {
        (Some(host), Some(port)) => Some(Endpoint::new(host, decimal(port)?)?),
        // One alone says little; it must be well-formed all the same.
        (Some(host), None) => Endpoint::new(host, 1).map(|_| None)?,
        (None, Some(port)) => decimal(port).map(|_| None)?,
        (None, None) => None,
    };
    let token = token.ok_or(Bad)?;
    if token.is_empty() {
        return Ok(None);
    }
    let token = bearer(token)?;
    let credentials = match user {
        Some(user) => Credentials::bearer(&user, token)?,
        None => Credentials::bearer_alone(token)?,
    };
    Ok(Some(Presented {
        endpoint,
        ..presented(credentials, Mechanism::OAuthBearer)
    }))
}

/// <https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>: two fields in this order.
fn xoauth2(message: &str) -> Result<Option<Presented>, Bad> {
    let rest = message.strip_prefix("user=").ok_or(Bad)?;
    let (user, rest) = rest.split_once(SEPARATOR).ok_or(Bad)?;
    let rest = rest.strip_prefix("auth=").ok_or(Bad)?;
    let (token, rest) = rest.split_once(SEPARATOR).ok_or(Bad)?;
    if rest.len() != 1 || !rest.starts_with(SEPARATOR) {
        return Err(Bad);
    }
    if token.is_empty() {
        return Ok(None);
    }
    let credentials = Credentials::bearer(user, bearer(token)?)?;
    Ok(Some(presented(credentials, Mechanism::XOAuth2)))
}

/// <https://www.rfc-editor.org/rfc/rfc4616#section-2>: whom to act as, who it is, the password.
fn plain(message: &str) -> Result<Presented, Bad> {
    let mut parts = message.split('\0');
    let (Some(authorization), Some(user), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Bad);
    };
    let credentials = Credentials::password(user, password)?;
    let mut presented = presented(credentials, Mechanism::Plain);
    if !authorization.is_empty() {
        // Checked as every user name is.
        Credentials::external(Some(authorization))?;
        presented.authorization = Some(authorization.into());
    }
    Ok(presented)
}

/// <https://www.rfc-editor.org/rfc/rfc4422#appendix-A>: whom to act as, or nothing.
fn external(message: &str) -> Result<Presented, Bad> {
    let user = (!message.is_empty()).then_some(message);
    Ok(presented(Credentials::external(user)?, Mechanism::External))
}

/// The token behind the scheme, which has no case, and one space
/// (<https://www.rfc-editor.org/rfc/rfc6750#section-2.1>).
fn bearer(value: &str) -> Result<&str, Bad> {
    let (scheme, token) = value.split_once(' ').ok_or(Bad)?;
    if scheme.eq_ignore_ascii_case("Bearer") {
        Ok(token)
    } else {
        Err(Bad)
    }
}

/// A port in decimal, without a leading zero.
fn decimal(port: &str) -> Result<u16, Bad> {
    let plain = port.bytes().all(|octet| octet.is_ascii_digit()) && !port.starts_with('0');
    port.parse().ok().filter(|_| plain).ok_or(Bad)
}

pub(super) fn presented(credentials: Credentials, mechanism: Mechanism) -> Presented {
    Presented {
        credentials,
        mechanism: Some(mechanism),
        authorization: None,
        endpoint: None,
    }
}

#[cfg(test)]
mod tests;
