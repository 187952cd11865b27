//! Endpoints, client and options of one grant.

use alloc::sync::Arc;
use core::fmt;

use token_lifecycle::{
    Client, InvalidRequest, Lifecycle, Options, Request, Response, Timers, TokenKind, TokenRequest,
    Url, Want, revoke,
};

/// The endpoints, the client and the options of one grant: what a driver needs besides a place.
///
/// ```
/// use mail_login_tokens::{Settings, clock};
/// use token_lifecycle::{Audience, Client, Options, Url, Want};
///
/// let options = Options::new(clock::owner()?, Audience::new("mail")).with_seed(clock::seed()?);
/// let settings = Settings::new(
///     Url::new("https://id.example.com/token")?,
///     Client::public("mail-app")?,
///     options,
/// );
/// let token = "tGzv3JOkF0XG5Qx2TlKWIA".into();
/// let want = Want::Refresh { token: &token, scopes: None, resource: None };
/// assert_eq!(settings.request(&want)?.url(), "https://id.example.com/token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    token_endpoint: Url,
    revocation_endpoint: Option<Url>,
    client: Client,
    options: Arc<Options>,
    build: Option<Arc<Build>>,
}

type Build = dyn Fn(&Want<'_>) -> Option<Request> + Send + Sync;

impl Settings {
    /// The settings of a grant whose refresh token cannot be revoked. Records are marked with the
    /// client's identifier: no other client can use them.
    pub fn new(token_endpoint: Url, client: Client, mut options: Options) -> Self {
        options.client_id = client.id().into();
        options.revoke = false;
        Self {
            token_endpoint,
            revocation_endpoint: None,
            client,
            options: Arc::new(options),
            build: None,
        }
    }

    /// Where refresh tokens are revoked at sign-out (<https://www.rfc-editor.org/rfc/rfc7009>).
    pub fn with_revocation(mut self, endpoint: Url) -> Self {
        self.revocation_endpoint = Some(endpoint);
        Arc::make_mut(&mut self.options).revoke = true;
        self
    }

    /// The same, by which nothing is revoked at sign-out: for tokens whose user goes on with others of the
    /// same server, as there are servers that revoke all of them.
    pub fn without_revocation(mut self) -> Self {
        self.revocation_endpoint = None;
        Arc::make_mut(&mut self.options).revoke = false;
        self
    }

    /// Makes requests that this type cannot: those that need a password or a signed statement, or a
    /// client that signs each request ([`Client::assertion`]). It is asked first; where it
    /// says `None`, the request is the usual one.
    pub fn with_requests(
        mut self,
        build: impl Fn(&Want<'_>) -> Option<Request> + Send + Sync + 'static,
    ) -> Self {
        self.build = Some(Arc::new(build));
        self
    }

    /// The same with other times.
    pub fn with_timers(mut self, timers: Timers) -> Self {
        Arc::make_mut(&mut self.options).timers = timers;
        self
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A machine for this grant, which knows nothing yet and shares the options.
    pub fn lifecycle(&self) -> Lifecycle {
        Lifecycle::new(Arc::clone(&self.options))
    }

    /// What a lifecycle wants, as a request.
    ///
    /// # Errors
    ///
    /// When the request cannot be made. Hand [`NoRequest::response`] to the lifecycle then.
    pub fn request(&self, want: &Want<'_>) -> Result<Request, NoRequest> {
        if let Some(request) = self.build.as_ref().and_then(|build| build(want)) {
            return Ok(request);
        }
        match want {
            Want::Revoke { token } => {
                let endpoint = self.revocation_endpoint.as_ref();
                let endpoint = endpoint.ok_or(NoRequest::Revocation)?;
                Ok(revoke(endpoint, &self.client, token, TokenKind::Refresh))
            }
            Want::Grant { .. } | Want::Refresh { .. } => {
                let request = TokenRequest::wanted(want).ok_or(NoRequest::Grant)?;
                Ok(request.build(&self.token_endpoint, &self.client)?)
            }
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("token_endpoint", &self.token_endpoint)
            .field("client", &self.client)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Why what is wanted cannot be asked for.
///
/// ```
/// use mail_login_tokens::NoRequest;
/// assert_eq!(NoRequest::Revocation.response().status(), 400);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRequest {
    /// The grant needs what the settings do not have.
    #[error("this grant needs a password or a signed statement: give the settings what makes it")]
    Grant,
    /// Scope, resource or another parameter has an impossible form.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// There is no revocation endpoint.
    #[error("there is no revocation endpoint: name it in the settings")]
    Revocation,
}

impl NoRequest {
    /// What the lifecycle is to be told: the same as if a server had found the fault. It is a wrong
    /// setting, and no token is lost.
    pub fn response(self) -> Response<'static> {
        Response::new(400, br#"{"error":"invalid_request"}"#)
            .with_header("Content-Type", "application/json")
    }
}

#[cfg(test)]
mod tests;
