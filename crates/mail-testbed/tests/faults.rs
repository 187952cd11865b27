//! What goes wrong does so as it was ordered, once, and leaves the tokens as it says.

#![allow(
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

mod support;

use std::{
    thread,
    time::{Duration, Instant},
};

use mail_testbed::{Endpoint, Fault, Provider, ProviderOptions, TokenProblem, Tokens};
use support::{Client, start};

const LONG: Duration = Duration::from_secs(20);

fn one() -> (Provider, Client, Tokens) {
    let (provider, client) = start(ProviderOptions::new());
    let tokens = provider.issue("alice@example.com");
    (provider, client, tokens)
}

/// Whether the refresh token was left as it was: it works, and that is its first use.
#[track_caller]
fn is_untouched(provider: &Provider, client: &Client, tokens: &Tokens) {
    assert_eq!(provider.refreshes(), 0);
    client
        .refresh(provider, tokens.refresh_token().unwrap())
        .good();
}

#[test]
fn an_answer_of_its_own_leaves_the_tokens_alone() {
    for (fault, status, header, content) in [
        (
            Fault::status(503),
            503,
            ("content-type", "text/plain"),
            "status 503\n",
        ),
        (
            Fault::too_many_requests(Duration::from_secs(30)),
            429,
            ("retry-after", "30"),
            "status 429\n",
        ),
        (
            Fault::error(400, "invalid_grant"),
            400,
            ("content-type", "application/json"),
            "\"error\":\"invalid_grant\"",
        ),
        (
            Fault::html_page(),
            200,
            ("content-type", "text/html; charset=utf-8"),
            "<!DOCTYPE html>",
        ),
        (
            Fault::redirect("https://evil.example/token"),
            307,
            ("location", "https://evil.example/token"),
            "",
        ),
        (
            Fault::answer(202, "application/json", "{}").header("x-odd", "yes"),
            202,
            ("x-odd", "yes"),
            "{}",
        ),
    ] {
        let (provider, client, tokens) = one();
        let seen = format!("{fault:?}");
        provider.misbehave(fault);
        let answer = client.refresh(&provider, tokens.refresh_token().unwrap());
        assert_eq!(answer.status, status, "{seen}");
        assert_eq!(answer.header(header.0), header.1, "{seen}");
        assert!(answer.body.contains(content), "{seen} {answer:?}");
        is_untouched(&provider, &client, &tokens);
    }
}

#[test]
fn an_oversized_answer_is_as_long_as_ordered() {
    let (provider, client, tokens) = one();
    provider.misbehave(Fault::oversized(3 << 20));
    let answer = client.refresh(&provider, tokens.refresh_token().unwrap());
    assert_eq!(answer.body.len(), 3 << 20);
    assert!(answer.json()["padding"].is_string());
    is_untouched(&provider, &client, &tokens);
}

#[test]
fn dropped_before_nothing_has_happened() {
    let (provider, client, tokens) = one();
    provider.misbehave(Fault::dropped_before());
    assert!(
        client
            .try_refresh(&provider, tokens.refresh_token().unwrap())
            .is_err()
    );
    assert_eq!(provider.requests(Endpoint::Token), 1);
    is_untouched(&provider, &client, &tokens);
}

#[test]
fn dropped_after_the_token_is_used_up_and_the_new_one_lost() {
    for fault in [Fault::dropped_after(), Fault::cut_short()] {
        let (provider, client, tokens) = one();
        let seen = format!("{fault:?}");
        provider.misbehave(fault);
        let token = tokens.refresh_token().unwrap();
        assert!(client.try_refresh(&provider, token).is_err(), "{seen}");
        assert_eq!(provider.refreshes(), 1, "{seen}");
        // Trying again looks like theft.
        let again = client.refresh(&provider, token);
        assert_eq!(again.error(), "invalid_grant", "{seen}");
        assert_eq!(provider.reuses(), 1, "{seen}");
    }
}

#[test]
fn faults_queue_up_and_each_endpoint_has_its_own() {
    let (provider, client, tokens) = one();
    provider.misbehave(Fault::none());
    provider.misbehave(Fault::status(500));
    provider.misbehave_at(Endpoint::Jwks, Fault::status(502));
    let first = client
        .refresh(&provider, tokens.refresh_token().unwrap())
        .good();
    let second = first.text("refresh_token");
    assert_eq!(client.refresh(&provider, &second).status, 500);
    client.refresh(&provider, &second).good();
    assert_eq!(client.get(&provider.url(Endpoint::Jwks)).status, 502);
    client.get(&provider.url(Endpoint::Jwks)).good();
    assert_eq!(provider.requests(Endpoint::Token), 3);
    assert_eq!(provider.refreshes(), 2);
}

#[test]
fn a_held_request_waits_for_the_gate() {
    let (provider, client, tokens) = one();
    let (fault, gate) = Fault::none().held();
    provider.misbehave(fault);
    thread::scope(|scope| {
        let refresh = scope.spawn(|| client.refresh(&provider, tokens.refresh_token().unwrap()));
        assert!(provider.wait_for(Endpoint::Token, 1, LONG));
        // It is there, and nothing has come of it; others pass by.
        assert_eq!(provider.refreshes(), 0);
        let other = provider.issue("bob@example.com");
        let by = client.refresh(&provider, other.refresh_token().unwrap());
        by.good();
        assert_eq!(provider.refreshes_of(tokens.grant()), 0);
        gate.open();
        refresh.join().unwrap().good();
    });
    assert_eq!(provider.refreshes_of(tokens.grant()), 1);
    assert!(!provider.wait_for(Endpoint::Token, 3, Duration::ZERO));
}

#[test]
fn of_two_refreshes_at_once_one_ends_the_grant() {
    let (provider, client, tokens) = one();
    let (first, first_gate) = Fault::none().held();
    let (second, second_gate) = Fault::none().held();
    provider.misbehave(first);
    provider.misbehave(second);
    thread::scope(|scope| {
        let refresh = || {
            client
                .refresh(&provider, tokens.refresh_token().unwrap())
                .status
        };
        let both = [scope.spawn(refresh), scope.spawn(refresh)];
        assert!(provider.wait_for(Endpoint::Token, 2, LONG));
        drop((first_gate, second_gate));
        let mut statuses = both.map(|thread| thread.join().unwrap());
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
    });
    assert_eq!(provider.reuses(), 1);
    let problem = provider.check(tokens.access_token(), None, None);
    assert_eq!(problem.unwrap_err(), TokenProblem::Revoked);
}

#[test]
fn a_delayed_answer_takes_its_time_and_a_slow_one_too() {
    let delay = Duration::from_millis(60);
    let (provider, client, tokens) = one();
    provider.misbehave(Fault::none().delayed(delay));
    provider.misbehave(Fault::answer(200, "application/json", "{\"a\":1}").slowly(delay / 6));
    let begin = Instant::now();
    let first = client
        .refresh(&provider, tokens.refresh_token().unwrap())
        .good();
    assert!(begin.elapsed() >= delay);
    let begin = Instant::now();
    let answer = client.refresh(&provider, &first.text("refresh_token"));
    // Seven octets, and a pause before each.
    assert!(begin.elapsed() >= delay);
    assert_eq!(answer.body, "{\"a\":1}");
}
