//! A user signs in.

use alloc::string::ToString;
use core::time::Duration;
use std::io;

use mail_login_tokens::{HttpProblem, TokenError, clock};
use mail_login_tokio::Deadline;
use sasl_core::Secret;
use token_lifecycle::{Exchange, Failure, InvalidRequest, Saved, TokenRequest, Tokens};

use super::{Sessions, SetUpError};
use crate::{Fact, Session, SessionId, User, record::SessionRecord};

/// How long a sign-in waits until all is stored.
const TIME: Duration = Duration::from_secs(15);

impl Sessions {
    /// A session for a user who has signed in: these are the tokens. When this returns, all nodes know
    /// it. The identifier is for the user's browser alone.
    ///
    /// # Errors
    ///
    /// When session or tokens could not be stored. There is no session then.
    pub async fn open(
        &self,
        user: User,
        tokens: Tokens,
    ) -> Result<(SessionId, Session), SignInError> {
        let id = SessionId::new()?;
        let key = id.key();
        let record = SessionRecord::new(user, clock::now().wall.as_millis());
        let octets = zeroize::Zeroizing::new(record.to_json());
        let place = key.place();
        let new = Some((record.revision, octets.as_slice()));
        match self.0.places.save(&place, None, new).await {
            Saved::Done => {}
            Saved::Conflict | Saved::Failed => return Err(SignInError::NotStored),
        }
        let session = self.know(key, record).map_err(SignInError::Wait)?;
        if let Err(error) = session.keep(tokens, Deadline::after(TIME)).await {
            self.0.known.pin().remove(&key);
            // Tokens without a session, or a session without tokens, are of no use to anybody.
            let _ = self.0.places.save(&place, Some(1), None).await;
            return Err(error.into());
        }
        self.0.tell(&Fact::Opened {
            session: key,
            new: true,
        });
        Ok((id, session))
    }

    /// Asks the authorization server for tokens by any grant, such as the code that the browser brought.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub async fn exchange(&self, request: &TokenRequest<'_>) -> Result<Tokens, SignInError> {
        let settings = &self.0.settings.tokens;
        let endpoint = settings.token_endpoint.as_ref();
        let endpoint = endpoint.ok_or(SetUpError::NoTokenEndpoint)?;
        let client = settings.client().map_err(SetUpError::Client)?;
        let exchange = Exchange::new(request.grant(), clock::now().wall);
        let request = request.build(endpoint, &client)?;
        let answer = self.0.http.send(&request).await?;
        Ok(exchange.read(&answer.response())?)
    }

    /// A session for a user without a browser, by name and password
    /// (<https://www.rfc-editor.org/rfc/rfc6749#section-4.3>). The password is used once, and not kept.
    ///
    /// # Errors
    ///
    /// When the settings do not allow it, the authorization server says no, or nothing can be stored.
    pub async fn open_with_password(
        &self,
        user: User,
        typed: &str,
        password: &Secret,
    ) -> Result<(SessionId, Session), SignInError> {
        let settings = &self.0.settings.tokens;
        if !settings.password_grant {
            return Err(SignInError::PasswordGrantOff);
        }
        let name = settings.password_name.of(typed);
        let mut request = TokenRequest::password(name, password);
        if !settings.scopes.is_empty() {
            request = request.scope(settings.scopes.to_string());
        }
        if let Some(resource) = &settings.resource {
            request = request.resource(resource.as_str());
        }
        let tokens = self.exchange(&request).await?;
        self.open(user, tokens).await
    }
}

/// Why there is no session.
///
/// ```
/// use mail_session::SignInError;
///
/// assert!(!SignInError::PasswordGrantOff.is_temporary());
/// assert!(SignInError::NotStored.is_temporary());
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The authorization server says no.
    #[error(transparent)]
    Refused(#[from] Failure),
    /// The authorization server cannot be reached.
    #[error(transparent)]
    Http(#[from] HttpProblem),
    /// What was to be sent has an impossible form.
    #[error(transparent)]
    Request(#[from] InvalidRequest),
    /// Settings are missing.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// The operating system gives no random numbers.
    #[error(transparent)]
    Randomness(#[from] io::Error),
    /// The tokens could not be stored.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// Something else has to work first.
    #[error(transparent)]
    Wait(crate::Wait),
    /// The session could not be stored.
    #[error("the session could not be stored: try again later")]
    NotStored,
    /// The settings do not allow it.
    #[error("signing in by password is switched off: use a browser")]
    PasswordGrantOff,
}

impl SignInError {
    /// Whether trying again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(failure) => failure.class().is_temporary(),
            Self::Http(_) | Self::Wait(_) | Self::NotStored | Self::Randomness(_) => true,
            Self::Tokens(error) => error.is_temporary(),
            Self::Request(_) | Self::SetUp(_) | Self::PasswordGrantOff => false,
        }
    }
}
