//! Three nodes, two hundred sessions, tokens that live five seconds, and requests that go to any node.

mod crowd;
mod nodes;
mod visitor;

use std::{thread, time::Duration};

use harness::{interop::start, provider::OidcProvider};
use mail_login_tokio::{
    Server,
    tokens::{
        HttpClient,
        redis::{Redis, RedisServer},
    },
};
use mail_session::{
    SessionId, Sessions,
    places::RedisPlaces,
    settings::{AuthType, Settings},
};
use serde_json::Value;
use token_lifecycle::{Scopes, Url};
use tokio::runtime::Runtime;

use crowd::{Crowd, Plan};
use nodes::{Nodes, Setting};
use visitor::Visitor;

const SESSIONS: usize = 200;

/// What the provider at this address without TLS has seen of the refresh tokens of a client.
fn rotations(runtime: &Runtime, http: &str, client: &str) -> (u64, u64, u64) {
    let http_client = crowd::builder().build().unwrap();
    let asked = http_client
        .post(format!("{http}/test/rotations"))
        .form(&[("client_id", client)])
        .send();
    let answer: Value = runtime.block_on(async { asked.await.unwrap().json().await.unwrap() });
    let number = |name: &str| answer[name].as_u64().unwrap();
    (number("tokens"), number("exchanges"), number("refused"))
}

/// Two minutes: nobody is signed out, and each refresh token is used once.
#[test]
fn nobody_is_signed_out_in_two_minutes() {
    let interop = start();
    let runtime = Runtime::new().unwrap();
    let http = format!("http://127.0.0.1:{}", interop.port("OIDC_HTTP"));
    let client = "mail-client-crowd";
    let before = rotations(&runtime, &http, client);
    let nodes = Nodes::start(&Setting {
        issuer: interop.env("ISSUER").into(),
        ca: interop.ca(),
        client,
        imap: Some(interop.port("LOCAL_IMAPS")),
        resource: interop.env("RESOURCE_JWT").into(),
    });
    let plan = Plan {
        time: Duration::from_secs(120),
        pause: Duration::from_millis(15),
        imap_every: 40,
    };
    let crowd = runtime.block_on(async {
        let crowd = Crowd::sign_in(&nodes.urls(), SESSIONS).await;
        crowd.run(&plan).await;
        crowd
    });
    let after = rotations(&runtime, &http, client);
    let seen = crowd.seen();
    let refreshed = after.0 - before.0;
    println!(
        "two minutes, 3 nodes, {SESSIONS} sessions: {seen}; {refreshed} refresh tokens used, in {} \
         requests, {} refused; memory of the nodes {:?} KiB",
        after.1 - before.1,
        after.2 - before.2,
        nodes.memory(),
    );
    seen.assert_honest();
    seen.assert_served();
    assert!(seen.unauthorized.is_empty(), "{seen}");
    // No token was used twice, and none was refused: so there was one refresh for each generation.
    assert_eq!(after.1 - before.1, refreshed);
    assert_eq!(after.2, before.2);
    // Twenty lives of a token, less the time of the sign-ins.
    assert!(refreshed > SESSIONS as u64 * 10, "{refreshed}");
    runtime.block_on(crowd.all_live(&nodes.urls(), &[]));
}

/// Nodes, Redis and the provider fail one after another, and some grants are ended at the provider.
#[test]
fn what_fails_ends_no_session_and_what_the_provider_ends_does() {
    let mut provider = OidcProvider::start();
    let runtime = Runtime::new().unwrap();
    // A token that was used is good a little longer here: who is killed between the provider's answer and
    // the saving of it would lose the grant elsewhere, and no client can help that.
    let setting = Setting {
        issuer: provider.issuer(),
        ca: provider.ca(),
        client: "mail-client-grace",
        imap: None,
        resource: "https://mail.example.test/".into(),
    };
    let mut nodes = Nodes::start(&setting);
    let plan = Plan {
        time: Duration::from_secs(80),
        pause: Duration::from_millis(20),
        imap_every: 0,
    };
    let urls = nodes.urls();
    let crowd = runtime.block_on(Crowd::sign_in(&urls, SESSIONS));
    let visitor = Visitor::sign_in(&urls);
    let work = runtime.spawn({
        let crowd = crowd.clone();
        async move { crowd.run(&plan).await }
    });
    // All refresh, more than once, between any two of these.
    let calm = Duration::from_secs(7);
    thread::sleep(calm);
    nodes.kill(1);
    nodes.start_again(1);
    visitor.goes_on();
    thread::sleep(calm);
    nodes.redis().kill();
    thread::sleep(Duration::from_secs(2));
    nodes.redis().start_again();
    visitor.goes_on();
    thread::sleep(calm);
    provider.signal("-STOP");
    thread::sleep(Duration::from_secs(6));
    provider.signal("-CONT");
    visitor.goes_on();
    thread::sleep(calm);
    provider.kill();
    thread::sleep(Duration::from_secs(3));
    provider.start_again();
    visitor.goes_on();
    thread::sleep(calm);
    // Nobody was signed out by any of this.
    println!("before anything is revoked: {}", crowd.seen());
    assert!(crowd.seen().unauthorized.is_empty(), "{}", crowd.seen());

    let ended: Vec<usize> = (0..10).collect();
    let watcher = watcher(&runtime, &setting, &nodes.redis().url());
    for &number in &ended {
        let id = crowd.session(number);
        runtime.block_on(revoke(&watcher, &setting, &id));
    }
    runtime.block_on(revoke(&watcher, &setting, &visitor.session()));
    visitor.lands_on_sign_in();
    println!("all are revoked");
    runtime.block_on(work).unwrap();
    let seen = crowd.seen();
    println!("failures for more than a minute, 3 nodes, {SESSIONS} sessions: {seen}");
    seen.assert_honest();
    // Nobody else was told to sign in, not even once.
    let strangers = seen
        .unauthorized
        .iter()
        .filter(|number| !ended.contains(number));
    assert_eq!(strangers.count(), 0, "{:?}: {seen}", seen.unauthorized);
    runtime.block_on(crowd.all_live(&urls, &ended));
    runtime.block_on(crowd.all_over(&urls, &ended, "revoked"));
    // A page load is sent to the page where users sign in, with the reason.
    let location = runtime.block_on(crowd.location(&urls, ended[0]));
    assert!(location.contains("reason=revoked"), "{location}");

    // Signed out at one node, and soon at all.
    runtime.block_on(crowd.sign_out(&urls[0], 20));
    runtime.block_on(crowd.until_over(&urls, 20, "signed-out"));
    drop(watcher);
}

/// One more node, in this process.
fn watcher(runtime: &Runtime, setting: &Setting, redis: &str) -> Sessions {
    let mut settings = Settings::default();
    settings.primary.access = AuthType::OAuth;
    let tokens = &mut settings.tokens;
    tokens.token_endpoint = Some(Url::new(&format!("{}/token", setting.issuer)).unwrap());
    tokens.client_id = setting.client.into();
    tokens.scopes = Scopes::from("openid offline_access mail");
    tokens.resource = Some(setting.resource.clone());
    settings.primary.imap = Some(Server::implicit_tls("localhost", 993));
    let http = HttpClient::new().extra_ca_file(&setting.ca).unwrap();
    let places = RedisPlaces::new(Redis::new(RedisServer::new(redis).unwrap()), None);
    let _guard = runtime.enter();
    Sessions::builder(settings)
        .http(http)
        .build(places)
        .unwrap()
}

/// The provider ends the grant of this session.
async fn revoke(sessions: &Sessions, setting: &Setting, id: &str) {
    let id = SessionId::parse(id).unwrap();
    let session = sessions.find(&id).await.unwrap().unwrap();
    // Others refresh it at the same time, so the token may be an old one, which ends the grant as well.
    let attributes = loop {
        match session.export().await {
            Ok(attributes) => break attributes,
            Err(error) => assert!(error.is_temporary(), "{error}"),
        }
    };
    let refresh = attributes
        .pairs()
        .find(|(name, _)| name.ends_with(".refresh"));
    let (_, refresh) = refresh.unwrap();
    let http = crowd::client(&setting.ca);
    let answer = http
        .post(format!("{}/token/revocation", setting.issuer))
        .form(&[
            ("token", refresh),
            ("token_type_hint", "refresh_token"),
            ("client_id", setting.client),
        ])
        .send();
    assert!(answer.await.unwrap().status().is_success());
}
