//! What must hold for every answer of a token endpoint, and for every stored record.

use serde_json::{Map, Value};
use token_lifecycle::{Class, Exchange, Failure, GrantKind, Record, Response, Tokens, UnixTime};

/// When the request was sent.
const SENT: UnixTime = UnixTime::from_secs(1_767_222_000);
const STATUSES: [u16; 16] = [
    200, 200, 200, 200, 201, 302, 400, 400, 401, 403, 404, 429, 500, 502, 503, 599,
];
const KINDS: [GrantKind; 6] = [
    GrantKind::RefreshToken,
    GrantKind::AuthorizationCode,
    GrantKind::ClientCredentials,
    GrantKind::DeviceCode,
    GrantKind::JwtBearer,
    GrantKind::Password,
];
const TYPES: [&str; 4] = [
    "application/json",
    "application/x-www-form-urlencoded; charset=utf-8",
    "text/html",
    "",
];
const WAITS: [&str; 8] = [
    "",
    "0",
    "30",
    "99999999999999999999",
    "-1",
    "Wed, 31 Dec 2025 23:05:00 GMT",
    "soon",
    "3.5",
];
/// Longer lives are cut.
const TEN_YEARS: u64 = 10 * 365 * 86_400;

/// Answers, one of each kind or more. The first two octets are status and kind, and the headers.
pub const SEEDS: [(&str, &[u8]); 10] = [
    (
        "tokens",
        b"\x00\x00{\"access_token\":\"mF_9.B5f-4.1JqM\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\",\"scope\":\"mail openid\"}",
    ),
    (
        "tokens-odd",
        b"\x10\x03\xef\xbb\xbf{\"expires_in\":\"3600.5\",\"access_token\":\"eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjcyMjMwMDB9.x\",\"refresh_expires_in\":0,\"refresh_in\":1800,\"scope\":[\"mail\"]}",
    ),
    (
        "tokens-form",
        b"\x00\x01access_token=mF_9.B5f-4.1JqM&token_type=bearer&expires=1767230000&refresh_token=%74Gz",
    ),
    (
        "tokens-extreme",
        b"\x00\x00{\"access_token\":\"t\",\"expires_in\":1e300,\"refresh_in\":18446744073709551616,\"refresh_token_expires_in\":-1,\"expires_on\":9999999999999}",
    ),
    ("other-type", b"\x00\x00{\"access_token\":\"t\",\"token_type\":\"DPoP\"}"),
    (
        "refused",
        b"\x06\x00{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS50196: no\\u001b[2J\",\"suberror\":\"bad_token\"}",
    ),
    ("refused-client", b"\x28\x00{\"error\":\"invalid_client\"}"),
    ("throttled", b"\x0b\x08"),
    ("throttled-late", b"\x0e\x14{\"error\":\"temporarily_unavailable\"}"),
    ("page", b"\x00\x02<html>Welcome to our hotel"),
];

/// An answer to a request for tokens: what it says, and nothing more, and no prose decides.
pub fn answers(input: &[u8]) {
    let [first, second, body @ ..] = input else {
        return;
    };
    let status = STATUSES[usize::from(first % 16)];
    let kind = KINDS[usize::from(first / 16) % KINDS.len()];
    let (media, wait) = (
        TYPES[usize::from(second % 4)],
        WAITS[usize::from(second / 4) % 8],
    );
    let read = |body: &[u8]| {
        let response = Response::new(status, body)
            .with_header("Content-Type", media)
            .with_header("Retry-After", wait);
        Exchange::new(kind, SENT).read(&response)
    };
    let object = object(body).filter(|_| !media.contains("form"));
    match read(body) {
        Ok(tokens) => {
            assert_eq!(status, 200);
            check_tokens(&tokens, object.as_ref());
        }
        Err(failure) => {
            check_failure(&failure, status);
            // Whatever a server says in prose, the class is the same.
            if let Some(mut object) =
                object.filter(|object| object.contains_key("error_description"))
            {
                // Written anew, for what was there twice is there once now.
                let class = |object: &Map<String, Value>| {
                    let read = read(&serde_json::to_vec(object).unwrap());
                    read.map(|_| ()).map_err(|failure| failure.class())
                };
                let before = class(&object);
                object.insert("error_description".into(), "something else".into());
                assert_eq!(class(&object), before);
            }
        }
    }
}

fn check_tokens(tokens: &Tokens, said: Option<&Map<String, Value>>) {
    let access = tokens.access.expose();
    assert!(
        (1..=65_536).contains(&access.len())
            && access.bytes().all(|octet| octet.is_ascii_graphic())
    );
    assert_eq!(tokens.issued_at, SENT);
    for time in [
        tokens.expires_at,
        tokens.refresh_at,
        tokens.grant_expires_at,
    ]
    .into_iter()
    .flatten()
    {
        assert!(
            time >= SENT && time.since(SENT).as_secs() <= TEN_YEARS,
            "{time}"
        );
    }
    let Some(said) = said else { return };
    let text = |name| {
        said.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if said["access_token"].is_string() {
        assert_eq!(text("access_token"), Some(access));
    }
    if said
        .get("refresh_token")
        .is_none_or(|token| token.is_string() || token.is_null())
    {
        assert_eq!(
            text("refresh_token"),
            tokens.refresh.as_ref().map(|token| token.expose())
        );
    }
    if let Some(kind) = text("token_type") {
        assert!(kind.eq_ignore_ascii_case("bearer"), "{kind}");
    }
    // What is shown does not depend on the secrets.
    let mut other = tokens.clone();
    other.access = "another".into();
    other.refresh = other.refresh.map(|_| "another".into());
    other.id_token = other.id_token.map(|_| "another".into());
    assert_eq!(format!("{other:?}"), format!("{tokens:?}"));
}

fn check_failure(failure: &Failure, status: u16) {
    let shown = format!("{failure} {failure:?}");
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(shown.len() < 16_384, "{} octets", shown.len());
    let passes = matches!(status, 300..=399 | 429 | 500..=599);
    let ends = matches!(
        failure.class(),
        Class::GrantRejected
            | Class::SignIn
            | Class::Misconfigured(_)
            | Class::FlowDenied
            | Class::FlowExpired
    );
    assert!(!(passes && ends), "{status} ended a sign-in: {failure:?}");
    if let Some(wait) = failure.retry_after() {
        assert!((1..=3600).contains(&wait.as_secs()), "{wait:?}");
    }
}

/// Records, whole and damaged.
pub const RECORDS: [(&str, &[u8]); 5] = [
    (
        "whole",
        br#"{"version":1,"revision":7,"generation":3,"signed_in":1767222000000,"client_id":"c","access":[{"token":"mF_9.B5f-4.1JqM","resource":"https://r.example.com","scope":"mail","generation":3,"issued_at":1767222000000,"expires_at":1767225600000,"refresh_at":1767223800000,"granted":"mail","forced":true}],"refresh":"tGzv3JOkF0XG5Qx2TlKWIA","grant_expires_at":1769814000000,"id_token":"a.b.c"}"#,
    ),
    (
        "marked",
        br#"{"version":1,"revision":8,"generation":3,"signed_in":0,"access":[],"refresh":"r","pending":{"owner":"host:1","since":1767222000000,"locked":true}}"#,
    ),
    (
        "ended",
        br#"{"version":1,"revision":9,"generation":3,"signed_in":0,"ended":{"reason":"rejected","code":"invalid_grant"}}"#,
    ),
    ("newer", br#"{"version":2,"revision":{"a":[]}}"#),
    (
        "extreme",
        br#"{"version":1,"revision":18446744073709551615,"generation":18446744073709551615,"signed_in":18446744073709551615,"refresh":"\u0000\"\\\ud83d\ude00"}"#,
    ),
];

/// A stored record: what is read is written as it was, and shows no secret.
pub fn records(input: &[u8]) {
    let Ok(record) = Record::from_json(input) else {
        return;
    };
    let json = record.to_json();
    let again = Record::from_json(json.expose().as_bytes());
    assert_eq!(again.as_ref(), Ok(&record));
    assert_eq!(again.unwrap().to_json(), json);

    let plain = object(input).unwrap();
    let mut other = plain.clone();
    for name in ["refresh", "id_token"] {
        if other.get(name).is_some_and(Value::is_string) {
            other.insert(name.into(), "another".into());
        }
    }
    for token in other
        .get_mut("access")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        token["token"] = "another".into();
    }
    let other = Record::from_json(&serde_json::to_vec(&other).unwrap()).unwrap();
    assert_eq!(format!("{other:?}"), format!("{record:?}"));
    assert_eq!(plain["version"], 1);
    assert_eq!(plain["revision"], record.revision().get());
    assert_eq!(plain["generation"], record.generation().get());
    let refresh = plain.get("refresh").and_then(Value::as_str);
    assert_eq!(refresh, record.refresh().map(|token| token.expose()));
}

/// A document as another reader has it; `None` where it is no object for that one.
fn object(document: &[u8]) -> Option<Map<String, Value>> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    serde_json::from_slice(document).ok()
}
