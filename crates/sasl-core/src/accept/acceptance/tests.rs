use alloc::format;

use super::*;
use crate::Endpoint;

fn encoded(message: &str) -> Vec<u8> {
    let mut text = vec![0; base64::encoded_len(message.len())];
    base64::encode(message.as_bytes(), &mut text);
    text
}

fn begin(acceptance: &mut Acceptance, mechanism: Mechanism, message: &str) -> Next {
    acceptance.begin(mechanism, Some(&encoded(message)), &AcceptSettings::new())
}

fn document_in(next: Next) -> String {
    let Next::Challenge(text) = next else {
        panic!("{next:?}")
    };
    String::from_utf8(base64::decode(&text, false).unwrap()).unwrap()
}

const XOAUTH2: &str = "user=user@example.com\x01auth=Bearer mF_9.B5f-4.1JqM\x01\x01";

#[test]
fn a_message_that_comes_apart_is_asked_for() {
    let (mut acceptance, settings) = (Acceptance::default(), AcceptSettings::new());
    let next = acceptance.begin(Mechanism::XOAuth2, None, &settings);
    assert!(matches!(next, Next::Challenge(text) if text.is_empty()));
    let next = acceptance.handle_response(&encoded(XOAUTH2), &settings);
    let Next::Present(presented) = next else {
        panic!("{next:?}")
    };
    assert_eq!(presented.mechanism(), Some(Mechanism::XOAuth2));
}

#[test]
fn login_asks_twice_and_takes_nothing_along() {
    let (mut acceptance, settings) = (Acceptance::default(), AcceptSettings::new());
    let next = acceptance.begin(Mechanism::Login, Some(b"dGlt"), &settings);
    assert!(matches!(next, Next::Fail(Failure::Malformed)));
    assert_eq!(
        document_in(acceptance.begin(Mechanism::Login, None, &settings)),
        "Username:"
    );
    assert_eq!(
        document_in(acceptance.handle_response(b"dGlt", &settings)),
        "Password:"
    );
    let next = acceptance.handle_response(b"dGFuc3RhYWZ0YW5zdGFhZg==", &settings);
    let Next::Present(presented) = next else {
        panic!("{next:?}")
    };
    assert_eq!(presented.user(), "tim");
    assert_eq!(
        presented.credentials().secret().expose(),
        "tanstaaftanstaaf"
    );
}

#[test]
fn login_takes_the_user_along_where_that_is_allowed() {
    let (mut acceptance, settings) = (
        Acceptance::default(),
        AcceptSettings::new().login_takes_user(true),
    );
    let next = acceptance.begin(Mechanism::Login, Some(b"dGlt"), &settings);
    assert_eq!(document_in(next), "Password:");
    let next = acceptance.handle_response(b"dGFuc3RhYWZ0YW5zdGFhZg==", &settings);
    assert!(matches!(next, Next::Present(presented) if presented.user() == "tim"));
}

#[test]
fn a_cancel_ends_the_exchange_at_every_point() {
    let settings = AcceptSettings::new();
    let mut acceptance = Acceptance::default();
    let _ = acceptance.begin(Mechanism::OAuthBearer, None, &settings);
    let next = acceptance.handle_response(b"*", &settings);
    assert!(matches!(next, Next::Fail(Failure::Cancelled)));
    let _ = begin(&mut acceptance, Mechanism::XOAuth2, XOAUTH2);
    let _ = acceptance.decide(Verdict::refuse(Reason::TokenRejected), &settings);
    let next = acceptance.handle_response(b"*", &settings);
    assert!(matches!(next, Next::Fail(Failure::Cancelled)));
    // Nothing is left to go on with.
    let next = acceptance.handle_response(&encoded(XOAUTH2), &settings);
    assert!(matches!(next, Next::Fail(Failure::Malformed)));
}

#[test]
fn a_token_in_the_answer_to_a_refusal_lets_nobody_in() {
    let (mut acceptance, settings) = (Acceptance::default(), AcceptSettings::new());
    let _ = begin(&mut acceptance, Mechanism::XOAuth2, XOAUTH2);
    let _ = acceptance.decide(Verdict::refuse(Reason::ScopeInsufficient), &settings);
    let next = acceptance.handle_response(&encoded(XOAUTH2), &settings);
    assert!(matches!(
        next,
        Next::Fail(Failure::Refused(Reason::ScopeInsufficient))
    ));
}

#[test]
fn the_owner_and_the_user_must_be_the_same() {
    let settings = AcceptSettings::new();
    let decide = |message: &str, mechanism, verdict| {
        let mut acceptance = Acceptance::default();
        let _ = begin(&mut acceptance, mechanism, message);
        acceptance.decide(verdict, &settings)
    };
    let accepted = decide(
        XOAUTH2,
        Mechanism::XOAuth2,
        Verdict::accept("USER@example.com"),
    );
    // The spelling of the account, not of the client.
    assert!(matches!(accepted, Next::Accept(a) if a.user() == "USER@example.com"));
    let alias = "\0tim\0tanstaaftanstaaf";
    let accepted = decide(alias, Mechanism::Plain, Verdict::accept("tim@example.com"));
    assert!(matches!(accepted, Next::Accept(a) if a.user() == "tim@example.com"));
    let refused = decide(XOAUTH2, Mechanism::XOAuth2, Verdict::accept("mallory"));
    assert!(matches!(
        refused,
        Next::Fail(Failure::Refused(Reason::AuthorizationDenied))
    ));
    let delegate = Verdict::accept_delegate("clerk@example.com");
    let accepted = decide(XOAUTH2, Mechanism::XOAuth2, delegate);
    assert!(matches!(accepted, Next::Accept(a) if a.user() == "user@example.com"));
    let nobody = "n,,\x01auth=Bearer t\x01\x01";
    let accepted = decide(nobody, Mechanism::OAuthBearer, Verdict::accept("owner"));
    assert!(matches!(accepted, Next::Accept(a) if a.user() == "owner"));
    let other = "admin\0tim\0tanstaaftanstaaf";
    let refused = decide(other, Mechanism::Plain, Verdict::accept("tim"));
    assert!(matches!(
        refused,
        Next::Fail(Failure::Refused(Reason::AuthorizationDenied))
    ));
}

#[test]
fn documents_say_the_class_and_nothing_else() {
    let settings = AcceptSettings::new()
        .scope("mail \"all\"")
        .openid_configuration("https://id.example.com/");
    let mut acceptance = Acceptance::default();
    let message = "n,a=u,\x01auth=Bearer t\x01\x01";
    let _ = acceptance.begin(Mechanism::OAuthBearer, Some(&encoded(message)), &settings);
    let next = acceptance.decide(Verdict::refuse(Reason::CredentialsExpired), &settings);
    assert_eq!(
        document_in(next),
        r#"{"status":"invalid_token","scope":"mail \"all\"","openid-configuration":"https://id.example.com/"}"#
    );
    let next = begin(
        &mut acceptance,
        Mechanism::OAuthBearer,
        "n,a=u,\x01auth=\x01\x01",
    );
    assert_eq!(document_in(next), r#"{"status":"invalid_token"}"#);
    let next = begin(&mut acceptance, Mechanism::XOAuth2, "user=u");
    assert_eq!(document_in(next), r#"{"status":"400","schemes":"bearer"}"#);
}

#[test]
fn troubles_of_the_server_have_no_document() {
    let (mut acceptance, settings) = (Acceptance::default(), AcceptSettings::new());
    for reason in [
        Reason::Temporary,
        Reason::AdminRequired,
        Reason::AuthorizationDenied,
    ] {
        let _ = begin(&mut acceptance, Mechanism::XOAuth2, XOAUTH2);
        let next = acceptance.decide(Verdict::refuse(reason), &settings);
        assert!(matches!(next, Next::Fail(Failure::Refused(told)) if told == reason));
    }
}

#[test]
fn another_server_was_meant() {
    let settings = AcceptSettings::new().endpoint(Endpoint::new("imap.example.com", 993).unwrap());
    for (port, fits) in [("993", true), ("143", false)] {
        let message =
            format!("n,a=u,\x01host=IMAP.example.com\x01port={port}\x01auth=Bearer t\x01\x01");
        let mut acceptance = Acceptance::default();
        let next = acceptance.begin(Mechanism::OAuthBearer, Some(&encoded(&message)), &settings);
        assert_eq!(matches!(next, Next::Present(_)), fits, "{port}");
    }
}

#[test]
fn long_and_malformed_base64_is_refused() {
    let (mut acceptance, settings) = (Acceptance::default(), AcceptSettings::new());
    for text in [&b"===="[..], b"AR==", b"dXNlcg", b"dXNl\x00cg=="] {
        let next = acceptance.begin(Mechanism::XOAuth2, Some(text), &settings);
        assert!(matches!(next, Next::Fail(Failure::Malformed)), "{text:?}");
    }
    let long = encoded(&"x".repeat((16 << 10) + 1));
    let next = acceptance.begin(Mechanism::XOAuth2, Some(&long), &settings);
    assert!(matches!(next, Next::Fail(Failure::Malformed)));
}

#[test]
fn nothing_shows_a_secret() {
    let mut acceptance = Acceptance::default();
    let next = begin(&mut acceptance, Mechanism::XOAuth2, XOAUTH2);
    assert!(!format!("{next:?} {acceptance:?}").contains("mF_9"));
}
