//! Revocation, introspection, userinfo, and what the provider says about itself.

mod support;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use core::time::Duration;
use mail_testbed::{Client, Endpoint, Issue, ProviderOptions, TokenFormat, TokenProblem};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use support::start;

const SERVER: [(&str, &str); 2] = [("client_id", "server"), ("client_secret", "secret")];

fn options() -> ProviderOptions {
    ProviderOptions::new()
        .client(Client::public("mail-client"))
        .client(Client::confidential("server", "secret"))
}

#[test]
fn an_access_token_is_revoked_alone_and_a_refresh_token_with_its_family() {
    let (provider, client) = start(options());
    let tokens = provider.issue("alice@example.com");
    let (access, refresh) = (tokens.access_token(), tokens.refresh_token().unwrap());
    let url = provider.url(Endpoint::Revoke);
    let revoke = |id: &str, token: &str| client.post(&url, &[("client_id", id), ("token", token)]);

    revoke("mail-client", access).good();
    let problem = provider.check(access, None, None).unwrap_err();
    assert_eq!(problem, TokenProblem::Revoked);
    let next = client.refresh(&provider, refresh).good();
    revoke("mail-client", &next.text("refresh_token")).good();
    let problem = provider.check(&next.text("access_token"), None, None);
    assert_eq!(problem.unwrap_err(), TokenProblem::Revoked);

    // What nobody knows is gone already.
    revoke("mail-client", "made up").good();
    assert_eq!(revoke("mail-client", "").error(), "invalid_request");
    assert_eq!(revoke("nobody", access).error(), "invalid_client");
    let other = [SERVER[0], SERVER[1], ("token", access)];
    assert_eq!(client.post(&url, &other).error(), "invalid_grant");
}

#[test]
fn a_server_asks_what_a_token_is_worth() {
    for format in [TokenFormat::Jwt, TokenFormat::Opaque] {
        let (provider, client) = start(options().format(format));
        let tokens = provider.issue("alice@example.com");
        let ask = |token: &str| {
            let fields = [SERVER[0], SERVER[1], ("token", token)];
            client
                .post(&provider.url(Endpoint::Introspect), &fields)
                .good()
                .json()
        };
        let access = ask(tokens.access_token());
        assert_eq!(access["active"], true, "{access}");
        assert_eq!(access["username"], "alice@example.com");
        assert_eq!(access["scope"], "mail");
        assert_eq!(access["aud"], "https://mail.example.com/");
        let refresh = ask(tokens.refresh_token().unwrap());
        assert_eq!(refresh["active"], true, "{refresh}");
        assert_eq!(refresh["client_id"], "mail-client");

        let nothing = json!({"active": false});
        assert_eq!(ask("made up"), nothing);
        provider.advance(Duration::from_secs(3600));
        assert_eq!(ask(tokens.access_token()), nothing);
        client
            .refresh(&provider, tokens.refresh_token().unwrap())
            .good();
        assert_eq!(ask(tokens.refresh_token().unwrap()), nothing);
    }
}

#[test]
fn not_everybody_may_ask() {
    let (provider, client) = start(options());
    let tokens = provider.issue("alice@example.com");
    let fields = [
        ("client_id", "mail-client"),
        ("token", tokens.access_token()),
    ];
    let answer = client.post(&provider.url(Endpoint::Introspect), &fields);
    assert_eq!(answer.error(), "invalid_client");
}

#[test]
fn userinfo_says_whose_token_it_is() {
    let (provider, client) = start(ProviderOptions::new());
    let url = provider.url(Endpoint::Userinfo);
    let answer = client.get(&url);
    assert_eq!(
        (answer.status, answer.header("www-authenticate")),
        (401, "Bearer")
    );
    let tokens = provider.issue("alice@example.com");
    let client = client.authorization(&format!("bearer {}", tokens.access_token()));
    assert_eq!(client.get(&url).good().text("email"), "alice@example.com");
    provider.revoke_grant(tokens.grant());
    let answer = client.get(&url);
    assert_eq!(answer.status, 401);
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge, "Bearer error=\"invalid_token\"");
}

#[test]
fn both_documents_lead_everywhere() {
    let (provider, client) = start(ProviderOptions::new().supported_scopes("openid mail"));
    let document = client.get(&provider.url(Endpoint::Discovery)).good().json();
    let other = format!(
        "{}/.well-known/oauth-authorization-server",
        provider.issuer()
    );
    assert_eq!(client.get(&other).good().json(), document);
    assert_eq!(provider.requests(Endpoint::Discovery), 2);
    assert_eq!(document["issuer"], provider.issuer());
    assert_eq!(document["scopes_supported"], json!(["openid", "mail"]));
    for (name, endpoint) in [
        ("authorization_endpoint", Endpoint::Authorize),
        (
            "device_authorization_endpoint",
            Endpoint::DeviceAuthorization,
        ),
        ("introspection_endpoint", Endpoint::Introspect),
        ("jwks_uri", Endpoint::Jwks),
        ("revocation_endpoint", Endpoint::Revoke),
        ("token_endpoint", Endpoint::Token),
        ("userinfo_endpoint", Endpoint::Userinfo),
    ] {
        assert_eq!(document[name], provider.url(endpoint), "{name}");
    }
    assert!(
        provider
            .checker()
            .discovery_url()
            .starts_with(provider.issuer())
    );
}

#[test]
fn a_signed_token_can_be_verified_with_the_published_key() {
    let (provider, client) = start(ProviderOptions::new());
    let order = Issue::to("alice@example.com").life(Duration::from_secs(300));
    let tokens = provider.issue(order);
    let keys = client.get(&provider.url(Endpoint::Jwks)).good().json();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let key = &keys["keys"][0];
    let point = [
        vec![4],
        decode(key["x"].as_str().unwrap()),
        decode(key["y"].as_str().unwrap()),
    ]
    .concat();
    let (signed, signature) = tokens.access_token().rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &decode(signature))
        .unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(header)).unwrap();
    assert_eq!(
        header,
        json!({"alg": "ES256", "kid": key["kid"], "typ": "at+jwt"})
    );
    let payload: Value = serde_json::from_slice(&decode(payload)).unwrap();
    let claims = provider.check(tokens.access_token(), None, None).unwrap();
    assert_eq!(payload["iss"], provider.issuer());
    assert_eq!(payload["exp"], claims.expires_at);
    assert_eq!(claims.expires_at - claims.issued_at, 300);
    assert_eq!(payload["jti"], claims.id);
}
