//! What every request and every answer goes through.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{DefaultBodyLimit, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, ORIGIN, REFERRER_POLICY,
        STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    },
};

use crate::{app::App, failed, public::Public};

/// How long a request may take as a whole: the longest that mail servers are waited for, and some more.
const TIME: Duration = Duration::from_secs(60);

/// Refuses changes that another site asks for
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html>).
pub(crate) async fn origin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if reads || is_own(request.headers(), &app.public) {
        return next.run(request).await;
    }
    app.metrics.refused_origin();
    let text =
        "the request comes from another site, or does not say from where: load the page again";
    failed::answer(&request, StatusCode::FORBIDDEN, "cross_site", text)
}

/// Whether our own pages ask for it, or a program without cookies.
fn is_own(headers: &HeaderMap, public: &Public) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    // Browsers say it, and no script can say otherwise (<https://www.w3.org/TR/fetch-metadata/>).
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    match text(ORIGIN) {
        Some(origin) => origin == public.origin(),
        // A browser sends one of the two with whatever changes something.
        None => !headers.contains_key(COOKIE),
    }
}

/// A limit for what fields with so many characters may come to. A form has up to nine octets for each: three in
/// UTF-8, and each of them written as `%E2` (<https://url.spec.whatwg.org/#urlencoded-serializing>). JSON has six at
/// most (`\u20ac`).
pub(crate) fn body_of(characters: usize) -> DefaultBodyLimit {
    /// The names of the fields, and what is hidden in the form.
    const REST: usize = 4096;
    DefaultBodyLimit::max(9 * characters + REST)
}

/// Nothing takes for ever.
pub(crate) async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (
            StatusCode::GATEWAY_TIMEOUT,
            "this takes too long: try again\n",
        )
            .into_response(),
    }
}

/// What browsers are told about every answer.
pub(crate) async fn headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name, value| headers.insert(name, HeaderValue::from_static(value));
    put(
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Links in mail tell nobody where they were.
    put(REFERRER_POLICY, "same-origin");
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    if app.public.is_secure() {
        put(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let public = Public::new("https://webmail.example.com").unwrap();
        is_own(&headers.collect(), &public)
    }

    #[test]
    fn what_other_sites_ask_for_is_told_apart() {
        let ours = ("origin", "https://webmail.example.com");
        assert!(own(&[("sec-fetch-site", "same-origin"), ours]));
        assert!(own(&[ours, ("cookie", "session=x")]));
        assert!(own(&[("authorization", "Bearer x")]));
        assert!(own(&[]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!own(&[("sec-fetch-site", site), ours]), "{site}");
        }
        for origin in [
            "null",
            "https://webmail.example.com.evil.example",
            "http://webmail.example.com",
            "",
        ] {
            assert!(!own(&[("origin", origin)]), "{origin}");
        }
        assert!(!own(&[("cookie", "session=x")]));
    }
}
