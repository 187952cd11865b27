//! The storm over Redis.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use harness::provider::OidcProvider;
use mail_login_tokens::{
    Settings, Store as _,
    redis::{self as blocking, RedisServer, RedisStore},
};
use mail_login_tokio::{
    Deadline,
    tokens::{HttpClient, Keepers, redis::Redis},
};
use token_lifecycle::Timers;
use tokio::runtime::Runtime;

use super::{Seen, until, wait_for_refresher};
use crate::{
    crowd::{Chance, Crowd, DIARY, DIRECTORY},
    diary::{Asker, Diary, Phase, Told, millis},
    place::Place,
    server::RedisProcess,
    story::Gap,
};

const CLIENT: &str = "mail-client-grace";
const GRANT: &str = "provider/alice";
/// Whoever asks is told after this time that there is no token yet.
const DEADLINE: Duration = Duration::from_secs(1);
/// The lock of somebody who was killed holds up the others for so long: a minute would be the storm.
const LEASE: Duration = Duration::from_secs(6);
/// A lease is longer than two requests.
const HTTP: Duration = Duration::from_secs(2);
/// Redis is away for so long at most.
const OUTAGE: Duration = Duration::from_millis(2500);
/// Tokens that could not be saved are tried again after one and three seconds, when the lock is theirs
/// still. Where a slow machine made an outage longer than this, in milliseconds, it may not be.
const LONG: u64 = 2900;
/// So long after an outage, or after the lease of somebody who was killed, all is as it was: the store is
/// tried every four seconds, and a refresh comes then.
const AFTER: Duration = Duration::from_secs(5);

/// Kills processes and Redis for a minute, and says what was seen.
pub(super) fn storm() {
    let provider = OidcProvider::start();
    let mut process = RedisProcess::start();
    let directory = process.directory().to_owned();
    let place = Place::furnish(directory, &provider, CLIENT);
    let first = sign_in(&place, &provider);
    let crowd = Crowd::gather("storm::redis::keep", place.directory());
    let until = until();
    let outages = thread::scope(|scope| {
        scope.spawn(|| kill_anybody(&crowd, until));
        scope.spawn(|| kill_refreshers(&crowd, &place, until));
        kill_redis(&mut process, &place, until)
    });
    let (deaths, living) = crowd.end();
    let last = onlooker(&place).load().unwrap().unwrap();
    let seen = Seen {
        deaths,
        living,
        rotations: provider.rotations(CLIENT),
        first,
        last,
    };
    let times = outages.len();
    let later: u64 = seen.stories().map(|story| story.saved_later).sum();
    let figures = seen.figures("Redis, with grace");
    println!(
        "{figures}; Redis was killed {times} times, and {later} times new tokens could be saved \
         only after that"
    );
    check(&seen, &outages);
}

fn check(seen: &Seen, outages: &[Gap]) {
    seen.check();
    let at_it = seen.deaths.iter();
    let at_it: Vec<u64> = at_it
        .filter(|death| death.story.phase > Phase::Idle)
        .map(|death| death.at)
        .collect();
    assert!(
        !at_it.is_empty() && !outages.is_empty(),
        "nothing was killed, which is no test"
    );

    // One refresh for each generation. Another one is that of an answer that was lost with whoever had
    // asked, that did not come in time, or that could not be saved before the lock ended.
    let lost = seen.rotations.exchanges - seen.generations();
    let killed = seen.killed_when(&[Phase::Sent, Phase::Answered]);
    let unanswered: u64 = seen.stories().map(|story| story.unanswered).sum();
    let long = outages
        .iter()
        .filter(|outage| outage.to - outage.from > LONG);
    let long = long.count() as u64;
    assert!(
        lost <= killed + unanswered + long,
        "{lost} refreshes too many: {killed} killed, {unanswered} unanswered, {long} long outages"
    );

    // A caller is without a token past its deadline only for as long as Redis is away, or the lock of
    // somebody who was killed has not ended.
    let millis = |time: Duration| time.as_millis() as u64;
    let outages = outages.iter();
    let outages = outages.map(|outage| (outage.from, outage.to + millis(AFTER)));
    let leases = at_it.iter().map(|at| (*at, at + millis(LEASE + AFTER)));
    let reasons: Vec<(u64, u64)> = outages.chain(leases).collect();
    for story in seen.stories() {
        for gap in &story.gaps {
            // It may have begun to wait before.
            let mut at = gap.from + millis(DEADLINE);
            while at < gap.to {
                let reason = |(from, to): &&(u64, u64)| (*from..*to).contains(&at);
                let reason = reasons.iter().find(reason);
                let Some((_, to)) = reason else {
                    panic!("{gap:?} for no reason at {at}: {}", story.tail())
                };
                at = *to;
            }
        }
    }
}

fn kill_anybody(crowd: &Crowd, until: Instant) {
    let mut chance = Chance::new();
    while Instant::now() < until {
        chance.pause(50, 1500, until);
        crowd.kill_one(&mut chance);
    }
}

/// Whoever refreshes, at any moment of it, and every other time when the answer has come or is about to.
/// The others wait for his lease to end then, and are left alone for a while.
fn kill_refreshers(crowd: &Crowd, place: &Place, until: Instant) {
    let store = onlooker(place);
    let mut chance = Chance::new();
    let mut phases = [Phase::Answered, Phase::Ready, Phase::Answered, Phase::Sent]
        .into_iter()
        .cycle();
    while let Some(pid) = wait_for_refresher(&store, until) {
        let phase = phases.next().unwrap();
        crowd.wait_for(pid, phase);
        if phase < Phase::Answered {
            chance.pause(0, 100, until);
        }
        if crowd.kill(pid) > Some(Phase::Idle) {
            chance.pause(6000, 10_000, until);
        } else {
            chance.pause(500, 2000, until);
        }
    }
}

/// Redis, as by a power failure, every other time while somebody refreshes.
fn kill_redis(process: &mut RedisProcess, place: &Place, until: Instant) -> Vec<Gap> {
    let store = onlooker(place);
    let mut chance = Chance::new();
    let mut outages = Vec::new();
    loop {
        chance.pause(3000, 7000, until);
        if outages.len() % 2 == 1 {
            wait_for_refresher(&store, until);
            chance.pause(0, 20, until);
        }
        if Instant::now() >= until {
            return outages;
        }
        let from = millis();
        process.kill();
        chance.pause(100, OUTAGE.as_millis() as u64, Instant::now() + OUTAGE);
        process.start_again();
        outages.push(Gap { from, to: millis() });
    }
}

/// What the processes do.
#[test]
#[ignore = "the storm runs it, in processes of their own"]
fn keep() {
    let place = Place::at(PathBuf::from(env::var_os(DIRECTORY).unwrap()));
    let diary = Diary::open(Path::new(&env::var_os(DIARY).unwrap()), None);
    runtime().block_on(async {
        let keepers = Keepers::new(Told::new(http(&place), &diary));
        let store = Redis::new(server(&place));
        let store = store.store_with_lease(GRANT, LEASE).unwrap();
        let told = Arc::clone(&diary);
        let keeper =
            keepers.add_watched(settings(&place), Told::new(store, &diary), move |notice| {
                told.note(notice)
            });
        let mut asker = Asker::new(&diary);
        while !place.is_over() {
            let asked = millis();
            let token = keeper.token(Duration::ZERO, Deadline::after(DEADLINE));
            asker.take(asked, token.await);
            // The pace of a busy program; nothing depends on it.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let asked = millis();
        let last = Deadline::after(Duration::from_secs(20));
        asker.take(asked, keeper.token(Duration::ZERO, last).await);
        drop(keeper);
        assert!(keepers.settle(last).await, "tokens are not saved");
        asker.end();
    });
}

/// Signs in for all of them. The generation of these tokens.
fn sign_in(place: &Place, provider: &OidcProvider) -> u64 {
    runtime().block_on(async {
        let keepers = Keepers::new(http(place));
        let store = Redis::new(server(place)).store(GRANT).unwrap();
        let keeper = keepers.add(settings(place), store);
        let tokens = place.tokens(provider);
        keeper.sign_in(tokens, Deadline::after(HTTP)).await.unwrap();
        keeper.status().generation.unwrap().get()
    })
}

fn http(place: &Place) -> HttpClient {
    let http = HttpClient::new().timeout(HTTP);
    http.extra_ca_file(place.ca()).unwrap()
}

fn settings(place: &Place) -> Settings {
    place.settings(Timers {
        http: HTTP,
        lease: LEASE,
        ..Timers::default()
    })
}

fn server(place: &Place) -> RedisServer {
    let socket = place.directory().join("socket");
    RedisServer::new(&format!("unix://{}", socket.to_str().unwrap())).unwrap()
}

/// For looking on.
fn onlooker(place: &Place) -> RedisStore {
    blocking::Redis::new(server(place)).store(GRANT).unwrap()
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}
