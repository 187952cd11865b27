//! Answers.

use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
use std::io;

use serde_json::{Value, json};

/// What goes back. It is also the error of every endpoint, so that `?` refuses.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", content_type.to_owned()),
                ("cache-control", "no-store".to_owned()),
            ],
            body: body.into(),
        }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: vec![("cache-control", "no-store".to_owned())],
            body: vec![],
        }
    }

    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", format!("{value}"))
    }

    pub(super) fn html(status: u16, page: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", page)
            // Nobody may put the form into a frame, and nothing may be loaded into it.
            .header(
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'".to_owned(),
            )
    }

    pub(super) fn redirect(status: u16, location: String) -> Self {
        Self::empty(status).header("location", location)
    }

    /// <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>
    pub(super) fn error(code: &str, description: &str) -> Self {
        Self::json(
            400,
            &json!({"error": code, "error_description": description}),
        )
    }

    pub(super) fn invalid_request(description: &str) -> Self {
        Self::error("invalid_request", description)
    }

    pub(super) fn invalid_grant(description: &str) -> Self {
        Self::error("invalid_grant", description)
    }

    pub(super) fn invalid_client(description: &str) -> Self {
        let mut reply = Self::error("invalid_client", description).header(
            "www-authenticate",
            "Basic realm=\"mail-testbed\"".to_owned(),
        );
        reply.status = 401;
        reply
    }

    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A code of OAuth, and what it is about: for where the answer is not JSON.
pub(super) struct Refusal(pub(super) &'static str, pub(super) &'static str);

impl From<Refusal> for Reply {
    fn from(Refusal(code, description): Refusal) -> Self {
        Self::error(code, description)
    }
}

impl From<io::Error> for Reply {
    fn from(error: io::Error) -> Self {
        let mut reply = Self::error("server_error", &format!("{error}"));
        reply.status = 500;
        reply
    }
}
