//! The files that pages load.

use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// They are the same for everybody, and change with the program alone.
fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=600")];
    (headers, content)
}

pub(crate) async fn style() -> impl IntoResponse {
    file(
        "text/css; charset=utf-8",
        include_str!("../../assets/style.css"),
    )
}

pub(crate) async fn script() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/app.js"),
    )
}

pub(crate) async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("../../assets/icon.svg"))
}
