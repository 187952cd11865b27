//! Refresh tokens: rotation, reuse, grace, lifetimes, and the clock.

#![allow(clippy::std_instead_of_core, reason = "a test needs no `no_std`")]

mod support;

use std::time::Duration;

use mail_testbed::{Client, ExpiresIn, Issue, ProviderOptions, Rotation, TokenProblem};
use serde_json::json;
use support::{MAIL, start};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_refresh_gives_a_new_pair_and_the_mail_server_takes_it() {
    let (provider, client) = start(ProviderOptions::new());
    let first = provider.issue("alice@example.com");
    let answer = client
        .refresh(&provider, first.refresh_token().unwrap())
        .good();
    assert_eq!(answer.json()["expires_in"], 3600);
    assert_eq!(answer.text("token_type"), "Bearer");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_ne!(answer.text("refresh_token"), first.refresh_token().unwrap());
    let access = answer.text("access_token");
    assert_ne!(access, first.access_token());
    let claims = provider.check(&access, Some(MAIL), Some("mail")).unwrap();
    assert_eq!(claims.email, "alice@example.com");
    assert_eq!(claims.client, "mail-client");
    assert_eq!(provider.refreshes(), 1);
    assert_eq!(provider.refreshes_of(first.grant()), 1);
    // The old access token is as good as it was.
    assert!(provider.check(first.access_token(), None, None).is_ok());
}

#[test]
fn reuse_ends_the_whole_family() {
    let (provider, client) = start(ProviderOptions::new());
    let other = provider.issue("alice@example.com");
    let first = provider.issue("alice@example.com");
    let old = first.refresh_token().unwrap();
    let second = client.refresh(&provider, old).good();
    assert_eq!(client.refresh(&provider, old).error(), "invalid_grant");
    assert_eq!(provider.reuses(), 1);
    let newest = second.text("refresh_token");
    assert_eq!(client.refresh(&provider, &newest).error(), "invalid_grant");
    for token in [first.access_token(), &second.text("access_token")] {
        let problem = provider.check(token, None, None).unwrap_err();
        assert_eq!(problem, TokenProblem::Revoked);
    }
    // Another grant of the same user has nothing to do with it.
    client
        .refresh(&provider, other.refresh_token().unwrap())
        .good();
    assert_eq!(provider.reuses(), 1);
}

#[test]
fn a_window_of_grace_closes() {
    let (provider, client) = start(ProviderOptions::new().grace(Duration::from_secs(60)));
    let first = provider.issue("alice@example.com");
    let old = first.refresh_token().unwrap();
    client.refresh(&provider, old).good();
    provider.advance(Duration::from_secs(40));
    client.refresh(&provider, old).good();
    // Counted from the first use, not from the last.
    provider.advance(Duration::from_secs(20));
    assert_eq!(client.refresh(&provider, old).error(), "invalid_grant");
    assert_eq!(provider.reuses(), 1);
}

#[test]
fn without_rotation_the_answer_has_no_refresh_token() {
    let (provider, client) = start(ProviderOptions::new().rotation(Rotation::Keep));
    let first = provider.issue("alice@example.com");
    for _ in 0..3 {
        let answer = client
            .refresh(&provider, first.refresh_token().unwrap())
            .good();
        assert!(answer.json().get("refresh_token").is_none());
    }
    assert_eq!(provider.refreshes_of(first.grant()), 3);
}

#[test]
fn refresh_tokens_may_be_rare() {
    let (provider, _) = start(ProviderOptions::new().rotation(Rotation::Never));
    assert!(
        provider
            .issue("alice@example.com")
            .refresh_token()
            .is_none()
    );
    let (provider, _) = start(ProviderOptions::new().refresh_needs_offline_access());
    assert!(
        provider
            .issue("alice@example.com")
            .refresh_token()
            .is_none()
    );
    let order = Issue::to("alice@example.com").scope("mail offline_access");
    assert!(provider.issue(order).refresh_token().is_some());
}

#[test]
fn time_passes_when_the_test_says_so() {
    let (provider, client) = start(ProviderOptions::new().refresh_life(2 * HOUR));
    let tokens = provider.issue("alice@example.com");
    let short = provider.issue(Issue::to("alice@example.com").life(Duration::from_secs(300)));
    provider.advance(Duration::from_secs(300));
    assert!(provider.check(tokens.access_token(), None, None).is_ok());
    assert_eq!(
        provider.check(short.access_token(), None, None),
        Err(TokenProblem::Expired)
    );
    provider.advance(2 * HOUR);
    let late = client.refresh(&provider, tokens.refresh_token().unwrap());
    assert_eq!(late.error(), "invalid_grant");
    assert_eq!(provider.refreshes(), 0);
}

#[test]
fn audience_scope_and_revocation_are_told_apart() {
    let (provider, _) = start(ProviderOptions::new());
    let order = Issue::to("bob@example.com")
        .scope("calendar mail")
        .audience("https://other.example.com/");
    let tokens = provider.issue(order);
    let check = |audience, scope| {
        provider
            .check(tokens.access_token(), audience, scope)
            .map(|claims| claims.subject)
    };
    assert_eq!(check(None, Some("mail")), Ok("bob@example.com".into()));
    assert_eq!(check(Some(MAIL), None), Err(TokenProblem::WrongAudience));
    assert_eq!(
        check(None, Some("contacts")),
        Err(TokenProblem::InsufficientScope)
    );
    provider.revoke_token(tokens.access_token());
    assert_eq!(check(None, None), Err(TokenProblem::Revoked));
    // Changed in one place, a signed token is one that nobody issued.
    let changed = format!("{}x", tokens.access_token());
    assert_eq!(
        provider.check(&changed, None, None),
        Err(TokenProblem::Unknown)
    );
}

#[test]
fn a_user_is_signed_out_everywhere() {
    let (provider, client) = start(ProviderOptions::new());
    let (one, two) = (
        provider.issue("alice@example.com"),
        provider.issue("alice@example.com"),
    );
    let bob = provider.issue("bob@example.com");
    provider.revoke_user("alice@example.com");
    for tokens in [&one, &two] {
        let answer = client.refresh(&provider, tokens.refresh_token().unwrap());
        assert_eq!(answer.error(), "invalid_grant");
    }
    client
        .refresh(&provider, bob.refresh_token().unwrap())
        .good();
}

#[test]
fn a_refresh_may_ask_for_less_and_not_for_more() {
    let (provider, client) = start(ProviderOptions::new());
    let tokens = provider.issue(Issue::to("alice@example.com").scope("mail calendar"));
    let refresh = |token: &str, scope| {
        client.token(
            &provider,
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("scope", scope),
            ],
        )
    };
    let first = tokens.refresh_token().unwrap();
    assert_eq!(refresh(first, "mail contacts").error(), "invalid_scope");
    // The refusal has not used the token up.
    let less = refresh(first, "mail").good();
    assert_eq!(less.text("scope"), "mail");
    // And less now is not less for ever.
    let all = refresh(&less.text("refresh_token"), "mail calendar").good();
    assert_eq!(all.text("scope"), "mail calendar");
}

#[test]
fn a_refresh_token_is_bound_to_its_client() {
    let options = ProviderOptions::new()
        .client(Client::public("mail-client"))
        .client(Client::public("other"));
    let (provider, client) = start(options);
    let tokens = provider.issue(Issue::to("alice@example.com").client("other"));
    let token = tokens.refresh_token().unwrap();
    assert_eq!(client.refresh(&provider, token).error(), "invalid_grant");
    let own = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "other"),
    ];
    client.token(&provider, &own).good();
}

#[test]
fn the_lifetime_is_told_in_four_ways() {
    for (form, value) in [
        (ExpiresIn::Number, json!(3600)),
        (ExpiresIn::Omitted, json!(null)),
        (ExpiresIn::Text, json!("3600")),
        (ExpiresIn::Zero, json!(0)),
    ] {
        let (provider, client) = start(ProviderOptions::new().expires_in(form));
        let tokens = provider.issue("alice@example.com");
        let answer = client
            .refresh(&provider, tokens.refresh_token().unwrap())
            .good();
        assert_eq!(answer.json()["expires_in"], value, "{form:?}");
        let access = answer.text("access_token");
        assert!(provider.check(&access, None, None).is_ok(), "{form:?}");
    }
}
