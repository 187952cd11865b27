//! What the script of the pages does, in a real browser.

use mail_login_browser::Browser;
use mail_session::{EndReason, SessionId};
use tokio::runtime::Runtime;

#[test]
fn a_letter_that_is_being_written_outlives_its_session() {
    let runtime = Runtime::new().unwrap();
    let (_bed, node) = runtime.block_on(crate::support::start());
    let browser = Browser::start();
    let end = || {
        let cookies = browser.cookies();
        let mut cookies = cookies.iter();
        let cookie = cookies.find(|cookie| cookie.name == "session").unwrap();
        let id = SessionId::parse(&cookie.value).unwrap();
        let session = node.sessions().find_here(&id).unwrap();
        let ended = runtime.block_on(session.terminate(EndReason::Terminated));
        ended.unwrap();
        // What the timer of the page does.
        browser.script("look()");
    };
    let begin = format!("{}/sign-in/start?next=%2Fcompose", node.url());
    browser.visit(&begin);
    browser.wait_for_text("New message");
    browser.fill("text", "A long letter");
    end();
    browser.wait_for_text("What you have written is still here");
    assert!(browser.url().ends_with("/compose"), "{}", browser.url());

    // The link opens another tab. Behind the sign-in there, this page works again.
    let letter = browser.tab();
    let other = browser.open_tab();
    browser.switch_to(&other);
    browser.visit(&begin);
    browser.wait_for_text("New message");
    browser.switch_to(&letter);
    browser.script("look()");
    browser.fill("to", "nobody");
    browser.click(".letter button");
    // What was not sent is shown again, and counts as being written.
    browser.wait_for_text("is expected");
    let text = "return document.querySelector('textarea').value";
    assert_eq!(browser.script(text), "A long letter");
    end();
    browser.wait_for_text("What you have written is still here");

    // Nothing is lost with a page on which nothing was written.
    browser.visit(&begin);
    browser.wait_for_text("New message");
    end();
    browser.wait_for_text("The session was ended by the operator");
}
