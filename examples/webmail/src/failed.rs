//! Requests that do not work, as answers: pages for people, JSON for programs.

#![allow(clippy::wildcard_enum_match_arm, reason = "a newer library knows more")]

use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use mail_session::{AccessError, Session, Wait};
use sasl_core::Advice;
use serde_json::json;

use crate::{log, mail::MailError, view};

/// All that users are told when something has to be waited for.
pub(crate) const NOT_NOW: &str =
    "this does not work at the moment. You stay signed in: try again soon";
/// The same for those who are not signed in.
pub(crate) const NO_SIGN_IN_NOW: &str = "the sign-in does not work at the moment: try again soon";

/// What went wrong.
#[derive(Debug)]
pub(crate) struct Failed {
    status: StatusCode,
    code: String,
    /// Why the user has to sign in.
    reason: Option<&'static str>,
    text: String,
    retry_after: Option<u64>,
}

impl Failed {
    pub(crate) fn new(status: StatusCode, code: &str, text: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            reason: None,
            text: text.into(),
            retry_after: None,
        }
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// It does not work now. Why is for the log alone: it may name hosts and files that are nobody's business.
    pub(crate) fn unavailable(wait: &Wait) -> Self {
        log::unavailable(wait);
        Self::not_now(wait.seconds(), NOT_NOW)
    }

    /// The same, when it is logged already.
    pub(crate) fn not_now(seconds: u64, text: &str) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            reason: Some("unavailable"),
            ..Self::new(status, "temporarily_unavailable", text).retry_after(seconds)
        }
    }

    /// In a sentence for the user.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// There is nobody signed in.
    pub(crate) fn no_session() -> Self {
        let text = "there is no session: sign in";
        Self {
            reason: Some("not-signed-in"),
            ..Self::new(StatusCode::UNAUTHORIZED, "reauth_required", text)
        }
    }

    /// For people whose session is not known.
    pub(crate) fn page_before_sign_in(self) -> Response {
        let page = view::problem(self.status, &self.text, None);
        self.answer(page)
    }

    /// For people. Who has to sign in for the session itself is sent there.
    pub(crate) fn page(mut self, session: &Session) -> Response {
        if let Some(ended) = session.is_over() {
            return view::over(ended.reason);
        }
        // No header could say how to sign in to another account.
        self.status = match self.status {
            StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
            status => status,
        };
        let page = view::problem(self.status, &self.text, Some(session));
        self.answer(page)
    }

    fn answer(self, body: impl IntoResponse) -> Response {
        let mut response = (self.status, body).into_response();
        response.extensions_mut().insert(Worded);
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// An answer in words of ours, and not of the check of the session.
#[derive(Clone, Copy)]
pub(crate) struct Worded;

/// For programs.
impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let body = json!({
            "error": self.code,
            "reason": self.reason.unwrap_or(&self.code),
            "message": self.text,
        });
        self.answer(Json(body))
    }
}

impl From<AccessError> for Failed {
    fn from(error: AccessError) -> Self {
        MailError::from(error).into()
    }
}

impl From<MailError> for Failed {
    fn from(error: MailError) -> Self {
        let status = match &error {
            MailError::Access(access) => return Self::access(access),
            MailError::Broken(_) | MailError::Malformed | MailError::TooLong => {
                StatusCode::BAD_GATEWAY
            }
            MailError::Input(_) | MailError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            MailError::Missing(_) => StatusCode::NOT_FOUND,
            MailError::Timeout => StatusCode::GATEWAY_TIMEOUT,
        };
        Self::new(status, error.name(), error.to_string())
    }
}

impl Failed {
    fn access(error: &AccessError) -> Self {
        let text = error.to_string();
        match error {
            AccessError::SignIn(ended) => Self {
                reason: Some(ended.reason.name()),
                ..Self::new(StatusCode::UNAUTHORIZED, "reauth_required", text)
            },
            AccessError::Unavailable(wait) => Self::unavailable(wait),
            AccessError::Stopped => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.name(), text).retry_after(1)
            }
            AccessError::Rejected(rejection) if rejection.advice() == Advice::RetryLater => {
                // The mail server has too much to do, and says so.
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.name(), text).retry_after(5)
            }
            AccessError::UnknownAccount => Self::new(StatusCode::NOT_FOUND, error.name(), text),
            // The mail server does not do it; the user cannot help that here.
            _ => Self::new(StatusCode::BAD_GATEWAY, error.name(), text),
        }
    }
}

/// An answer to a request that is not for anybody's session.
pub(crate) fn answer(request: &Request, status: StatusCode, code: &str, text: &str) -> Response {
    if request.uri().path().starts_with("/api/") {
        return Failed::new(status, code, text).into_response();
    }
    (status, view::problem(status, text, None)).into_response()
}
