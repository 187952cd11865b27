//! Many grants in one process, and many callers of one grant: what a grant takes, how long it is until
//! all are refreshed, what they cost at rest, and how long a caller waits. The authorization server is in
//! memory and answers at once, so this is what is on top of it.
//!
//! ```text
//! GRANTS=100000 REST_SECONDS=70 cargo bench --manifest-path benches/Cargo.toml --bench grants
//! ```

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mail_login_tokens::{HttpAnswer, HttpProblem, MemoryStore, Settings, Store as _, clock};
use mail_login_tokio::{
    Deadline,
    tokens::{Http, Keeper, Keepers, Pending, Store},
};
use token_lifecycle::{
    Audience, Client, Lock, Options, Record, Request, Revision, Saved, Timers, Url,
};
use tokio::{sync::Semaphore, time::sleep};

fn main() {
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("there is a runtime");
    let count = setting("GRANTS", 1_000_000);
    single.block_on(grants(count));
    let two = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("there is a runtime");
    two.block_on(callers(10_000));
}

async fn grants(count: u64) {
    println!("\n### {count} grants in one process, one thread\n");
    println!("| what | figure |");
    println!("|---|---:|");
    let server = Server::open();
    let keepers = Keepers::new(server.clone());
    let settings = settings(Timers::default().nap);
    let stores: Vec<_> = (0..count).map(|_| Place::new()).collect();
    let (before, begun) = (resident(), Instant::now());
    let grants: Vec<_> = stores
        .iter()
        .map(|store| keepers.add(Arc::clone(&settings), store.clone()))
        .collect();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    println!("| to add one | {:.2} µs |", each(begun.elapsed()));
    let idle = resident() - before;
    println!("| octets of one, nothing read | {} |", idle / count);

    let (busy, begun) = (processor(), Instant::now());
    let arrived = server.0.arrived.acquire_many(count as u32).await;
    arrived.expect("it is open").forget();
    assert!(keepers.settle(Deadline::NEVER).await);
    let (time, busy) = (begun.elapsed(), processor() - busy);
    println!(
        "| all are due at once, until the last is found, refreshed and saved | {:.1} s ({:.1} s of processor) |",
        time.as_secs_f64(),
        busy.as_secs_f64()
    );
    println!("| the same for one | {:.2} µs |", each(time));
    // Those of the new record in the store among them.
    let octets = (resident() - before) / count;
    println!("| octets of one, with a token, and a second record in its store | {octets} |");
    assert_eq!(server.0.requests.load(Ordering::SeqCst), count);

    let begun = Instant::now();
    for grant in &grants {
        let token = grant.token(Duration::ZERO, Deadline::NEVER).await;
        assert_eq!(token.expect("it is good").secret().expose(), TOKEN);
    }
    println!(
        "| a token that is good, from each | {:.2} µs |",
        each(begun.elapsed())
    );

    let rest = Duration::from_secs(setting("REST_SECONDS", 130));
    let (before, begun) = (processor(), Instant::now());
    sleep(rest).await;
    let busy = (processor() - before).as_secs_f64() / begun.elapsed().as_secs_f64();
    let nap = Timers::default().nap.as_secs();
    println!(
        "| processor at rest, each looked at every {nap} s ({} a second) | {:.1} % |",
        count / nap,
        busy * 100.0
    );
    assert_eq!(server.0.requests.load(Ordering::SeqCst), count);
    let begun = Instant::now();
    drop(grants);
    drop(keepers);
    println!("| to drop one | {:.2} µs |", each(begun.elapsed()));
}

async fn callers(count: u64) {
    println!("\n### {count} callers of one grant at once, two threads\n");
    println!("| what | p50 µs | p99 µs | last µs |");
    println!("|---|---:|---:|---:|");
    let server = Server::new(0);
    let keepers = Keepers::new(server.clone());
    let place = Place::new();
    let keeper = keepers.add(settings(Timers::default().nap), place);

    // All wait for one refresh, and the answer comes.
    let waiting = ask(&keeper, count);
    let arrived = server.0.arrived.acquire().await;
    arrived.expect("it is open").forget();
    while keeper_waits(&waiting) < count {
        tokio::task::yield_now().await;
    }
    let opened = Instant::now();
    server.0.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    let mut times = Vec::new();
    for caller in waiting.tasks {
        let (_, done) = caller.await.expect("it runs");
        times.push(done.saturating_duration_since(opened));
    }
    row(
        "one refresh for all, from the answer to the token",
        &mut times,
    );
    assert_eq!(server.0.requests.load(Ordering::SeqCst), 1);

    // The token is good by now.
    let waiting = ask(&keeper, count);
    let mut times = Vec::new();
    for caller in waiting.tasks {
        let (begun, done) = caller.await.expect("it runs");
        times.push(done - begun);
    }
    row(
        "a token that is good, from the call to the token",
        &mut times,
    );
    assert_eq!(server.0.requests.load(Ordering::SeqCst), 1);
}

struct Callers {
    tasks: Vec<tokio::task::JoinHandle<(Instant, Instant)>>,
    begun: Arc<AtomicU64>,
}

fn ask(keeper: &Keeper, count: u64) -> Callers {
    let begun = Arc::new(AtomicU64::new(0));
    let task = |_| {
        let (keeper, begun) = (keeper.clone(), Arc::clone(&begun));
        tokio::spawn(async move {
            let start = Instant::now();
            let token = keeper.token(Duration::ZERO, Deadline::after(Duration::from_secs(60)));
            begun.fetch_add(1, Ordering::SeqCst);
            token.await.expect("it is good");
            (start, Instant::now())
        })
    };
    Callers {
        tasks: (0..count).map(task).collect(),
        begun,
    }
}

fn keeper_waits(callers: &Callers) -> u64 {
    callers.begun.load(Ordering::SeqCst)
}

fn row(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: usize| {
        let place = (times.len() * part / 100).min(times.len() - 1);
        times[place].as_secs_f64() * 1e6
    };
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} |",
        at(50),
        at(99),
        at(100)
    );
}

const TOKEN: &str = "mF_9.B5f-4.1JqM";

/// An authorization server that gives a token to everybody whom the gate lets in.
#[derive(Clone)]
struct Server(Arc<Inside>);

struct Inside {
    gate: Semaphore,
    arrived: Semaphore,
    requests: AtomicU64,
}

impl Server {
    fn new(permits: usize) -> Self {
        Self(Arc::new(Inside {
            gate: Semaphore::new(permits),
            arrived: Semaphore::new(0),
            requests: AtomicU64::new(0),
        }))
    }

    fn open() -> Self {
        Self::new(Semaphore::MAX_PERMITS)
    }
}

impl Http for Server {
    fn send<'a>(&'a self, _: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        Box::pin(async {
            self.0.requests.fetch_add(1, Ordering::SeqCst);
            self.0.arrived.add_permits(1);
            self.0.gate.acquire().await.expect("it is open").forget();
            let json =
                format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":3600}}"#);
            Ok(HttpAnswer::new(200, json.into_bytes()))
        })
    }
}

/// A store that needs no thread.
#[derive(Clone)]
struct Place(Arc<MemoryStore>);

impl Place {
    fn new() -> Self {
        let json = br#"{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"mail-client","refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
        let record = Record::from_json(json).expect("it is a record");
        Self(Arc::new(MemoryStore::with_record(record)))
    }
}

impl Store for Place {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        Box::pin(async { self.0.load() })
    }

    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved> {
        Box::pin(async move { self.0.save(expected, record) })
    }

    fn lock(&self) -> Pending<'_, Lock> {
        Box::pin(async { self.0.lock() })
    }

    fn unlock(&self) -> Pending<'_, ()> {
        Box::pin(async { self.0.unlock() })
    }
}

fn settings(nap: Duration) -> Arc<Settings> {
    let timers = Timers {
        nap,
        ..Timers::default()
    };
    let owner = clock::owner().expect("there is randomness");
    let options = Options::new(owner, Audience::new("mail")).with_timers(timers);
    Arc::new(Settings::new(
        Url::new("https://id.example.com/token").expect("it is a URL"),
        Client::public("mail-client").expect("it is a name"),
        options,
    ))
}

/// How much memory the process has.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0_u64) * 4096
}

/// How long the process has run on processors, to a hundredth of a second.
fn processor() -> Duration {
    let status = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = status.rsplit(") ").next().unwrap_or_default();
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok());
    value.unwrap_or(default)
}
