//! How clients say who they are, and requests that are no requests.

mod support;

use mail_testbed::{Client, Endpoint, ProviderOptions, User};
use support::start;

const CLIENT_CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

fn options() -> ProviderOptions {
    ProviderOptions::new()
        .client(Client::public("public"))
        .client(Client::confidential("my client", "p@ss:wörd+%"))
        .client(Client::confidential("basic", "secret").basic_only())
        .client(Client::confidential("post", "secret").post_only())
        .client(Client::public("narrow").grants(&["refresh_token"]))
}

#[test]
fn a_secret_by_http_basic_is_encoded_as_in_a_form() {
    // `my+client:p%40ss%3Aw%C3%B6rd%2B%25`
    let standard = "Basic bXkrY2xpZW50OnAlNDBzcyUzQXclQzMlQjZyZCUyQiUyNQ==";
    // `my client:p@ss:wörd+%`
    let raw = "Basic bXkgY2xpZW50OnBAc3M6d8O2cmQrJQ==";
    let (provider, client) = start(options());
    let client = client.authorization(standard);
    let answer = client.token(&provider, &[CLIENT_CREDENTIALS]).good();
    let claims = provider.check(&answer.text("access_token"), None, None);
    assert_eq!(claims.unwrap().subject, "my client");
    // A client that can ask again gets no refresh token.
    assert!(answer.json().get("refresh_token").is_none());
    let client = client.authorization(raw);
    let answer = client.token(&provider, &[CLIENT_CREDENTIALS]);
    assert_eq!(answer.error(), "invalid_request");
}

#[test]
fn a_secret_may_come_in_the_form() {
    let (provider, client) = start(options());
    for (id, secret, status) in [
        ("my client", "p@ss:wörd+%", 200),
        ("my client", "wrong", 401),
        ("my client", "", 401),
        ("post", "secret", 200),
        ("basic", "secret", 401),
        ("public", "secret", 401),
        ("nobody", "secret", 401),
    ] {
        let fields = [
            CLIENT_CREDENTIALS,
            ("client_id", id),
            ("client_secret", secret),
        ];
        let answer = client.token(&provider, &fields);
        assert_eq!(answer.status, status, "{id}");
        if status == 401 {
            assert_eq!(answer.error(), "invalid_client", "{id}");
            assert!(answer.header("www-authenticate").starts_with("Basic"));
        }
    }
}

#[test]
fn each_way_is_a_client_s_own() {
    let (provider, client) = start(options());
    // `basic:secret`, `post:secret`
    let client = client.authorization("Basic YmFzaWM6c2VjcmV0");
    client.token(&provider, &[CLIENT_CREDENTIALS]).good();
    let two = [CLIENT_CREDENTIALS, ("client_secret", "secret")];
    assert_eq!(client.token(&provider, &two).error(), "invalid_request");
    let other = [CLIENT_CREDENTIALS, ("client_id", "post")];
    assert_eq!(client.token(&provider, &other).error(), "invalid_request");
    let client = client.authorization("Basic cG9zdDpzZWNyZXQ=");
    let answer = client.token(&provider, &[CLIENT_CREDENTIALS]);
    assert_eq!(answer.error(), "invalid_client");
}

#[test]
fn some_grants_are_not_for_everybody() {
    let (provider, client) = start(options());
    for (id, grant, error) in [
        ("public", "client_credentials", "unauthorized_client"),
        ("narrow", "password", "unauthorized_client"),
        ("public", "magic", "unsupported_grant_type"),
        ("public", "", "invalid_request"),
        ("public", "refresh_token", "invalid_request"),
    ] {
        let answer = client.token(&provider, &[("grant_type", grant), ("client_id", id)]);
        assert_eq!(answer.error(), error, "{id} {grant}");
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let (provider, client) = start(ProviderOptions::new());
    let url = provider.url(Endpoint::Token);
    let send = |content_type: &str, body: &str| {
        let request = client.agent.post(&url).header("content-type", content_type);
        let mut response = request.send(body).unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), body.contains("invalid_request"))
    };
    let form = "application/x-www-form-urlencoded";
    let good = "grant_type=password&username=a&password=b&client_id=mail-client";
    assert_eq!(send("application/json", good), (400, true));
    assert_eq!(send(form, &format!("{good}&username=c")), (400, true));
    assert_eq!(send(form, &format!("{good}&x=%zz")), (400, true));
    // So far it was the form; this is a form, and the user is not one.
    let with_charset = "application/x-www-form-urlencoded; charset=UTF-8";
    assert_eq!(send(with_charset, good), (400, false));
    let long = "x".repeat(64 * 1024);
    assert_eq!(send(form, &long), (400, true));
    assert_eq!(send(form, &format!("{long}x")), (413, false));
    assert_eq!(client.get(&url).status, 405);
    assert_eq!(
        client.get(&format!("{}/nowhere", provider.issuer())).status,
        404
    );
}

#[test]
fn secrets_are_not_in_debug_output() {
    let options = options().user(User::new("alice@example.com").password("wonderland"));
    let (provider, _) = start(options.clone());
    let tokens = provider.issue("alice@example.com");
    let seen = format!(
        "{options:?} {provider:?} {tokens:?} {:?}",
        provider.checker()
    );
    for secret in [
        "wonderland",
        "p@ss",
        tokens.access_token(),
        tokens.refresh_token().unwrap(),
    ] {
        assert!(!seen.contains(secret), "{seen}");
    }
    assert!(seen.contains("alice@example.com"));
}
