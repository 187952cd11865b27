//! To the authorization server and back.

use mail_testbed::Approval;
use reqwest::StatusCode;

use crate::support::{ALICE, Browser, start};

#[tokio::test]
async fn a_user_comes_back_to_where_he_wanted() {
    let (_bed, node) = start().await;
    let browser = Browser::new(&node);
    let page = browser.load("/compose?to=bob%40example.com").await;
    assert_eq!(page.url.path(), "/sign-in");
    page.is(StatusCode::OK).says("Read your mail");
    let link = page
        .text
        .split("href=\"")
        .find(|link| link.starts_with("/sign-in/start"))
        .unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let page = browser.load(&link).await;
    page.is(StatusCode::OK)
        .says("New message")
        .says("bob@example.com")
        .says(ALICE);
    assert_eq!(page.url.path(), "/compose");
    let cookies = browser.cookies();
    assert!(
        cookies.starts_with("session=") && !cookies.contains("sign-in"),
        "{cookies}"
    );
}

#[tokio::test]
async fn what_goes_out_is_asked_by_the_book() {
    let (_bed, node) = start().await;
    let answer = Browser::new(&node)
        .load_once("/sign-in/start?next=%2F")
        .await;
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    for part in [
        "response_type=code",
        "client_id=webmail",
        "scope=mail+offline_access+openid",
        "&nonce=",
        "&state=",
        "code_challenge_method=S256",
        "prompt=consent",
    ] {
        assert!(location.contains(part), "{part} is not in {location}");
    }
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    // The verifier stays here, and is not even readable in the browser.
    assert!(!location.contains("verifier") && !cookie.contains("verifier"));
}

#[tokio::test]
async fn an_answer_counts_once_and_in_the_browser_that_asked() {
    let (_bed, node) = start().await;
    let browser = Browser::new(&node);
    let begun = browser.load_once("/sign-in/start?next=%2F").await;
    let cookie = begun.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let plain = plain.no_proxy().build().unwrap();
    let answer = plain.get(&location).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();

    // Somebody else's browser, to which the address was sent.
    let other = plain.get(&back).send().await.unwrap();
    assert_eq!(other.status(), StatusCode::BAD_REQUEST);
    assert!(
        other
            .text()
            .await
            .unwrap()
            .contains("not begun in this browser")
    );
    // The right browser, with another issuer, or another state.
    for (from, to) in [("iss=http", "iss=xttp"), ("code=", "code=x&code=")] {
        let changed = back.replace(from, to);
        assert_ne!(changed, back);
        let answer = plain
            .get(&changed)
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{changed}");
    }
    let mine = plain
        .get(&back)
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(mine.status(), StatusCode::SEE_OTHER);
    let set: Vec<_> = mine.headers().get_all("set-cookie").iter().collect();
    let gone = set
        .iter()
        .any(|cookie| cookie.to_str().unwrap().contains("Max-Age=0"));
    assert!(gone && set.len() == 2, "{set:?}");
    // The code was good for one sign-in.
    let again = plain
        .get(&back)
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn who_says_no_is_not_signed_in() {
    let (bed, node) = start().await;
    bed.testbed().provider().set_approval(Approval::Denied);
    let browser = Browser::new(&node);
    let page = browser.sign_in().await;
    page.is(StatusCode::FORBIDDEN)
        .says("did not let you in")
        .says("Try again");
    assert_eq!(browser.session(), None);
}

#[tokio::test]
async fn nobody_is_led_away_or_shown_what_others_wrote() {
    let (_bed, node) = start().await;
    let browser = Browser::new(&node);
    let path = "/sign-in?reason=%3Cb%3Ex&next=%2F%2Fevil.example%2F%22%3E%3Cscript%3E";
    let page = browser.load(path).await;
    page.is(StatusCode::OK)
        .says("href=\"/sign-in/start?next=/\"");
    assert!(
        !page.text.contains("evil") && !page.text.contains("<b>"),
        "{}",
        page.text
    );
    let page = browser
        .load("/sign-in/start?next=%2F%2Fevil.example%2F")
        .await;
    assert_eq!(page.url.as_str(), browser.url("/").as_str());
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let (bed, node) = start().await;
    let browser = Browser::new(&node);
    browser.sign_in().await.is(StatusCode::OK);
    let first = browser.session().unwrap();
    browser.sign_in().await.is(StatusCode::OK);
    assert_ne!(browser.session().unwrap(), first);
    let id = mail_session::SessionId::parse(&first).unwrap();
    let old = Browser::with_session(&node, &id);
    let page = old.load("/").await;
    page.is(StatusCode::OK).says("You have signed out");
    drop(bed);
}
