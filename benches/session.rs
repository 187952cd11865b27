//! The check of each request, and what a session takes.
//!
//! ```text
//! SESSIONS=100000 cargo bench --manifest-path benches/Cargo.toml --bench session
//! ```

use std::{
    convert::Infallible,
    fs,
    hint::black_box,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use http::{Request, Response};
use mail_login_benches::{count::heap_of, table::Table};
use mail_login_tokens::{HttpAnswer, HttpProblem, clock};
use mail_login_tokio::tokens::{Http, Pending};
use mail_session::{
    Outcome, Session, SessionId, Sessions, User, layer::SessionLayer, places::MemoryPlaces,
    settings::Settings,
};
use token_lifecycle::{Request as TokenRequest, Tokens, Url};
use tower_layer::Layer;
use tower_service::Service;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("there is a runtime");
    let _inside = runtime.enter();
    let sessions = node();
    let (id, session) = runtime.block_on(open(&sessions, Duration::from_secs(3600)));
    assert_eq!(session.check(), Some(Outcome::GoOn));

    // Nothing is allocated.
    let ((), heap) = heap_of(|| {
        for _ in 0..1000 {
            black_box(session.check());
        }
    });
    println!("heap of 1,000 fresh checks: {heap:?}");

    let mut table = Table::new("the check of a request, fresh token");
    table.floor("reading the boot clock", clock::boot);
    table.ours("Session::check", || session.check());
    table.ours("find_here and check", || {
        sessions.find_here(&id).and_then(|session| session.check())
    });
    table.ours("SessionId::parse, find_here and check", || {
        let id = SessionId::parse(id.expose())?;
        sessions.find_here(&id).and_then(|session| session.check())
    });
    table.run();

    let (soft_id, soft) = runtime.block_on(open(&sessions, Duration::from_secs(50)));
    drop(soft_id);
    assert_eq!(runtime.block_on(soft.checked()), Outcome::GoOnWithOld);
    let layer = SessionLayer::new(sessions.clone());
    let cookie = format!("__Host-session={}", id.expose());
    let mut service = layer.layer(Hello);
    let mut bare = Hello;
    let mut table = Table::new("around it");
    table.ours(
        "soft window: Session::checked while a refresh hangs",
        || futures_now(soft.checked()),
    );
    table.floor("a service that answers", || ask(&mut bare, &cookie));
    table.ours("the same behind SessionLayer", || {
        ask(&mut service, &cookie)
    });
    table.run();

    scaling(&session);
    runtime.block_on(memory());
}

/// So many checks in a second, by one and by two threads, of one session and of one each.
fn scaling(session: &Session) {
    println!("\n### threads\n\n| threads | checks a second |\n|---|---:|");
    const COUNT: u32 = 5_000_000;
    for threads in [1, 2] {
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for _ in 0..COUNT {
                        black_box(session.check());
                    }
                });
            }
        });
        let all = f64::from(COUNT * threads) / begun.elapsed().as_secs_f64();
        println!("| {threads} | {:.1} M |", all / 1e6);
    }
}

async fn memory() {
    let count = std::env::var("SESSIONS").map_or(100_000, |text| text.parse().expect("a number"));
    let sessions = node();
    let before = resident();
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(open(&sessions, Duration::from_secs(3600)).await);
    }
    let octets = (resident() - before) / count as u64;
    println!(
        "\n### memory\n\n{count} sessions, their record and token in memory among it: {octets} octets each"
    );
}

/// In octets.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = status.split_whitespace().nth(1).expect("a number");
    pages.parse::<u64>().expect("a number") * 4096
}

fn node() -> Sessions {
    let mut settings = Settings::default();
    settings.tokens.token_endpoint = Some(Url::new("https://id.example.com/token").expect("good"));
    settings.tokens.client_id = "bench".into();
    settings.sessions.look = Duration::from_secs(3600);
    let sessions = Sessions::builder(settings).http(Hangs);
    sessions.build(MemoryPlaces::new()).expect("good settings")
}

async fn open(sessions: &Sessions, left: Duration) -> (SessionId, Session) {
    let now = clock::now().wall;
    let mut tokens = Tokens::held("t".repeat(1500), now).expect("a token");
    tokens.issued_at = now - Duration::from_secs(600);
    tokens.expires_at = Some(now + left);
    tokens.refresh = Some("r".repeat(500).into());
    let opened = sessions.open(User::new("alice@example.com"), tokens);
    opened.await.expect("it is stored")
}

/// An authorization server that never answers.
struct Hangs;

impl Http for Hangs {
    fn send<'a>(&'a self, _: &'a TokenRequest) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        Box::pin(std::future::pending())
    }
}

#[derive(Clone)]
struct Hello;

impl Service<Request<()>> for Hello {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(Response::new(String::new())))
    }
}

fn ask<S: Service<Request<()>, Response = Response<String>>>(service: &mut S, cookie: &str) -> u16
where
    S::Error: std::fmt::Debug,
{
    let request = Request::get("/").header("cookie", cookie).body(());
    let answer = futures_now(service.call(request.expect("a request")));
    answer.expect("it answers").status().as_u16()
}

/// The result of a future that waits for nothing.
fn futures_now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}
