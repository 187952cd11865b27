//! Many grants that keep to one pace. The clock of the runtime stands still while anything can be done, so
//! that times are exact and no test waits.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    io,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use mail_login_tokens::Store as _;
use mail_login_tokio::{
    Deadline,
    tokens::{
        Http, HttpAnswer, HttpProblem, Keeper, Keepers, MemoryStore, Pending, Settings, Store,
        TokenError, clock,
    },
};
use token_lifecycle::{
    Audience, Client, HttpStage, Lock, Options, Pace, Record, Request, Revision, Saved,
    Unavailable, Url,
};
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::yield_now,
    time::{Instant, sleep, timeout},
};

const SECOND: Duration = Duration::from_secs(1);
const ANSWER: &[u8] =
    br#"{"access_token":"mF_9.B5f-4.1JqM","token_type":"Bearer","expires_in":3600}"#;

/// An authorization server that remembers when who asked.
#[derive(Clone)]
struct Server(Arc<Inside>);

struct Inside {
    asked: Mutex<Vec<(Instant, String)>>,
    arrived: Semaphore,
    /// So many answers are lost.
    lost: Mutex<usize>,
}

impl Server {
    fn new() -> Self {
        Self(Arc::new(Inside {
            asked: Mutex::default(),
            arrived: Semaphore::new(0),
            lost: Mutex::default(),
        }))
    }

    /// Waits until so many more have come.
    async fn wait_for(&self, requests: u32) {
        let arrived = timeout(SECOND * 1000, self.0.arrived.acquire_many(requests)).await;
        arrived.unwrap().unwrap().forget();
    }

    fn times(&self) -> Vec<Instant> {
        let asked = self.0.asked.lock().unwrap();
        asked.iter().map(|(at, _)| *at).collect()
    }

    /// Whose refresh tokens came, in which order.
    fn order(&self) -> Vec<usize> {
        let asked = self.0.asked.lock().unwrap();
        let number = |(_, body): &(Instant, String)| {
            let token = body.split("refresh-").nth(1).unwrap();
            let digits = token.split('-').next().unwrap();
            digits.parse().unwrap()
        };
        asked.iter().map(number).collect()
    }

    fn requests(&self) -> usize {
        self.0.asked.lock().unwrap().len()
    }
}

impl Http for Server {
    fn send<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        Box::pin(async move {
            let body = request.body().expose().to_owned();
            self.0.asked.lock().unwrap().push((Instant::now(), body));
            self.0.arrived.add_permits(1);
            let mut lost = self.0.lost.lock().unwrap();
            if *lost > 0 {
                *lost -= 1;
                return Err(HttpProblem::new(HttpStage::Sent, "as the test wants it"));
            }
            Ok(HttpAnswer::new(200, ANSWER.to_vec()))
        })
    }
}

/// A store that needs no thread.
#[derive(Clone)]
struct Place(Arc<MemoryStore>);

impl Place {
    fn new(number: usize) -> Self {
        let json = format!(
            r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"app","refresh":"refresh-{number}-"}}"#
        );
        let record = Record::from_json(json.as_bytes()).unwrap();
        Self(Arc::new(MemoryStore::with_record(record)))
    }

    fn generation(&self) -> u64 {
        self.0.load().unwrap().unwrap().generation().get()
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

fn settings(ahead: bool) -> Arc<Settings> {
    let mut options = Options::new(clock::owner().unwrap(), Audience::new("mail"));
    options.ahead = ahead;
    let endpoint = Url::new("https://id.example.com/token").unwrap();
    Arc::new(Settings::new(
        endpoint,
        Client::public("app").unwrap(),
        options,
    ))
}

fn pace(per_second: u32, burst: u32) -> Pace {
    let number = |n| NonZeroU32::new(n).unwrap();
    Pace::per_second(number(per_second)).with_burst(number(burst))
}

/// Grants whose tokens have expired, each with a place of its own.
fn grants(keepers: &Keepers, places: &[Place], ahead: bool) -> Vec<Keeper> {
    let settings = settings(ahead);
    let add = |place: &Place| keepers.add(Arc::clone(&settings), place.clone());
    places.iter().map(add).collect()
}

fn places(count: usize) -> Vec<Place> {
    (0..count).map(Place::new).collect()
}

async fn token(keeper: &Keeper, deadline: Deadline) -> Result<(), TokenError> {
    keeper.token(Duration::ZERO, deadline).await.map(drop)
}

/// For who waits no longer than it takes to ask.
fn at_once() -> Deadline {
    Deadline::after(Duration::ZERO)
}

fn retry_in(error: &TokenError) -> Duration {
    let Some(Unavailable::Temporary { retry_in, .. }) = error.unavailable() else {
        panic!("{error:?}");
    };
    *retry_in
}

/// Lets everybody do what can be done without time.
async fn quiet() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn never_more_than_the_pace_and_all_get_their_turn() {
    let (server, places) = (Server::new(), places(200));
    let keepers = Keepers::with_pace(server.clone(), pace(20, 5));
    let begun = Instant::now();
    let keep = grants(&keepers, &places, true);
    server.wait_for(200).await;
    let times = server.times();
    for (first, from) in times.iter().enumerate() {
        for (last, to) in times.iter().enumerate().skip(first) {
            let most = 5 + (*to - *from).as_millis() / 50;
            let sent = last - first + 1;
            assert!(sent as u128 <= most, "{sent} in {:?}", *to - *from);
        }
    }
    // The bucket is empty in the beginning, and then no turn is left unused.
    let took = *times.last().unwrap() - begun;
    assert!(took >= SECOND * 10 && took < SECOND * 11, "{took:?}");
    assert!(keepers.settle(Deadline::NEVER).await);
    assert!(places.iter().all(|place| place.generation() == 2));
    drop(keep);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_turn_has_no_task() {
    let (server, places) = (Server::new(), places(500));
    let keepers = Keepers::with_pace(server.clone(), Pace::every(SECOND * 100));
    let keep = grants(&keepers, &places, true);
    for keeper in &keep {
        assert!(token(keeper, at_once()).await.unwrap_err().is_temporary());
    }
    quiet().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 1);
    assert_eq!(server.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn callers_go_before_those_whom_nobody_waits_for() {
    let (server, places) = (Server::new(), places(50));
    let keepers = Keepers::with_pace(server.clone(), pace(1, 1));
    let keep = grants(&keepers, &places, true);
    server.wait_for(3).await;
    let wait = |number: usize| {
        let keeper = keep[number].clone();
        tokio::spawn(async move { token(&keeper, Deadline::NEVER).await })
    };
    let waiting = [wait(40), wait(30)];
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!(server.order(), [0, 1, 2, 40, 30]);
    // And the others get their turns too, each once.
    server.wait_for(47).await;
    let mut order = server.order();
    order.sort_unstable();
    assert_eq!(order, (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn who_cannot_wait_is_told_when_to_come_and_finds_a_token_then() {
    let (server, places) = (Server::new(), places(100));
    let keepers = Keepers::with_pace(server.clone(), pace(2, 1));
    let keep = grants(&keepers, &places, false);
    for keeper in &keep {
        let _ = token(keeper, at_once()).await;
        // It is in the line once the record is read.
        quiet().await;
    }
    let mut last = Duration::ZERO;
    for (before, keeper) in keep.iter().enumerate() {
        let error = token(keeper, at_once()).await.unwrap_err();
        let wait = SECOND / 2 * u32::try_from(before + 1).unwrap();
        let told = retry_in(&error);
        // With some spread, and less the moment that it took to ask all of them.
        assert!(
            told + SECOND > wait && told < wait * 9 / 8 + SECOND,
            "{told:?} of {wait:?}"
        );
        last = told;
    }
    let store = places[99].clone();
    // Whoever asked for it is gone. Its place is kept.
    drop(keep);
    sleep(last + SECOND).await;
    assert_eq!(store.generation(), 2);
    assert_eq!(server.requests(), 100);
    let again = keepers.add(settings(false), store);
    token(&again, Deadline::NEVER).await.unwrap();
    assert_eq!(server.requests(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_waits_long_enough_gets_a_token() {
    let (server, places) = (Server::new(), places(10));
    let keepers = Keepers::with_pace(server.clone(), pace(2, 1));
    let keep = grants(&keepers, &places, false);
    let begun = Instant::now();
    let ask = |keeper: &Keeper| {
        let keeper = keeper.clone();
        tokio::spawn(async move { token(&keeper, Deadline::after(SECOND * 1000)).await })
    };
    for one in keep.iter().map(ask).collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    let took = begun.elapsed();
    assert!(took >= SECOND * 5 && took < SECOND * 6, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_another_process_has_got_takes_no_turn() {
    let (server, places) = (Server::new(), places(20));
    let slow = Keepers::with_pace(Server::new(), Pace::every(SECOND * 1_000_000));
    let stale = grants(&slow, &places, false);
    for keeper in &stale {
        // It has read the record that is old by now.
        assert!(token(keeper, at_once()).await.is_err());
    }
    quiet().await;
    let keepers = Keepers::new(server.clone());
    for keeper in grants(&keepers, &places, false) {
        token(&keeper, Deadline::NEVER).await.unwrap();
    }
    assert_eq!(server.requests(), 20);
    // A new process has not read anything.
    for keeper in grants(&slow, &places, false) {
        token(&keeper, Deadline::NEVER).await.unwrap();
    }
}

/// Those that hold a turn while they look at the store give it back.
#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_needed_is_for_the_next() {
    let (server, places) = (Server::new(), places(30));
    let keepers = Keepers::with_pace(server.clone(), Pace::every(SECOND * 100));
    let stale = grants(&keepers, &places, false);
    for keeper in &stale {
        assert!(token(keeper, at_once()).await.is_err());
    }
    quiet().await;
    let others = Keepers::new(Server::new());
    for keeper in grants(&others, &places[..29], false) {
        token(&keeper, Deadline::NEVER).await.unwrap();
    }
    let begun = Instant::now();
    // The last in the line is the only one that needs the first turn.
    token(&stale[29], Deadline::NEVER).await.unwrap();
    assert!(begun.elapsed() < SECOND * 101, "{:?}", begun.elapsed());
    assert_eq!(server.order(), [29]);
    for keeper in &stale {
        token(keeper, at_once()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_repeated_at_once_is_made_up_for() {
    let (server, places) = (Server::new(), places(4));
    *server.0.lost.lock().unwrap() = 1;
    let keepers = Keepers::with_pace(server.clone(), pace(1, 1));
    let keep = grants(&keepers, &places, true);
    server.wait_for(5).await;
    let times = server.times();
    let apart = |n: usize| (times[n + 1] - times[n]).as_millis();
    assert_eq!(
        apart(0),
        0,
        "the answer was lost, and asked for again at once"
    );
    // A turn for both, and the wheel of the timer turns by milliseconds.
    assert!((1999..=2002).contains(&apart(1)), "{times:?}");
    assert!((999..=1002).contains(&apart(2)), "{times:?}");
    drop(keep);
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_waits_for_no_turn() {
    let (server, places) = (Server::new(), places(3));
    let keepers = Keepers::with_pace(server.clone(), Pace::every(SECOND * 1_000_000));
    let keep = grants(&keepers, &places, true);
    assert!(token(&keep[0], at_once()).await.is_err());
    let begun = Instant::now();
    keep[0].sign_out(Deadline::NEVER).await.unwrap();
    assert!(begun.elapsed() < SECOND);
    assert!(places[0].0.load().unwrap().is_none());
    assert_eq!(server.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_turn_does_not_keep_a_program_from_its_end() {
    let (server, places) = (Server::new(), places(100));
    let keepers = Keepers::with_pace(server.clone(), pace(10, 1));
    let keep = grants(&keepers, &places, true);
    server.wait_for(10).await;
    assert!(keepers.settle(Deadline::NEVER).await);
    let done = server.requests();
    assert!(done < 12, "{done}");
    assert_eq!(
        places
            .iter()
            .filter(|place| place.generation() == 2)
            .count(),
        done
    );
    // If it goes on after all, so do they.
    server.wait_for(90).await;
    drop(keep);
}
