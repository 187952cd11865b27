//! The check of each request as a layer.

use std::{convert::Infallible, time::Duration};

use crate::{
    outage::Outage,
    scene::{HOUR, Scene, USER},
};
use http::{Request, Response, StatusCode};
use mail_session::{Session, SessionId, Sessions, layer::SessionLayer};
use mail_testbed::Fault;
use tower_layer::Layer;
use tower_service::Service;

/// A handler that says whose session it is.
#[derive(Clone)]
struct Hello;

impl Service<Request<()>> for Hello {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let session = request.extensions().get::<Session>().unwrap();
        let body = session.user().login().to_owned();
        std::future::ready(Ok(Response::new(body)))
    }
}

async fn ask(sessions: &Sessions, request: http::request::Builder) -> Response<String> {
    let layer = SessionLayer::new(sessions.clone()).sign_in_page("/sign-in");
    let mut service = layer.layer(Hello);
    std::future::poll_fn(|context| service.poll_ready(context))
        .await
        .unwrap();
    service.call(request.body(()).unwrap()).await.unwrap()
}

fn page(id: Option<&SessionId>) -> http::request::Builder {
    let request = Request::get("/mail?folder=1").header("Sec-Fetch-Mode", "navigate");
    match id {
        Some(id) => request.header("Cookie", format!("__Host-session={}", id.expose())),
        None => request,
    }
}

fn script(id: &SessionId) -> http::request::Builder {
    let bearer = format!("Bearer {}", id.expose());
    Request::get("/api/messages").header("Authorization", bearer)
}

#[tokio::test]
async fn a_request_with_a_session_goes_on() {
    let scene = Scene::new();
    let node = scene.node();
    let (id, _) = node.open(scene.tokens(HOUR)).await;
    for request in [page(Some(&id)), script(&id)] {
        let answer = ask(&node.sessions, request).await;
        assert_eq!(
            (answer.status(), answer.body().as_str()),
            (StatusCode::OK, USER)
        );
    }
    // A node that has to read it first.
    let other = scene.node();
    assert_eq!(
        ask(&other.sessions, page(Some(&id))).await.status(),
        StatusCode::OK
    );
    let strange = SessionId::new().unwrap();
    assert_eq!(
        ask(&node.sessions, script(&strange)).await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn without_a_session_a_page_is_redirected_and_a_script_is_told() {
    let scene = Scene::new();
    let node = scene.node();
    let answer = ask(&node.sessions, page(None)).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = "/sign-in?reason=not-signed-in&next=%2Fmail%3Ffolder%3D1";
    assert_eq!(answer.headers()["location"], location);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer = ask(&node.sessions, Request::post("/api/send")).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    assert!(answer.headers().get("location").is_none());
    assert!(
        answer.body().contains("reauth_required"),
        "{}",
        answer.body()
    );
}

#[tokio::test]
async fn the_end_is_told_with_its_reason() {
    let scene = Scene::new();
    let node = scene.node();
    let (id, _) = node.open(scene.tokens(Duration::ZERO)).await;
    scene.testbed.provider().revoke_user(USER);
    let answer = ask(&node.sessions, script(&id)).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let challenge = &answer.headers()["www-authenticate"];
    assert_eq!(challenge, "Bearer error=\"invalid_token\"");
    assert!(
        answer.body().contains("\"reason\":\"revoked\""),
        "{}",
        answer.body()
    );
    let answer = ask(&node.sessions, page(Some(&id))).await;
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(
        location.starts_with("/sign-in?reason=revoked&"),
        "{location}"
    );
}

#[tokio::test]
async fn no_token_now_is_503_with_a_time() {
    let scene = Scene::new();
    let node = scene.node_with(|settings| settings.tokens.wait = Duration::from_millis(200));
    let (id, session) = node.open(scene.tokens(Duration::ZERO)).await;
    for _ in 0..20 {
        scene.testbed.provider().misbehave(Fault::status(503));
    }
    for request in [script(&id), page(Some(&id))] {
        let answer = ask(&node.sessions, request).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let seconds: u64 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=300).contains(&seconds));
    }
    assert!(session.is_over().is_none());
}

#[tokio::test]
async fn strangers_are_not_told_where_sessions_are_kept() {
    let scene = Scene::new();
    let places = Outage::of(&scene.places);
    let node = scene.node_at(places.clone(), |_| {});
    places.take_away(true);
    let id = SessionId::new().unwrap();
    for request in [script(&id), page(Some(&id))] {
        let answer = ask(&node.sessions, request).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.body().contains("the place is away"));
        assert!(answer.body().contains("try again"), "{}", answer.body());
    }
    assert_eq!(node.told("the place is away"), 2);
}
