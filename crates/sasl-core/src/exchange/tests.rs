use alloc::{vec, vec::Vec};

use super::*;
use crate::Limits;

fn settings(change: impl FnOnce(&mut Limits)) -> Settings {
    let mut limits = Limits::default();
    change(&mut limits);
    Settings::new().limits(limits)
}

fn base64_of(octets: usize) -> Vec<u8> {
    // Zeros encode to As, and three octets need no padding.
    vec![b'A'; octets.div_ceil(3) * 4]
}

/// What the exchange ends in when the server says no after our cancel.
fn ending(exchange: &mut Exchange) -> Error {
    exchange.handle_failure().unwrap_err()
}

#[test]
fn a_challenge_over_the_limit_is_cancelled() {
    let settings = settings(|limits| limits.challenge = 30);
    let mut exchange = Exchange::new(Mechanism::XOAuth2, true);
    assert_eq!(
        exchange.handle_challenge(&base64_of(30), &settings),
        Ok(Answer::Empty)
    );
    let mut exchange = Exchange::new(Mechanism::XOAuth2, true);
    assert_eq!(
        exchange.handle_challenge(&base64_of(33), &settings),
        Ok(Answer::Cancel)
    );
    assert_eq!(ending(&mut exchange), limit(Limit::Challenge));
}

#[test]
fn more_rounds_than_allowed_are_cancelled() {
    let settings = settings(|limits| limits.rounds = 1);
    let mut exchange = Exchange::new(Mechanism::Login, false);
    assert_eq!(
        exchange.handle_challenge(b"", &settings),
        Ok(Answer::Initial)
    );
    assert_eq!(
        exchange.handle_challenge(b"", &settings),
        Ok(Answer::Cancel)
    );
    assert_eq!(ending(&mut exchange), limit(Limit::Rounds));
}

/// One more cancel, and then there is nothing left to say.
#[test]
fn a_server_that_does_not_take_a_cancel() {
    let settings = Settings::new();
    let mut exchange = Exchange::new(Mechanism::XOAuth2, true);
    assert_eq!(
        exchange.handle_challenge(b"?", &settings),
        Ok(Answer::Cancel)
    );
    assert_eq!(
        exchange.handle_challenge(b"?", &settings),
        Ok(Answer::Cancel)
    );
    assert_eq!(
        exchange.handle_challenge(b"?", &settings),
        Err(broken(Violation::BadChallenge))
    );
}

/// The messages that end in success, and those that must not.
#[test]
fn success_counts_only_when_all_was_said() {
    let settings = Settings::new();
    for mechanism in Mechanism::ALL {
        let mut exchange = Exchange::new(mechanism, false);
        assert_eq!(
            exchange.handle_success(),
            Err(broken(Violation::PrematureOk)),
            "{mechanism}"
        );
        assert_eq!(
            exchange.handle_challenge(b"", &settings),
            Ok(Answer::Initial),
            "{mechanism}"
        );
        let premature = mechanism == Mechanism::Login;
        assert_eq!(exchange.handle_success().is_err(), premature, "{mechanism}");
    }
}

/// Whatever a server sends, a credential goes out once at the most.
#[test]
fn no_message_is_sent_twice() {
    let challenges: [&[u8]; 4] = [b"", b"e30=", b"?", b"VXNlcm5hbWU6"];
    for mechanism in Mechanism::ALL {
        for n in 0..challenges.len().pow(4) {
            let mut exchange = Exchange::new(mechanism, false);
            let answers: Vec<_> = (0..4)
                .map(|place| challenges[n / challenges.len().pow(place) % challenges.len()])
                .filter_map(|challenge| exchange.handle_challenge(challenge, &Settings::new()).ok())
                .collect();
            for secret in [Answer::Initial, Answer::Password] {
                let times = answers.iter().filter(|answer| **answer == secret).count();
                assert!(times <= 1, "{mechanism}: {answers:?}");
            }
        }
    }
}
