//! The answers to requests that do not go on.

use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt::Write as _;

use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE},
    request::Parts,
};

use super::wants_page;
use crate::Outcome;

/// Why there is nothing to be ended.
const NOT_SIGNED_IN: &str = "not-signed-in";
/// What strangers are told. What exactly does not work, and where, is for the operator: facts say it.
const UNAVAILABLE: &str =
    "the sign-in service, or what it needs, does not answer: try again in a moment";

/// The answer to a request that does not go on; `None` stands for one without a session.
///
/// | outcome | page load | anything else |
/// |---|---|---|
/// | unavailable | 503 with `Retry-After`, text | the same, JSON `temporarily_unavailable` |
/// | sign in, no session | 303 to `page` with `next` and `reason` | 401 with `WWW-Authenticate: Bearer`, JSON `reauth_required` |
///
/// `next` is the address that the layer sees. Whoever nests routers, of which each takes off its prefix, puts the layer
/// around the outermost one.
///
/// ```
/// use http::{Request, StatusCode};
/// use mail_session::{EndReason, Ended, Outcome, layer::refusal};
///
/// let ended = Outcome::SignIn(Ended::new(EndReason::Revoked).into());
/// let page = Request::get("/mail?folder=2").header("Accept", "text/html").body(())?;
/// let answer = refusal(&page.into_parts().0, Some(&ended), Some("/sign-in"));
/// assert_eq!(answer.status(), StatusCode::SEE_OTHER);
/// assert_eq!(answer.headers()["location"], "/sign-in?reason=revoked&next=%2Fmail%3Ffolder%3D2");
///
/// let script = Request::post("/api/send").body(())?;
/// let answer = refusal(&script.into_parts().0, Some(&ended), Some("/sign-in"));
/// assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
/// assert!(answer.body().contains("reauth_required"));
/// # Ok::<(), http::Error>(())
/// ```
pub fn refusal(parts: &Parts, outcome: Option<&Outcome>, page: Option<&str>) -> Response<String> {
    let is_page = wants_page(parts);
    let mut answer = match outcome {
        Some(Outcome::Unavailable(wait)) => {
            let body = match is_page {
                true => format!("This does not work at the moment: {UNAVAILABLE}.\n"),
                false => json("temporarily_unavailable", "unavailable", UNAVAILABLE),
            };
            let mut answer = Response::new(body);
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            let headers = answer.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.seconds()));
            answer
        }
        Some(Outcome::SignIn(ended)) => sign_in(
            parts,
            ended.reason.name(),
            &ended.to_string(),
            page,
            is_page,
        ),
        // Without a session; the others go on, and whoever asks all the same is not let in.
        None | Some(Outcome::GoOn | Outcome::GoOnWithOld) => {
            let text = "there is no session: sign in";
            sign_in(parts, NOT_SIGNED_IN, text, page, is_page)
        }
    };
    let kind = match is_page {
        true => "text/plain; charset=utf-8",
        false => "application/json",
    };
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn sign_in(
    parts: &Parts,
    reason: &str,
    message: &str,
    page: Option<&str>,
    is_page: bool,
) -> Response<String> {
    let wanted = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let location = page.filter(|_| is_page).map(|page| {
        let join = if page.contains('?') { '&' } else { '?' };
        format!("{page}{join}reason={reason}&next={}", escaped(wanted))
    });
    let location = location.and_then(|location| HeaderValue::try_from(location).ok());
    if let Some(location) = location {
        let mut answer = Response::new(String::new());
        *answer.status_mut() = StatusCode::SEE_OTHER;
        answer.headers_mut().insert(LOCATION, location);
        return answer;
    }
    let challenge = match reason {
        NOT_SIGNED_IN => "Bearer",
        _ => "Bearer error=\"invalid_token\"",
    };
    let body = match is_page {
        true => format!("{message}\n"),
        false => json("reauth_required", reason, message),
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    // <https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2> wants it, and
    // <https://www.rfc-editor.org/rfc/rfc6750#section-3> says how.
    answer
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    answer
}

fn json(error: &str, reason: &str, message: &str) -> String {
    serde_json::json!({ "error": error, "reason": reason, "message": message }).to_string()
}

/// A value for a query (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>). A path that begins with two
/// slashes would lead to another server and is none.
fn escaped(path: &str) -> String {
    let path = match path.starts_with("//") || !path.starts_with('/') {
        true => "/",
        false => path,
    };
    let mut text = String::new();
    for octet in path.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            text.push(char::from(octet));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{octet:02X}");
        }
    }
    text
}
