//! What a request says.

use http::{
    HeaderMap, Method,
    header::{ACCEPT, AUTHORIZATION, COOKIE},
    request::Parts,
};

use crate::SessionId;

/// The identifier of the session: from the cookie of this name, or from `Authorization: Bearer` for
/// clients that are no browsers. Of two cookies of one name the first that is an identifier counts.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::COOKIE};
/// use mail_session::{SessionId, layer::id_of};
///
/// let id = SessionId::new()?;
/// let mut headers = HeaderMap::new();
/// let cookie = format!("lang=de; __Host-session={}", id.expose());
/// headers.insert(COOKIE, HeaderValue::from_str(&cookie)?);
/// assert_eq!(id_of(&headers, "__Host-session").unwrap().key(), id.key());
/// assert!(id_of(&headers, "session").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn id_of(headers: &HeaderMap, cookie: &str) -> Option<SessionId> {
    let cookies = headers.get_all(COOKIE).into_iter();
    let cookies = cookies.filter_map(|header| header.to_str().ok());
    let mut ids = cookies
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == cookie)
        .filter_map(|(_, value)| SessionId::parse(value));
    ids.next().or_else(|| {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        let bearer = scheme.eq_ignore_ascii_case("bearer");
        SessionId::parse(token.trim()).filter(|_| bearer)
    })
}

/// Whether a browser loads a page, so that a redirect makes sense. A script that is sent to another page loses what
/// the user has written.
///
/// ```
/// use http::Request;
/// use mail_session::layer::wants_page;
///
/// let page = Request::get("/mail").header("Sec-Fetch-Mode", "navigate").body(())?;
/// assert!(wants_page(&page.into_parts().0));
/// let script = Request::get("/mail").header("Accept", "application/json").body(())?;
/// assert!(!wants_page(&script.into_parts().0));
/// # Ok::<(), http::Error>(())
/// ```
pub fn wants_page(parts: &Parts) -> bool {
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return false;
    }
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    // All browsers of today say it, and no script can say it (<https://www.w3.org/TR/fetch-metadata/>).
    if let Some(mode) = text("sec-fetch-mode") {
        return mode == "navigate";
    }
    let accept = text(ACCEPT.as_str()).unwrap_or_default();
    text("x-requested-with").is_none() && accept.contains("text/html")
}
