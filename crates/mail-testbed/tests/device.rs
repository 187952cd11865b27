//! Programs without a browser.

mod support;

use core::time::Duration;

use mail_testbed::{Approval, Endpoint, Provider, ProviderOptions, User};
use support::{Answer, Client, start};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const INTERVAL: Duration = Duration::from_secs(5);

fn begin(provider: &Provider, client: &Client) -> Answer {
    let url = provider.url(Endpoint::DeviceAuthorization);
    client
        .post(&url, &[("client_id", "mail-client"), ("scope", "mail")])
        .good()
}

fn poll(provider: &Provider, client: &Client, begun: &Answer) -> Answer {
    let code = begun.text("device_code");
    client.token(provider, &[("grant_type", GRANT), ("device_code", &code)])
}

#[test]
fn a_device_waits_until_its_user_agrees() {
    let (provider, client) = start(ProviderOptions::new());
    let begun = begin(&provider, &client);
    assert_eq!(begun.json()["interval"], 5);
    assert_eq!(begun.json()["expires_in"], 600);
    let code = begun.text("user_code");
    assert_eq!(
        begun.text("verification_uri"),
        provider.url(Endpoint::Device)
    );
    assert!(begun.text("verification_uri_complete").ends_with(&code));
    let pending = poll(&provider, &client, &begun).error();
    assert_eq!(pending, "authorization_pending");
    // People type codes as they like.
    let typed = code.to_lowercase().replace('-', " ");
    assert!(provider.approve_device_as(&typed, "bob@example.com"));
    let tokens = poll(&provider, &client, &begun).good();
    let claims = provider.check(&tokens.text("access_token"), None, Some("mail"));
    assert_eq!(claims.unwrap().email, "bob@example.com");
    // The code is used up, for both.
    assert_eq!(poll(&provider, &client, &begun).error(), "invalid_grant");
    assert!(!provider.approve_device(&code));
}

#[test]
fn a_device_that_asks_too_often_has_to_wait_longer() {
    let (provider, client) = start(ProviderOptions::new());
    let begun = begin(&provider, &client);
    let ask = |after: Duration, error: &str| {
        provider.advance(after);
        assert_eq!(poll(&provider, &client, &begun).error(), error);
    };
    ask(Duration::ZERO, "authorization_pending");
    ask(INTERVAL, "authorization_pending");
    ask(INTERVAL / 2, "slow_down");
    // Five seconds are not enough any more.
    ask(INTERVAL, "slow_down");
    ask(3 * INTERVAL, "authorization_pending");
}

#[test]
fn refused_and_expired_are_told_apart() {
    let (provider, client) = start(ProviderOptions::new().device_interval(None));
    let begun = begin(&provider, &client);
    assert!(begun.json().get("interval").is_none());
    assert!(provider.deny_device(&begun.text("user_code")));
    assert_eq!(poll(&provider, &client, &begun).error(), "access_denied");
    let begun = begin(&provider, &client);
    provider.advance(Duration::from_secs(600));
    assert_eq!(poll(&provider, &client, &begun).error(), "expired_token");
    assert!(!provider.approve_device(&begun.text("user_code")));
}

#[test]
fn a_device_code_is_bound_to_its_client() {
    let options = ProviderOptions::new()
        .client(mail_testbed::Client::public("mail-client"))
        .client(mail_testbed::Client::public("other"))
        .client(mail_testbed::Client::public("narrow").grants(&["refresh_token"]));
    let (provider, client) = start(options);
    let begun = begin(&provider, &client);
    assert!(provider.approve_device(&begun.text("user_code")));
    let code = begun.text("device_code");
    let fields = [
        ("grant_type", GRANT),
        ("device_code", &code),
        ("client_id", "other"),
    ];
    assert_eq!(client.token(&provider, &fields).error(), "invalid_grant");
    poll(&provider, &client, &begun).good();
    let url = provider.url(Endpoint::DeviceAuthorization);
    let answer = client.post(&url, &[("client_id", "narrow")]);
    assert_eq!(answer.error(), "unauthorized_client");
}

#[test]
fn the_page_asks_before_it_agrees() {
    let options = ProviderOptions::new()
        .approval(Approval::Form)
        .user(User::new("bob@example.com").password("builder"));
    let (provider, client) = start(options);
    let begun = begin(&provider, &client);
    let code = begun.text("user_code");
    let page = client.get(&begun.text("verification_uri_complete")).good();
    assert!(page.body.contains(&format!("value=\"{code}\"")));
    assert!(page.body.contains("name=\"password\""));
    let pending = poll(&provider, &client, &begun).error();
    assert_eq!(pending, "authorization_pending");
    let submit = |code: &str, password: &str| {
        let fields = [
            ("user_code", code),
            ("username", "bob@example.com"),
            ("password", password),
            ("verdict", "allow"),
        ];
        client
            .post(&provider.url(Endpoint::Device), &fields)
            .good()
            .body
    };
    assert!(submit(&code, "wrong").contains("no such user"));
    assert!(submit("AAAA-AAAA", "builder").contains("No device waits"));
    assert!(submit(&code, "builder").contains("Connected"));
    let tokens = poll(&provider, &client, &begun).good();
    assert!(
        provider
            .check(&tokens.text("access_token"), None, None)
            .is_ok()
    );
}

#[test]
fn without_sign_in_the_page_needs_the_code_alone() {
    let (provider, client) = start(ProviderOptions::new());
    for (verdict, title) in [("allow", "Connected"), ("deny", "Refused")] {
        let begun = begin(&provider, &client);
        let code = begun.text("user_code");
        let page = client.get(&begun.text("verification_uri_complete")).good();
        assert!(!page.body.contains("name=\"password\""));
        let fields = [("user_code", code.as_str()), ("verdict", verdict)];
        let page = client.post(&provider.url(Endpoint::Device), &fields).good();
        assert!(page.body.contains(title), "{page:?}");
        let status = poll(&provider, &client, &begun).status;
        assert_eq!(status == 200, verdict == "allow");
    }
}
