//! What is not in the log. It is a target of its own: what is logged is decided for the whole process at the
//! first use of each place that logs.

#![allow(
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "tests fail loudly, and have an operating system"
)]

mod support;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use mail_testbed::Fault;

use reqwest::StatusCode;
use tracing::Level;

use support::{ALICE, Browser, expired, start, start_with};

const BOB: &str = webmail::Bed::OTHER;
/// A mailbox that is shared.
const TEAM: &str = "team@example.com";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_and_nothing_of_a_message_is_logged() {
    let lines = Lines::default();
    let writer = lines.clone();
    // For this test's thread, on which all of its node runs.
    let subscriber = webmail::log::subscriber(Level::TRACE, move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber);

    let (bed, node) = start().await;
    bed.testbed()
        .deliver(ALICE, b"Subject: confidential\r\n\r\nprivate-text\r\n");
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    browser
        .load("/message/1")
        .await
        .is(StatusCode::OK)
        .says("private-text");
    let fields = [
        ("to", ALICE),
        ("subject", "secret-subject"),
        ("text", "secret-text"),
    ];
    browser.submit("/send", &fields).await.is(StatusCode::OK);
    browser
        .load("/?account=somebody-else")
        .await
        .is(StatusCode::NOT_FOUND);
    // Accounts are called by their addresses, whatever they are.
    browser
        .load("/accounts/sign-in?login_hint=bob%40example.com")
        .await
        .is(StatusCode::OK)
        .says(BOB);
    for path in ["/", "/filters"] {
        browser
            .load(&format!("{path}?account=bob%40example.com"))
            .await
            .is(StatusCode::OK);
    }
    browser
        .submit("/accounts/add", &[("login", TEAM)])
        .await
        .is(StatusCode::OK);
    browser
        .load("/?account=team%40example.com")
        .await
        .is(StatusCode::BAD_GATEWAY);
    browser
        .submit("/accounts/remove", &[("id", TEAM)])
        .await
        .is(StatusCode::OK);
    bed.testbed().provider().revoke_user(BOB);
    browser
        .load("/filters?account=bob%40example.com")
        .await
        .is(StatusCode::FORBIDDEN);
    let (old, tokens) = expired(&bed, &node).await;
    Browser::with_session(&node, &old)
        .load("/")
        .await
        .is(StatusCode::OK);
    let id = browser.session().unwrap();
    let session = node
        .sessions()
        .find_here(&mail_session::SessionId::parse(&id).unwrap())
        .unwrap();
    let export = session.export().await.unwrap();
    let mut secrets: Vec<String> = export
        .pairs()
        .filter(|(name, _)| !name.ends_with("expiry"))
        .map(|(_, value)| value.to_owned())
        .collect();
    browser.submit("/sign-out", &[]).await;

    // What users are not told.
    let (bed, node) = start_with(|settings| settings.tokens.wait = Duration::ZERO).await;
    bed.testbed().provider().misbehave(Fault::status(503));
    let (waits, _) = expired(&bed, &node).await;
    Browser::with_session(&node, &waits)
        .load("/")
        .await
        .is(StatusCode::SERVICE_UNAVAILABLE);

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    secrets.extend([
        id,
        old.expose().to_owned(),
        tokens.access.expose().to_owned(),
    ]);
    secrets.extend(tokens.refresh.map(|token| token.expose().to_owned()));
    for public in [
        "confidential",
        "private-text",
        "secret-subject",
        "secret-text",
        "somebody-else",
        ALICE,
        BOB,
        TEAM,
        "%40example",
    ] {
        secrets.push(public.to_owned());
    }
    assert!(secrets.len() > 10);
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret:?} is in\n{log}");
    }
    for word in [
        "route=/message/{uid}",
        "session=SessionKey(",
        "status=200",
        "result=\"accepted\"",
        "account=primary",
        "account=other-",
        "sign-in is needed",
        // Whichever it heard of first: the answer, or that there was none in time.
        "unavailable problem=",
    ] {
        assert!(log.contains(word), "{word} is not in\n{log}");
    }
}
