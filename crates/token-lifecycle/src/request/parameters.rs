//! The parameters of a request, each there once.

use alloc::{borrow::Cow, vec::Vec};
use core::fmt;

use crate::{Client, Request, Url, form::Form};

/// Why a request cannot be sent. Never holds the value.
///
/// ```
/// use sasl_core::Secret;
/// use token_lifecycle::{Client, InvalidRequest, TokenRequest, Url};
///
/// let token = Secret::from("tGzv3JOkF0XG5Qx2TlKWIA");
/// let twice = TokenRequest::refresh(&token).parameter("refresh_token", "another");
/// let (endpoint, client) = (Url::new("https://id.example.com/token")?, Client::public("app")?);
/// assert_eq!(twice.build(&endpoint, &client), Err(InvalidRequest::Parameter));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A parameter without a name, twice, or one that the request sets itself.
    #[error(
        "an additional parameter has no name, is given twice, or is one that the request sets itself"
    )]
    Parameter,
    /// Resource.
    #[error("the resource must be an absolute URI without a fragment")]
    Resource,
    /// Scope.
    #[error(
        "the scope must be names of printable ASCII without quotes and backslashes, with single spaces between them"
    )]
    Scope,
}

/// Names that the authentication of the client uses.
const OF_CLIENT: [&str; 4] = [
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];

#[derive(Clone, Default)]
pub(super) struct Parameters<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The first thing that was wrong, said when the request is built.
    invalid: Option<InvalidRequest>,
}

impl<'a> Parameters<'a> {
    /// A parameter that the request itself has.
    pub(super) fn own(&mut self, name: &'static str, value: Cow<'a, str>) {
        self.pairs.push((Cow::Borrowed(name), value));
    }

    /// <https://www.rfc-editor.org/rfc/rfc6749#appendix-A.4>
    pub(super) fn scope(&mut self, scope: Cow<'a, str>) {
        let is_name = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|octet| matches!(octet, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
        };
        if scope.is_empty() {
            return;
        }
        if self.has("scope") {
            self.refuse(InvalidRequest::Parameter);
        }
        if !scope.split(' ').all(is_name) {
            self.refuse(InvalidRequest::Scope);
        }
        self.own("scope", scope);
    }

    /// <https://www.rfc-editor.org/rfc/rfc8707#section-2>
    pub(super) fn resource(&mut self, resource: Cow<'a, str>) {
        let is_uri = resource
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'#')
            && resource.split_once(':').is_some_and(|(scheme, rest)| {
                !rest.is_empty()
                    && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && !scheme.contains(['/', '?'])
            });
        if !is_uri {
            self.refuse(InvalidRequest::Resource);
        }
        self.own("resource", resource);
    }

    /// Whatever else a server wants.
    pub(super) fn extra(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        if name.is_empty() || self.has(&name) || OF_CLIENT.contains(&&*name) {
            self.refuse(InvalidRequest::Parameter);
        }
        match &*name {
            // These have a form of their own.
            "scope" => self.scope(value),
            "resource" => self.resource(value),
            _ => self.pairs.push((name, value)),
        }
    }

    pub(super) fn build(&self, endpoint: &Url, client: &Client) -> Result<Request, InvalidRequest> {
        match self.invalid {
            Some(invalid) => Err(invalid),
            None => Ok(self.post(endpoint, client)),
        }
    }

    /// The request, for parameters that cannot be wrong.
    pub(super) fn post(&self, endpoint: &Url, client: &Client) -> Request {
        let mut form = self.form();
        client.add_to(&mut form);
        let request = Request::post(endpoint.as_str(), form.into_secret());
        match client.authorization() {
            Some(authorization) => request.with_header("Authorization", authorization),
            None => request,
        }
    }

    pub(super) fn form(&self) -> Form {
        let mut form = Form::new();
        for (name, value) in &self.pairs {
            form.push(name, value);
        }
        form
    }

    fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(other, _)| other == name)
    }

    fn refuse(&mut self, why: InvalidRequest) {
        self.invalid.get_or_insert(why);
    }
}

impl fmt::Debug for Parameters<'_> {
    /// The names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.pairs.iter().map(|(name, _)| name))
            .finish()
    }
}
