//! Signing in as people do: with a real browser, at a real provider.

mod documented;

use std::{
    fs,
    io::BufReader,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStderr},
};

use mail_login_browser::Browser;

use crate::{
    bed::{self, Bed},
    home::Home,
    real::{Check, Real, Settings, USER},
    sign_in::{address, finish},
    support::{code, stdout},
};

/// A sign-in that waits for its browser.
struct SignIn {
    child: Child,
    errors: BufReader<ChildStderr>,
    /// Where the browser is to go.
    url: String,
    /// Where it is to come back to: scheme, address and port.
    origin: String,
}

impl SignIn {
    fn start(home: &Home) -> Self {
        let mut child = home.spawn(&["sign-in", "work", "--json"]);
        let (url, errors) = address(&mut child);
        let (_, redirect) = url.split_once("redirect_uri=").unwrap();
        let redirect = redirect.split('&').next().unwrap();
        let redirect = redirect.replace("%3A", ":").replace("%2F", "/");
        let origin = redirect.strip_suffix("/callback").unwrap().to_owned();
        Self {
            child,
            errors,
            url,
            origin,
        }
    }

    /// The exit code, the result, and what was said besides.
    fn finish(self) -> (i32, serde_json::Value, String) {
        let (code, out, err) = finish(self.child, self.errors);
        (code, serde_json::from_str(out.trim()).unwrap(), err)
    }
}

/// Where the pictures are, to be looked at.
fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sign-in-{name}.png"))
}

#[test]
fn a_user_signs_in() {
    let real = Real::with(Settings::new(Check::Local));
    let sign_in = SignIn::start(&real);
    let browser = Browser::start();
    browser.visit(&sign_in.url);
    let text = browser.wait_for_text("You are signed in");
    assert!(text.contains(USER), "{text}");
    assert!(text.contains("You can close this tab"), "{text}");
    assert_eq!(browser.title(), "You are signed in");
    assert!(browser.url().starts_with(&sign_in.origin));
    browser.screenshot(picture("light"));
    browser.prefer_dark(true);
    browser.screenshot(picture("dark"));

    let (exit, result, err) = sign_in.finish();
    assert_eq!(exit, 0, "{err}");
    assert_eq!(result["result"], "signed-in");
    assert_eq!(result["user"], USER);
    assert_eq!(result["refreshable"], true, "{result}");
    assert!(result["missing_scope"].is_null(), "{result}");
    let token = stdout(&real.good(&["token", "work"]));
    assert_eq!(token.trim().split('.').count(), 3, "a JWT");
    real.good(&["status", "work", "--check"]);
    real.good(&["try", "imap", "--account", "work"]);
    assert_eq!(real.record()["generation"], 1);
}

#[test]
fn a_user_says_no() {
    // The provider takes this name for a user who does.
    let real = Real::with(Settings {
        user: "deny",
        ..Settings::new(Check::Local)
    });
    let sign_in = SignIn::start(&real);
    let browser = Browser::start();
    browser.visit(&sign_in.url);
    let text = browser.wait_for_text("The sign-in was refused");
    assert!(text.contains("Nothing has changed"), "{text}");
    assert_eq!(browser.title(), "The sign-in was refused");
    browser.screenshot(picture("refused"));

    let (exit, result, _) = sign_in.finish();
    assert_eq!(exit, 77);
    assert_eq!(result["kind"], "flow-denied");
    let message = result["message"].as_str().unwrap();
    assert!(message.contains("sign in again to allow it"), "{message}");
    assert!(message.contains("the user said no"), "{message}");
    assert!(!real.record_path().exists());
    assert_eq!(code(&real.run(&["token", "work"])), 77);
    assert_eq!(code(&real.run(&["status", "work", "--check"])), 77);
}

#[test]
fn the_page_does_not_promise_what_did_not_happen() {
    // The browser comes back with a good code, and then the client cannot show who it is.
    let real = Real::with(Settings {
        client: "mail-webmail",
        more: "client_secret_file = \"secret\"",
        ..Settings::new(Check::Local)
    });
    fs::write(real.path("secret"), "not the secret of this client").unwrap();
    let sign_in = SignIn::start(&real);
    let browser = Browser::start();
    browser.visit(&sign_in.url);
    let text = browser.wait_for_text("You are not signed in");
    assert!(text.contains(USER), "{text}");
    browser.screenshot(picture("failed"));

    let (exit, result, _) = sign_in.finish();
    assert_eq!(exit, 78);
    assert_eq!(result["kind"], "misconfigured");
    assert!(!real.record_path().exists());
}

#[test]
fn what_else_a_browser_does_ends_nothing() {
    let real = Real::with(Settings::new(Check::Local));
    let older = SignIn::start(&real);
    let sign_in = SignIn::start(&real);
    let place = sign_in.origin.strip_prefix("http://").unwrap();
    // Connected in advance, and never used.
    let idle: Vec<_> = (0..6).map(|_| TcpStream::connect(place).unwrap()).collect();

    let browser = Browser::start();
    let first = browser.tab();
    browser.visit(&format!("{}/favicon.ico", sign_in.origin));
    assert_eq!(browser.title(), "There is nothing here");
    // A forged answer, and the good one of another sign-in, sent to this one.
    browser.open_tab();
    browser.visit(&format!(
        "{}/callback?code=stolen&state=guessed",
        sign_in.origin
    ));
    assert_eq!(browser.title(), "This is not the sign-in that is under way");
    assert!(!browser.text().contains(USER), "{}", browser.text());
    browser.screenshot(picture("foreign"));
    let state = |url: &str| {
        let (_, state) = url.split_once("&state=").unwrap();
        state.split('&').next().unwrap().to_owned()
    };
    assert_ne!(state(&older.url), state(&sign_in.url));
    browser.visit(&format!(
        "{}/callback?error=access_denied&state={}",
        sign_in.origin,
        state(&older.url)
    ));
    assert_eq!(browser.title(), "This is not the sign-in that is under way");

    // The first tab goes on as if nothing had been, and both sign-ins come to their end.
    browser.switch_to(&first);
    for sign_in in [sign_in, older] {
        browser.visit(&sign_in.url);
        browser.wait_for_text("You are signed in");
        assert!(browser.url().starts_with(&sign_in.origin));
        let (exit, _, err) = sign_in.finish();
        assert_eq!(exit, 0, "{err}");
    }
    drop(idle);
    real.good(&["token", "work"]);
}

#[test]
fn the_browser_comes_back_to_a_name_as_well() {
    // Browsers try ::1 first for it, where nobody listens. Microsoft takes no other redirect URI.
    let bed = Bed::start();
    let file = bed.path("config.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("http://127.0.0.1/", "http://localhost/"),
    )
    .unwrap();
    let sign_in = SignIn::start(&bed);
    assert!(sign_in.origin.starts_with("http://localhost:"));
    let browser = Browser::start();
    browser.visit(&sign_in.url);
    let text = browser.wait_for_text("You are signed in");
    assert!(text.contains(bed::USER), "{text}");
    assert!(browser.url().starts_with(&sign_in.origin));
    let (exit, _, err) = sign_in.finish();
    assert_eq!(exit, 0, "{err}");
}
