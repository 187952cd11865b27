//! Grants without a browser, and how clients say who they are.

mod support;

use mail_testbed::{ProviderOptions, User};
use support::{MAIL, start};

const PASSWORD: [(&str, &str); 3] = [
    ("grant_type", "password"),
    ("username", "alice@example.com"),
    ("password", "wonderland"),
];

#[test]
fn the_right_password_gives_tokens() {
    let (provider, client) = start(ProviderOptions::new());
    let answer = client.token(&provider, &PASSWORD).good();
    let claims = provider.check(&answer.text("access_token"), Some(MAIL), Some("mail"));
    assert_eq!(claims.unwrap().email, "alice@example.com");
    client
        .refresh(&provider, &answer.text("refresh_token"))
        .good();
}

#[test]
fn the_wrong_password_does_not() {
    let (provider, client) = start(ProviderOptions::new().user(User::new("alice@example.com")));
    // This Alice has no password, so none is right, not even the empty one.
    assert_eq!(client.token(&provider, &PASSWORD).error(), "invalid_grant");
    let (provider, client) = start(ProviderOptions::new());
    let mut fields = PASSWORD;
    fields[2].1 = "Wonderland";
    assert_eq!(client.token(&provider, &fields).error(), "invalid_grant");
    fields[2].1 = "";
    assert_eq!(client.token(&provider, &fields).error(), "invalid_request");
}
