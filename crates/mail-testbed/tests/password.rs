//! Grants without a browser, and how clients say who they are.

mod support;

use mail_testbed::{ProviderOptions, TokenProblem, User};
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

#[test]
fn the_answer_says_what_was_granted() {
    let ask = |options: ProviderOptions, scope: &'static str| {
        let (provider, client) = start(options);
        let mut fields = PASSWORD.to_vec();
        fields.push(("scope", scope));
        client.token(&provider, &fields)
    };
    let granted = |options, scope| ask(options, scope).good().text("scope");
    let plain = ProviderOptions::new;
    assert_eq!(granted(plain(), "mail calendar"), "mail calendar");
    assert_eq!(granted(plain(), ""), "mail");
    assert_eq!(granted(plain().default_scope("imap smtp"), ""), "imap smtp");
    assert_eq!(granted(plain().narrow_to("mail"), "mail calendar"), "mail");
    let answer = ask(plain().supported_scopes("mail"), "mail calendar");
    assert_eq!(answer.error(), "invalid_scope");
    // Who does not ask for `openid` is not told who the user is.
    let answer = ask(plain(), "mail").good();
    assert!(answer.json().get("id_token").is_none());
}

#[test]
fn a_client_may_have_tokens_that_live_shorter() {
    let life = core::time::Duration::from_secs(120);
    let options = ProviderOptions::new()
        .client(mail_testbed::Client::public("mail-client").access_life(life));
    let (provider, client) = start(options);
    let answer = client.token(&provider, &PASSWORD).good();
    assert_eq!(answer.json()["expires_in"], 120);
    assert_eq!(provider.issue("alice@example.com").life(), life);
    provider.advance(life);
    let problem = provider.check(&answer.text("access_token"), None, None);
    assert_eq!(problem.unwrap_err(), TokenProblem::Expired);
}
