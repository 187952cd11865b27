//! What an answer of an authorization server means.

mod failure;
mod oauth;

use core::time::Duration;

use crate::{GrantKind, Quirks, Response, Tokens, UnixTime, response::Members};

pub(crate) use failure::Remedy;
pub use failure::{Class, Failure, HttpStage, Setting};

/// A request that was sent, and what decides what its answer means.
///
/// ```
/// use token_lifecycle::{Class, Exchange, GrantKind, Response, UnixTime};
///
/// let exchange = Exchange::new(GrantKind::RefreshToken, UnixTime::from_secs(1_767_222_000));
/// let dead = exchange.read(&Response::new(400, br#"{"error":"invalid_grant"}"#)).unwrap_err();
/// assert_eq!(dead.class(), Class::GrantRejected);
/// // A captive portal says nothing about a token.
/// let portal = exchange.read(&Response::new(200, b"<html>Welcome to our hotel")).unwrap_err();
/// assert_eq!(portal.class(), Class::Suspicious);
/// ```
#[derive(Clone, Debug)]
pub struct Exchange {
    pub(crate) kind: GrantKind,
    pub(crate) sent: UnixTime,
    pub(crate) quirks: Quirks,
}

/// How far two clocks may be apart before a signed assertion fails for it.
const SKEW: Duration = Duration::from_secs(30);
/// "Too many requests" without a time means this long.
const PAUSE: Duration = Duration::from_secs(60);

impl Exchange {
    /// A request for tokens that was sent at this time.
    pub fn new(kind: GrantKind, sent: UnixTime) -> Self {
        let quirks = Quirks::default();
        Self { kind, sent, quirks }
    }

    /// With what is known of this server.
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// The tokens of an answer, or what went wrong. The rules are tried in a fixed order, and
    /// neither prose nor a number in it decides anything: only status, media type and OAuth
    /// error codes do (<https://www.rfc-editor.org/rfc/rfc6749#section-5.2>).
    ///
    /// # Errors
    ///
    /// What an answer without tokens means.
    pub fn read(&self, response: &Response<'_>) -> Result<Tokens, Failure> {
        let members = if response.body().len() > Response::LIMIT {
            None
        } else if response.has_type("application/x-www-form-urlencoded") {
            Members::from_form(response.body())
        } else {
            Members::from_json(response.body())
        };
        let has_tokens = response.status() == 200
            && members
                .as_ref()
                .is_some_and(|members| members.access_token.text().is_some());
        let failure = match members {
            Some(members) if has_tokens => {
                if let Some(tokens) = Tokens::new(members, self.sent, response.date()) {
                    return Ok(tokens);
                }
                Failure::new(Class::Suspicious).escalating(3, Setting::TokenType)
            }
            Some(members) if members.error.text().is_some() => self.refused(response, &members),
            Some(_) if response.status() == 200 => {
                Failure::new(Class::Suspicious).escalating(3, Setting::Endpoint)
            }
            Some(_) | None => self.unreadable(response),
        };
        // After a success the refresh token may be used up, whatever became of the answer.
        let consumed = response.status() == 200 && failure.code().is_none();
        Err(failure
            .with_status(response.status())
            .maybe_consumed(consumed && self.rotates()))
    }

    /// There was no answer, or not all of it.
    pub fn lost(&self, stage: HttpStage) -> Failure {
        match stage {
            HttpStage::Connect => Failure::new(Class::Transient),
            HttpStage::Tls => Failure::new(Class::Suspicious),
            HttpStage::Sent => Failure::new(Class::Ambiguous).maybe_consumed(self.rotates()),
        }
    }

    fn rotates(&self) -> bool {
        self.kind == GrantKind::RefreshToken && !self.quirks.never_rotates
    }

    /// What a status says before one looks at a body: the rules 4 to 7.
    fn by_status(&self, response: &Response<'_>, has_error: bool) -> Option<Failure> {
        let wait = response.retry_after(Some(self.sent));
        let failure = match response.status() {
            300..=399 | 407 | 511 => Failure::new(Class::Suspicious),
            429 => Failure::new(Class::Throttled).after(Some(wait.unwrap_or(PAUSE))),
            _ if wait.is_some() && !has_error => Failure::new(Class::Throttled).after(wait),
            500 | 502 | 504 if self.rotates() => Failure::new(Class::Ambiguous)
                .after(wait)
                .maybe_consumed(true),
            408 | 425 | 500..=599 => Failure::new(Class::Transient).after(wait),
            _ => return None,
        };
        Some(failure)
    }

    /// An answer without an OAuth error: the rules 21, 22 and 26.
    fn unreadable(&self, response: &Response<'_>) -> Failure {
        if let Some(failure) = self.by_status(response, false) {
            return failure;
        }
        match response.status() {
            401 => Failure::new(Class::Transient).escalating(2, Setting::Client),
            400 | 403 | 404 | 405 | 410 | 415 => {
                Failure::new(Class::Suspicious).escalating_when_expired(5, Setting::Endpoint)
            }
            _ => Failure::new(Class::Suspicious),
        }
    }

    /// An answer with an OAuth error: the rules 8 to 20 and 27.
    fn refused(&self, response: &Response<'_>, members: &Members) -> Failure {
        let failure = self
            .by_status(response, true)
            .unwrap_or_else(|| oauth::classify(self, response, members));
        failure.with_members(members)
    }

    /// How far the server's clock is ahead, if it is, or behind; in seconds.
    pub(crate) fn skew(&self, response: &Response<'_>) -> Option<i64> {
        let date = response.date()?;
        let (ahead, behind) = (date.since(self.sent), self.sent.since(date));
        let apart = ahead.max(behind);
        let seconds = i64::try_from(apart.as_secs()).unwrap_or(i64::MAX);
        (apart > SKEW).then_some(if ahead > behind { seconds } else { -seconds })
    }
}

#[cfg(test)]
mod tests;
