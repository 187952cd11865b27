//! Test vectors: what the standards and vendors print, and what this code makes of the same input.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::HashMap;

use sasl_core::{Credentials, Endpoint, Mechanism, Reason, Refusal, Response, base64};

fn vectors() -> HashMap<&'static str, (Vec<u8>, &'static str)> {
    include_str!("../vectors.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let parts: Vec<_> = line.split(" | ").collect();
            let [name, raw, encoded] = parts[..] else {
                panic!("{line}")
            };
            let raw = raw
                .replace("^A", "\x01")
                .replace("^0", "\0")
                .replace("\\n", "\n");
            (name, (raw.into_bytes(), encoded))
        })
        .collect()
}

#[test]
fn every_vector_decodes() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 50);
    for (name, (raw, encoded)) in vectors {
        assert_eq!(
            base64::decode(encoded.as_bytes(), false).as_deref(),
            Some(&raw[..]),
            "{name}"
        );
    }
}

/// Every message of our mechanisms among the vectors, made by us.
#[test]
fn every_message_is_the_vector() {
    use Mechanism::{External, Login, OAuthBearer, Plain, XOAuth2};

    const TOKEN: &str = "mF_9.B5f-4.1JqM";
    const RFC: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
    const USER: &str = "user@example.com";
    let bearer = |user: &str, token: &str| Credentials::bearer(user, token).unwrap();
    let at = |host, port| Some(Endpoint::new(host, port).unwrap());
    let cases = [
        (
            "xoauth2-google",
            XOAuth2,
            bearer(
                "someuser@example.com",
                "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
            ),
            None,
        ),
        (
            "xoauth2-microsoft",
            XOAuth2,
            bearer(
                "test@contoso.onmicrosoft.com",
                "EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA",
            ),
            None,
        ),
        ("xoauth2-ours", XOAuth2, bearer(USER, TOKEN), None),
        (
            "xoauth2-utf8",
            XOAuth2,
            bearer("jürgen@example.com", TOKEN),
            None,
        ),
        (
            "xoauth2-shared",
            XOAuth2,
            bearer(USER, TOKEN)
                .for_user("shared@example.com", 255)
                .unwrap(),
            None,
        ),
        (
            "oauthbearer-rfc-imap",
            OAuthBearer,
            bearer(USER, RFC),
            at("server.example.com", 143),
        ),
        (
            "oauthbearer-rfc-smtp",
            OAuthBearer,
            bearer(USER, RFC),
            at("server.example.com", 587),
        ),
        (
            "oauthbearer-imap993",
            OAuthBearer,
            bearer(USER, TOKEN),
            at("imap.example.com", 993),
        ),
        (
            "oauthbearer-smtp465",
            OAuthBearer,
            bearer(USER, TOKEN),
            at("smtp.example.com", 465),
        ),
        (
            "oauthbearer-smtp587",
            OAuthBearer,
            bearer(USER, TOKEN),
            at("smtp.example.com", 587),
        ),
        (
            "oauthbearer-sieve4190",
            OAuthBearer,
            bearer(USER, TOKEN),
            at("sieve.example.com", 4190),
        ),
        (
            "oauthbearer-pop995",
            OAuthBearer,
            bearer(USER, TOKEN),
            at("pop.example.com", 995),
        ),
        (
            "oauthbearer-escaped",
            OAuthBearer,
            bearer("a,b=c@example.com", TOKEN),
            at("imap.example.com", 993),
        ),
        (
            "oauthbearer-utf8",
            OAuthBearer,
            bearer("jürgen@example.com", TOKEN),
            at("imap.example.com", 993),
        ),
        (
            "oauthbearer-min",
            OAuthBearer,
            Credentials::bearer_alone(TOKEN).unwrap(),
            None,
        ),
        (
            "oauthbearer-probe",
            OAuthBearer,
            Credentials::discovery(USER).unwrap(),
            at("imap.example.com", 993),
        ),
        (
            "oauthbearer-rfc-probe",
            OAuthBearer,
            Credentials::discovery(USER).unwrap(),
            at("server.example.com", 143),
        ),
        (
            "plain-rfc4616",
            Plain,
            Credentials::password("tim", "tanstaaftanstaaf").unwrap(),
            None,
        ),
        (
            "login-user",
            Login,
            Credentials::password("tim", "tanstaaftanstaaf").unwrap(),
            None,
        ),
        (
            "external",
            External,
            Credentials::external(Some("fred@example.com")).unwrap(),
            None,
        ),
    ];
    let vectors = vectors();
    for (name, mechanism, credentials, endpoint) in &cases {
        let response = Response::new(credentials, *mechanism, endpoint.as_ref()).unwrap();
        let expected = vectors[name].1;
        assert_eq!(
            String::from_utf8(response.to_vec()).unwrap(),
            expected,
            "{name}"
        );
        assert_eq!(response.encoded_len(), expected.len(), "{name}");
    }
    let password = Credentials::password("tim", "tanstaaftanstaaf").unwrap();
    let second = Response::password(&password).unwrap().to_vec();
    assert_eq!(
        String::from_utf8(second).unwrap(),
        vectors["login-password"].1
    );
}

/// The overhead of the messages, as the specification counts it.
#[test]
fn lengths_are_as_counted() {
    let credentials = Credentials::bearer("user", "token").unwrap();
    let length = |mechanism, endpoint| {
        Response::new(&credentials, mechanism, endpoint)
            .unwrap()
            .message_len()
    };
    let endpoint = Endpoint::new("host", 993).unwrap();
    assert_eq!(length(Mechanism::XOAuth2, None), 20 + 4 + 5);
    assert_eq!(
        length(Mechanism::OAuthBearer, Some(&endpoint)),
        32 + 4 + 4 + 3 + 5
    );
}

/// The documents with which servers refuse.
#[test]
fn every_refusal_is_understood() {
    let cases = [
        (
            "xoauth2-error-google-401",
            "401",
            Some("https://mail.google.com/"),
            Reason::TokenRejected,
        ),
        (
            "xoauth2-error-google-400",
            "400",
            Some("https://mail.google.com/"),
            Reason::CredentialsRejected,
        ),
        (
            "xoauth2-error-dovecot",
            "401",
            Some("mail"),
            Reason::TokenRejected,
        ),
        (
            "oauthbearer-rfc-error",
            "invalid_token",
            Some("example_scope"),
            Reason::TokenRejected,
        ),
        (
            "oauthbearer-rfc-error-smtp",
            "invalid_token",
            Some("https://mail.example.com/"),
            Reason::TokenRejected,
        ),
        (
            "oauthbearer-error-openid",
            "invalid_token",
            Some("mail"),
            Reason::TokenRejected,
        ),
        (
            "oauthbearer-error-scope",
            "insufficient_scope",
            Some("mail"),
            Reason::ScopeInsufficient,
        ),
        (
            "oauthbearer-error-request",
            "invalid_request",
            Some("mail"),
            Reason::CredentialsRejected,
        ),
    ];
    let vectors = vectors();
    for (name, status, scope, reason) in cases {
        let refusal = Refusal::parse(&vectors[name].0);
        assert_eq!(
            (refusal.status(), refusal.scope(), refusal.reason()),
            (Some(status), scope, reason),
            "{name}"
        );
    }
    let openid = Refusal::parse(&vectors["oauthbearer-error-openid"].0);
    let url = "https://id.example.com/.well-known/openid-configuration";
    assert_eq!(openid.openid_configuration(), Some(url));
}
