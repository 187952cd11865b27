//! The storm over Redis.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use harness::provider::OidcProvider;
use mail_login_tokens::{
    Settings, Store as _, clock,
    redis::{self as blocking, RedisServer, RedisStore},
};
use mail_login_tokio::{
    Deadline,
    tokens::{HttpClient, Keepers, redis::Redis},
};
use token_lifecycle::{Audience, Client, Options, Timers, Url};
use tokio::runtime::Runtime;

use super::{Seen, until, wait_for_refresher};
use crate::{
    crowd::{Chance, Crowd, DIARY, DIRECTORY},
    diary::{Asker, Diary, Phase, Told, millis},
    scene::{MAIL, Scene},
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
/// Redis is away for so long at most. Tokens that could not be saved are saved within three seconds, while
/// the lock of who has them is his.
const OUTAGE: Duration = Duration::from_millis(2500);
/// So much later all is as it was: a second and two between tries of the store, and a refresh.
const AFTER: Duration = Duration::from_secs(4);

/// Kills processes and Redis for a minute, and says what was seen.
pub(super) fn storm() -> String {
    let provider = OidcProvider::start();
    let mut process = RedisProcess::start();
    let place = Place(process.directory().to_owned());
    let first = place.sign_in(&provider);
    let crowd = Crowd::gather("storm::redis::keep", place.0.clone());
    let until = until();
    let outages = thread::scope(|scope| {
        scope.spawn(|| kill_anybody(&crowd, until));
        scope.spawn(|| kill_refreshers(&crowd, &place, until));
        kill_redis(&mut process, &place, until)
    });
    let (deaths, living) = crowd.end();
    let last = place.blocking_store().load().unwrap().unwrap();
    let seen = Seen {
        deaths,
        living,
        rotations: provider.rotations(CLIENT),
        first,
        last,
    };
    let figures = seen.figures("Redis, with grace");
    let figures = format!("{figures}; Redis was killed {} times", outages.len());
    println!("{figures}");
    check(&seen, &outages);
    figures
}

fn check(seen: &Seen, outages: &[Gap]) {
    seen.check();
    // One refresh for each generation. Another one is that of an answer that was lost with whoever had
    // asked, or that did not come in time.
    let lost = seen.rotations.exchanges - seen.generations();
    let killed = seen.killed_when(&[Phase::Sent, Phase::Answered]);
    let unanswered: u64 = seen.stories().map(|story| story.unanswered).sum();
    println!("Redis, with grace: {lost} answers lost, {killed} processes killed who had asked");
    assert!(
        lost <= killed + unanswered,
        "{lost} refreshes too many, {killed} killed, {unanswered} unanswered"
    );
    // A caller is without a token past its deadline only for as long as Redis is away, or the lock of
    // somebody who was killed has not ended.
    let until = |to: u64, time: Duration| to + time.as_millis() as u64;
    let outages = outages
        .iter()
        .map(|outage| (outage.from, until(outage.to, AFTER)));
    let at_it = seen
        .deaths
        .iter()
        .filter(|death| death.story.phase > Phase::Idle);
    let leases = at_it.map(|death| (death.at, until(death.at, LEASE + AFTER)));
    let reasons: Vec<(u64, u64)> = outages.chain(leases).collect();
    for story in seen.stories() {
        for gap in &story.gaps {
            let why = |(from, to): &(u64, u64)| gap.from <= *to && gap.to >= *from;
            assert!(
                reasons.iter().any(why),
                "{gap:?} for no reason: {}",
                story.text
            );
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

/// Whoever refreshes, at any moment of it. The others wait for his lease to end then, and are left
/// alone for a while.
fn kill_refreshers(crowd: &Crowd, place: &Place, until: Instant) {
    let store = place.blocking_store();
    let mut chance = Chance::new();
    while let Some(pid) = wait_for_refresher(&store, until) {
        chance.pause(0, 30, until);
        if crowd.kill(pid) > Some(Phase::Idle) {
            chance.pause(6000, 10_000, until);
        } else {
            chance.pause(500, 4000, until);
        }
    }
}

/// Redis, as by a power failure, every other time while somebody refreshes.
fn kill_redis(process: &mut RedisProcess, place: &Place, until: Instant) -> Vec<Gap> {
    let store = place.blocking_store();
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
    let place = Place(PathBuf::from(env::var_os(DIRECTORY).unwrap()));
    let diary = Diary::open(Path::new(&env::var_os(DIARY).unwrap()), None);
    runtime().block_on(async {
        let keepers = Keepers::new(Told::new(place.http(), &diary));
        let store = Redis::new(place.server());
        let store = store.store_with_lease(GRANT, LEASE).unwrap();
        let told = Arc::clone(&diary);
        let keeper =
            keepers.add_watched(place.settings(), Told::new(store, &diary), move |notice| {
                told.note(notice)
            });
        let mut asker = Asker::new(&diary);
        while !place.0.join("end").exists() {
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

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// The directory of Redis, with all that the processes need.
struct Place(PathBuf);

impl Place {
    /// Signs in for all of them. The generation of these tokens.
    fn sign_in(&self, provider: &OidcProvider) -> u64 {
        fs::copy(provider.ca(), self.0.join("ca.pem")).unwrap();
        let http = mail_login_blocking::tokens::HttpClient::new();
        let http = http.extra_ca_file(provider.ca()).unwrap();
        let scene = Scene::new(provider, Box::new(http));
        let endpoint = scene.metadata.token_endpoint().unwrap().as_str();
        fs::write(self.0.join("endpoint"), endpoint).unwrap();
        let tokens = scene.signed_in(&Client::public(CLIENT).unwrap(), MAIL);
        runtime().block_on(async {
            let keepers = Keepers::new(self.http());
            let store = Redis::new(self.server()).store(GRANT).unwrap();
            let keeper = keepers.add(self.settings(), store);
            keeper.sign_in(tokens, Deadline::after(HTTP)).await.unwrap();
            keeper.status().generation.unwrap().get()
        })
    }

    fn server(&self) -> RedisServer {
        let url = format!("unix://{}", self.0.join("socket").to_str().unwrap());
        RedisServer::new(&url).unwrap()
    }

    /// For looking on.
    fn blocking_store(&self) -> RedisStore {
        blocking::Redis::new(self.server()).store(GRANT).unwrap()
    }

    fn http(&self) -> HttpClient {
        let http = HttpClient::new().timeout(HTTP);
        http.extra_ca_file(self.0.join("ca.pem")).unwrap()
    }

    fn settings(&self) -> Settings {
        let endpoint = fs::read_to_string(self.0.join("endpoint")).unwrap();
        let audience = Audience::new("mail").with_resource(MAIL);
        let timers = Timers {
            http: HTTP,
            lease: LEASE,
            ..Timers::default()
        };
        let options = Options::new(clock::owner().unwrap(), audience)
            .with_seed(clock::seed().unwrap())
            .with_timers(timers);
        let client = Client::public(CLIENT).unwrap();
        Settings::new(Url::new(&endpoint).unwrap(), client, options)
    }
}
