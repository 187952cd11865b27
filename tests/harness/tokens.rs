//! What must hold for every document of an authorization server, and every answer of a browser.

use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::Value;
use token_lifecycle::{
    Authorization, Callback, CallbackError, Client, DeviceAuthorization, DevicePoll, DeviceStep,
    DiscoveryError, Introspection, Issuer, Metadata, Redirect, Response, State, UnixTime, Url,
    Verifier,
};

/// The issuer that documents are read for.
pub const ISSUER: &str = "https://id.example.com/tenant";
/// The state of the question that is answered.
pub const STATE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
/// Where the answer comes to.
pub const REDIRECT: &str = "http://127.0.0.1:51004/cb";

/// What servers and browsers say, one of each kind or more: the first octet chooses the check.
pub const SEEDS: [(&str, &[u8]); 12] = [
    (
        "discovery",
        br#"d{"issuer":"https://id.example.com/tenant","authorization_endpoint":"https://id.example.com/authorize","token_endpoint":"https://id.example.com/token","device_authorization_endpoint":"https://id.example.com/device","scopes_supported":["openid","mail"],"code_challenge_methods_supported":["S256"],"authorization_response_iss_parameter_supported":true}"#,
    ),
    (
        "discovery-in-clear",
        br#"d{"issuer":"https://id.example.com/tenant","token_endpoint":"http://id.example.com/token"}"#,
    ),
    (
        "discovery-other-issuer",
        br#"d{"issuer":"https:\/\/id.example.com\/tenant\/","token_endpoint":null}"#,
    ),
    (
        "callback",
        b"c/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc&iss=https%3A%2F%2Fid.example.com%2Ftenant",
    ),
    (
        "callback-pasted",
        b"c http://127.0.0.1:51004/cb?state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc&code=%53plx#_=_\n",
    ),
    (
        "callback-refused",
        b"c/cb?error=access_denied&error_description=The+user+said+no&state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
    ),
    ("callback-forged", b"c/cb?code=evil&state=forged"),
    (
        "device",
        br#"v{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device","verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT","expires_in":1800,"interval":5}"#,
    ),
    (
        "device-google",
        br#"v{"device_code":"AH-1Ng2DcodeCode","user_code":"GQVQ-JKEC","verification_url":"https://www.google.com/device","expires_in":"1800"}"#,
    ),
    (
        "introspection",
        br#"i{"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe","scope":"read write","sub":"Z5O3upPC88QrAjx00dis","aud":["a","b"],"iss":"https://id.example.com","exp":1419356238.5,"iat":"1419350238"}"#,
    ),
    ("introspection-inactive", br#"i{"active":false}"#),
    ("introspection-page", b"i<html>Welcome to our hotel"),
];

/// The check that the first octet of the input names.
pub fn tokens(input: &[u8]) {
    match input.split_first() {
        Some((b'd', rest)) => check_discovery(rest),
        Some((b'c', rest)) => check_callback(rest),
        Some((b'v', rest)) => check_device(rest),
        Some((b'i', rest)) => check_introspection(rest),
        _ => {}
    }
}

/// A description counts for its own issuer alone, and leads to encrypted places alone.
pub fn check_discovery(document: &[u8]) {
    let issuer = Issuer::new(ISSUER).unwrap();
    let other = Issuer::new("https://id.example.com/another").unwrap();
    let read = Metadata::parse(document, &issuer);
    let by_other = Metadata::parse(document, &other);
    assert!(read.is_err() || by_other == Err(DiscoveryError::Issuer));
    let Ok(metadata) = read else { return };

    let Some(plain) = object(document) else {
        return;
    };
    assert_eq!(plain.get("issuer").and_then(Value::as_str), Some(ISSUER));
    assert_eq!(metadata.issuer(), ISSUER);
    for (name, endpoint) in [
        ("authorization_endpoint", metadata.authorization_endpoint()),
        ("token_endpoint", metadata.token_endpoint()),
        (
            "device_authorization_endpoint",
            metadata.device_authorization_endpoint(),
        ),
        ("revocation_endpoint", metadata.revocation_endpoint()),
        ("introspection_endpoint", metadata.introspection_endpoint()),
        ("registration_endpoint", metadata.registration_endpoint()),
        ("userinfo_endpoint", metadata.userinfo_endpoint()),
        ("end_session_endpoint", metadata.end_session_endpoint()),
    ] {
        let said = plain.get(name).filter(|value| !value.is_null());
        match endpoint {
            Ok(url) => {
                assert_eq!(said.and_then(Value::as_str), Some(url.as_str()));
                assert!(url.as_str()[..8].eq_ignore_ascii_case("https://"), "{url}");
                assert!(
                    !url.host().is_empty() && !url.as_str().contains('#'),
                    "{url}"
                );
            }
            Err(error) => assert_eq!((error, said), (DiscoveryError::Missing(name), None)),
        }
    }
}

/// The question that the seeds answer, or with another state one that they do not.
pub fn question(entropy: u8, issuer: Option<&str>) -> Authorization {
    let authorization = Authorization::new(
        &Url::new("https://id.example.com/authorize").unwrap(),
        &Client::public("app").unwrap(),
        Redirect::new(REDIRECT).unwrap(),
        State::from_entropy(&[entropy; 32]),
        Verifier::from_entropy(&[9; 32]),
    );
    match issuer {
        Some(issuer) => authorization.issuer(&Issuer::new(issuer).unwrap()),
        None => authorization,
    }
}

/// There is no code without the state, none twice, and none of another issuer.
pub fn check_callback(answer: &[u8]) {
    let mut authorization = question(7, None);
    let read = authorization.receive(answer);
    let text = decoded(answer);

    // Whoever asked something else gets no answer from this one.
    let by_other = question(8, None).receive(answer);
    assert!(
        by_other.is_err(),
        "the answer to another question: {by_other:?}"
    );
    let by_issuer = question(7, Some(ISSUER)).receive(answer);
    match (&read, &by_issuer) {
        (Ok(_), Ok(_)) => {}
        (Ok(_), Err(error)) => {
            assert_eq!(*error, CallbackError::Issuer);
            assert!(text.contains("iss="));
        }
        // Who it is from is asked before what it says.
        (Err(CallbackError::Form), Err(CallbackError::Issuer)) => {}
        (Err(error), read) => assert_eq!(read.as_ref().err(), Some(error)),
    }

    match read {
        Ok(Callback::Code(code)) => {
            assert!(text.contains(STATE), "a code without the state");
            let code = code.secret().expose();
            assert!(!code.is_empty() && code.bytes().all(|octet| (0x20..0x7f).contains(&octet)));
            assert!(text.contains(code));
        }
        Ok(Callback::Refused(denial)) => {
            assert!(text.contains(STATE), "a refusal without the state");
            assert!(!denial.error().is_empty());
            let shown = format!("{} {}", denial.error(), denial.description());
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
        }
        Err(error) => {
            // It changes nothing: the right answer can still come.
            assert_eq!(authorization.receive(answer).unwrap_err(), error);
            let right = format!("/cb?code=x&state={STATE}");
            assert!(matches!(
                authorization.receive(right.as_bytes()),
                Ok(Callback::Code(_))
            ));
            return;
        }
    }
    assert_eq!(
        authorization.receive(answer).unwrap_err(),
        CallbackError::Answered
    );
}

/// What the user sees is harmless, what he must not see is hidden, and the questions have an end.
pub fn check_device(document: &[u8]) {
    let Ok(device) = DeviceAuthorization::parse(document) else {
        return;
    };
    let Some(plain) = object(document) else {
        return;
    };
    let code = device.device_code().expose();
    assert_eq!(plain.get("device_code").and_then(Value::as_str), Some(code));
    assert!(device.verification_uri().as_str()[..8].eq_ignore_ascii_case("https://"));
    let shown = device.user_code().to_string();
    assert!(
        !shown.is_empty() && !shown.chars().any(char::is_control),
        "{shown:?}"
    );
    // What is shown does not depend on the code.
    let mut another = plain;
    another.insert("device_code".into(), "another-code".into());
    let another = DeviceAuthorization::parse(&serde_json::to_vec(&another).unwrap()).unwrap();
    assert_eq!(format!("{another:?}"), format!("{device:?}"));

    let (start, life, interval) = (
        UnixTime::from_secs(1 << 30),
        device.expires_in(),
        device.interval(),
    );
    let (mut now, mut asked) = (start, 0_u32);
    let mut poll = DevicePoll::new(device, start);
    let pending = Response::new(400, br#"{"error":"authorization_pending"}"#);
    // A day of seconds is too much for a test.
    while asked < 100 {
        match poll.poll(now) {
            DeviceStep::Wait(wait) => {
                assert!(!wait.is_zero() && wait <= interval.max(Duration::from_secs(1)));
                now = now + wait;
            }
            DeviceStep::Ask(_) => {
                asked += 1;
                assert!(now.since(start) >= interval * asked && now.since(start) < life);
                assert_eq!(poll.handle_response(now, &pending), Ok(None));
            }
            DeviceStep::Over => {
                assert_eq!(now.since(start), life);
                return;
            }
        }
    }
}

/// Only what says that it is active is.
pub fn check_introspection(document: &[u8]) {
    let Ok(token) = Introspection::parse(document) else {
        return;
    };
    let Some(plain) = object(document) else {
        return;
    };
    assert_eq!(
        plain.get("active").and_then(Value::as_bool),
        Some(token.is_active())
    );
    if !token.is_active() {
        assert_eq!(token, Introspection::default());
    }
    let said = |name| {
        plain
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    for (name, read) in [
        ("client_id", token.client_id()),
        ("username", token.username()),
        ("token_type", token.token_type()),
        ("sub", token.subject()),
        ("iss", token.issuer()),
    ] {
        assert_eq!(read, said(name).filter(|_| token.is_active()), "{name}");
    }
}

/// A document that was read, as another reader has it. `None` if a number that nobody asked for is
/// too large for that reader.
fn object(document: &[u8]) -> Option<serde_json::Map<String, Value>> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    match serde_json::from_slice(document) {
        Ok(Value::Object(object)) => Some(object),
        Ok(value) => panic!("an object was read from {value}"),
        Err(error) => {
            let is_json = serde_json::from_slice::<IgnoredAny>(document).is_ok();
            assert!(is_json, "an object was read from what is no JSON: {error}");
            None
        }
    }
}

/// All of an answer decoded, by rules that take anything.
fn decoded(answer: &[u8]) -> String {
    let mut octets = Vec::new();
    let mut rest = answer;
    loop {
        rest = match rest {
            [] => return String::from_utf8_lossy(&octets).into_owned(),
            [b'+', rest @ ..] => {
                octets.push(b' ');
                rest
            }
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digits = String::from_utf8(vec![*high, *low]).unwrap();
                octets.push(u8::from_str_radix(&digits, 16).unwrap());
                rest
            }
            [octet, rest @ ..] => {
                octets.push(*octet);
                rest
            }
        }
    }
}
