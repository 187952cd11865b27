//! What must hold for a lifecycle whatever a driver, a server, a store and the clocks do, in whatever order.

use std::{collections::HashMap, time::Duration};

use sasl_core::{Kind, Reason, Rejection};
use serde_json::json;
use token_lifecycle::{
    Action, Audience, Exchange, Generation, GrantKind, Hint, HttpStage, Lifecycle, Lock, Now,
    Options, Quirks, Record, Response, Saved, UnixTime, Want,
};

/// When it begins.
const START: UnixTime = UnixTime::from_secs(1_767_222_000);
const SECRET: &str = "secret-";
/// A machine counts milliseconds.
const GRAIN: Duration = Duration::from_millis(1);

/// Courses of events, as [`lifecycle`] reads them: octets that say what happens, and its details.
pub const SEEDS: [(&str, &[u8]); 8] = [
    // Loaded, an hour passes, asked for, locked, loaded, marked, answered, saved.
    (
        "refresh",
        &[
            0, 2, 1, 0, 1, 0, 14, 5, 0, 0, 1, 0, 2, 1, 0, 1, 0, 6, 0, 4, 0, 0, 0, 6, 0, 0, 0,
        ],
    ),
    // The same, and the store fails on and on.
    (
        "unsaved",
        &[
            0, 2, 1, 0, 1, 0, 14, 5, 0, 0, 1, 0, 2, 1, 0, 1, 0, 6, 0, 4, 0, 0, 0, 6, 2, 14, 4, 6,
            2, 14, 4, 6, 2, 14, 5, 0, 0, 4, 5, 0, 0,
        ],
    ),
    // The server cannot answer, and is asked again.
    (
        "later",
        &[
            0, 2, 1, 0, 1, 0, 14, 5, 0, 0, 1, 0, 2, 1, 0, 1, 0, 6, 0, 4, 4, 2, 0, 6, 0, 0, 0, 14,
            2, 0, 0, 8, 2, 1, 0, 2, 1, 0, 1, 0,
        ],
    ),
    // It wants to be left alone.
    (
        "throttled",
        &[
            0, 2, 1, 0, 1, 0, 14, 5, 0, 0, 1, 0, 2, 1, 0, 1, 0, 6, 0, 4, 3, 2, 3, 6, 0, 8, 2, 14,
            4, 14, 5, 0, 0,
        ],
    ),
    // It refuses.
    (
        "refused",
        &[
            0, 2, 1, 0, 1, 0, 14, 5, 0, 0, 1, 0, 2, 1, 0, 1, 0, 6, 0, 4, 1, 1, 0, 2, 1, 0, 1, 0, 6,
            0, 0, 0,
        ],
    ),
    // A mail server does, and the new token is refused too.
    (
        "rejected",
        &[
            0, 2, 1, 0, 1, 0, 7, 1, 0, 1, 0, 2, 1, 0, 1, 0, 6, 0, 4, 0, 0, 0, 6, 0, 7, 2, 0, 0, 0,
        ],
    ),
    // Nobody is signed in, then somebody, then nobody.
    (
        "sign-out",
        &[
            16, 2, 0, 0, 0, 9, 2, 0, 6, 0, 0, 0, 10, 2, 2, 0, 6, 0, 4, 0, 1, 0, 0, 0,
        ],
    ),
    // Clocks that jump, without the one that only goes forward.
    (
        "clocks",
        &[
            128, 2, 1, 0, 1, 0, 12, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 12, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 13, 9, 9, 9, 9, 0, 0, 0, 0,
        ],
    ),
];

/// Plays a course of events. No panic, an end to what is done without an answer, one request at a time and none too
/// soon, no token beyond its life, and no secret in sight.
pub fn lifecycle(input: &[u8]) {
    let mut input = Input(input);
    let mut world = World::new(input.octet());
    // What is longer only takes longer.
    for _ in 0..300 {
        if input.0.is_empty() {
            return;
        }
        let event = input.octet();
        world.feed(event, &mut input);
        world.drive();
        let shown = format!("{:?}", world.life);
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

/// The octets that are left; zero where there are none.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.octet()) % choices.len()]
    }

    fn number(&mut self) -> u64 {
        let octets = [(); 8].map(|()| self.octet());
        u64::from_be_bytes(octets)
    }

    /// A moment near the beginning or anywhere.
    fn time(&mut self) -> u64 {
        let start = START.as_millis();
        match self.octet() % 8 {
            0 => start,
            1 => start + 3_600_000,
            2 => start - 3_600_000,
            3 => start + u64::from(self.octet()) * 60_000,
            4 => 0,
            5 => u64::MAX,
            _ => self.number(),
        }
    }
}

struct World {
    life: Lifecycle,
    now: Now,
    /// What is on its way, by which refresh token.
    in_flight: Option<String>,
    /// The server wants no request before.
    not_before: Duration,
    /// What failed, when, and how long it is let be at least.
    failed: Option<(String, Duration)>,
    /// When each token was given first, by the clock that only goes forward.
    given: HashMap<(String, UnixTime), Duration>,
}

impl World {
    fn new(choice: u8) -> Self {
        let bit = |n: u8| choice >> n & 1 == 1;
        let mut options = Options::new("me", Audience::new("mail"))
            .with_seed(u64::from(choice))
            .with_quirks(Quirks {
                never_rotates: bit(0),
                ..Quirks::default()
            });
        options.ahead = !bit(1);
        options.without_lock = !bit(2);
        options.mark = !bit(3);
        options.end_at_once = bit(5);
        if bit(6) {
            options.renewal = GrantKind::ClientCredentials;
        }
        let now = Now::wall(START);
        Self {
            life: Lifecycle::new(options),
            now: if bit(7) {
                now
            } else {
                now.with_boot(Duration::from_secs(1000))
            },
            in_flight: None,
            not_before: Duration::ZERO,
            failed: None,
            given: HashMap::new(),
        }
    }

    fn feed(&mut self, event: u8, input: &mut Input<'_>) {
        let now = self.now;
        match event % 16 {
            0 => self.ask(Duration::from_secs(input.pick(&[
                0,
                0,
                60,
                600,
                3600,
                1 << 40,
            ]))),
            1 => self.life.handle_lock(
                now,
                input.pick(&[Lock::Acquired, Lock::Held, Lock::Unavailable]),
            ),
            2 => {
                let record = record(input);
                self.given.clear();
                self.life.handle_loaded(now, record);
            }
            3 => self.life.handle_not_loaded(now),
            4 => self.answer(input),
            5 => {
                let stage = input.pick(&[HttpStage::Connect, HttpStage::Tls, HttpStage::Sent]);
                self.life.handle_no_response(now, stage);
                // A lost answer is asked for once more at once.
                self.fail(stage != HttpStage::Sent);
            }
            6 => self.life.handle_saved(
                now,
                input.pick(&[Saved::Done, Saved::Conflict, Saved::Failed]),
            ),
            7 => {
                let generation = Generation::from(u64::from(input.octet() % 5));
                let reason = input.pick(&[
                    Reason::TokenRejected,
                    Reason::Temporary,
                    Reason::ScopeInsufficient,
                    Reason::CredentialsRejected,
                ]);
                let rejection = Rejection::new(reason, Kind::Token);
                let before = self.life.token(now, Duration::ZERO).is_ok();
                let _ = self.life.handle_rejection(now, generation, &rejection);
                if reason == Reason::ScopeInsufficient {
                    let after = self.life.token(now, Duration::ZERO).is_ok();
                    assert_eq!(before, after, "one server's scope is everybody's");
                }
            }
            8 => {
                self.life.handle_hint(
                    now,
                    input.pick(&[
                        Hint::NetworkUp,
                        Hint::Resumed,
                        Hint::Retry,
                        Hint::SettingsChanged,
                    ]),
                );
                self.failed = None;
            }
            9 => {
                let expires = input.pick(&[Some(0), Some(3600), Some(u64::MAX), None]);
                let body = json!({"access_token": "secret-of-a-sign-in", "expires_in": expires, "refresh_token": "secret-new"});
                let exchange = Exchange::new(GrantKind::AuthorizationCode, now.wall);
                let tokens = exchange
                    .read(&Response::new(200, body.to_string().as_bytes()))
                    .unwrap();
                self.life.handle_grant(now, tokens);
                self.failed = None;
            }
            10 => self.life.sign_out(now),
            11 => {
                self.life.handle_abandoned(now);
                self.in_flight = None;
                self.failed = None;
            }
            12 => self.now.wall = UnixTime::from_millis(input.time()),
            13 => self.pass(Duration::from_millis(input.number())),
            14 => {
                let millis = input.pick(&[1, 999, 1001, 10_000, 60_000, 3_600_000, 86_400_000]);
                self.pass(Duration::from_millis(millis));
            }
            _ => self.pass(Duration::from_micros(u64::from(input.octet()))),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.wall = self.now.wall + time;
        self.now.boot = self.now.boot.map(|boot| boot.saturating_add(time));
    }

    fn boot(&self) -> Duration {
        self.now.boot.unwrap_or(Duration::MAX)
    }

    /// After 500 million years time stands still.
    fn tells_time(&self) -> bool {
        let end = Duration::from_millis(u64::MAX);
        self.now.boot.is_some_and(|boot| boot < end)
    }

    /// A token that is given is not beyond its life, by either clock.
    fn ask(&mut self, min_ttl: Duration) {
        let (wall, boot, tells_time) = (self.now.wall, self.boot(), self.tells_time());
        let Ok(token) = self.life.token(self.now, min_ttl) else {
            return;
        };
        let Some(expires) = token.expires_at() else {
            return;
        };
        let issued = token.issued_at();
        // One that has no life at all is good for once, and what counts is when it was seen.
        assert!(
            expires > wall || expires <= issued,
            "expired at {expires}, given at {wall}"
        );
        if tells_time {
            let name = (token.secret().expose().to_owned(), issued);
            let first = *self.given.entry(name).or_insert(boot);
            let life = expires.since(issued).max(Duration::from_secs(10));
            assert!(
                boot - first < life + GRAIN,
                "given for {:?} of {life:?}",
                boot - first
            );
        }
    }

    fn answer(&mut self, input: &mut Input<'_>) {
        let status = input.pick(&[200, 400, 302, 429, 503, 500, 401, 404]);
        let body = match input.octet() % 8 {
            0 => r#"{"access_token":"secret-2","token_type":"Bearer","expires_in":3600,"refresh_token":"secret-next"}"#.into(),
            1 => r#"{"error":"invalid_grant"}"#.into(),
            2 => "<html>".into(),
            3 => r#"{"error":"invalid_client"}"#.into(),
            4 => r#"{"error":"invalid_scope"}"#.into(),
            5 => json!({"access_token": "secret-3", "expires_in": input.number(), "refresh_in": input.number()}).to_string(),
            6 => r#"{"access_token":"secret-4"}"#.into(),
            _ => json!({"error": input.pick(&["temporarily_unavailable", "login_required", "slow_down", "unheard_of"])}).to_string(),
        };
        let wait = input.pick(&["", "", "0", "5", "120", "99999999999"]);
        let response = Response::new(status, body.as_bytes()).with_header("Retry-After", wait);
        self.life.handle_response(self.now, &response);
        if status == 429 && self.in_flight.is_some() {
            let seconds = wait.parse().unwrap_or(60_u64).clamp(1, 3600);
            self.not_before = self.boot().saturating_add(Duration::from_secs(seconds));
        }
        self.fail(matches!(status, 302 | 429 | 503));
    }

    /// What was on its way is over; `passes`: it failed, and is tried again later.
    fn fail(&mut self, passes: bool) {
        let sent = self.in_flight.take();
        self.failed = sent.filter(|_| passes).map(|token| (token, self.boot()));
    }

    fn drive(&mut self) {
        for _ in 0..200 {
            let boot = self.boot();
            let token = match self.life.poll(self.now) {
                Action::Wait(_) | Action::Done => return,
                Action::Send(Want::Refresh { token, .. }) => token.expose().to_owned(),
                Action::Send(Want::Grant { .. }) => String::new(),
                Action::Send(Want::Revoke { .. })
                | Action::Clear { .. }
                | Action::Event(_)
                | Action::Load
                | Action::Lock
                | Action::Save { .. }
                | Action::SignIn(_)
                | Action::Unlock => continue,
            };
            assert!(self.in_flight.is_none(), "two at once");
            if self.tells_time() {
                assert!(
                    boot.saturating_add(GRAIN) >= self.not_before,
                    "the server wanted to be left alone"
                );
                if let Some((_, at)) = self.failed.take().filter(|(failed, _)| *failed == token) {
                    assert!(
                        boot - at + GRAIN >= Duration::from_secs(1),
                        "again after {:?}",
                        boot - at
                    );
                }
            }
            self.in_flight = Some(token);
        }
        panic!("no end");
    }
}

fn record(input: &mut Input<'_>) -> Option<Record> {
    let generation = u64::from(input.octet() % 5);
    if generation == 0 {
        return None;
    }
    let kind = input.octet();
    let lost = kind & 1 == 1;
    let mut json = json!({
        "version": 1, "revision": generation, "generation": generation, "signed_in": if kind & 2 == 2 { input.time() } else { 0 },
    });
    if !lost {
        json["refresh"] = format!("secret-{}", kind >> 2 & 1).into();
    }
    if kind & 8 == 8 {
        json["pending"] =
            json!({"owner": "other", "since": input.time(), "locked": kind & 16 == 16});
    }
    if lost && kind & 16 == 16 {
        json["ended"] = json!({"reason": "rejected"});
    }
    let (issued, expires, refresh) = match input.octet() % 4 {
        0 => return Record::from_json(json.to_string().as_bytes()).ok(),
        1 => (
            START.as_millis(),
            json!(START.as_millis() + 3_600_000),
            json!(null),
        ),
        2 => (input.time(), json!(input.time()), json!(null)),
        _ => (input.time(), json!(null), json!(input.time())),
    };
    json["access"] = json!([{
        "token": format!("secret-{generation}"), "scope": "mail", "generation": generation,
        "issued_at": issued, "expires_at": expires, "refresh_at": refresh, "forced": input.octet() % 2 == 1,
    }]);
    Some(Record::from_json(json.to_string().as_bytes()).unwrap())
}
