//! The name of an authorization server, which is also where its description is.

use alloc::{format, string::String, vec::Vec};

use crate::{InvalidUrl, Url};

/// An issuer: an `https` URL without query and fragment
/// (<https://www.rfc-editor.org/rfc/rfc8414#section-2>).
///
/// It comes from the user or the operator. A mail server may name one in a refusal; that one is
/// compared with this, and never used instead.
///
/// ```
/// use token_lifecycle::{InvalidUrl, Issuer};
///
/// let issuer = Issuer::new("https://example.com/issuer1")?;
/// let urls: Vec<_> = issuer.urls().iter().map(|url| url.to_string()).collect();
/// assert_eq!(urls, [
///     "https://example.com/issuer1/.well-known/openid-configuration",
///     "https://example.com/.well-known/oauth-authorization-server/issuer1",
///     "https://example.com/.well-known/openid-configuration/issuer1",
/// ]);
/// # Ok::<(), InvalidUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    url: Url,
    document_issuer: String,
    loopback: bool,
}

impl Issuer {
    /// Checks an issuer. Its form counts: with and without a slash at the end are two issuers.
    ///
    /// # Errors
    ///
    /// When it is no `https` URL, or has a query or fragment.
    pub fn new(issuer: &str) -> Result<Self, InvalidUrl> {
        Self::at(Url::new(issuer)?, false)
    }

    /// The same, but also takes `http` to this very machine, for tests and development; so may then
    /// be the endpoints.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn dangerous_loopback(issuer: &str) -> Result<Self, InvalidUrl> {
        Self::at(Url::dangerous_loopback(issuer)?, true)
    }

    fn at(url: Url, loopback: bool) -> Result<Self, InvalidUrl> {
        if url.as_str().contains('?') {
            return Err(InvalidUrl::Query);
        }
        Ok(Self {
            document_issuer: url.as_str().into(),
            url,
            loopback,
        })
    }

    /// For a server whose description names itself otherwise than by where it is: what the document
    /// has to say, octet for octet. That of all tenants at Microsoft says
    /// `https://login.microsoftonline.com/{tenantid}/v2.0`.
    pub fn dangerous_document_issuer(mut self, document_issuer: &str) -> Self {
        self.document_issuer = document_issuer.into();
        self
    }

    /// The issuer as it was given.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Where its description may be, in the order to try: as OpenID Connect has it, which nearly
    /// every server does, and in the two forms of
    /// <https://www.rfc-editor.org/rfc/rfc8414#section-3.1> and section 5.
    pub fn urls(&self) -> Vec<Url> {
        let whole = self.url.as_str();
        let whole = whole.strip_suffix('/').unwrap_or(whole);
        let (host, path) = self.url.split();
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut urls = Vec::from([
            format!("{whole}/.well-known/openid-configuration"),
            format!("{host}/.well-known/oauth-authorization-server{path}"),
            format!("{host}/.well-known/openid-configuration{path}"),
        ]);
        if path.is_empty() {
            // Both forms are the same then.
            urls.truncate(2);
        }
        urls.iter().filter_map(|url| self.endpoint(url)).collect()
    }

    pub(crate) fn document_issuer(&self) -> &str {
        &self.document_issuer
    }

    /// An address, if it is as safe as the issuer is.
    pub(crate) fn endpoint(&self, url: &str) -> Option<Url> {
        if self.loopback {
            Url::dangerous_loopback(url).ok()
        } else {
            Url::new(url).ok()
        }
    }
}
