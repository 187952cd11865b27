//! Somebody with a browser, who goes from node to node.

use std::time::Instant;

use mail_login_browser::{Browser, PATIENCE};

use super::super::{picture, reload_until};

pub(super) struct Visitor {
    browser: Browser,
    urls: Vec<String>,
}

impl Visitor {
    /// Signs in at the provider, by way of the first node.
    pub(super) fn sign_in(urls: &[String]) -> Self {
        let browser = Browser::start();
        browser.visit(&format!("{}/sign-in/start?next=%2Faccounts", urls[0]));
        browser.wait_for_text("signed in");
        Self {
            browser,
            urls: urls.into(),
        }
    }

    /// Is soon shown his pages by all nodes, and never sent to sign in.
    pub(super) fn goes_on(&self) {
        for url in &self.urls {
            let limit = Instant::now() + PATIENCE;
            loop {
                self.browser.visit(&format!("{url}/accounts"));
                let (at, text) = (self.browser.url(), self.browser.text());
                assert!(!at.contains("/sign-in"), "signed out: {at}\n{text}");
                if text.contains("signed in") {
                    break;
                }
                assert!(Instant::now() < limit, "{url} has no page:\n{text}");
            }
        }
    }

    /// The secret name of his session.
    pub(super) fn session(&self) -> String {
        let cookies = self.browser.cookies();
        let cookie = cookies.iter().find(|cookie| cookie.name == "session");
        cookie.unwrap().value.clone()
    }

    /// Sees why he has to sign in again, and that he comes back to where he was.
    pub(super) fn lands_on_sign_in(&self) {
        for url in &self.urls {
            let reason = "The sign-in was ended, or the password was changed";
            reload_until(&self.browser, &format!("{url}/accounts"), reason);
            let at = self.browser.url();
            let expected = "/sign-in?reason=revoked&next=%2Faccounts";
            assert!(at.contains(expected), "{at}");
        }
        picture(&self.browser, "storm-revoked");
    }
}
