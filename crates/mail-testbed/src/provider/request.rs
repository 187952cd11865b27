//! What came in, and which client sent it.

use alloc::{string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Method;
use sasl_core::Secret;

use super::{
    Client, ProviderOptions,
    client::Authentication,
    form::{Form, decode},
    reply::Reply,
};

/// A request, read to its end.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) content_type: String,
    pub(super) authorization: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The form of a `POST`. Parameters in the URL do not count, as secrets must not be there.
    pub(super) fn form(&self) -> Result<Form, Reply> {
        if self.method != Method::POST {
            let mut reply = Reply::invalid_request("this endpoint takes POST alone");
            reply.status = 405;
            return Err(reply.header("allow", "POST".into()));
        }
        let media_type = self.content_type.split(';').next().unwrap_or_default();
        if !media_type
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            return Err(Reply::invalid_request(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let body = core::str::from_utf8(&self.body)
            .map_err(|_| Reply::invalid_request("the body is not text"))?;
        Form::parse(body).map_err(Reply::invalid_request)
    }

    /// The token of `Authorization: Bearer`. <https://www.rfc-editor.org/rfc/rfc6750#section-2.1>
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.as_deref()?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim_start())
    }

    /// The client that sends this, which has proved it as it must.
    /// <https://www.rfc-editor.org/rfc/rfc6749#section-2.3>
    pub(super) fn client<'a>(
        &self,
        form: &Form,
        options: &'a ProviderOptions,
    ) -> Result<&'a Client, Reply> {
        let basic = self.basic()?;
        let posted = form.value("client_secret");
        if basic.is_some() && posted.is_some() {
            return Err(Reply::invalid_request(
                "the client authenticates in two ways at once",
            ));
        }
        let named = form.value("client_id");
        let id = match (&basic, named) {
            (Some((id, _)), Some(named)) if id != named => {
                return Err(Reply::invalid_request("there are two different client ids"));
            }
            (Some((id, _)), _) => id.as_str(),
            (None, Some(named)) => named,
            (None, None) => return Err(Reply::invalid_client("no client is named")),
        };
        let Some(client) = options.find_client(id) else {
            return Err(Reply::invalid_client("there is no such client"));
        };
        let good = match &client.authentication {
            Authentication::Public => {
                // A client without a secret that sends an empty one by Basic is put up with.
                posted.is_none() && basic.is_none_or(|(_, secret)| secret.expose().is_empty())
            }
            Authentication::Secret {
                secret,
                basic: by_basic,
                post,
            } => match (basic, posted) {
                (Some((_, given)), _) => *by_basic && given == *secret,
                (None, Some(given)) => *post && Secret::from(given) == *secret,
                (None, None) => false,
            },
        };
        if good {
            Ok(client)
        } else {
            Err(Reply::invalid_client(
                "the client did not authenticate as it must",
            ))
        }
    }

    /// Id and secret of `Authorization: Basic`, each of which is encoded as in a form.
    fn basic(&self) -> Result<Option<(String, Secret)>, Reply> {
        let Some((scheme, text)) = self
            .authorization
            .as_deref()
            .and_then(|header| header.split_once(' '))
        else {
            return Ok(None);
        };
        if !scheme.eq_ignore_ascii_case("basic") {
            return Ok(None);
        }
        let parts = || {
            let octets = STANDARD.decode(text.trim()).ok()?;
            let pair = String::from_utf8(octets).ok()?;
            let (id, secret) = pair.split_once(':')?;
            Some((decode(id)?, Secret::from(decode(secret)?)))
        };
        parts().map(Some).ok_or_else(|| {
            Reply::invalid_request(
                "id and secret in the authorization header are not properly encoded",
            )
        })
    }
}
