//! What keeps strangers out.

use reqwest::{StatusCode, header::ORIGIN};

use crate::support::{ALICE, Browser, start};

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
    for (path, length) in [
        ("/send", 2 << 20),
        ("/filters/save", 600 << 10),
        ("/accounts/add", 513 << 10),
    ] {
        let long = "x".repeat(length);
        let fields = [
            ("to", "a@b.example"),
            ("text", &long),
            ("name", "main"),
            ("script", &long),
            ("login", &long),
        ];
        let page = browser.submit(path, &fields).await;
        page.is(StatusCode::PAYLOAD_TOO_LARGE);
    }
}

#[tokio::test]
async fn what_a_form_takes_is_taken_in_every_script() {
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await;
    // Nine octets for each on their way, as many as the field takes.
    let text = "語".repeat(200_000);
    let page = browser
        .submit("/send", &[("to", ALICE), ("text", &text)])
        .await;
    page.is(StatusCode::OK).says("on its way");
    assert_eq!(bed.testbed().smtp().messages().len(), 1);
    let json = serde_json::json!({ "to": ALICE, "text": text });
    let request = browser.client().post(browser.url("/api/send")).json(&json);
    let answer = request.header("sec-fetch-site", "same-origin").send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    // A script is measured in octets, which only the server can say, and which it says with the script.
    let script = format!("# {}", "語".repeat(65_000));
    let page = browser
        .submit("/filters/save", &[("name", "main"), ("script", &script)])
        .await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("a script has 64 KiB at most")
        .says(&script);
}
