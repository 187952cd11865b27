//! What there is under which path, and what each request goes through.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use http::StatusCode;
use mail_session::{Outcome, layer::SessionLayer};

use crate::{
    api, app::App, cookie, failed, guard, log, pages, public::CALLBACK, sign_in, sign_out, view,
};

/// Octets of what is sent here, but for letters and scripts, which may be longer. A script as JSON fits in.
const BODY: usize = 512 << 10;

/// All of it. From the outside in: the span of the log, the deadline, the headers, the origin, and for what
/// is behind the sign-in the check of the session.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let metrics = app.metrics.clone();
    let check = SessionLayer::new(app.sessions.clone())
        .cookie(cookie::session(&app.public))
        .sign_in_page("/sign-in")
        .observer(move |outcome| {
            metrics.check(outcome);
            if let Some(Outcome::Unavailable(wait)) = outcome {
                log::unavailable(wait);
            }
        });
    let behind = pages::routes()
        .merge(api::routes())
        .layer(from_fn(log::session))
        .layer(check)
        .layer(from_fn(view::dressed));
    Router::new()
        .merge(behind)
        .route("/sign-in", get(sign_in::page))
        .route("/sign-in/start", get(sign_in::start))
        .route(CALLBACK, get(sign_in::callback))
        .route("/api/sign-in", post(api::sign_in))
        .route("/sign-out", post(sign_out::page))
        .route("/api/sign-out", post(sign_out::program))
        .route("/style.css", get(view::style))
        .route("/app.js", get(view::script))
        .route("/icon.svg", get(view::icon))
        .fallback(async |request: axum::extract::Request| {
            let text = "there is nothing here";
            failed::answer(&request, StatusCode::NOT_FOUND, "not_found", text)
        })
        .layer(DefaultBodyLimit::max(BODY))
        .layer(from_fn_with_state(Arc::clone(app), guard::origin))
        .layer(from_fn_with_state(Arc::clone(app), guard::headers))
        .layer(from_fn(guard::deadline))
        .layer(from_fn(log::request))
        .with_state(Arc::clone(app))
}
