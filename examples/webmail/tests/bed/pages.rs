//! What people do.

use reqwest::StatusCode;

use crate::support::{ALICE, Browser, start};

#[tokio::test]
async fn mail_is_listed_and_read() {
    let (bed, node) = start().await;
    for number in 1..=60 {
        let message = format!(
            "From: Bob <bob@example.com>\r\nTo: {ALICE}\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= {number}.\r\n\
             Date: Tue, 24 Nov 2026 09:30:00 +0100\r\n\r\nThis is number {number}.\r\n"
        );
        bed.testbed().deliver(ALICE, message.as_bytes());
    }
    let browser = Browser::new(&node);
    let page = browser.sign_in().await;
    page.is(StatusCode::OK)
        .says("Grüße 60.")
        .says("2026-11-24 08:30")
        .says("newest 50 of 60");
    assert!(
        page.text.find("Grüße 60.") < page.text.find("Grüße 11."),
        "newest first"
    );
    assert!(!page.text.contains("Grüße 10."), "50 at most");
    let page = browser.load("/message/60").await;
    page.is(StatusCode::OK)
        .says("This is number 60.")
        .says("Bob &lt;bob@example.com&gt;");
    browser
        .load("/message/9999")
        .await
        .is(StatusCode::NOT_FOUND);
    // All that with one login.
    assert_eq!(bed.testbed().imap().accepted(), 1);
}

#[tokio::test]
async fn what_strangers_wrote_stays_text() {
    let (bed, node) = start().await;
    let evil = "<script>alert(1)</script>\"'&";
    let message = format!(
        "From: \"<img src=x onerror=y>\" <eve@example.com>\r\nSubject: {evil}\r\n\r\n</pre>{evil}\r\n"
    );
    bed.testbed().deliver(ALICE, message.as_bytes());
    let browser = Browser::new(&node);
    for page in [browser.sign_in().await, browser.load("/message/1").await] {
        page.is(StatusCode::OK)
            .says("&lt;script&gt;alert(1)&lt;/script&gt;&quot;");
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
        assert!(!page.text.contains("<img"), "{}", page.text);
        assert_eq!(
            page.text.matches("</pre>").count(),
            page.text.matches("<pre").count()
        );
    }
}

#[tokio::test]
async fn long_header_fields_do_not_close_the_inbox() {
    let (bed, node) = start().await;
    for number in 1..=50 {
        let long = "x".repeat(100_000);
        let message = format!("Subject: {number}. {long}\r\n\r\n");
        bed.testbed().deliver(ALICE, message.as_bytes());
    }
    let page = Browser::new(&node).sign_in().await;
    page.is(StatusCode::OK).says(">50. x").says(">1. x");
}

#[tokio::test]
async fn brackets_in_a_subject_are_no_structure() {
    let (bed, node) = start().await;
    let smiles = ":(".repeat(40);
    let message = format!("Subject: {smiles}\r\n\r\n{smiles}\r\n");
    bed.testbed().deliver(ALICE, message.as_bytes());
    let browser = Browser::new(&node);
    for page in [browser.sign_in().await, browser.load("/message/1").await] {
        page.is(StatusCode::OK).says(&smiles);
    }
}

#[tokio::test]
async fn what_is_sent_arrives() {
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await;
    let fields = [
        ("to", ALICE),
        ("subject", "Küche"),
        ("text", "Hello\r\n.\r\nBye"),
    ];
    let page = browser.submit("/send", &fields).await;
    page.is(StatusCode::OK).says("on its way").says("Küche");
    let messages = bed.testbed().smtp().messages();
    assert_eq!((messages.len(), messages[0].user.as_str()), (1, ALICE));
    browser.load("/message/1").await.says("Hello\n.\nBye");
}

#[tokio::test]
async fn what_is_not_sent_is_shown_again() {
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await;
    let fields = [
        ("to", "nobody"),
        ("subject", "x"),
        ("text", "A long letter"),
    ];
    let page = browser.submit("/send", &fields).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("is expected")
        .says("A long letter")
        // By this the script knows that leaving the page would lose it.
        .says("action=\"/send\" data-unsaved>");
    assert_eq!(bed.testbed().smtp().messages().len(), 0);
}

#[tokio::test]
async fn scripts_are_edited() {
    let (_bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await;
    browser
        .load("/filters")
        .await
        .is(StatusCode::OK)
        .says("no scripts yet");
    let save = |script: &'static str| [("name", "main"), ("script", script)];
    let page = browser
        .submit("/filters/save", &save("if true {\r\n"))
        .await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("line 1: error")
        .says("if true {")
        .says("data-unsaved");
    let page = browser.submit("/filters/save", &save("keep;\r\n")).await;
    page.is(StatusCode::OK).says("Saved.");
    assert!(!page.text.contains("data-unsaved"), "{}", page.text);
    let page = browser
        .submit("/filters/activate", &[("which", "main")])
        .await;
    page.is(StatusCode::OK).says("in use").says("keep;");
    let page = browser
        .submit("/filters/delete", &[("which", "main")])
        .await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("in use");
    browser
        .submit("/filters/activate", &[("which", "")])
        .await
        .is(StatusCode::OK);
    let page = browser
        .submit("/filters/delete", &[("which", "main")])
        .await;
    page.is(StatusCode::OK).says("no scripts yet");
}

#[tokio::test]
async fn a_shared_mailbox_is_added_read_and_removed() {
    let (bed, node) = start().await;
    bed.testbed().deliver(ALICE, b"Subject: for alice\r\n\r\n");
    let browser = Browser::new(&node);
    browser.sign_in().await;
    browser
        .load("/?account=team%40example.com")
        .await
        .is(StatusCode::NOT_FOUND);
    let page = browser
        .submit("/accounts/add", &[("login", "team@example.com")])
        .await;
    page.is(StatusCode::OK)
        .says("team@example.com")
        .says("shared, with your sign-in");
    // The testbed gives nobody the mailbox of another: the page says so, and the session goes on.
    let page = browser.load("/?account=team%40example.com").await;
    page.is(StatusCode::BAD_GATEWAY).says("That did not work");
    browser
        .load("/")
        .await
        .is(StatusCode::OK)
        .says("for alice")
        .says("team@example.com");
    let page = browser.submit("/accounts/add", &[("login", ALICE)]).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY);
    let page = browser
        .submit("/accounts/remove", &[("id", "team@example.com")])
        .await;
    assert!(
        !page
            .is(StatusCode::OK)
            .text
            .contains("team@example.com</bdi>")
    );
}

#[tokio::test]
async fn an_account_with_a_sign_in_of_its_own_ends_alone() {
    let (bed, node) = start().await;
    let bob = webmail::Bed::OTHER;
    bed.testbed().deliver(bob, b"Subject: for bob\r\n\r\n");
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    let page = browser
        .load("/accounts/sign-in?login_hint=bob%40example.com")
        .await;
    assert_eq!(page.url.path(), "/accounts");
    page.is(StatusCode::OK)
        .says(bob)
        .says("with a sign-in of its own");
    browser
        .load("/?account=bob%40example.com")
        .await
        .is(StatusCode::OK)
        .says("for bob");
    let fields = [("account", bob), ("to", ALICE), ("subject", "from bob")];
    browser.submit("/send", &fields).await.is(StatusCode::OK);
    assert_eq!(bed.testbed().smtp().messages()[0].from, bob);
    browser.load("/").await.says("from bob");

    bed.testbed().provider().revoke_user(bob);
    let page = browser.load("/filters?account=bob%40example.com").await;
    page.is(StatusCode::FORBIDDEN).says("To the accounts");
    browser.load("/").await.is(StatusCode::OK).says("from bob");
    browser
        .load("/accounts")
        .await
        .is(StatusCode::OK)
        .says("sign in again");
    let page = browser
        .load("/accounts/sign-in?login_hint=bob%40example.com")
        .await;
    assert!(!page.is(StatusCode::OK).text.contains("sign in again"));
    browser
        .load("/filters?account=bob%40example.com")
        .await
        .is(StatusCode::OK);
    // The user's own is there already.
    let page = browser.load("/accounts/sign-in").await;
    page.is(StatusCode::BAD_REQUEST)
        .says("with this account already");
}
