//! What becomes of a grant when the process that refreshes it is killed: before the refresh token is
//! sent, and when the answer is there and nowhere else.

use std::{
    env,
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use harness::provider::{OidcProvider, Rotations};
use mail_login_blocking::{
    Deadline,
    tokens::{Http, HttpAnswer, HttpClient, HttpProblem, Keeper, Store as _, TokenError},
};
use rustix::process::{Signal, getpid, kill_process};
use token_lifecycle::{AccessToken, Record, Request, Saved, SignInReason, Timers, Unavailable};

use crate::{crowd::DIRECTORY, place::Place};

const SOON: Duration = Duration::from_secs(20);
const MOMENT: &str = "LOST_MOMENT";

#[test]
fn before_it_is_sent_nothing_is_lost() {
    let lost = Lost::at("before", "mail-client-short");
    let token = lost.token().unwrap();
    assert_eq!(token.generation().get(), 2);
    assert_eq!(
        lost.rotations(),
        Rotations {
            tokens: 1,
            exchanges: 1,
            refused: 0,
            reuses: 0
        }
    );
}

/// The old refresh token is used up and the new one was never saved. Nobody can help that; it is said
/// once, and as what it is.
#[test]
fn an_answer_without_grace_is_the_grant() {
    let lost = Lost::at("behind", "mail-client-short");
    for _ in 0..2 {
        let error = lost.token().unwrap_err();
        let Some(Unavailable::SignIn(why)) = error.unavailable() else {
            panic!("{error}")
        };
        assert_eq!(why.reason, SignInReason::LostRotation, "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with("the answer with new tokens was lost: sign in again"),
            "{text}"
        );
        assert_eq!(error.exit_code(), 77);
        // The provider was asked by the first one alone.
        assert_eq!(
            lost.rotations(),
            Rotations {
                tokens: 1,
                exchanges: 1,
                refused: 1,
                reuses: 1
            }
        );
    }
    let record = lost.place.store().load().unwrap().unwrap();
    assert!(record.is_ended() && !record.can_refresh());

    let keeper = lost.keeper();
    let tokens = lost.place.tokens(&lost.provider);
    keeper.sign_in(tokens, Deadline::after(SOON)).unwrap();
    assert!(keeper.token(Duration::ZERO, Deadline::after(SOON)).is_ok());
}

#[test]
fn an_answer_with_grace_is_asked_for_again() {
    let lost = Lost::at("behind", "mail-client-grace");
    let token = lost.token().unwrap();
    assert_eq!(token.generation().get(), 2);
    assert_eq!(
        lost.rotations(),
        Rotations {
            tokens: 1,
            exchanges: 2,
            refused: 0,
            reuses: 0
        }
    );
}

/// A grant whose refresher was killed.
struct Lost {
    provider: OidcProvider,
    place: Place,
    client: &'static str,
}

impl Lost {
    fn at(moment: &str, client: &'static str) -> Self {
        let provider = OidcProvider::start();
        let place = Place::new(&provider, client);
        // Without an access token, so that it is refreshed at once.
        let refresh = place.tokens(&provider).refresh.unwrap();
        let json = format!(
            r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"client_id":"{client}","refresh":"{}"}}"#,
            refresh.expose()
        );
        let record = Record::from_json(json.as_bytes()).unwrap();
        assert_eq!(place.store().save(None, Some(&record)), Saved::Done);
        let ended = Command::new(env::current_exe().unwrap())
            .args(["--exact", "lost::refresh", "--ignored", "--nocapture"])
            .env(DIRECTORY, place.directory())
            .env(MOMENT, moment)
            .stdout(Stdio::null())
            .status();
        assert_eq!(ended.unwrap().signal(), Some(Signal::KILL.as_raw()));
        Self {
            provider,
            place,
            client,
        }
    }

    /// What the next process gets.
    fn token(&self) -> Result<AccessToken, TokenError> {
        self.keeper().token(Duration::ZERO, Deadline::after(SOON))
    }

    fn keeper(&self) -> Keeper {
        keeper(&self.place, self.place.http())
    }

    fn rotations(&self) -> Rotations {
        self.provider.rotations(self.client)
    }
}

fn keeper(place: &Place, http: impl Http + 'static) -> Keeper {
    Keeper::start(place.settings(Timers::default()), place.store(), http).unwrap()
}

/// What the process does that is killed.
#[test]
#[ignore = "the other tests run it, in a process of its own"]
fn refresh() {
    let place = Place::at(PathBuf::from(env::var_os(DIRECTORY).unwrap()));
    let http = Killed {
        http: place.http(),
        behind: env::var(MOMENT).unwrap() == "behind",
    };
    let token = keeper(&place, http).token(Duration::ZERO, Deadline::after(SOON));
    panic!("it lives: {token:?}");
}

/// Sends a request, perhaps, and gives its answer to nobody.
struct Killed {
    http: HttpClient,
    behind: bool,
}

impl Http for Killed {
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        let answer = self.behind.then(|| self.http.send(request));
        if let Some(answer) = answer {
            assert_eq!(answer?.response().status(), 200);
        }
        kill_process(getpid(), Signal::KILL).unwrap();
        loop {
            thread::park();
        }
    }
}
