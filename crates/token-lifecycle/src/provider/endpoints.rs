//! The addresses of a provider's authorization server.

use crate::{Authorization, Client, InvalidUrl, Provider, Redirect, State, Url, Verifier};

/// Where a provider's authorization server is.
///
/// ```
/// use token_lifecycle::Provider;
///
/// let microsoft = Provider::named("microsoft365").unwrap();
/// assert_eq!(
///     microsoft.endpoints(Some("contoso.onmicrosoft.com"))?.token.as_str(),
///     "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token"
/// );
/// # Ok::<(), token_lifecycle::InvalidUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoints {
    /// Where the user's browser goes.
    pub authorization: Url,
    /// Where tokens come from.
    pub token: Url,
    /// Where a sign-in on another device starts.
    pub device: Option<Url>,
    /// Where tokens are taken back.
    pub revocation: Option<Url>,
}

/// All tenants, and accounts of persons, at Microsoft.
const ANY_TENANT: &str = "common";

impl Provider {
    /// The addresses. A tenant counts at Microsoft alone: its domain or identifier, or `common`,
    /// `organizations` or `consumers`; `common` if there is none.
    ///
    /// # Errors
    ///
    /// When the tenant has another character than letters, digits, `-` and `.`.
    pub fn endpoints(&self, tenant: Option<&str>) -> Result<Endpoints, InvalidUrl> {
        let tenant = tenant.unwrap_or(ANY_TENANT);
        let is_tenant = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.');
        if tenant.is_empty() || tenant.starts_with('.') || !tenant.bytes().all(is_tenant) {
            return Err(InvalidUrl::Tenant);
        }
        let url = |template: &str| Url::new(&template.replace("{tenant}", tenant));
        Ok(Endpoints {
            authorization: url(self.authorization)?,
            token: url(self.token)?,
            device: self.device.map(url).transpose()?,
            revocation: self.revocation.map(url).transpose()?,
        })
    }

    /// A question to the user, with the parameters that this provider needs, for a scope as
    /// [`scope`](Self::scope) says it.
    ///
    /// ```
    /// use token_lifecycle::{Client, Provider, Redirect, Service, State, Verifier};
    ///
    /// # let (entropy, more_entropy) = ([1; 32], [2; 32]);
    /// let gmail = Provider::named("gmail").unwrap();
    /// let authorization = gmail.authorize(
    ///     &gmail.endpoints(None)?,
    ///     &Client::post("id.apps.googleusercontent.com", "secret")?,
    ///     Redirect::loopback(51004, "/")?,
    ///     State::from_entropy(&entropy),
    ///     Verifier::from_entropy(&more_entropy),
    /// ).scope(&gmail.scope(&[Service::Imap]).unwrap());
    /// assert!(authorization.url().contains("access_type=offline"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn authorize(
        &self,
        endpoints: &Endpoints,
        client: &Client,
        redirect: Redirect,
        state: State,
        verifier: Verifier,
    ) -> Authorization {
        let authorization =
            Authorization::new(&endpoints.authorization, client, redirect, state, verifier);
        let authorization = self
            .parameters
            .iter()
            .fold(authorization, |authorization, (name, value)| {
                authorization.parameter(name, value)
            });
        // An issuer that stands for many cannot be compared with the one that answers.
        match self.issuer {
            Some(issuer) if self.document_issuer.is_none() => authorization.issuer_named(issuer),
            Some(_) | None => authorization,
        }
    }
}
