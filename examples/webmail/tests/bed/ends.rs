//! Tokens that expire, sessions that end, and providers that are down.

use core::time::Duration;
use std::{fs, path::PathBuf};

use mail_session::Account;
use mail_testbed::{Endpoint, Fault};
use reqwest::StatusCode;
use serde_json::Value;

use webmail::{Bed, Keep};

use crate::support::{ALICE, Browser, expired, expired_tokens, node, start, start_with};

const BOB: &str = Bed::OTHER;

#[tokio::test]
async fn an_hour_later_nobody_notices() {
    let (bed, node) = start().await;
    let (id, _) = expired(&bed, &node).await;
    let page = Browser::with_session(&node, &id).load("/").await;
    page.is(StatusCode::OK).says("Nothing here yet");
    assert_eq!(bed.testbed().provider().refreshes(), 1);
}

#[tokio::test]
async fn a_token_that_only_the_mail_server_thinks_expired_is_replaced() {
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    bed.testbed().provider().advance(Duration::from_secs(3600));
    browser.load("/filters").await.is(StatusCode::OK);
    assert_eq!(bed.testbed().provider().refreshes(), 1);
}

#[tokio::test]
async fn who_was_revoked_lands_on_the_sign_in_page_with_the_reason() {
    let (bed, node) = start().await;
    let (id, _) = expired(&bed, &node).await;
    bed.testbed().provider().revoke_user(ALICE);
    let browser = Browser::with_session(&node, &id);
    let page = browser.load("/filters").await;
    page.is(StatusCode::OK)
        .says("The sign-in was ended, or the password was changed");
    assert_eq!(page.url.query(), Some("reason=revoked&next=%2Ffilters"));
    let answer = browser.fetch("/api/messages").await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let json: Value = answer.json().await.unwrap();
    assert_eq!(
        (&json["error"], &json["reason"]),
        (&"reauth_required".into(), &"revoked".into())
    );
    // And signs in again, to where the page would have been.
    let page = browser.load("/sign-in/start?next=%2Ffilters").await;
    page.is(StatusCode::OK)
        .says("Scripts that the mail server runs");
}

#[tokio::test]
async fn a_session_that_ends_during_a_request_says_why_and_where_to_go_on() {
    // The token is good as far as this program knows, and the mail server and the provider say otherwise.
    for (path, query) in [
        ("/", "reason=revoked&next=/"),
        (
            "/filters?script=a%20b",
            "reason=revoked&next=/filters%3Fscript%3Da%2520b",
        ),
    ] {
        let (bed, node) = start().await;
        let browser = Browser::new(&node);
        browser.load("/sign-in/start?next=%2Fcompose").await;
        bed.testbed().provider().advance(Duration::from_secs(3600));
        bed.testbed().provider().revoke_user(ALICE);
        let page = browser.load(path).await;
        page.is(StatusCode::OK)
            .says("The sign-in was ended, or the password was changed");
        assert_eq!(page.url.path(), "/sign-in");
        assert_eq!(page.url.query(), Some(query));
    }
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.load("/sign-in/start?next=%2Fcompose").await;
    bed.testbed().provider().advance(Duration::from_secs(3600));
    bed.testbed().provider().revoke_user(ALICE);
    let page = browser.submit("/send", &[("to", ALICE)]).await;
    page.is(StatusCode::OK);
    assert_eq!(page.url.query(), Some("reason=revoked"));
}

#[tokio::test]
async fn while_the_provider_is_down_nobody_is_signed_out() {
    let (bed, node) =
        start_with(|settings| settings.tokens.wait = Duration::from_millis(300)).await;
    let (id, _) = expired(&bed, &node).await;
    let provider = bed.testbed().provider();
    for _ in 0..3 {
        provider.misbehave(Fault::status(503));
    }
    let browser = Browser::with_session(&node, &id);
    let page = browser.load("/").await;
    page.is(StatusCode::SERVICE_UNAVAILABLE)
        .says("You stay signed in");
    let seconds: u64 = page.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    let answer = browser.fetch("/api/session").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    let json: Value = answer.json().await.unwrap();
    assert_eq!(json["error"], "temporarily_unavailable");
    // The faults are used up by and by, and then the same page works.
    let limit = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let page = browser.load("/").await;
        if page.status == StatusCode::OK {
            page.says("Nothing here yet");
            break;
        }
        page.is(StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            tokio::time::Instant::now() < limit,
            "{}",
            provider.requests(Endpoint::Token)
        );
    }
    assert!(provider.requests(Endpoint::Token) >= 4);
}

#[tokio::test]
async fn accounts_whose_provider_does_not_answer_are_waited_for_at_once() {
    const MANY: usize = 13;
    let (bed, node) = start_with(|settings| settings.tokens.wait = Duration::from_secs(10)).await;
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    let id = mail_session::SessionId::parse(&browser.session().unwrap()).unwrap();
    let session = node.sessions().find_here(&id).unwrap();
    for path in ["/api/session", "/accounts"] {
        let provider = bed.testbed().provider();
        let gates: Vec<_> = (0..MANY)
            .map(|_| {
                let (fault, gate) = Fault::none().held();
                provider.misbehave(fault);
                gate
            })
            .collect();
        for number in 0..MANY {
            let account = Account::external(format!("bob-{number}"), "same", BOB);
            let tokens = expired_tokens(&bed, BOB);
            session.add_account(account, Some(tokens)).await.unwrap();
        }
        let before = provider.requests(Endpoint::Token);
        let asked = async {
            let limit = tokio::time::Instant::now() + Duration::from_secs(60);
            while provider.requests(Endpoint::Token) < before + MANY as u64 {
                assert!(
                    tokio::time::Instant::now() < limit,
                    "{} of {MANY} are asked for",
                    provider.requests(Endpoint::Token) - before
                );
                tokio::task::yield_now().await;
            }
            drop(gates);
        };
        let (answer, ()) = tokio::join!(browser.load_once(path), asked);
        let text = answer.text().await.unwrap();
        // In the order in which they were added.
        let places: Vec<_> = (0..MANY)
            .map(|number| text.find(&format!("bob-{number}\"")).unwrap())
            .collect();
        assert!(places.is_sorted(), "{text}");
        assert!(
            !text.contains("unavailable") && !text.contains("not available"),
            "{text}"
        );
    }
}

/// All that users are told.
const NOT_NOW: &str = "his does not work at the moment. You stay signed in: try again soon";

#[tokio::test]
async fn what_is_wrong_with_a_store_is_not_for_users() {
    let bed = Bed::with(mail_testbed::ProviderOptions::new()).unwrap();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("webmail-broken");
    let _ = fs::remove_dir_all(&folder);
    let start = || {
        let keep = Keep::Directory(folder.clone());
        node(&bed, |_| {}).with_keep(keep).start()
    };
    let one = start().await.unwrap();
    let (id, _) = expired(&bed, &one).await;
    for file in fs::read_dir(&folder).unwrap() {
        fs::write(file.unwrap().path(), "nothing of ours").unwrap();
    }
    // The other node does not know the session yet, and cannot read it.
    let two = start().await.unwrap();
    let browser = Browser::with_session(&two, &id);
    for page in [
        browser.load("/").await,
        browser.submit("/send", &[("to", ALICE)]).await,
        browser.submit("/sign-out", &[]).await,
    ] {
        page.is(StatusCode::SERVICE_UNAVAILABLE).says(NOT_NOW);
        assert!(!page.text.contains("webmail-broken"), "{}", page.text);
        assert!(page.headers.contains_key("retry-after"));
    }
    assert!(browser.session().is_some(), "the session may well be alive");
    let sign_out = browser.client().post(browser.url("/api/sign-out"));
    let sign_out = sign_out.header("sec-fetch-site", "same-origin").send();
    for answer in [
        browser.fetch("/api/session").await,
        browser.fetch("/").await,
        sign_out.await.unwrap(),
    ] {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
        let json: Value = answer.json().await.unwrap();
        assert_eq!(json["error"], "temporarily_unavailable");
        assert_eq!(json["message"], format!("t{NOT_NOW}"));
    }
}

#[tokio::test]
async fn an_account_whose_provider_is_down_says_no_more_than_that() {
    let (bed, node) = start_with(|settings| settings.tokens.wait = Duration::ZERO).await;
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    let id = mail_session::SessionId::parse(&browser.session().unwrap()).unwrap();
    let session = node.sessions().find_here(&id).unwrap();
    for _ in 0..100 {
        bed.testbed().provider().misbehave(Fault::status(503));
    }
    let account = Account::external("bob", "same", BOB);
    let tokens = expired_tokens(&bed, BOB);
    session.add_account(account, Some(tokens)).await.unwrap();
    let page = browser.load("/?account=bob").await;
    page.is(StatusCode::SERVICE_UNAVAILABLE).says(NOT_NOW);
    let letter = [("account", "bob"), ("to", ALICE), ("text", "A long letter")];
    let page = browser.submit("/send", &letter).await;
    page.says(NOT_NOW).says("A long letter");
    let answer = browser.fetch("/api/messages?account=bob").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let json: Value = answer.json().await.unwrap();
    assert_eq!(json["message"], format!("t{NOT_NOW}"));
    let page = browser.load("/accounts").await;
    page.is(StatusCode::OK)
        .says("title=\"Its sign-in service cannot be reached at the moment\"");
}

#[tokio::test]
async fn who_wants_to_go_may_go_while_the_provider_is_down() {
    let (bed, node) =
        start_with(|settings| settings.tokens.wait = Duration::from_millis(300)).await;
    let (one, _) = expired(&bed, &node).await;
    let (two, _) = expired(&bed, &node).await;
    for _ in 0..20 {
        bed.testbed().provider().misbehave(Fault::status(503));
    }
    let browser = Browser::with_session(&node, &one);
    browser.load("/").await.is(StatusCode::SERVICE_UNAVAILABLE);
    let page = browser.submit("/sign-out", &[]).await;
    page.is(StatusCode::OK).says("You have signed out.");
    assert_eq!(browser.session(), None, "the cookie is gone");
    // Once more, without a session.
    let page = browser.submit("/sign-out", &[]).await;
    page.is(StatusCode::OK).says("You have signed out.");

    let program = Browser::new(&node);
    let sign_out = async || {
        let request = program.client().post(program.url("/api/sign-out"));
        let answer = request.bearer_auth(two.expose()).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("Max-Age=0"), "{cookie}");
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    };
    assert_eq!(sign_out().await, (StatusCode::NO_CONTENT, Value::Null));
    let (status, json) = sign_out().await;
    assert_eq!(
        (status, &json["error"], &json["reason"]),
        (
            StatusCode::UNAUTHORIZED,
            &"reauth_required".into(),
            &"signed-out".into()
        )
    );
    for id in [one, two] {
        let session = node.sessions().find(&id).await.unwrap().unwrap();
        let ended = session.is_over().unwrap();
        assert_eq!(ended.reason, mail_session::EndReason::SignedOut);
    }
}

#[tokio::test]
async fn who_has_no_session_has_nothing_to_sign_out_of() {
    let (_bed, node) = start().await;
    let browser = Browser::new(&node);
    let request = browser.client().post(browser.url("/api/sign-out"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let json: Value = answer.json().await.unwrap();
    assert_eq!(
        (&json["error"], &json["reason"]),
        (&"reauth_required".into(), &"not-signed-in".into())
    );
}

#[tokio::test]
async fn a_form_that_is_sent_too_late_is_answered_by_a_page() {
    let (bed, node) =
        start_with(|settings| settings.tokens.wait = Duration::from_millis(300)).await;
    let letter = [("to", ALICE), ("text", "Hello")];
    let (id, _) = expired(&bed, &node).await;
    let provider = bed.testbed().provider();
    for _ in 0..20 {
        provider.misbehave(Fault::status(503));
    }
    let browser = Browser::with_session(&node, &id);
    let page = browser.submit("/send", &letter).await;
    page.is(StatusCode::SERVICE_UNAVAILABLE)
        .says("You stay signed in");
    assert!(page.headers.contains_key("retry-after"));

    let session = node.sessions().find_here(&id).unwrap();
    let ended = session.terminate(mail_session::EndReason::Terminated);
    ended.await.unwrap();
    let page = browser.submit("/send", &letter).await;
    page.is(StatusCode::OK).says("ended by the operator");
    assert_eq!(page.url.query(), Some("reason=terminated"));
    // A script is told, and not led anywhere.
    let request = browser.client().post(browser.url("/send")).form(&letter);
    let request = request
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors")
        .header("accept", "text/html");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_ends_everything() {
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    let id = browser.session().unwrap();
    let page = browser.submit("/sign-out", &[]).await;
    page.is(StatusCode::OK).says("You have signed out.");
    assert_eq!(browser.session(), None, "the cookie is gone");
    let id = mail_session::SessionId::parse(&id).unwrap();
    let again = Browser::with_session(&node, &id);
    assert_eq!(
        again.fetch("/api/session").await.status(),
        StatusCode::UNAUTHORIZED
    );
    // The refresh token is revoked, and connections that waited are closed, in the background.
    let revoked = tokio::task::spawn_blocking(move || {
        let revoked =
            bed.testbed()
                .provider()
                .wait_for(Endpoint::Revoke, 1, Duration::from_secs(20));
        (revoked, bed)
    });
    let (revoked, bed) = revoked.await.unwrap();
    assert!(revoked);
    let limit = tokio::time::Instant::now() + Duration::from_secs(20);
    while bed.testbed().imap().connections() > 0 {
        assert!(
            tokio::time::Instant::now() < limit,
            "a connection outlives its session"
        );
        tokio::task::yield_now().await;
    }
}
