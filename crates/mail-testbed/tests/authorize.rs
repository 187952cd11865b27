//! The authorization code: redirects, PKCE, the form, and everything that must not work.

#![allow(
    clippy::panic,
    clippy::std_instead_of_alloc,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

mod support;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use mail_testbed::{Approval, Client, Endpoint, Provider, ProviderOptions, TokenProblem, User};
use support::{Answer, MAIL, start};

// <https://www.rfc-editor.org/rfc/rfc7636#appendix-B>
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:51004/callback";

/// A request as it should be.
fn request() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("client_id", "mail-client"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "openid mail"),
        ("state", "a&b= ö/%"),
    ])
}

fn authorize(
    provider: &Provider,
    client: &support::Client,
    fields: &BTreeMap<&str, &str>,
) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    client.get(&format!("{}?{query}", provider.url(Endpoint::Authorize)))
}

/// What the answer sends back to the client.
#[track_caller]
fn sent_back(answer: &Answer) -> BTreeMap<String, String> {
    let location = answer.header("location");
    let Some(query) = location.strip_prefix(&format!("{REDIRECT}?")) else {
        panic!("not sent back: {answer:?}");
    };
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn exchange(
    provider: &Provider,
    client: &support::Client,
    code: &str,
    change: (&str, &str),
) -> Answer {
    let mut fields = BTreeMap::from([
        ("client_id", "mail-client"),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT),
    ]);
    fields.insert(change.0, change.1);
    fields.retain(|_, value| !value.is_empty());
    client.token(provider, &Vec::from_iter(fields))
}

const AS_IT_SHOULD_BE: (&str, &str) = ("client_id", "mail-client");

#[test]
fn a_code_is_worth_tokens_once() {
    let (provider, client) = start(ProviderOptions::new());
    let mut asked = request();
    asked.insert("nonce", "n-0S6");
    let answer = authorize(&provider, &client, &asked);
    assert_eq!(answer.status, 302);
    let fields = sent_back(&answer);
    assert_eq!(fields["state"], "a&b= ö/%");
    assert_eq!(fields["iss"], provider.issuer());
    let code = &fields["code"];
    let tokens = exchange(&provider, &client, code, AS_IT_SHOULD_BE).good();
    let id_token = tokens.text("id_token");
    let payload = URL_SAFE_NO_PAD
        .decode(id_token.split('.').nth(1).unwrap())
        .unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(payload["aud"], "mail-client");
    assert_eq!(payload["nonce"], "n-0S6");
    assert_eq!(payload["email"], "alice@example.com");
    let access = tokens.text("access_token");
    let claims = provider.check(&access, Some(MAIL), Some("mail")).unwrap();
    assert_eq!(claims.email, "alice@example.com");

    let again = exchange(&provider, &client, code, AS_IT_SHOULD_BE);
    assert_eq!(again.error(), "invalid_grant");
    let problem = provider.check(&access, None, None).unwrap_err();
    assert_eq!(problem, TokenProblem::Revoked);
}

#[test]
fn what_does_not_fit_the_code_is_refused_and_the_code_stays_good() {
    let (provider, client) = start(
        ProviderOptions::new()
            .client(Client::public("mail-client").redirect_uri("http://127.0.0.1/callback"))
            .client(Client::public("other").redirect_uri("http://127.0.0.1/callback")),
    );
    let fields = sent_back(&authorize(&provider, &client, &request()));
    let code = &fields["code"];
    for (change, error) in [
        (
            (
                "code_verifier",
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK",
            ),
            "invalid_grant",
        ),
        (("code_verifier", ""), "invalid_grant"),
        (("code_verifier", "short"), "invalid_request"),
        (
            ("redirect_uri", "http://127.0.0.1:51005/callback"),
            "invalid_grant",
        ),
        (("redirect_uri", ""), "invalid_grant"),
        (("client_id", "other"), "invalid_grant"),
        (("client_id", "nobody"), "invalid_client"),
        (("code", "guessed"), "invalid_grant"),
        (("code", ""), "invalid_request"),
    ] {
        let answer = exchange(&provider, &client, code, change);
        assert_eq!(answer.error(), error, "{change:?}");
    }
    exchange(&provider, &client, code, AS_IT_SHOULD_BE).good();
}

#[test]
fn a_code_does_not_live_long() {
    let (provider, client) = start(ProviderOptions::new());
    let fields = sent_back(&authorize(&provider, &client, &request()));
    provider.advance(core::time::Duration::from_secs(60));
    let answer = exchange(&provider, &client, &fields["code"], AS_IT_SHOULD_BE);
    assert_eq!(answer.error(), "invalid_grant");
}

#[test]
fn a_bad_request_goes_back_with_its_state() {
    let (provider, client) = start(ProviderOptions::new().supported_scopes("openid mail"));
    for (name, value, error) in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", VERIFIER.split_at(42).0, "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "mail calendar", "invalid_scope"),
        ("resource", "not absolute", "invalid_target"),
        (
            "resource",
            "https://mail.example.com/#part",
            "invalid_target",
        ),
    ] {
        let mut fields = request();
        fields.insert(name, value);
        let back = sent_back(&authorize(&provider, &client, &fields));
        assert_eq!(back["error"], error, "{name}={value}");
        assert_eq!(back["state"], "a&b= ö/%");
        assert_eq!(back["iss"], provider.issuer());
        assert!(!back.contains_key("code"));
    }
}

#[test]
fn nothing_is_sent_to_an_address_that_is_not_known() {
    let (provider, client) = start(ProviderOptions::new());
    for (name, value) in [
        ("redirect_uri", "http://127.0.0.1:51004/other"),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", ""),
        ("client_id", "<script>"),
        ("client_id", ""),
    ] {
        let mut fields = request();
        fields.insert(name, value);
        let answer = authorize(&provider, &client, &fields);
        assert_eq!(answer.status, 400, "{name}={value}");
        assert_eq!(answer.header("location"), "");
        assert!(!answer.body.contains("<script>"));
    }
}

#[test]
fn the_issuer_can_be_left_out_and_the_user_hinted() {
    let options = ProviderOptions::new()
        .without_issuer_in_response()
        .user(User::new("alice@example.com"))
        .user(User::new("bob@example.com").subject("u-42"));
    let (provider, client) = start(options);
    let mut fields = request();
    fields.insert("login_hint", "bob@example.com");
    fields.insert("resource", "https://calendar.example.com/");
    fields.remove("state");
    let back = sent_back(&authorize(&provider, &client, &fields));
    assert_eq!(back.keys().collect::<Vec<_>>(), ["code"]);
    let answer = exchange(&provider, &client, &back["code"], AS_IT_SHOULD_BE).good();
    let audience = Some("https://calendar.example.com/");
    let claims = provider.check(&answer.text("access_token"), audience, None);
    assert_eq!(claims.unwrap().subject, "u-42");
}

#[test]
fn a_user_can_refuse() {
    let (provider, client) = start(ProviderOptions::new());
    provider.set_approval(Approval::Denied);
    let back = sent_back(&authorize(&provider, &client, &request()));
    assert_eq!(back["error"], "access_denied");
}

#[test]
fn the_form_signs_in_with_the_right_password_alone() {
    let (provider, client) = start(ProviderOptions::new().approval(Approval::Form));
    let mut fields = request();
    // A password in the address does not count.
    fields.insert("username", "alice@example.com");
    fields.insert("password", "wonderland");
    fields.insert("verdict", "allow");
    let page = authorize(&provider, &client, &fields);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("name=\"password\""));
    assert!(page.body.contains("value=\"a&amp;b= ö/%\""));
    assert!(!page.body.contains("wonderland"));

    let url = provider.url(Endpoint::Authorize);
    let submit = |fields: &BTreeMap<&'static str, &'static str>| {
        client.post(
            &url,
            &fields.iter().map(|(a, b)| (*a, *b)).collect::<Vec<_>>(),
        )
    };
    fields.insert("password", "wrong");
    let page = submit(&fields);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("no such user with this password"));
    fields.insert("password", "wonderland");
    let answer = submit(&fields);
    assert_eq!(answer.status, 303);
    let code = &sent_back(&answer)["code"];
    exchange(&provider, &client, code, AS_IT_SHOULD_BE).good();

    fields.insert("verdict", "deny");
    assert_eq!(sent_back(&submit(&fields))["error"], "access_denied");
    let mut silent = request();
    silent.insert("prompt", "none");
    let back = sent_back(&authorize(&provider, &client, &silent));
    assert_eq!(back["error"], "login_required");
}
