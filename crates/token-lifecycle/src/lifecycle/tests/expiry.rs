use super::{scenario::START, *};

#[test]
fn a_young_token_is_given_without_more() {
    let mut s = Scenario::fresh();
    for _ in 0..100 {
        assert_eq!(s.token().unwrap(), "access-1");
        s.does("wait").pass(20);
    }
}

#[test]
fn a_token_that_is_due_is_given_while_it_is_refreshed() {
    let mut s = Scenario::fresh();
    s.pass(3600 - 300);
    assert_eq!(s.token().unwrap(), "access-1");
    s.until("send refresh-1");
    assert_eq!(s.token().unwrap(), "access-1");
    s.answers(200, REFRESHED).until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn the_window_is_20_percent_of_an_hour_at_most_600_seconds_and_a_quarter_of_chance() {
    for seed in 0..50 {
        let mut s = Scenario::with(
            Options::new("me", Audience::new("mail")).with_seed(seed),
            3600,
        );
        s.pass(3600 - 751).does("wait").pass(151).does("lock");
    }
}

#[test]
fn a_token_in_its_last_minute_makes_callers_wait_for_a_better_one() {
    let mut s = Scenario::fresh();
    s.pass(3600 - 59);
    assert!(s.token().unwrap_err().is_temporary());
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn a_token_in_its_last_minute_is_given_if_there_is_no_better_one() {
    let mut s = Scenario::fresh();
    s.pass(3600 - 59);
    s.until("send refresh-1")
        .fails(HttpStage::Connect)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    // In its last seconds it may expire on the way.
    s.pass(52);
    assert!(s.token().unwrap_err().is_temporary());
}

#[test]
fn without_a_refresh_token_it_is_good_until_it_expires() {
    let mut stored = record(3600);
    stored.refresh = None;
    let mut s = Scenario::with_stored(Options::new("me", Audience::new("mail")), Some(stored));
    s.does("load").loads();
    s.pass(3599).does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    s.pass(1);
    assert!(s.token().unwrap_err().is_temporary());
    // Somebody may have signed in elsewhere.
    s.does("load")
        .loads()
        .does("sign-in no-refresh-token")
        .does("wait");
    let why = s.token().unwrap_err();
    assert!(
        matches!(why, Unavailable::SignIn(sign_in) if sign_in.reason == SignInReason::NoRefreshToken)
    );
}

#[test]
fn without_a_refresh_token_a_sign_in_elsewhere_is_found_first() {
    let mut stored = record(3600);
    stored.refresh = None;
    let mut s = Scenario::with_stored(Options::new("me", Audience::new("mail")), Some(stored));
    s.does("load").loads().pass(3600);
    assert!(s.token().is_err());
    s.does("load").cannot_load().does("wait");
    assert!(s.token().unwrap_err().is_temporary());
    s.pass(1).others_refresh().does("load").loads().does("wait");
    assert_eq!(s.token().unwrap(), "access-theirs");
}

#[test]
fn a_caller_may_want_more_time() {
    let mut s = Scenario::fresh();
    s.pass(3600 - 900);
    assert_eq!(s.token().unwrap(), "access-1");
    assert!(s.token_for(1200).unwrap_err().is_temporary());
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.token_for(1200).unwrap(), "access-2");
}

#[test]
fn a_wish_that_no_token_fulfils_is_no_storm() {
    let mut s = Scenario::lives(300);
    for _ in 0..14 {
        assert_eq!(s.token_for(600).unwrap(), "access-1");
        s.does("wait").pass(10);
    }
}

#[test]
fn a_short_life_is_used_to_a_tenth() {
    let mut s = Scenario::lives(60);
    s.pass(29);
    assert_eq!(s.token().unwrap(), "access-1");
    s.pass(15);
    assert_eq!(s.token().unwrap(), "access-1");
    s.does("lock").locks(Lock::Acquired).pass(11);
    assert!(s.token().unwrap_err().is_temporary());
}

#[test]
fn a_life_of_nothing_is_good_for_once() {
    for body in [
        r#"{"access_token":"access-2","expires_in":0}"#,
        r#"{"access_token":"access-2","expires_in":-1}"#,
    ] {
        let mut s = Scenario::expired();
        s.until("send refresh-1").answers(200, body).until("wait");
        assert_eq!(s.token().unwrap(), "access-2");
        assert!(s.has_told("grant-ending"));
        s.pass(11);
        // Nobody asks, so nothing is asked for.
        s.does("wait");
        assert!(s.token().unwrap_err().is_temporary());
        s.does("lock");
    }
}

#[test]
fn a_life_that_nobody_knows_is_used_until_it_is_refused() {
    let mut stored = record(3600);
    stored.access[0].expires_at = None;
    let mut s = Scenario::with_stored(Options::new("me", Audience::new("mail")), Some(stored));
    s.does("load").loads();
    s.pass(2000);
    assert_eq!(s.token().unwrap(), "access-1");
    s.does("wait").pass(100_000);
    assert_eq!(s.token().unwrap(), "access-1");
    s.until("send refresh-1")
        .answers(200, r#"{"access_token":"access-2"}"#)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
    // The life of the token before is not kept.
    assert_eq!(s.life.record().unwrap().access[0].expires_at, None);
}

#[test]
fn the_server_may_say_when_to_refresh() {
    let mut s = Scenario::expired();
    let body = r#"{"access_token":"access-2","expires_in":3600,"refresh_in":1800}"#;
    s.until("send refresh-1").answers(200, body).until("wait");
    s.pass(1799).does("wait").pass(1).does("lock");
}

#[test]
fn a_clock_set_back_does_not_lengthen_a_life() {
    let mut s = Scenario::fresh();
    s.pass(1800).does("wait");
    s.set_clock(START - Duration::from_secs(86_400))
        .does("wait");
    s.pass(1799);
    assert!(s.token().unwrap_err().is_temporary());
    // Without a better clock, time only stops for a moment.
    let mut s = Scenario::fresh().without_boot_clock();
    s.pass(1800).does("wait");
    s.set_clock(START - Duration::from_secs(86_400))
        .does("wait");
    s.pass(1801);
    assert!(s.token().unwrap_err().is_temporary());
}

#[test]
fn a_clock_set_forward_is_believed() {
    let mut s = Scenario::fresh();
    s.set_clock(START + Duration::from_secs(86_400));
    assert!(s.token().unwrap_err().is_temporary());
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
}

/// Who asks now and then, by a process of its own each time, would get a dead token for years.
#[test]
fn a_token_of_a_clock_that_was_years_ahead_is_refreshed() {
    let years = Duration::from_secs(30 * 365 * 86_400);
    let ahead = |by: Duration| {
        let mut stored = record(3600);
        let token = stored.access.first_mut().unwrap();
        token.issued_at = token.issued_at + by;
        token.expires_at = token.expires_at.map(|at| at + by);
        let options = Options::new("me", Audience::new("mail"));
        let mut s = Scenario::with_stored(options, Some(stored));
        s.does("load").loads();
        s
    };
    let mut s = ahead(years);
    assert!(s.token().unwrap_err().is_temporary());
    s.until("send refresh-1")
        .answers(200, REFRESHED)
        .until("wait");
    assert_eq!(s.token().unwrap(), "access-2");
    s.does("wait");
    // It is given out if there is no other.
    let mut s = ahead(years);
    s.token().unwrap_err();
    s.until("send refresh-1").fails(HttpStage::Connect);
    s.until("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    // Nobody is bothered because of clocks that are some minutes apart.
    let mut s = ahead(Duration::from_secs(1200));
    assert_eq!(s.token().unwrap(), "access-1");
    s.does("wait");
}

#[test]
fn only_when_asked() {
    let mut options = Options::new("me", Audience::new("mail"));
    options.ahead = false;
    let mut s = Scenario::with(options, 3600);
    s.pass(3300).does("wait");
    assert_eq!(s.token().unwrap(), "access-1");
    s.does("lock");
}

#[test]
fn less_scope_than_asked_for_is_told() {
    let mut s = Scenario::with(
        Options::new("me", Audience::new("mail send offline_access")),
        3600,
    );
    s.until("send refresh-1");
    s.answers(
        200,
        r#"{"access_token":"access-2","scope":"mail","refresh_expires_in":100}"#,
    )
    .until("wait");
    assert!(s.told.contains(&Event::ScopeReduced {
        missing: Scopes::from("send")
    }));
    assert!(s.has_told("grant-expires"));
    // It is good for what it is good for; a server that wants more says so.
    assert_eq!(s.token().unwrap(), "access-2");
}

#[test]
fn who_can_wait_no_longer_is_given_what_is_left() {
    let mut s = Scenario::fresh();
    let mail = Audience::new("mail");
    let usable = |s: &mut Scenario, min_ttl| {
        let (now, min_ttl) = (s.now(), Duration::from_secs(min_ttl));
        let same = s.life.usable_for(now, &mail, min_ttl).cloned();
        assert_eq!(s.life.usable(now, min_ttl).cloned(), same);
        same.is_some()
    };
    s.pass(3600 - 30);
    s.until("send refresh-1");
    assert!(s.token().unwrap_err().is_temporary());
    assert!(usable(&mut s, 0) && usable(&mut s, 30) && !usable(&mut s, 31));
    let now = s.now();
    let unknown = Audience::new("x");
    assert!(s.life.usable_for(now, &unknown, Duration::ZERO).is_none());
    // In the last seconds it could expire on its way.
    s.pass(21);
    assert!(!usable(&mut s, 0));
    s.answers(200, REFRESHED).until("wait");
    assert!(usable(&mut s, 0) && s.token().is_ok());
    // Not what was refused, nor after the user has signed out.
    assert_eq!(
        s.rejected(2, sasl_core::Reason::TokenRejected),
        Feedback::Retry
    );
    assert!(!usable(&mut s, 0));
    let mut s = Scenario::fresh();
    assert!(usable(&mut s, 0));
    s.life.sign_out(s.now());
    assert!(!usable(&mut s, 0));
}

#[test]
fn what_is_left_of_a_token_is_nobodys_where_its_end_is_that_of_the_session() {
    for end_at_once in [false, true] {
        let mut options = Options::new("me", Audience::new("mail"));
        options.end_at_once = end_at_once;
        let mut s = Scenario::with(options, 3600);
        s.pass(3600 - 30).until("send refresh-1");
        s.answers(400, r#"{"error":"invalid_grant"}"#)
            .until("sign-in rejected");
        let now = s.now();
        assert_eq!(s.life.usable(now, Duration::ZERO).is_none(), end_at_once);
    }
}
