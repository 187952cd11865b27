//! For programs.

use core::time::Duration;
use std::time::Instant;

use mail_session::{Account, SessionId};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use webmail::{Bed, Running};

use crate::support::{ALICE, Browser, expired, start, start_with};

struct Program {
    client: Client,
    base: String,
    session: String,
}

impl Program {
    async fn sign_in(node: &Running) -> Self {
        let client = Browser::new(node).client().clone();
        let base = node.url().to_owned();
        let body = json!({ "user": ALICE, "password": Bed::PASSWORD });
        let answer = client
            .post(format!("{base}/api/sign-in"))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let json: Value = answer.json().await.unwrap();
        let session = json["session"].as_str().unwrap().to_owned();
        Self {
            client,
            base,
            session,
        }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = self
            .client
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.session);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn send(&self, method: reqwest::Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let answer = request
            .bearer_auth(&self.session)
            .json(body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }
}

#[tokio::test]
async fn a_program_does_all_that_a_browser_does() {
    use reqwest::Method;
    let (bed, node) = start().await;
    let program = Program::sign_in(&node).await;
    let (status, json) = program.get("/api/session").await;
    assert_eq!((status, &json["user"]), (StatusCode::OK, &ALICE.into()));
    assert_eq!(json["accounts"][0]["state"], "go-on");
    assert!(json["token_expires_at"].as_u64().is_some(), "{json}");
    // Whether there is one, and not which: it may name hosts and files.
    assert_eq!(
        (&json["has_problem"], json.get("problem")),
        (&false.into(), None)
    );

    let letter = json!({ "to": ALICE, "subject": "Hi", "text": "Hello" });
    let (status, json) = program.send(Method::POST, "/api/send", &letter).await;
    assert_eq!((status, &json["sent"]), (StatusCode::OK, &true.into()));
    let (_, json) = program.get("/api/messages").await;
    assert_eq!(
        (&json["exists"], &json["messages"][0]["subject"]),
        (&1.into(), &"Hi".into())
    );
    let (_, json) = program.get("/api/messages/1").await;
    assert_eq!(json["text"].as_str().unwrap().trim_end(), "Hello");
    let (status, json) = program.get("/api/messages/2").await;
    assert_eq!(
        (status, &json["error"]),
        (StatusCode::NOT_FOUND, &"missing".into())
    );

    let script = json!({ "name": "main", "script": "keep;\r\n", "activate": true });
    let (status, json) = program.send(Method::PUT, "/api/script", &script).await;
    assert_eq!((status, &json["saved"]), (StatusCode::OK, &true.into()));
    let (_, json) = program.get("/api/script").await;
    assert_eq!(
        (&json["name"], &json["script"]),
        (&"main".into(), &"keep;\r\n".into())
    );
    let bad = json!({ "name": "main", "script": "if {" });
    let (status, json) = program.send(Method::PUT, "/api/script", &bad).await;
    assert_eq!(
        (status, &json["error"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &"refused".into())
    );

    let (status, _) = program
        .send(Method::POST, "/api/sign-out", &Value::Null)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, json) = program.get("/api/messages").await;
    assert_eq!(
        (status, &json["error"]),
        (StatusCode::UNAUTHORIZED, &"reauth_required".into())
    );
    drop(bed);
}

#[tokio::test]
async fn a_mailbox_that_was_removed_is_not_read() {
    let (bed, node) = start().await;
    bed.testbed().deliver(ALICE, b"Subject: Hi\r\n\r\n");
    let program = Program::sign_in(&node).await;
    let id = SessionId::parse(&program.session).unwrap();
    let session = node.sessions().find_here(&id).unwrap();
    let account = Account::secondary("twin", ALICE);
    session.add_account(account, None).await.unwrap();
    let (status, json) = program.get("/api/messages?account=twin").await;
    assert_eq!((status, &json["exists"]), (StatusCode::OK, &1.into()));
    assert_eq!(bed.testbed().imap().connections(), 1, "it waits");

    session.remove_account("twin").await.unwrap();
    for path in ["/api/messages", "/api/messages/1"] {
        let (status, json) = program.get(&format!("{path}?account=twin")).await;
        assert_eq!(
            (status, &json["error"]),
            (StatusCode::NOT_FOUND, &"unknown-account".into())
        );
    }
    let limit = Instant::now() + Duration::from_secs(20);
    while bed.testbed().imap().connections() > 0 {
        assert!(Instant::now() < limit, "the connection goes on waiting");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_wrong_password_and_one_that_nobody_wants() {
    let (_bed, node) = start().await;
    let client = Browser::new(&node).client().clone();
    let sign_in = async |base: &str, body: Value| {
        let answer = client
            .post(format!("{base}/api/sign-in"))
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        (
            status,
            answer.json::<Value>().await.unwrap()["error"].clone(),
        )
    };
    let wrong = json!({ "user": ALICE, "password": "wrong" });
    let refused = sign_in(node.url(), wrong.clone()).await;
    assert_eq!(
        refused,
        (StatusCode::UNAUTHORIZED, "sign_in_refused".into())
    );
    let (status, error) = sign_in(node.url(), json!({ "user": 7 })).await;
    assert_eq!(
        (status, error),
        (StatusCode::UNPROCESSABLE_ENTITY, "bad_request".into())
    );
    let (_bed, node) = start_with(|settings| settings.tokens.password_grant = false).await;
    let refused = sign_in(node.url(), wrong).await;
    assert_eq!(
        refused,
        (StatusCode::FORBIDDEN, "password_grant_off".into())
    );
}

#[tokio::test]
async fn operators_see_numbers_apart_from_users() {
    let (bed, node) = counted().await;
    Program::sign_in(&node).await.get("/api/messages").await;
    let browser = Browser::new(&node);
    browser.load("/metrics").await.is(StatusCode::NOT_FOUND);
    counts(
        &node,
        &[
            "webmail_session_checks_total{outcome=\"go-on\"} 1",
            "webmail_mail_logins_total{protocol=\"imap\",result=\"accepted\"} 1",
            "webmail_sessions_opened_total{how=\"signed-in\"} 1",
            "webmail_sessions 1",
            "webmail_imap_connections_idle 1",
            "# EOF",
        ],
    )
    .await;
    drop(bed);
}

#[tokio::test]
async fn operators_see_refreshes_and_ends() {
    let (bed, node) = counted().await;
    let refreshes = |result: &str| format!("webmail_token_refreshes_total{{result=\"{result}\"}}");
    let ended = |reason: &str| format!("webmail_sessions_ended_total{{reason=\"{reason}\"}}");
    let text = metrics(&node).await;
    assert!(!text.contains("_refreshes_total{") && !text.contains("_ended_total{"));

    for _ in 0..2 {
        let (id, _) = expired(&bed, &node).await;
        let browser = Browser::with_session(&node, &id);
        browser.load("/accounts").await.is(StatusCode::OK);
        browser.submit("/sign-out", &[]).await.is(StatusCode::OK);
    }
    let two = [
        format!("{} 2", refreshes("refreshed")),
        format!("{} 2", ended("signed-out")),
    ];
    counts(&node, &two).await;

    let (id, _) = expired(&bed, &node).await;
    bed.testbed().provider().revoke_user(ALICE);
    let page = Browser::with_session(&node, &id).load("/accounts").await;
    assert_eq!(page.url.path(), "/sign-in");
    let one = [
        format!("{} 1", refreshes("refused")),
        format!("{} 1", ended("revoked")),
    ];
    counts(&node, &[two, one].concat()).await;
}

/// A node that counts.
async fn counted() -> (Bed, Running) {
    let bed = Bed::with(mail_testbed::ProviderOptions::new()).unwrap();
    let node = crate::support::node(&bed, |_| {}).with_metrics();
    let node = node.start().await.unwrap();
    (bed, node)
}

async fn metrics(node: &Running) -> String {
    let address = format!("http://{}/metrics", node.metrics().unwrap());
    let client = Browser::new(node).client().clone();
    let answer = client.get(address).send().await.unwrap();
    answer.text().await.unwrap()
}

async fn counts(node: &Running, lines: &[impl AsRef<str>]) {
    let text = metrics(node).await;
    for line in lines {
        let line = line.as_ref();
        assert!(
            text.lines().any(|one| one == line),
            "{line} is not in\n{text}"
        );
    }
}
