//! Two nodes that keep their sessions in one place.

use core::time::Duration;

use mail_session::{SessionId, places::MemoryPlaces};
use reqwest::StatusCode;
use webmail::{Bed, Keep, Running, StartError};

use crate::support::{ALICE, Browser, node};

async fn two() -> (Bed, Running, Running) {
    let bed = Bed::with(mail_testbed::ProviderOptions::new()).unwrap();
    let places = MemoryPlaces::new();
    let start = || {
        let keep = Keep::Memory(places.clone());
        let one = node(&bed, |settings| settings.sessions.look = Duration::ZERO);
        one.with_keep(keep).start()
    };
    let (one, two) = (start().await.unwrap(), start().await.unwrap());
    (bed, one, two)
}

#[tokio::test]
async fn who_signs_out_at_one_node_is_out_at_the_other() {
    let (_bed, one, two) = two().await;
    let browser = Browser::new(&one);
    browser.sign_in().await.is(StatusCode::OK);
    let other = browser.at(&two);
    other.load("/").await.is(StatusCode::OK).says("Inbox");
    browser.submit("/sign-out", &[]).await.is(StatusCode::OK);
    // The other node compares with the place while it answers, so it may answer once more.
    let limit = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let page = other.load("/accounts").await;
        if page.url.path() == "/sign-in" {
            page.says("You have signed out.");
            break;
        }
        assert!(tokio::time::Instant::now() < limit, "{}", page.text);
    }
}

#[tokio::test]
async fn a_sign_in_begins_at_one_node_and_ends_at_the_other() {
    let bed = Bed::with(mail_testbed::ProviderOptions::new()).unwrap();
    let places = MemoryPlaces::new();
    let start = |public: Option<&str>| {
        let node = node(&bed, |_| {}).with_keep(Keep::Memory(places.clone()));
        let node = match public {
            Some(url) => node.with_public_url(url),
            None => node,
        };
        node.start()
    };
    // Browsers and the provider know one site; here its address is that of the first node.
    let one = start(None).await.unwrap();
    let two = start(Some(one.url())).await.unwrap();
    assert_eq!(two.url(), one.url());
    let browser = Browser::new(&one);
    let begun = browser.load_once("/sign-in/start?next=%2Faccounts").await;
    let cookie = begun.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let location = begun.headers()["location"].to_str().unwrap();
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let plain = plain.no_proxy().build().unwrap();
    let answer = plain.get(location).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    // A balancer sends it to the other node.
    let elsewhere = format!("http://{}", two.address());
    let back = back.replacen(one.url(), &elsewhere, 1);
    assert!(back.starts_with(&elsewhere), "{back}");
    let request = plain.get(back).header("cookie", cookie);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/accounts");
    let cookies = answer.headers().get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    let session = cookies.find_map(|cookie| cookie.strip_prefix("session="));
    let session = session.unwrap().split(';').next().unwrap();
    // The session is good at the node at which it was not opened.
    let id = SessionId::parse(session).unwrap();
    assert!(one.sessions().find_here(&id).is_none());
    let page = Browser::with_session(&one, &id).load("/accounts").await;
    page.is(StatusCode::OK).says(ALICE).says("signed in");
}

#[tokio::test]
async fn nodes_without_a_common_key_do_not_start() {
    let bed = Bed::with(mail_testbed::ProviderOptions::new()).unwrap();
    for secret in [None, Some("")] {
        let node = node(&bed, |settings| {
            settings.tokens.client_secret = secret.map(Into::into);
        });
        // It is not even made.
        let keep = Keep::Directory("/nowhere/sessions".into());
        let error = node.with_keep(keep).start().await.unwrap_err();
        assert!(matches!(error, StartError::NoKey), "{error}");
        assert!(error.to_string().contains("--key"), "{error}");
    }
}

#[tokio::test]
async fn a_node_that_stops_has_answered_and_saved() {
    let (_bed, one, two) = two().await;
    let browser = Browser::new(&one);
    browser.sign_in().await.is(StatusCode::OK);
    let other = browser.at(&two);
    assert!(one.stop().await);
    other.load("/").await.is(StatusCode::OK).says("Inbox");
    assert!(two.stop().await);
}
