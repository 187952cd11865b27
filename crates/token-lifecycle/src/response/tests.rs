use alloc::format;

use super::*;

const SENT: UnixTime = UnixTime::from_secs(1_767_222_000);

fn tokens(json: &str) -> Option<Tokens> {
    Tokens::new(Members::from_json(json.as_bytes())?, SENT, None)
}

fn with(members: &str) -> Tokens {
    tokens(&format!(
        r#"{{"access_token":"mF_9.B5f-4.1JqM",{members}}}"#
    ))
    .unwrap()
}

#[test]
fn a_life_in_every_odd_form() {
    for (members, seconds) in [
        (r#""expires_in":3600"#, Some(3600)),
        (r#""expires_in":"3600""#, Some(3600)),
        (r#""expires_in":" 3600 ""#, Some(3600)),
        (r#""expires_in":3599.9"#, Some(3599)),
        (r#""expires_in":"3599.9""#, Some(3599)),
        (r#""expires_in":0"#, Some(0)),
        (r#""expires_in":-5"#, Some(0)),
        (
            r#""expires_in":99999999999999999999999"#,
            Some(TEN_YEARS.as_secs()),
        ),
        (r#""expires_in":null"#, None),
        (r#""expires_in":"soon""#, None),
        (r#""expires_in":"NaN""#, None),
        (r#""expires_in":{"a":[1]}"#, None),
        (r#""expires_in":true"#, None),
        (r#""expires_on":"1767225600""#, Some(3600)),
        (r#""expires_on":1767225600,"expires_in":60"#, Some(60)),
        (r#""expires":1800"#, Some(1800)),
        (r#""expires":1767225600"#, Some(3600)),
        (r#""token_type":"bearer""#, None),
    ] {
        let expires_at = with(members).expires_at;
        let expected = seconds.map(|seconds| SENT + Duration::from_secs(seconds));
        assert_eq!(expires_at, expected, "{members}");
    }
}

#[test]
fn the_clock_of_the_server_counts_for_its_dates() {
    let members = Members::from_json(br#"{"access_token":"t","expires_on":1767229200}"#).unwrap();
    let date = SENT + Duration::from_secs(3600);
    let expires_at = Tokens::new(members, SENT, Some(date)).unwrap().expires_at;
    assert_eq!(expires_at, Some(SENT + Duration::from_secs(3600)));
}

#[test]
fn a_hint_only_shortens() {
    // {"exp":1767224400}, which is 2400 seconds after the request.
    let jwt = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjcyMjQ0MDB9.c2ln";
    for (members, seconds) in [
        (r#""expires_in":3600"#, Some(2400)),
        (r#""expires_in":60"#, Some(60)),
        (r#""token_type":"Bearer""#, Some(2400)),
    ] {
        let json = format!(r#"{{"access_token":"{jwt}",{members}}}"#);
        let expected = seconds.map(|seconds| SENT + Duration::from_secs(seconds));
        assert_eq!(tokens(&json).unwrap().expires_at, expected, "{members}");
    }
    // {"exp":1767222001}: a clock is wrong.
    let jwt = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjcyMjIwMDF9.c2ln";
    let json = format!(r#"{{"access_token":"{jwt}","expires_in":3600}}"#);
    assert_eq!(
        tokens(&json).unwrap().expires_at,
        Some(SENT + Duration::from_secs(3600))
    );
    // {"exp":1767922000}: later than what one assumes.
    let jwt = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3Njc5MjIwMDB9.c2ln";
    assert_eq!(
        tokens(&format!(r#"{{"access_token":"{jwt}"}}"#))
            .unwrap()
            .expires_at,
        None
    );
}

#[test]
fn a_refresh_token_is_new_or_it_is_none() {
    for (members, refresh) in [
        (r#""refresh_token":"new""#, Some("new")),
        (r#""refresh_token":"""#, None),
        (r#""refresh_token":null"#, None),
        (r#""refresh_token":7"#, None),
        (r#""token_type":"BEARER""#, None),
    ] {
        let tokens = with(members);
        assert_eq!(
            tokens.refresh.as_ref().map(Secret::expose),
            refresh,
            "{members}"
        );
    }
}

#[test]
fn more_of_what_servers_say() {
    let tokens = with(
        r#""refresh_in":1800,"refresh_expires_in":"7200","scope":["b","a"],"id_token":"e.e.e","custom":[{}]"#,
    );
    assert_eq!(tokens.refresh_at, Some(SENT + Duration::from_secs(1800)));
    assert_eq!(
        tokens.grant_expires_at,
        Some(SENT + Duration::from_secs(7200))
    );
    assert_eq!(tokens.scopes, Some(Scopes::from("a b")));
    assert!(tokens.id_token.is_some());
    assert_eq!(with(r#""refresh_expires_in":0"#).grant_expires_at, None);
    assert_eq!(with(r#""scope":"""#).scopes, None);
}

#[test]
fn no_token_for_a_mail_server() {
    for json in [
        r#"{}"#,
        r#"{"access_token":""}"#,
        r#"{"access_token":null}"#,
        r#"{"access_token":"two words"}"#,
        r#"{"access_token":"line\n"}"#,
        r#"{"access_token":"t","access_token":"u"}"#,
        r#"{"access_token":"t","token_type":"DPoP"}"#,
        r#"{"access_token":"t","token_type":"mac"}"#,
        r#"["t"]"#,
        r#""t""#,
        r#"{"access_token":"t""#,
        "",
    ] {
        assert!(tokens(json).is_none(), "{json}");
    }
    let long = format!(r#"{{"access_token":"{}"}}"#, "t".repeat(LENGTH + 1));
    assert!(tokens(&long).is_none());
    assert!(tokens("\u{feff}{\"access_token\":\"t\"}").is_some());
}

#[test]
fn a_form_is_read_too() {
    let members = Members::from_form(b"access_token=a%2Bb&expires_in=60&other=1").unwrap();
    let tokens = Tokens::new(members, SENT, None).unwrap();
    assert_eq!(tokens.access.expose(), "a+b");
    assert_eq!(tokens.expires_at, Some(SENT + Duration::from_secs(60)));
    assert!(Members::from_form(b"access_token=a&access_token=b").is_none());
}
