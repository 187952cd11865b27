//! The request that starts a sign-in on another device.

use alloc::borrow::Cow;

use super::parameters::{InvalidRequest, Parameters};
use crate::{Audience, Client, Request, Url};

/// A request to a device authorization endpoint
/// (<https://www.rfc-editor.org/rfc/rfc8628#section-3.1>). The answer is a
/// [`DeviceAuthorization`](crate::DeviceAuthorization). Sent when the user asks for it, never unasked.
///
/// ```
/// use token_lifecycle::{Client, DeviceRequest, Url};
///
/// let endpoint = Url::new("https://server.example.com/device_authorization")?;
/// let request = DeviceRequest::new()
///     .scope("example_scope")
///     .build(&endpoint, &Client::public("1406020730")?)?;
/// assert_eq!(request.body().expose(), "scope=example_scope&client_id=1406020730");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DeviceRequest<'a>(Parameters<'a>);

impl<'a> DeviceRequest<'a> {
    /// A request without a scope.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the token is to be for: names with single spaces between them.
    pub fn scope(mut self, scope: impl Into<Cow<'a, str>>) -> Self {
        self.0.scope(scope.into());
        self
    }

    /// Scope and resource of an audience.
    pub fn audience(mut self, audience: &'a Audience) -> Self {
        self = self.scope(alloc::string::ToString::to_string(audience.scopes()));
        if let Some(resource) = audience.resource() {
            self.0.resource(resource.into());
        }
        self
    }

    /// Another parameter that a server wants.
    pub fn parameter(
        mut self,
        name: impl Into<Cow<'a, str>>,
        value: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.0.extra(name.into(), value.into());
        self
    }

    /// Makes the request.
    ///
    /// # Errors
    ///
    /// When a parameter is there twice, or scope or resource have a form they cannot have.
    pub fn build(&self, endpoint: &Url, client: &Client) -> Result<Request, InvalidRequest> {
        self.0.build(endpoint, client)
    }
}
