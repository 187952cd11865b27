//! What does not work.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header::RETRY_AFTER};
use mail_session::{Session, layer::wants_page};
use maud::{Markup, html};

use super::layout::alone;

/// A page about it. `session`: whose it is.
pub(crate) fn problem(status: StatusCode, text: &str, session: Option<&Session>) -> Markup {
    let title = match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::SERVICE_UNAVAILABLE => "Not available at the moment",
        _ => "That did not work",
    };
    alone(
        title,
        &html! {
            h1 { (title) }
            p { (sentence(text)) }
            @if session.is_some() && status == StatusCode::FORBIDDEN { p { a.button href="/accounts" { "To the accounts" } } }
        @else if session.is_some() || status == StatusCode::NOT_FOUND { p { a.button href="/" { "To the inbox" } } }
        },
    )
}

/// A page about a sign-in that came to nothing.
pub(crate) fn not_signed_in(text: &str) -> Markup {
    alone(
        "Not signed in",
        &html! {
            h1 { "You are not signed in" }
            p { (sentence(text)) }
            p { a.button href="/sign-in" { "Try again" } }
        },
    )
}

/// The check of the session answers in plain words; people who load a page get them on a page.
pub(crate) async fn dressed(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let is_page = wants_page(&parts) && !parts.uri.path().starts_with("/api/");
    let response = next.run(Request::from_parts(parts, body)).await;
    let waits = response.status() == StatusCode::SERVICE_UNAVAILABLE && is_plain(&response);
    if !is_page || !waits {
        return response;
    }
    let retry = response.headers().get(RETRY_AFTER).cloned();
    let text = "the sign-in service cannot be reached, so nobody's mail can be shown. You stay signed in: try again soon";
    let page = problem(StatusCode::SERVICE_UNAVAILABLE, text, None);
    let mut dressed = (StatusCode::SERVICE_UNAVAILABLE, page).into_response();
    if let Some(retry) = retry {
        dressed.headers_mut().insert(RETRY_AFTER, retry);
    }
    dressed
}

fn is_plain(response: &Response<Body>) -> bool {
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

/// Messages of errors begin small and end without a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let full = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{full}", first.unwrap_or_default(), letters.as_str())
}
