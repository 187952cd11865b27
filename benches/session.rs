//! The check of each request, and what a session takes.
//!
//! ```text
//! SESSIONS=100000 cargo bench --manifest-path benches/Cargo.toml --bench session
//! ```

use std::{
    convert::Infallible,
    fs,
    hint::black_box,
    io,
    sync::Barrier,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use http::{Request, Response};
use mail_login_benches::{count::heap_of, table::Table};
use mail_login_tokens::{HttpAnswer, HttpProblem, clock};
use mail_login_tokio::tokens::{Http, Pending, Store};
use mail_session::{
    Outcome, Session, SessionId, Sessions, User,
    layer::SessionLayer,
    places::{MemoryPlaces, Places, Stored},
    settings::Settings,
};
use token_lifecycle::{Lock, Record, Request as TokenRequest, Revision, Saved, Tokens, Url};
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
    assert_eq!((heap.allocs, heap.reallocs), (0, 0), "a fresh check");

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

    let (_, other) = runtime.block_on(open(&sessions, Duration::from_secs(3600)));
    scaling([&session, &other]);
    runtime.block_on(memory(
        "with its record and tokens in memory",
        MemoryPlaces::new(),
    ));
    runtime.block_on(memory("without the place", Nowhere));
}

/// So many checks in a second, by one thread and by two: of one session, and of one each. The best of some runs.
fn scaling(sessions: [&Session; 2]) {
    let [one, other] = sessions;
    println!("\n### threads\n\n| checks | a second |\n|---|---:|");
    for (name, sessions) in [
        ("one thread", &[one][..]),
        ("two threads, one session", &[one, one]),
        ("two threads, a session each", &[one, other]),
    ] {
        let runs = (0..RUNS).map(|_| checks(sessions));
        let best = runs.fold(0.0, f64::max);
        println!("| {name} | {:.1} M |", best / 1e6);
    }
}

const RUNS: u32 = 9;

/// So many checks a second, with a thread for each session that is given.
fn checks(sessions: &[&Session]) -> f64 {
    const COUNT: u32 = 2_000_000;
    let start = Barrier::new(sessions.len());
    let times = thread::scope(|scope| {
        let threads: Vec<_> = sessions
            .iter()
            .map(|session| {
                scope.spawn(|| {
                    start.wait();
                    let begun = Instant::now();
                    for _ in 0..COUNT {
                        black_box(session.check());
                    }
                    (begun, Instant::now())
                })
            })
            .collect();
        let times = threads.into_iter().map(|thread| thread.join());
        times
            .collect::<Result<Vec<_>, _>>()
            .expect("all of them run")
    });
    // From the first beginning to the last end, so that threads that took turns count as such.
    let begun = times.iter().map(|(begun, _)| *begun).min();
    let ended = times.iter().map(|(_, ended)| *ended).max();
    let time = ended.zip(begun).map(|(ended, begun)| ended - begun);
    let count = f64::from(COUNT) * sessions.len() as f64;
    count / time.expect("there are threads").as_secs_f64()
}

async fn memory(what: &str, places: impl Places + 'static) {
    let count = std::env::var("SESSIONS").map_or(100_000, |text| text.parse().expect("a number"));
    let sessions = node_at(places);
    let mut all = Vec::with_capacity(count);
    let before = resident();
    for _ in 0..count {
        all.push(open(&sessions, Duration::from_secs(3600)).await);
    }
    let octets = (resident() - before) / count as u64;
    println!("\n### memory\n\n{count} sessions, {what}: {octets} octets each");
    assert_eq!(sessions.len(), count);
    // They stay: what is freed would be taken again, and not counted, by whoever is measured next.
    std::mem::forget((sessions, all));
}

/// A place that takes everything and keeps nothing.
struct Nowhere;

impl Places for Nowhere {
    fn load<'a>(&'a self, _: &'a str) -> Pending<'a, io::Result<Option<Stored>>> {
        Box::pin(async { Ok(None) })
    }

    fn save<'a>(
        &'a self,
        _: &'a str,
        _: Option<u64>,
        _: Option<(u64, &'a [u8])>,
    ) -> Pending<'a, Saved> {
        Box::pin(async { Saved::Done })
    }

    fn grant(&self, _: &str) -> io::Result<Box<dyn Store>> {
        Ok(Box::new(Self))
    }
}

impl Store for Nowhere {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        Box::pin(async { Ok(None) })
    }

    fn save<'a>(&'a self, _: Option<Revision>, _: Option<&'a Record>) -> Pending<'a, Saved> {
        Box::pin(async { Saved::Done })
    }

    fn lock(&self) -> Pending<'_, Lock> {
        Box::pin(async { Lock::Acquired })
    }

    fn unlock(&self) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}

/// In octets.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = status.split_whitespace().nth(1).expect("a number");
    pages.parse::<u64>().expect("a number") * 4096
}

fn node() -> Sessions {
    node_at(MemoryPlaces::new())
}

fn node_at(places: impl Places + 'static) -> Sessions {
    let mut settings = Settings::default();
    settings.tokens.token_endpoint = Some(Url::new("https://id.example.com/token").expect("good"));
    settings.tokens.client_id = "bench".into();
    settings.sessions.look = Duration::from_secs(3600);
    let sessions = Sessions::builder(settings).http(Hangs);
    sessions.build(places).expect("good settings")
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
