//! What keeps strangers out.

use reqwest::{StatusCode, header::ORIGIN};

use crate::support::{Browser, start};

#[tokio::test]
async fn other_sites_change_nothing() {
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    let changes = [
        "/send",
        "/filters/save",
        "/accounts/add",
        "/sign-out",
        "/api/sign-out",
        "/api/send",
    ];
    for path in changes {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            (ORIGIN.as_str(), "https://evil.example"),
            (ORIGIN.as_str(), "null"),
            // What no browser leaves out.
            ("x-nothing", ""),
        ] {
            let request = browser.client().post(browser.url(path)).header(name, value);
            let answer = request.form(&[("to", "a@b.example")]).send().await.unwrap();
            assert_eq!(
                answer.status(),
                StatusCode::FORBIDDEN,
                "{path} {name}: {value}"
            );
        }
    }
    browser.load("/").await.is(StatusCode::OK).says("Inbox");
    assert_eq!(bed.testbed().smtp().accepted(), 0);
}

#[tokio::test]
async fn every_answer_says_what_browsers_must_not_do() {
    let (_bed, node) = start().await;
    let browser = Browser::new(&node);
    for path in ["/", "/sign-in", "/style.css", "/nothing", "/api/session"] {
        let answer = browser.load_once(path).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(
            header("cache-control") == "no-store",
            path != "/style.css",
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_too_long_is_not_taken() {
    let (_bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await;
    let long = "x".repeat(600 << 10);
    let page = browser
        .submit("/send", &[("to", "a@b.example"), ("text", &long)])
        .await;
    page.is(StatusCode::PAYLOAD_TOO_LARGE);
}
