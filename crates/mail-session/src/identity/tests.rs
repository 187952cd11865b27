use alloc::{format, string::String};

use serde_json::json;

use super::*;

const NOW: UnixTime = UnixTime::from_secs(1_767_222_000);
const ISSUER: &str = "https://id.example.com";

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "webmail", "sub": "248289761001", "nonce": "n-0S6_WzA2Mj",
        "email": "alice@example.com", "exp": 1_767_225_600u64, "iat": 1_767_222_000u64,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn signed(claims: &Value) -> Secret {
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("eyJhbGciOiJFUzI1NiJ9.{payload}.c2ln").into()
}

fn read(claims: &Value) -> Result<Identity, IdentityError> {
    let expected = Expected::new(ISSUER, "webmail").nonce("n-0S6_WzA2Mj");
    Identity::read(&signed(claims), &expected, NOW)
}

#[test]
fn a_good_one_names_the_user() {
    let identity = read(&claims()).unwrap();
    assert_eq!(identity.subject(), "248289761001");
    assert_eq!(identity.claim("sub"), Some("248289761001"));
    assert_eq!(identity.email(), Some("alice@example.com"));
    assert_eq!(identity.claim("exp"), None, "no text");
    assert_eq!(identity.claim("name"), None);
}

#[test]
fn each_claim_counts() {
    use IdentityError::*;
    for (name, value, error) in [
        ("iss", json!("https://id.example.com/"), Issuer),
        ("iss", Value::Null, Issuer),
        ("iss", json!([ISSUER]), Issuer),
        ("aud", json!("other"), Audience),
        ("aud", json!([]), Audience),
        ("aud", Value::Null, Audience),
        ("aud", json!(["webmail", "other"]), Audience),
        ("azp", json!("other"), Audience),
        ("azp", json!(7), Audience),
        ("exp", json!(1_767_221_880u64), Expired),
        ("exp", json!(0), Expired),
        ("exp", json!(-1), Expiry),
        ("exp", json!("1767225600"), Expiry),
        ("exp", Value::Null, Expiry),
        ("nonce", json!("n-0S6_WzA2Mk"), Nonce),
        ("nonce", json!(""), Nonce),
        ("nonce", Value::Null, Nonce),
        ("sub", json!(""), Subject),
        ("sub", json!(248_289_761_001u64), Subject),
        ("sub", json!("x".repeat(256)), Subject),
        ("sub", json!("a\nb"), Subject),
    ] {
        assert_eq!(
            read(&with(name, value.clone())),
            Err(error),
            "{name}: {value}"
        );
    }
}

#[test]
fn what_is_as_good_is_taken() {
    for (name, value) in [
        ("aud", json!(["webmail"])),
        ("azp", json!("webmail")),
        ("exp", json!(1_767_225_600.5)),
        ("exp", json!(1e300)),
        // Two minutes ago: clocks are apart.
        ("exp", json!(1_767_221_881u64)),
    ] {
        assert!(read(&with(name, value.clone())).is_ok(), "{name}: {value}");
    }
    let mut two = with("aud", json!(["other", "webmail"]));
    two["azp"] = json!("webmail");
    assert!(read(&two).is_ok());
}

#[test]
fn without_a_nonce_none_is_asked_for() {
    let expected = Expected::new(ISSUER, "webmail");
    assert!(Identity::read(&signed(&with("nonce", Value::Null)), &expected, NOW).is_ok());
}

#[test]
fn an_address_that_nobody_verified_is_none() {
    for (verified, expected) in [
        (json!(true), Some("alice@example.com")),
        (json!(false), None),
        (json!("false"), None),
        (Value::Null, Some("alice@example.com")),
    ] {
        let identity = read(&with("email_verified", verified.clone())).unwrap();
        assert_eq!(identity.email(), expected, "{verified}");
        assert_eq!(identity.claim("email"), expected, "{verified}");
    }
}

#[test]
fn what_is_too_long_or_no_text_is_left_out() {
    let long = with("name", json!("x".repeat(1025)));
    assert_eq!(read(&long).unwrap().claim("name"), None);
    let line = with("name", json!("a\r\nb"));
    assert_eq!(read(&line).unwrap().claim("name"), None);
    let mut many = claims();
    for number in 0..200 {
        many[format!("claim{number}")] = json!("x");
    }
    assert_eq!(read(&many).unwrap().claims.len(), CLAIMS);
}

#[test]
fn what_is_no_token_is_refused() {
    let long = "x".repeat(LENGTH);
    let payload = URL_SAFE_NO_PAD.encode("[]");
    for text in [
        String::new(),
        "..".into(),
        "a.b".into(),
        "a.e30.c.d".into(),
        "a.e30=.c".into(),
        format!("a.{payload}.c"),
        format!("a.{long}.c"),
    ] {
        let expected = Expected::new(ISSUER, "webmail");
        let read = Identity::read(&text.as_str().into(), &expected, NOW);
        let is_form = matches!(read, Err(IdentityError::Form | IdentityError::Issuer));
        assert!(is_form, "{} octets: {read:?}", text.len());
    }
}
