//! What a user does, from the sign-in to its end.

mod storm;

use std::{
    fs,
    path::PathBuf,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use harness::interop::{Interop, start};
use mail_login_browser::{Browser, PATIENCE};
use mail_login_tokio::{Server, tokens::HttpClient};
use mail_session::{SessionId, settings::Settings};
use token_lifecycle::{Issuer, Scopes};
use tokio::runtime::Runtime;
use webmail::{Running, Webmail};

/// A node, and what it runs on.
struct Node {
    runtime: Runtime,
    running: Running,
}

fn node(interop: &Interop, client: &str, secret: Option<&str>) -> Node {
    let ca = interop.ca();
    let tls = |service| {
        let server = Server::implicit_tls("localhost", interop.port(service));
        Some(server.extra_ca_file(&ca).unwrap())
    };
    let mut settings = Settings::default();
    settings.primary.imap = tls("LOCAL_IMAPS");
    settings.primary.smtp = tls("POSTFIX_LOCAL_SUBMISSIONS");
    settings.secondary = settings.primary.clone();
    let sieve = Server::starttls("localhost", interop.port("LOCAL_SIEVE"));
    settings.filter.server = Some(sieve.extra_ca_file(&ca).unwrap());
    let tokens = &mut settings.tokens;
    tokens.issuer = Some(Issuer::new(interop.env("ISSUER")).unwrap());
    tokens.client_id = client.into();
    tokens.client_secret = secret.map(Into::into);
    tokens.scopes = Scopes::from("openid offline_access mail");
    tokens.resource = Some(interop.env("RESOURCE_JWT").into());
    let http = HttpClient::new().extra_ca_file(&ca).unwrap();
    let runtime = Runtime::new().unwrap();
    let webmail = Webmail::new(settings)
        .with_http(http)
        .with_login_claim("sub");
    let running = runtime.block_on(webmail.start()).unwrap();
    Node { runtime, running }
}

/// A node whose client has a secret.
fn confidential(interop: &Interop) -> Node {
    let secret = interop.env("CLIENT_BASIC_SECRET");
    node(interop, interop.env("CLIENT_BASIC"), Some(secret))
}

impl Node {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    /// The session of the browser, as the node knows it.
    fn session(&self, browser: &Browser) -> mail_session::Session {
        let cookies = browser.cookies();
        let cookie = cookies
            .iter()
            .find(|cookie| cookie.name == "session")
            .unwrap();
        let id = SessionId::parse(&cookie.value).unwrap();
        self.running.sessions().find_here(&id).unwrap()
    }
}

/// Pictures, for people to look at.
fn picture(browser: &Browser, name: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("webmail");
    fs::create_dir_all(&folder).unwrap();
    browser.screenshot(folder.join(format!("{name}.png")));
}

/// Reloads until the page contains this.
fn reload_until(browser: &Browser, url: &str, text: &str) {
    let limit = Instant::now() + PATIENCE;
    loop {
        browser.visit(url);
        if browser.text().contains(text) {
            return;
        }
        assert!(
            Instant::now() < limit,
            "{text:?} does not come:\n{}",
            browser.text()
        );
    }
}

#[test]
fn signed_in_mail_is_read_written_and_sorted() {
    let node = confidential(start());
    let browser = Browser::start();
    browser.visit(&node.url("/"));
    browser.wait_for_text("Read your mail");
    picture(&browser, "sign-in");
    browser.click(".button.wide");
    browser.wait_for_text("Inbox");
    browser.wait_for_text("alice@example.test");
    assert!(
        browser
            .cookies()
            .iter()
            .all(|cookie| cookie.http_only == Some(true))
    );

    // Written, sent, and arrived.
    let number = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let subject = format!("Grüße, and <b>more</b> {number}");
    browser.click(".head .button");
    browser.fill("to", "alice@example.test");
    browser.fill("subject", &subject);
    browser.fill("text", "Hello,\nthis was written in a browser.\n.\n");
    picture(&browser, "compose");
    browser.click(".letter .button");
    browser.wait_for_text("on its way");
    reload_until(&browser, &node.url("/"), &subject);
    picture(&browser, "inbox");
    browser.prefer_dark(true);
    picture(&browser, "inbox-dark");
    browser.prefer_dark(false);
    browser.click(".messages li:first-child a");
    browser.wait_for_text("this was written in a browser.");
    assert!(browser.text().contains(&subject), "{}", browser.text());
    picture(&browser, "message");

    // Dovecot says what is wrong with a script, and takes a good one.
    browser.visit(&node.url("/filters"));
    browser.fill("name", "example");
    browser.fill(
        "script",
        "require [\"fileinto\"];\nif header :contains \"subject\" \"x\" {\n",
    );
    browser.click(".letter .button");
    browser.wait_for_text("The script was not saved.");
    picture(&browser, "script-refused");
    browser.fill("script", "require [\"fileinto\"];\nkeep;\n");
    browser.click(".letter .button");
    browser.wait_for_text("Saved.");
    picture(&browser, "script");

    browser.visit(&node.url("/accounts"));
    browser.wait_for_text("signed in");
    picture(&browser, "accounts");
    browser.click(".out button");
    browser.wait_for_text("You have signed out.");
    picture(&browser, "signed-out");
    assert!(
        browser
            .cookies()
            .iter()
            .all(|cookie| cookie.name != "session")
    );
    assert!(node.runtime.block_on(node.running.stop()));
}

#[test]
fn who_is_revoked_at_the_provider_lands_on_the_sign_in_page() {
    let interop = start();
    let client = interop.env("CLIENT_SHORT");
    let node = node(interop, client, None);
    let browser = Browser::start();
    browser.visit(&node.url("/sign-in/start?next=%2Faccounts&login_hint=bob%40example.test"));
    browser.wait_for_text("bob@example.test");
    // Longer than an access token lives: nobody notices.
    let session = node.session(&browser);
    let limit = Instant::now() + PATIENCE;
    while session.generation().get() < 2 {
        assert!(Instant::now() < limit, "no refresh");
        browser.visit(&node.url("/accounts"));
        browser.wait_for_text("signed in");
    }
    // The user takes the permission back.
    let export = node.runtime.block_on(session.export()).unwrap();
    let (_, refresh) = export
        .pairs()
        .find(|(name, _)| name.ends_with("refresh"))
        .unwrap();
    revoke(&node, interop, client, refresh);
    let reason = "The sign-in was ended, or the password was changed";
    reload_until(&browser, &node.url("/filters"), reason);
    assert!(
        browser
            .url()
            .contains("/sign-in?reason=revoked&next=%2Ffilters"),
        "{}",
        browser.url()
    );
    picture(&browser, "sign-in-revoked");
    browser.prefer_dark(true);
    picture(&browser, "sign-in-revoked-dark");
    // And back to where he was.
    browser.click(".button.wide");
    browser.wait_for_text("Scripts that the mail server runs");
}

#[test]
fn a_page_that_is_open_notices_the_end() {
    let node = confidential(start());
    let browser = Browser::start();
    browser.visit(&node.url("/sign-in/start?next=%2Fcompose"));
    browser.wait_for_text("New message");
    let session = node.session(&browser);
    node.runtime
        .block_on(session.terminate(mail_session::EndReason::Terminated))
        .unwrap();
    // What the timer of the page does.
    browser.script("look()");
    browser.wait_for_text("The session was ended by the operator");
    let url = browser.url();
    assert!(url.contains("reason=terminated&next=%2Fcompose"), "{url}");
}

fn revoke(node: &Node, interop: &Interop, client: &str, token: &str) {
    let url = format!(
        "http://127.0.0.1:{}/token/revocation",
        interop.port("OIDC_HTTP")
    );
    let fields = [("token", token), ("client_id", client)];
    let answer = node.runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.post(url).form(&fields).send().await.unwrap()
    });
    assert!(answer.status().is_success(), "{}", answer.status());
}
