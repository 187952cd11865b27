//! The storm over a file.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use harness::provider::OidcProvider;
use mail_login_blocking::{
    Deadline,
    tokens::{FileStore, HttpClient, Keeper, Settings, Store as _, clock},
};
use token_lifecycle::{Audience, Client, Options, Url};

use super::{Seen, refresher, until, wait_for_refresher};
use crate::{
    crowd::{Chance, Crowd, DIARY, DIRECTORY},
    diary::{Asker, Diary, Phase, Told, millis},
    scene::{MAIL, Scene},
    story::tokens_by_generation,
    window::Window,
};

const CLIENT: &str = "mail-client-short";
/// Nobody waits longer for a token.
const DEADLINE: Duration = Duration::from_secs(5);

/// Kills processes that share a file for a minute, and says what was seen.
pub(super) fn storm() -> String {
    let provider = OidcProvider::start();
    let place = Place::new(&provider);
    let first = place.sign_in(&provider);
    let directory = place.0.clone();
    let crowd = Crowd::gather("storm::file::keep", directory);
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
    let figures = seen.figures("file, no grace");
    println!("{figures}");
    check(&seen);
    figures
}

fn check(seen: &Seen) {
    seen.check();
    let forbidden = seen.killed_when(&[Phase::Sent, Phase::Answered]);
    assert_eq!(forbidden, 0, "the window was not closed");
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
        assert_eq!(story.errors, 0, "no token in time: {}", story.text);
        assert_eq!(story.unanswered, 0, "no answer: {}", story.text);
    }
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
        // One that lives, now and then.
        if refresher(&store).is_none() {
            chance.pause(0, 3000, until);
        }
    }
}

/// What the processes do.
#[test]
#[ignore = "the storm runs it, in processes of their own"]
fn keep() {
    let place = Place(PathBuf::from(env::var_os(DIRECTORY).unwrap()));
    let diary = Path::new(&env::var_os(DIARY).unwrap()).to_owned();
    let diary = Diary::open(&diary, Some(place.window()));
    let told = Arc::clone(&diary);
    let keeper = Keeper::start_watched(
        place.settings(),
        Told::new(place.store(), &diary),
        Told::new(place.http(), &diary),
        move |notice| told.note(notice),
    );
    let keeper = keeper.unwrap();
    let mut asker = Asker::new(&diary);
    loop {
        let ended = place.0.join("end").exists();
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

/// A directory with all that the processes need.
struct Place(PathBuf);

impl Place {
    fn new(provider: &OidcProvider) -> Self {
        let name = format!("mail-login-storm-{}", clock::owner().unwrap());
        let place = Self(env::temp_dir().join(name));
        fs::create_dir(&place.0).unwrap();
        fs::copy(provider.ca(), place.0.join("ca.pem")).unwrap();
        place
    }

    /// Signs in for all of them. The generation of these tokens.
    fn sign_in(&self, provider: &OidcProvider) -> u64 {
        let scene = Scene::new(provider, Box::new(self.http()));
        let endpoint = scene.metadata.token_endpoint().unwrap().as_str();
        fs::write(self.0.join("endpoint"), endpoint).unwrap();
        let tokens = scene.signed_in(&Client::public(CLIENT).unwrap(), MAIL);
        let keeper = Keeper::start(self.settings(), self.store(), self.http()).unwrap();
        keeper.sign_in(tokens, Deadline::after(DEADLINE)).unwrap();
        keeper.status().generation.unwrap().get()
    }

    fn store(&self) -> FileStore {
        FileStore::new(self.0.join("private/grant.json"))
    }

    fn window(&self) -> Window {
        Window::in_directory(&self.0)
    }

    fn http(&self) -> HttpClient {
        HttpClient::new()
            .extra_ca_file(self.0.join("ca.pem"))
            .unwrap()
    }

    fn settings(&self) -> Settings {
        let endpoint = fs::read_to_string(self.0.join("endpoint")).unwrap();
        let audience = Audience::new("mail").with_resource(MAIL);
        let options =
            Options::new(clock::owner().unwrap(), audience).with_seed(clock::seed().unwrap());
        let client = Client::public(CLIENT).unwrap();
        Settings::new(Url::new(&endpoint).unwrap(), client, options)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The processes have one too.
        if env::var_os(DIRECTORY).is_none() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
