//! Whatever a driver, a server, a store and the clocks do.

use alloc::{string::String, vec};
use core::time::Duration;

use proptest::{collection, prelude::*, sample};
use sasl_core::{Kind, Reason, Rejection};

use super::{scenario::record, *};

#[derive(Clone, Debug)]
enum Input {
    Token(u64),
    Lock(Lock),
    Loaded(Option<u64>),
    NotLoaded,
    Response(u16, String, String),
    NoResponse(HttpStage),
    Saved(Saved),
    Rejection(u64, Reason),
    Hint(Hint),
    Grant,
    SignOut,
    Abandon,
    Clock(u64, Option<u64>),
    Pass(u64),
    Poll,
}

fn input() -> impl Strategy<Value = Input> {
    let body = prop_oneof![
        Just(String::from(REFRESHED)),
        Just(String::from(r#"{"error":"invalid_grant"}"#)),
        Just(String::from(r#"{"error":"invalid_client"}"#)),
        (any::<i64>(), any::<i64>()).prop_map(|(a, b)| format!(
            r#"{{"access_token":"t","expires_in":{a},"refresh_in":{b},"refresh_token":"r"}}"#
        )),
        "\\PC{0,40}",
    ];
    let statuses = sample::select(&[200, 200, 200, 302, 400, 401, 404, 429, 500, 503][..]);
    let retry = prop_oneof![
        Just(String::new()),
        any::<u32>().prop_map(|n| format!("{n}"))
    ];
    prop_oneof![
        3 => prop_oneof![Just(0), any::<u64>()].prop_map(Input::Token),
        8 => Just(Input::Poll),
        4 => sample::select(&[Lock::Acquired, Lock::Held, Lock::Unavailable][..]).prop_map(Input::Lock),
        4 => proptest::option::weighted(0.9, 0..5u64).prop_map(Input::Loaded),
        1 => Just(Input::NotLoaded),
        6 => (statuses, body, retry).prop_map(|(status, body, retry)| Input::Response(status, body, retry)),
        1 => sample::select(&[HttpStage::Connect, HttpStage::Tls, HttpStage::Sent][..]).prop_map(Input::NoResponse),
        6 => sample::select(&[Saved::Done, Saved::Done, Saved::Conflict, Saved::Failed][..]).prop_map(Input::Saved),
        2 => (0..5u64, sample::select(&[Reason::TokenRejected, Reason::Temporary, Reason::ScopeInsufficient, Reason::CredentialsRejected][..]))
            .prop_map(|(generation, reason)| Input::Rejection(generation, reason)),
        1 => sample::select(&[Hint::NetworkUp, Hint::Resumed, Hint::Retry, Hint::SettingsChanged][..]).prop_map(Input::Hint),
        1 => Just(Input::Grant),
        1 => Just(Input::SignOut),
        1 => Just(Input::Abandon),
        1 => (any::<u64>(), any::<Option<u64>>()).prop_map(|(wall, boot)| Input::Clock(wall, boot)),
        3 => (0..5_000_000u64).prop_map(Input::Pass),
    ]
}

fn feed(life: &mut Lifecycle, now: Now, input: &Input) {
    match input {
        Input::Token(min_ttl) => drop(life.token(now, Duration::from_millis(*min_ttl)).map(|_| ())),
        Input::Lock(lock) => life.handle_lock(now, *lock),
        Input::Loaded(generation) => life.handle_loaded(
            now,
            generation.map(|generation| Record {
                generation: Generation::from(generation),
                revision: Revision::from(generation),
                ..record(3600)
            }),
        ),
        Input::NotLoaded => life.handle_not_loaded(now),
        Input::Response(status, body, retry) => {
            let response =
                Response::new(*status, body.as_bytes()).with_header("Retry-After", retry);
            life.handle_response(now, &response);
        }
        Input::NoResponse(stage) => life.handle_no_response(now, *stage),
        Input::Saved(saved) => life.handle_saved(now, *saved),
        Input::Rejection(generation, reason) => {
            let rejection = Rejection::new(*reason, Kind::Token);
            let _ = life.handle_rejection(now, Generation::from(*generation), &rejection);
        }
        Input::Hint(hint) => life.handle_hint(now, *hint),
        Input::Grant => life.handle_grant(
            now,
            Tokens {
                access: Secret::from("secret-access"),
                issued_at: now.wall,
                expires_at: Some(now.wall + Duration::from_secs(3600)),
                refresh_at: None,
                refresh: Some(Secret::from("secret-refresh")),
                grant_expires_at: None,
                scopes: None,
                id_token: None,
            },
        ),
        Input::SignOut => life.sign_out(now),
        Input::Abandon => life.handle_abandoned(now),
        Input::Clock(..) | Input::Pass(_) | Input::Poll => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// No panic, no overflow, no secret in sight, and no more than a few steps without an answer.
    #[test]
    fn nothing_breaks_it(inputs in collection::vec(input(), 0..120), seed: u64) {
        let mut life = Lifecycle::new(Options::new("me", Audience::new("mail")).with_seed(seed));
        let mut now = Now::wall(scenario::START);
        for input in &inputs {
            match input {
                Input::Clock(wall, boot) => {
                    now = Now { wall: UnixTime::from_millis(*wall), boot: boot.map(Duration::from_millis) };
                }
                Input::Pass(millis) => {
                    let passed = Duration::from_millis(*millis);
                    now.wall = now.wall + passed;
                    now.boot = now.boot.map(|boot| boot.saturating_add(passed));
                }
                other => feed(&mut life, now, other),
            }
            let shown = format!("{life:?}");
            prop_assert!(!shown.contains("secret-") && !shown.contains("refresh-1"), "{shown}");
            let steps = (0..200).take_while(|_| !matches!(life.poll(now), Action::Wait(_) | Action::Done)).count();
            prop_assert!(steps < 200, "no end");
        }
    }

    /// While a server wants to be left alone nothing is sent, and nothing is sent twice at once.
    #[test]
    fn nothing_is_sent_too_soon(inputs in collection::vec(input(), 0..120), seed: u64) {
        let mut life = Lifecycle::new(Options::new("me", Audience::new("mail")).with_seed(seed));
        let mut now = Now::wall(scenario::START).with_boot(Duration::ZERO);
        let (mut not_before, mut in_flight) = (Duration::ZERO, false);
        for input in &inputs {
            match input {
                Input::Clock(wall, _) => now.wall = UnixTime::from_millis(*wall),
                Input::Pass(millis) => {
                    let passed = Duration::from_millis(*millis);
                    now.wall = now.wall + passed;
                    now.boot = now.boot.map(|boot| boot + passed);
                }
                other => {
                    feed(&mut life, now, other);
                    if let Input::Response(429, _, retry) = other && in_flight {
                        let seconds = retry.parse().unwrap_or(60u64).clamp(1, 3600);
                        not_before = now.boot.unwrap() + Duration::from_secs(seconds);
                    }
                    if let Input::Response(..) | Input::NoResponse(_) | Input::Abandon = other {
                        in_flight = false;
                    }
                }
            }
            loop {
                match life.poll(now) {
                    Action::Send(Want::Revoke { .. }) => {}
                    Action::Send(_) => {
                        prop_assert!(!in_flight, "two at once");
                        prop_assert!(now.boot.unwrap() >= not_before, "too soon");
                        in_flight = true;
                    }
                    Action::Wait(_) | Action::Done => break,
                    _ => {}
                }
            }
        }
    }

    /// The older a token, the less likely it is given out: never again once it was not.
    #[test]
    fn age_only_makes_it_worse(lifetime in 0..100_000u64, min_ttl in 0..2000u64, steps in collection::vec(0..5000u64, 1..50), seed: u64) {
        let options = Options::new("me", Audience::new("mail")).with_seed(seed);
        let mut s = Scenario::with(options, lifetime);
        let mut given = true;
        for step in steps {
            s.pass(step);
            let now = s.token_for(min_ttl).is_ok();
            prop_assert!(given || !now);
            given = now;
        }
    }

    /// Once a token has lived as long as it may by the clock that only goes forward, no time on the wall
    /// brings it back; and what the wall clock says makes no token better than it is by the other.
    #[test]
    fn no_wall_clock_lengthens_a_life(
        lifetime in 0..100_000u64, steps in collection::vec((any::<Option<u64>>(), 0..5000u64), 1..50), renews: bool, seed: u64,
    ) {
        let options = Options::new("me", Audience::new("mail")).with_seed(seed);
        let mut stored = record(lifetime);
        stored.refresh = stored.refresh.filter(|_| renews);
        let mut s = Scenario::with_stored(options, Some(stored));
        s.does("load").loads();
        let mut passed = 0;
        for (wall, step) in steps {
            s.pass(step);
            passed += step;
            if let Some(wall) = wall {
                s.set_clock(UnixTime::from_millis(wall));
            }
            let given = s.token().is_ok();
            prop_assert!(!given || passed < lifetime.max(10), "{passed} of {lifetime}");
        }
    }

    /// The answer that was remembered is the one that thinking would have brought.
    #[test]
    fn the_short_way_says_the_same(
        times in (prop_oneof![0..300u64, 0..8000u64], proptest::option::weighted(0.9, 0..8000u64), proptest::option::of(0..8000u64)),
        steps in collection::vec((0..6u8, prop_oneof![4 => 0..300u64, 1 => 0..9000u64], sample::select(&[0, 1, 60, 700, 1000, 5000][..])), 1..60),
        renews: bool, boot: bool, seed: u64,
    ) {
        let (age, expires, refresh) = times;
        let machine = || {
            let mut stored = record(3600);
            stored.refresh = stored.refresh.filter(|_| renews);
            let token = stored.access.first_mut().unwrap();
            token.issued_at = scenario::START - Duration::from_secs(age);
            let after = |seconds| token.issued_at + Duration::from_secs(seconds);
            (token.expires_at, token.refresh_at) = (expires.map(after), refresh.map(after));
            let options = Options::new("me", Audience::new("mail")).with_seed(seed);
            let s = Scenario::with_stored(options, Some(stored));
            let mut s = if boot { s } else { s.without_boot_clock() };
            s.does("load").loads();
            s
        };
        let (mut short, mut long) = (machine(), machine());
        for (kind, size, min_ttl) in steps {
            for s in [&mut short, &mut long] {
                match kind {
                    0 | 4 | 5 => s.pass(size),
                    1 => s.pass_millis(size),
                    2 => s.pass_micros(size),
                    _ => s.set_clock(scenario::START + Duration::from_secs(size) - Duration::from_secs(3000)),
                };
            }
            long.life.sure = None;
            prop_assert_eq!(short.token_for(min_ttl), long.token_for(min_ttl));
            // What is begun because of it, too.
            prop_assert_eq!(format!("{:?}", short.life), format!("{:?}", long.life));
        }
    }

    /// Any octets are an answer or none, and a record or none.
    #[test]
    fn any_octets_are_read(octets in collection::vec(any::<u8>(), 0..300), status: u16) {
        let _ = Record::from_json(&octets);
        let _ = Exchange::new(GrantKind::RefreshToken, scenario::START).read(&Response::new(status, &octets));
    }
}
