use alloc::{
    format,
    string::{String, ToString as _},
};

use super::*;

const SENT: UnixTime = UnixTime::from_secs(1_767_222_000);

fn read(kind: GrantKind, response: Response<'_>) -> Failure {
    Exchange::new(kind, SENT).read(&response).unwrap_err()
}

fn refresh(status: u16, body: &str) -> Failure {
    read(
        GrantKind::RefreshToken,
        Response::new(status, body.as_bytes()),
    )
}

/// Every rule, by its number, in the order in which they are tried.
#[test]
fn the_table() {
    use Class::*;
    use GrantKind::*;

    let error = |code: &str| format!(r#"{{"error":"{code}"}}"#);
    let html = "<html>";
    let sub = |sub: &str| format!(r#"{{"error":"invalid_grant","suberror":"{sub}"}}"#);
    #[rustfmt::skip]
    let rows = [
        (4, RefreshToken, 301, html.to_string(), Suspicious),
        (4, RefreshToken, 307, error("invalid_grant"), Suspicious),
        (5, RefreshToken, 407, html.to_string(), Suspicious),
        (5, RefreshToken, 511, html.to_string(), Suspicious),
        (6, RefreshToken, 429, html.to_string(), Throttled),
        (6, RefreshToken, 429, error("invalid_grant"), Throttled),
        (7, RefreshToken, 408, html.to_string(), Transient),
        (7, RefreshToken, 425, html.to_string(), Transient),
        (7, RefreshToken, 500, html.to_string(), Ambiguous),
        (7, RefreshToken, 501, html.to_string(), Transient),
        (7, RefreshToken, 502, html.to_string(), Ambiguous),
        (7, RefreshToken, 503, error("invalid_grant"), Transient),
        (7, RefreshToken, 504, html.to_string(), Ambiguous),
        (7, ClientCredentials, 500, html.to_string(), Transient),
        (7, RefreshToken, 599, html.to_string(), Transient),
        (8, RefreshToken, 400, error("temporarily_unavailable"), Transient),
        (8, RefreshToken, 400, error("server_error"), Transient),
        (8, RefreshToken, 403, error("internal_failure"), Transient),
        (8, RefreshToken, 403, error("rate_limit_exceeded"), Transient),
        (9, DeviceCode, 400, error("slow_down"), SlowDown),
        (9, DeviceCode, 400, error("authorization_pending"), Pending),
        (10, DeviceCode, 400, error("expired_token"), FlowExpired),
        (10, DeviceCode, 400, error("bad_verification_code"), FlowExpired),
        (10, DeviceCode, 400, error("invalid_grant"), FlowExpired),
        (11, DeviceCode, 400, error("access_denied"), FlowDenied),
        (11, DeviceCode, 400, error("authorization_declined"), FlowDenied),
        (12, RefreshToken, 400, error("interaction_required"), SignIn),
        (12, RefreshToken, 400, error("login_required"), SignIn),
        (12, RefreshToken, 400, error("consent_required"), SignIn),
        (12, RefreshToken, 400, error("account_selection_required"), SignIn),
        (12, RefreshToken, 400, error("mfa_required"), SignIn),
        (13, RefreshToken, 400, sub("client_mismatch"), Misconfigured(Setting::Policy)),
        (13, RefreshToken, 400, sub("protection_policy_required"), Misconfigured(Setting::Policy)),
        (14, JwtBearer, 400, error("invalid_grant"), Misconfigured(Setting::Assertion)),
        (15, RefreshToken, 400, error("invalid_grant"), GrantRejected),
        (15, RefreshToken, 401, sub("bad_token"), GrantRejected),
        (15, RefreshToken, 400, sub("consent_required"), GrantRejected),
        (15, RefreshToken, 400, r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#.to_string(), GrantRejected),
        (15, Password, 400, error("invalid_grant"), SignIn),
        (15, ClientCredentials, 400, error("invalid_grant"), Misconfigured(Setting::Client)),
        (16, AuthorizationCode, 400, error("invalid_grant"), FlowExpired),
        (17, RefreshToken, 401, error("invalid_client"), Misconfigured(Setting::Client)),
        (17, RefreshToken, 400, error("unauthorized_client"), Misconfigured(Setting::Client)),
        (17, RefreshToken, 400, error("unsupported_grant_type"), Misconfigured(Setting::Grant)),
        (17, RefreshToken, 400, error("invalid_target"), Misconfigured(Setting::Resource)),
        (17, RefreshToken, 400, error("unsupported_token_type"), Misconfigured(Setting::Grant)),
        (18, RefreshToken, 400, error("invalid_scope"), Misconfigured(Setting::Scope)),
        (19, RefreshToken, 400, error("invalid_request"), Misconfigured(Setting::Request)),
        (20, RefreshToken, 401, error("invalid_token"), GrantRejected),
        (21, RefreshToken, 401, html.to_string(), Transient),
        (22, RefreshToken, 400, html.to_string(), Suspicious),
        (22, RefreshToken, 403, String::new(), Suspicious),
        (22, RefreshToken, 404, html.to_string(), Suspicious),
        (22, RefreshToken, 405, r#"{"message":"no"}"#.to_string(), Suspicious),
        (22, RefreshToken, 410, html.to_string(), Suspicious),
        (22, RefreshToken, 415, html.to_string(), Suspicious),
        (23, RefreshToken, 200, error("invalid_grant"), GrantRejected),
        (23, RefreshToken, 200, error("temporarily_unavailable"), Transient),
        (24, RefreshToken, 200, "{}".to_string(), Suspicious),
        (24, RefreshToken, 200, r#"{"access_token":"t","token_type":"DPoP"}"#.to_string(), Suspicious),
        (26, RefreshToken, 200, html.to_string(), Suspicious),
        (26, RefreshToken, 200, String::new(), Suspicious),
        (26, RefreshToken, 204, String::new(), Suspicious),
        (26, RefreshToken, 200, "x".repeat((1 << 20) + 1), Suspicious),
        (27, RefreshToken, 400, error("such_a_surprise"), Suspicious),
        (27, RefreshToken, 500, error("such_a_surprise"), Ambiguous),
        (27, RefreshToken, 503, error("such_a_surprise"), Transient),
        (27, RefreshToken, 400, error("slow_down"), Suspicious),
    ];
    for (rule, kind, status, body, class) in rows {
        let failure = read(kind, Response::new(status, body.as_bytes()));
        assert_eq!(
            failure.class(),
            class,
            "rule {rule}: {kind:?} {status} {:.80}",
            body
        );
    }
}

/// The rules 1 to 3.
#[test]
fn no_answer() {
    let exchange = Exchange::new(GrantKind::RefreshToken, SENT);
    assert_eq!(exchange.lost(HttpStage::Connect).class(), Class::Transient);
    assert_eq!(exchange.lost(HttpStage::Tls).class(), Class::Suspicious);
    assert_eq!(exchange.lost(HttpStage::Sent).class(), Class::Ambiguous);
    assert!(exchange.lost(HttpStage::Sent).is_maybe_consumed());
    assert!(!exchange.lost(HttpStage::Connect).is_maybe_consumed());
}

/// Rule 25.
#[test]
fn a_form_with_a_token_is_a_success() {
    let body = b"access_token=mF_9.B5f-4.1JqM&token_type=bearer&expires_in=60";
    let response = Response::new(200, body).with_header(
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    let tokens = Exchange::new(GrantKind::RefreshToken, SENT)
        .read(&response)
        .unwrap();
    assert_eq!(tokens.access.expose(), "mF_9.B5f-4.1JqM");
}

#[test]
fn an_answer_with_a_token_is_a_success_whatever_else_it_says() {
    let body = br#"{"error":"","access_token":"mF_9.B5f-4.1JqM"}"#;
    assert!(
        Exchange::new(GrantKind::RefreshToken, SENT)
            .read(&Response::new(200, body))
            .is_ok()
    );
}

#[test]
fn how_long_to_wait() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (status, body, header, seconds) in [
        (429, "", "", Some(60)),
        (429, "", "0", Some(1)),
        (429, "", "120", Some(120)),
        (429, "", "99999999999999999999999", Some(3600)),
        (429, "", "soon", Some(60)),
        (429, "", date, Some(1)),
        (503, "", "120", Some(120)),
        (503, "", "", None),
        (400, "", "7", Some(7)),
        (400, r#"{"error":"temporarily_unavailable"}"#, "7", Some(7)),
        (400, r#"{"error":"invalid_grant"}"#, "7", None),
    ] {
        let response = Response::new(status, body.as_bytes()).with_header("Retry-After", header);
        let failure = read(GrantKind::RefreshToken, response);
        assert_eq!(
            failure.retry_after(),
            seconds.map(Duration::from_secs),
            "{status} {header}"
        );
    }
    let by_the_servers_clock = Response::new(503, b"")
        .with_header("Date", "Sun, 06 Nov 1994 08:49:07 GMT")
        .with_header("Retry-After", date);
    let failure = read(GrantKind::RefreshToken, by_the_servers_clock);
    assert_eq!(failure.class(), Class::Throttled);
    assert_eq!(failure.retry_after(), Some(Duration::from_secs(30)));
}

#[test]
fn what_is_odd_for_long_is_wrong() {
    let escalation = |failure: Failure| {
        failure
            .escalation()
            .map(|e| (e.after, e.to, e.only_expired))
    };
    assert_eq!(
        escalation(refresh(401, "")),
        Some((2, Setting::Client, false))
    );
    assert_eq!(
        escalation(refresh(404, "")),
        Some((5, Setting::Endpoint, true))
    );
    assert_eq!(
        escalation(refresh(200, "{}")),
        Some((3, Setting::Endpoint, false))
    );
    assert_eq!(
        escalation(refresh(400, r#"{"error":"x"}"#)),
        Some((5, Setting::Unknown, false))
    );
    assert_eq!(escalation(refresh(200, "<html>")), None);
}

#[test]
fn quirks_are_data() {
    let with = |quirks: Quirks, body: &str| {
        let exchange = Exchange::new(GrantKind::RefreshToken, SENT).with_quirks(quirks);
        exchange
            .read(&Response::new(400, body.as_bytes()))
            .unwrap_err()
            .class()
    };
    let dead = Quirks {
        invalid_request_is_dead_token: true,
        ..Quirks::default()
    };
    assert_eq!(
        with(dead, r#"{"error":"invalid_request"}"#),
        Class::GrantRejected
    );
    let loops = Quirks {
        invalid_grant_throttle_prefix: Some("AADSTS50196"),
        ..Quirks::default()
    };
    let body = |n| {
        format!(
            r#"{{"error":"invalid_grant","error_description":"AADSTS{n}: The server terminated"}}"#
        )
    };
    assert_eq!(with(loops.clone(), &body(50196)), Class::Throttled);
    assert_eq!(with(loops, &body(700082)), Class::GrantRejected);
    let google = Exchange::new(GrantKind::RefreshToken, SENT).with_quirks(Quirks {
        never_rotates: true,
        ..Quirks::default()
    });
    assert_eq!(
        google.read(&Response::new(500, b"")).unwrap_err().class(),
        Class::Transient
    );
    assert!(!google.lost(HttpStage::Sent).is_maybe_consumed());
}

#[test]
fn a_clock_that_is_wrong_is_corrected_once() {
    let response =
        |date| Response::new(400, br#"{"error":"invalid_grant"}"#).with_header("Date", date);
    // 1767222000 is 2025-12-31T23:00:00Z.
    let late = read(
        GrantKind::JwtBearer,
        response("Wed, 31 Dec 2025 23:02:00 GMT"),
    );
    assert_eq!(late.remedy(), Some(Remedy::Clock { skew: 120 }));
    let early = read(
        GrantKind::JwtBearer,
        response("Wed, 31 Dec 2025 22:58:00 GMT"),
    );
    assert_eq!(early.remedy(), Some(Remedy::Clock { skew: -120 }));
    let right = read(
        GrantKind::JwtBearer,
        response("Wed, 31 Dec 2025 23:00:10 GMT"),
    );
    assert_eq!(right.remedy(), Some(Remedy::Clock { skew: 0 }));
}

#[test]
fn the_servers_word_survives_and_harms_nobody() {
    let failure = refresh(
        400,
        "{\"error\":\"such\\u001b[2J\",\"suberror\":\"s\",\"claims\":\"{}\"}",
    );
    assert_eq!(failure.code(), Some("such\u{1b}[2J"));
    assert_eq!(failure.subcode(), Some("s"));
    assert_eq!(failure.claims(), Some("{}"));
    assert!(
        failure.to_string().contains("such\\u{1b}[2J, HTTP 400"),
        "{failure}"
    );
    let long = format!(r#"{{"error":"{}"}}"#, "ä".repeat(5000));
    assert_eq!(refresh(400, &long).code().map(str::len), Some(1024));
}
