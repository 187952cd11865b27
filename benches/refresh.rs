//! T7 and T7b: is this token due, and what did the server say?

use std::{
    borrow::Cow,
    hint::black_box,
    time::{Duration, Instant, SystemTime},
};

use mail_login_benches::{
    Table,
    count::heap_of,
    floor::tokens::{self, Due, Times},
    inputs::token,
};
use mail_login_tokens::clock;
use oauth2::{TokenResponse as _, basic::BasicTokenResponse};
use serde::Deserialize;
use token_lifecycle::{
    Action, Audience, Exchange, GrantKind, Lifecycle, Now, Options, Record, Response, UnixTime,
};

fn main() {
    decision();
    answer();
}

const START: UnixTime = UnixTime::from_secs(1_767_222_000);

/// A machine that has read a record whose token was just asked for and lives an hour.
fn machine(now: Now) -> Lifecycle {
    let json = format!(
        r#"{{"version":1,"revision":1,"generation":1,"signed_in":0,"refresh":"{}",
            "access":[{{"token":"{}","scope":"https://mail.google.com/","generation":1,"issued_at":{},"expires_at":{}}}]}}"#,
        token(300),
        token(1536),
        now.wall.as_millis(),
        (now.wall + Duration::from_secs(3600)).as_millis(),
    );
    let options = Options::new("bench", Audience::new("https://mail.google.com/"));
    let mut machine = Lifecycle::new(options);
    assert!(matches!(machine.poll(now), Action::Load));
    machine.handle_loaded(now, Record::from_json(json.as_bytes()).ok());
    assert!(matches!(machine.poll(now), Action::Wait(_)));
    machine
}

fn decision() {
    let now = Now::wall(START).with_boot(Duration::from_secs(1000));
    let later = |seconds| {
        let passed = Duration::from_secs(seconds);
        Now::wall(START + passed).with_boot(Duration::from_secs(1000) + passed)
    };
    let times = Times {
        refresh: START.as_secs() + 3000,
        expiry: START.as_secs() + 3600,
    };
    assert_eq!(times.decide(later(100).wall.as_secs()), Due::Fresh);
    let give = |machine: &mut Lifecycle, now| {
        let token = machine.token(black_box(now), Duration::ZERO);
        token.map(|token| token.generation().get())
    };

    let mut good = machine(now);
    let mut by_clock = machine(clock::now());
    let mut wall_alone = machine(Now::wall(START));
    let mut due = machine(now);
    // Somebody else has the lock, so that the old token is given out all the time.
    assert_eq!(give(&mut due, later(3300)), Ok(1));
    assert!(matches!(due.poll(later(3300)), Action::Lock));

    for (machine, now) in [(&mut good, later(100)), (&mut due, later(3301))] {
        assert_eq!(give(machine, now), Ok(1));
        let (answer, heap) = heap_of(|| give(machine, now));
        assert_eq!(answer, Ok(1));
        assert_eq!(heap.allocs + heap.reallocs, 0);
    }

    let mut table = Table::new("T7, is this token due");
    table.floor("two times", || {
        black_box(&times).decide(black_box(later(100).wall.as_secs()))
    });
    table.ours("`Lifecycle::token`, good for long", || {
        give(&mut good, later(100))
    });
    table.other("the same, due and about to be refreshed", || {
        give(&mut due, later(3301))
    });
    table.other("the same, good, by the wall clock alone", || {
        give(&mut wall_alone, Now::wall(START + Duration::from_secs(100)))
    });
    table.other("the same, good, with both clocks read", || {
        give(&mut by_clock, clock::now())
    });
    table.other("both clocks read, and nothing else", clock::now);
    table.other("`Instant::now` alone", Instant::now);
    table.other("`SystemTime::now` alone", SystemTime::now);
    table.run();
}

fn answer() {
    let (access, refresh) = (token(1536), token(300));
    let json = format!(
        r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":3599,"refresh_token":"{refresh}","scope":"https://mail.google.com/ openid","id_token":"{}"}}"#,
        token(900)
    );
    let json = json.as_bytes();
    let exchange = Exchange::new(GrantKind::RefreshToken, START);
    let ours = || exchange.read(&Response::new(200, black_box(json))).ok();

    let read = ours().expect("it is an answer");
    assert_eq!(read.access.expose(), access);
    assert_eq!(read.expires_at, Some(START + Duration::from_secs(3599)));
    let by_hand = tokens::answer(json).expect("it is an answer");
    assert_eq!(by_hand.access, access.as_bytes());
    assert_eq!(by_hand.refresh, refresh.as_bytes());
    assert_eq!(by_hand.expires_in, 3599);
    let by_oauth2: BasicTokenResponse = serde_json::from_slice(json).expect("it is an answer");
    assert_eq!(by_oauth2.access_token().secret(), &access);

    let title = format!("T7b, answer of a token endpoint, {} octets", json.len());
    let mut table = Table::new(title);
    table.floor("flat object, borrowed", || tokens::answer(black_box(json)));
    table.ours("`Exchange::read`", ours);
    table.other("oauth2 5.0.0 `BasicTokenResponse`", || {
        serde_json::from_slice::<BasicTokenResponse>(black_box(json)).ok()
    });
    table.other("serde_json into a borrowed struct", || {
        let borrowed = serde_json::from_slice::<Borrowed<'_>>(black_box(json)).ok();
        borrowed.map(|answer| answer.looked_at())
    });
    table.other("`serde_json::Value`", || {
        serde_json::from_slice::<serde_json::Value>(black_box(json)).ok()
    });
    table.other("a copy of the body", || black_box(json).to_vec());
    table.run();
}

#[derive(Deserialize)]
struct Borrowed<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    token_type: Cow<'a, str>,
    expires_in: Option<u64>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
}

impl Borrowed<'_> {
    fn looked_at(&self) -> (usize, usize, Option<u64>, Option<usize>) {
        let refresh = self.refresh_token.as_ref().map(|token| token.len());
        (
            self.access_token.len(),
            self.token_type.len(),
            self.expires_in,
            refresh,
        )
    }
}
