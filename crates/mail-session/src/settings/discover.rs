//! Endpoints that the issuer tells.

use mail_login_tokens::HttpProblem;
use mail_login_tokio::tokens::Http;
use token_lifecycle::{DiscoveryError, Metadata, Request};

use super::TokenSettings;

impl TokenSettings {
    /// Asks the issuer for its description, and fills in the endpoints that the settings do not name. A program
    /// does this when it starts.
    ///
    /// ```no_run
    /// use mail_login_tokio::tokens::HttpClient;
    /// use mail_session::settings::{DiscoverError, Settings};
    ///
    /// # async fn main_(mut settings: Settings) -> Result<(), DiscoverError> {
    /// let metadata = settings.tokens.discover(&HttpClient::new()).await?;
    /// println!("users sign in at {}", metadata.issuer());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When the settings name no issuer, or it does not describe itself. Nothing is changed then.
    pub async fn discover(&mut self, http: &dyn Http) -> Result<Metadata, DiscoverError> {
        let issuer = self.issuer.as_ref().ok_or(DiscoverError::NoIssuer)?;
        let mut problem = DiscoverError::NoDocument;
        for url in issuer.urls() {
            let answer = http.send(&Request::fetch(url.as_str())).await?;
            let response = answer.response();
            match response.status() {
                200 => {}
                status @ (408 | 425 | 429 | 500..) => return Err(DiscoverError::Busy(status)),
                _ => continue,
            }
            match Metadata::parse(response.body(), issuer) {
                Ok(metadata) => {
                    self.fill_in(&metadata);
                    return Ok(metadata);
                }
                Err(error) => problem = error.into(),
            }
        }
        Err(problem)
    }

    fn fill_in(&mut self, metadata: &Metadata) {
        for (endpoint, told) in [
            (
                &mut self.authorization_endpoint,
                metadata.authorization_endpoint(),
            ),
            (&mut self.token_endpoint, metadata.token_endpoint()),
            (
                &mut self.revocation_endpoint,
                metadata.revocation_endpoint(),
            ),
        ] {
            if endpoint.is_none() {
                *endpoint = told.ok().cloned();
            }
        }
    }
}

/// Why nothing is known of the issuer.
///
/// ```
/// use mail_session::settings::DiscoverError;
/// assert!(DiscoverError::Busy(503).is_temporary());
/// assert!(!DiscoverError::NoIssuer.is_temporary());
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// It is not in a state to answer; this is the HTTP status.
    #[error("the issuer is busy (HTTP {0}): try again later")]
    Busy(u16),
    /// What it says must not be used.
    #[error(transparent)]
    Document(#[from] DiscoveryError),
    /// It cannot be reached.
    #[error("the issuer does not answer ({0}): try again later")]
    Http(#[from] HttpProblem),
    /// It says nothing of itself.
    #[error("the issuer does not describe itself: check it, or name all endpoints in the settings")]
    NoDocument,
    /// The settings name none.
    #[error("there is no issuer in the settings: name it, or all endpoints")]
    NoIssuer,
}

impl DiscoverError {
    /// Whether trying again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Busy(_) | Self::Http(_) => true,
            Self::Document(_) | Self::NoDocument | Self::NoIssuer => false,
        }
    }
}

#[cfg(test)]
mod tests;
