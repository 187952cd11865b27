//! Cookies (<https://www.rfc-editor.org/rfc/rfc6265>).

use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, InvalidHeaderValue},
};

use crate::public::Public;

/// Names with `__Host-` belong to exactly this host, and come over TLS alone
/// (<https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3.2>).
pub(crate) fn full_name(public: &Public, name: &str) -> String {
    match public.is_secure() {
        true => format!("__Host-{name}"),
        false => name.to_owned(),
    }
}

/// The name of the cookie of the session.
pub(crate) fn session(public: &Public) -> String {
    full_name(public, "session")
}

/// Sets a cookie that scripts do not see, and that other sites do not send but by a link. `seconds`: how long
/// it is kept; `None` until the browser is closed.
pub(crate) fn set(
    public: &Public,
    name: &str,
    value: &str,
    seconds: Option<u32>,
) -> Result<HeaderValue, InvalidHeaderValue> {
    let name = full_name(public, name);
    let secure = match public.is_secure() {
        true => "; Secure",
        false => "",
    };
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let text = format!("{name}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text)?;
    header.set_sensitive(true);
    Ok(header)
}

/// Deletes a cookie.
pub(crate) fn clear(public: &Public, name: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    set(public, name, "", Some(0))
}

/// The value of a cookie of this full name, the first one that is there.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).into_iter();
    cookies
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_a_cookie_is_bound_to_the_host() {
        let secure = Public::new("https://webmail.example.com").unwrap();
        let plain = Public::new("http://127.0.0.1:1").unwrap();
        assert_eq!(
            set(&secure, "session", "x", None).unwrap(),
            "__Host-session=x; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            clear(&plain, "session").unwrap(),
            "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
        assert!(set(&plain, "session", "a\r\nb", None).is_err());
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a-session=1; session=2"));
        headers.append(COOKIE, HeaderValue::from_static("session=3"));
        assert_eq!(find(&headers, "session"), Some("2"));
        assert_eq!(find(&headers, "sess"), None);
    }
}
