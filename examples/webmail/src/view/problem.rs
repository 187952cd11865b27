//! What does not work.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{
    Method, StatusCode,
    header::{ACCEPT, RETRY_AFTER},
    request::Parts,
};
use mail_session::{EndReason, Session, layer::wants_page};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{alone, query};
use crate::failed::{Failed, NOT_NOW, Worded};

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

/// The session ended while the request was answered: the user signs in again, and comes back to where he was.
pub(crate) fn over(reason: EndReason) -> Response {
    let mut response = to_sign_in(Some(reason), None);
    response.extensions_mut().insert(Over(reason));
    response
}

/// Tells [`dressed`], which knows where the user wanted to go.
#[derive(Clone, Copy)]
struct Over(EndReason);

/// The check of the session answers in plain words, or in JSON; people who load a page or send a form get pages. What
/// it says of why something has to be waited for is for the log.
pub(crate) async fn dressed(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let next_page = wants_page(&parts).then(|| {
        let path = parts.uri.path_and_query();
        path.map_or("/", |path| path.as_str()).to_owned()
    });
    let is_page = next_page.is_some() || sends_form(&parts);
    let is_page = is_page && !parts.uri.path().starts_with("/api/");
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Some(Over(reason)) = response.extensions().get() {
        return to_sign_in(Some(*reason), next_page.as_deref());
    }
    if response.extensions().get::<Worded>().is_some() {
        return response;
    }
    match response.status() {
        StatusCode::UNAUTHORIZED if is_page => to_sign_in(reason_of(response).await, None),
        StatusCode::SERVICE_UNAVAILABLE => {
            let failed = Failed::not_now(retry_after(&response), NOT_NOW);
            match is_page {
                true => failed.page_before_sign_in(),
                false => failed.into_response(),
            }
        }
        _ => response,
    }
}

/// Whether a browser sends a form, whose answer it shows. The same for pages is [`wants_page`].
fn sends_form(parts: &Parts) -> bool {
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if parts.method != Method::POST {
        return false;
    }
    if let Some(mode) = text("sec-fetch-mode") {
        return mode == "navigate";
    }
    let accept = text(ACCEPT.as_str()).unwrap_or_default();
    text("x-requested-with").is_none() && accept.contains("text/html")
}

/// Why a program would have to sign in.
async fn reason_of(response: Response) -> Option<EndReason> {
    #[derive(Default, Deserialize)]
    struct Said {
        reason: String,
    }

    let body = axum::body::to_bytes(response.into_body(), 16 << 10).await;
    let said: Said = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
    EndReason::parse(&said.reason)
}

/// `next`: where the user wanted to go; after a form that is sent too late, to the start.
fn to_sign_in(reason: Option<EndReason>, next: Option<&str>) -> Response {
    let reason = reason.map_or("", EndReason::name);
    let next = next.map_or_else(String::new, |next| format!("&next={}", query(next)));
    Redirect::to(&format!("/sign-in?reason={reason}{next}")).into_response()
}

fn retry_after(response: &Response) -> u64 {
    let seconds = response.headers().get(RETRY_AFTER);
    let seconds = seconds.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    seconds.unwrap_or(5)
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
