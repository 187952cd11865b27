use alloc::format;

use proptest::prelude::*;

use super::*;
use crate::UnixTime;

const START: UnixTime = UnixTime::from_secs(1_767_222_000);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A poll and a clock that it is asked by.
struct Scenario {
    poll: DevicePoll,
    now: UnixTime,
}

impl Scenario {
    fn new(members: &str) -> Self {
        let document = format!(
            r#"{{"device_code":"hunter2-code","user_code":"X","verification_uri":"https://a.example"{members}}}"#
        );
        let device = DeviceAuthorization::parse(document.as_bytes()).unwrap();
        Self {
            poll: DevicePoll::new(device, START),
            now: START,
        }
    }

    /// Waits as long as it is told, and says how long that was.
    fn until_asked(&mut self) -> u64 {
        let began = self.now;
        loop {
            match self.poll.poll(self.now) {
                DeviceStep::Wait(wait) => {
                    assert!(!wait.is_zero());
                    // Not a moment earlier.
                    let before = self.now + (wait - Duration::from_millis(1));
                    assert!(matches!(
                        self.poll.clone().poll(before),
                        DeviceStep::Wait(_)
                    ));
                    self.now = self.now + wait;
                }
                DeviceStep::Ask(_) => return self.now.since(began).as_secs(),
                DeviceStep::Over => panic!("over"),
            }
        }
    }

    fn answer(&mut self, status: u16, body: &str) -> Result<Option<Tokens>, Failure> {
        self.poll
            .handle_response(self.now, &Response::new(status, body.as_bytes()))
    }

    /// An answer that does not end it, and the pause that follows.
    fn pause_after(&mut self, status: u16, body: &str) -> u64 {
        assert_eq!(self.answer(status, body), Ok(None), "{status} {body}");
        self.until_asked()
    }
}

const PENDING: &str = r#"{"error":"authorization_pending"}"#;
const SLOW_DOWN: &str = r#"{"error":"slow_down"}"#;

#[test]
fn pauses_are_those_of_the_server() {
    let mut scenario = Scenario::new(r#","expires_in":1800,"interval":7"#);
    assert_eq!(scenario.until_asked(), 7);
    assert_eq!(scenario.pause_after(400, PENDING), 7);
    assert_eq!(scenario.pause_after(400, PENDING), 7);
}

#[test]
fn slow_down_holds_from_then_on() {
    let mut scenario = Scenario::new(r#","expires_in":1800"#);
    assert_eq!(scenario.until_asked(), 5);
    assert_eq!(scenario.pause_after(400, SLOW_DOWN), 10);
    assert_eq!(scenario.pause_after(400, PENDING), 10);
    assert_eq!(scenario.pause_after(429, SLOW_DOWN), 15);
    assert_eq!(scenario.pause_after(400, PENDING), 15);
}

#[test]
fn trouble_makes_the_next_pause_longer_and_no_other() {
    let mut scenario = Scenario::new(r#","expires_in":1800"#);
    scenario.until_asked();
    assert_eq!(scenario.pause_after(503, ""), 10);
    assert_eq!(scenario.pause_after(500, "<html>"), 20);
    scenario.poll.handle_no_response(scenario.now);
    assert_eq!(scenario.until_asked(), 40);
    assert_eq!(scenario.pause_after(200, "<html>Welcome to our hotel"), 80);
    assert_eq!(scenario.pause_after(503, ""), 160);
    assert_eq!(scenario.pause_after(503, ""), 300);
    assert_eq!(scenario.pause_after(503, ""), 300);
    assert_eq!(scenario.pause_after(400, PENDING), 5);
    assert_eq!(scenario.pause_after(503, ""), 10);
}

#[test]
fn the_server_may_ask_for_a_longer_pause() {
    let mut scenario = Scenario::new(r#","expires_in":1800"#);
    scenario.until_asked();
    let busy = Response::new(429, b"").with_header("Retry-After", "77");
    assert_eq!(scenario.poll.handle_response(scenario.now, &busy), Ok(None));
    assert_eq!(scenario.until_asked(), 77);
}

#[test]
fn what_ends_it() {
    for (status, error, class) in [
        (400, "access_denied", Class::FlowDenied),
        (400, "authorization_declined", Class::FlowDenied),
        (400, "expired_token", Class::FlowExpired),
        (400, "bad_verification_code", Class::FlowExpired),
        (400, "invalid_grant", Class::FlowExpired),
        (
            401,
            "invalid_client",
            Class::Misconfigured(crate::Setting::Client),
        ),
        (
            400,
            "unsupported_grant_type",
            Class::Misconfigured(crate::Setting::Grant),
        ),
        (400, "something_new", Class::Suspicious),
    ] {
        let mut scenario = Scenario::new(r#","expires_in":1800"#);
        scenario.until_asked();
        let failure = scenario
            .answer(status, &format!(r#"{{"error":"{error}"}}"#))
            .unwrap_err();
        assert_eq!(failure.class(), class, "{error}");
        assert!(matches!(
            scenario.poll.poll(scenario.now + secs(60)),
            DeviceStep::Over
        ));
    }
}

#[test]
fn a_stranger_is_not_asked_for_ever() {
    let mut scenario = Scenario::new(r#","expires_in":86400"#);
    scenario.until_asked();
    for _ in 0..4 {
        scenario.pause_after(404, "<html>");
    }
    assert_eq!(
        scenario.answer(404, "<html>").unwrap_err().class(),
        Class::Suspicious
    );
}

#[test]
fn tokens_count_from_when_they_were_asked_for() {
    let mut scenario = Scenario::new(r#","expires_in":1800"#);
    scenario.until_asked();
    let sent = scenario.now;
    scenario.now = scenario.now + secs(3);
    let tokens = scenario.answer(
        200,
        r#"{"access_token":"a","token_type":"Bearer","expires_in":60}"#,
    );
    assert_eq!(tokens.unwrap().unwrap().expires_at, Some(sent + secs(60)));
    assert!(matches!(scenario.poll.poll(scenario.now), DeviceStep::Over));
}

#[test]
fn the_time_of_the_user_ends() {
    let mut scenario = Scenario::new(r#","expires_in":12"#);
    assert_eq!(scenario.until_asked(), 5);
    assert_eq!(scenario.pause_after(400, PENDING), 5);
    assert_eq!(scenario.answer(400, PENDING), Ok(None));
    // Two seconds are left, and nobody waits longer than that.
    assert!(matches!(scenario.poll.poll(scenario.now), DeviceStep::Wait(wait) if wait == secs(2)));
    assert!(matches!(
        scenario.poll.poll(scenario.now + secs(2)),
        DeviceStep::Over
    ));
    // Not even where the clock goes back.
    assert!(matches!(scenario.poll.poll(START), DeviceStep::Over));
}

#[test]
fn a_wall_clock_set_back_does_not_stop_it() {
    let mut scenario = Scenario::new(r#","expires_in":1800"#);
    scenario.until_asked();
    assert_eq!(scenario.answer(400, PENDING), Ok(None));
    scenario.now = scenario.now - secs(86_400);
    assert_eq!(scenario.until_asked(), 5);
}

#[test]
fn a_clock_that_only_goes_forward_counts() {
    let device = Scenario::new(r#","expires_in":1800"#).poll.device;
    let now = |wall: u64, boot| Now::wall(START + secs(wall)).with_boot(secs(boot));
    let mut poll = DevicePoll::new(device, now(0, 100));
    // The wall clock was set forward by a day.
    assert!(matches!(poll.poll(now(86_400, 104)), DeviceStep::Wait(wait) if wait == secs(1)));
    assert!(matches!(poll.poll(now(86_400, 105)), DeviceStep::Ask(_)));
}

#[test]
fn the_code_is_not_shown() {
    let mut scenario = Scenario::new(r#","expires_in":1800"#);
    scenario.until_asked();
    let shown = format!(
        "{:?} {:?}",
        scenario.poll.clone(),
        scenario.poll.poll(scenario.now)
    );
    assert!(!shown.contains("hunter2"), "{shown}");
}

proptest! {
    /// Whatever is answered, and however irregularly it is asked: no panic, never earlier than the
    /// server wants, and an end.
    #[test]
    fn it_keeps_its_distance(steps in proptest::collection::vec((0..5_usize, 0..400_u64), 1..60)) {
        let mut scenario = Scenario::new(r#","expires_in":1800,"interval":6"#);
        let (mut last, mut interval) = (START, secs(6));
        for (answer, wait) in steps {
            scenario.now = scenario.now + secs(wait);
            match scenario.poll.poll(scenario.now) {
                DeviceStep::Wait(wait) => {
                    let elapsed = scenario.now.since(START);
                    prop_assert!(!wait.is_zero() && elapsed + wait <= secs(1800));
                }
                DeviceStep::Over => {
                    let expired = scenario.now.since(START) >= secs(1800);
                    prop_assert!(expired || scenario.poll.over);
                }
                DeviceStep::Ask(_) => {
                    prop_assert!(scenario.now.since(last) >= interval);
                    last = scenario.now;
                    let answered = match answer {
                        0 => scenario.answer(400, PENDING),
                        1 => scenario.answer(400, SLOW_DOWN),
                        2 => scenario.answer(503, ""),
                        3 => scenario.answer(200, "<html>"),
                        _ => {
                            scenario.poll.handle_no_response(scenario.now);
                            Ok(None)
                        }
                    };
                    if answer == 1 {
                        interval += secs(5);
                    }
                    prop_assert!(matches!(answered, Ok(None)) || answer == 3);
                }
            }
        }
    }

    /// The clocks may say anything.
    #[test]
    fn any_time_is_taken(times in proptest::collection::vec((any::<u64>(), any::<Option<u64>>(), 0..3_u8), 1..30)) {
        let mut scenario = Scenario::new(r#","expires_in":1800"#);
        for (wall, boot, answer) in times {
            let now = Now { wall: UnixTime::from_millis(wall), boot: boot.map(Duration::from_millis) };
            let _ = scenario.poll.poll(now);
            match answer {
                0 => scenario.poll.handle_no_response(now),
                1 => drop(scenario.poll.handle_response(now, &Response::new(400, SLOW_DOWN.as_bytes()))),
                _ => {}
            }
        }
    }
}
