//! The storm over a file.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use harness::provider::OidcProvider;
use mail_login_blocking::{
    Deadline,
    tokens::{Keeper, Store as _},
};
use token_lifecycle::Timers;

use super::{Seen, until, wait_for_refresher};
use crate::{
    crowd::{Chance, Crowd, DIARY, DIRECTORY},
    diary::{Asker, Diary, Phase, Told, millis},
    place::Place,
    story::tokens_by_generation,
    window::Window,
};

const CLIENT: &str = "mail-client-short";
/// Nobody waits longer for a token.
const DEADLINE: Duration = Duration::from_secs(5);

/// Kills processes that share a file for a minute, and says what was seen.
pub(super) fn storm() {
    let provider = OidcProvider::start();
    let place = Place::new(&provider, CLIENT);
    let first = sign_in(&place, &provider);
    let crowd = Crowd::gather("storm::file::keep", place.directory());
    let until = until();
    thread::scope(|scope| {
        scope.spawn(|| kill_anybody(&crowd, &place.window(), until));
        scope.spawn(|| kill_refreshers(&crowd, &place, until));
    });
    let (deaths, living) = crowd.end();
    let last = place.store().load().unwrap().unwrap();
    let seen = Seen {
        deaths,
        living,
        rotations: provider.rotations(CLIENT),
        first,
        last,
    };
    println!("{}", seen.figures("file, no grace"));
    check(&seen);
}

fn check(seen: &Seen) {
    seen.check();
    let forbidden = seen.killed_when(&[Phase::Sent, Phase::Answered]);
    assert_eq!(forbidden, 0, "the window was not closed");
    let at_it = seen.killed_when(&[Phase::Locked, Phase::Ready, Phase::Saved]);
    assert!(at_it > 0, "no refresher was killed, which is no test");
    // One refresh for each generation, and nothing else was asked of the provider.
    assert_eq!(seen.rotations.tokens, seen.generations());
    assert_eq!(seen.rotations.exchanges, seen.generations());
    for (generation, tokens) in tokens_by_generation(seen.stories()) {
        assert_eq!(tokens.len(), 1, "generation {generation} is two");
    }
    let mut refreshed: Vec<u64> = seen
        .stories()
        .flat_map(|story| &story.refreshed)
        .copied()
        .collect();
    let all = refreshed.len();
    refreshed.sort_unstable();
    refreshed.dedup();
    assert_eq!(refreshed.len(), all, "refreshed twice: {refreshed:?}");
    // A lock ends with its process, so that nobody has to wait for those who are killed.
    for story in seen.stories() {
        assert_eq!(story.errors, 0, "no token in time: {}", story.tail());
        assert_eq!(story.unanswered, 0, "no answer: {}", story.tail());
    }
}

/// Signs in for all of them. The generation of these tokens.
fn sign_in(place: &Place, provider: &OidcProvider) -> u64 {
    let settings = place.settings(Timers::default());
    let keeper = Keeper::start(settings, place.store(), place.http()).unwrap();
    let tokens = place.tokens(provider);
    keeper.sign_in(tokens, Deadline::after(DEADLINE)).unwrap();
    keeper.status().generation.unwrap().get()
}

/// Anybody, at any moment but one.
fn kill_anybody(crowd: &Crowd, window: &Window, until: Instant) {
    let mut chance = Chance::new();
    while Instant::now() < until {
        chance.pause(50, 1500, until);
        if let Some(closed) = window.try_close() {
            crowd.kill_one(&mut chance);
            drop(closed);
        }
    }
}

/// Whoever refreshes: by turns before he can send, and after what came for it is saved.
fn kill_refreshers(crowd: &Crowd, place: &Place, until: Instant) {
    let (store, window) = (place.store(), place.window());
    let mut chance = Chance::new();
    while Instant::now() < until {
        let closed = window.close();
        if let Some(pid) = wait_for_refresher(&store, until) {
            chance.pause(0, 20, until);
            crowd.kill(pid);
        }
        drop(closed);
        chance.pause(0, 3000, until);
        let Some(pid) = wait_for_refresher(&store, until) else {
            return;
        };
        let closed = window.close();
        crowd.kill(pid);
        drop(closed);
        chance.pause(0, 3000, until);
    }
}

/// What the processes do.
#[test]
#[ignore = "the storm runs it, in processes of their own"]
fn keep() {
    let place = Place::at(PathBuf::from(env::var_os(DIRECTORY).unwrap()));
    let diary = Path::new(&env::var_os(DIARY).unwrap()).to_owned();
    let diary = Diary::open(&diary, Some(place.window()));
    let told = Arc::clone(&diary);
    let keeper = Keeper::start_watched(
        place.settings(Timers::default()),
        Told::new(place.store(), &diary),
        Told::new(place.http(), &diary),
        move |notice| told.note(notice),
    );
    let keeper = keeper.unwrap();
    let mut asker = Asker::new(&diary);
    loop {
        let ended = place.is_over();
        let asked = millis();
        asker.take(
            asked,
            keeper.token(Duration::ZERO, Deadline::after(DEADLINE)),
        );
        if ended {
            break;
        }
        // The pace of a busy program; nothing depends on it.
        thread::sleep(Duration::from_millis(20));
    }
    drop(keeper);
    asker.end();
}
