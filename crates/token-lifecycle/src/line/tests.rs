use core::num::NonZeroU32;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// One a second, and the bucket is empty at zero.
fn line(places: usize) -> Line<u32> {
    Line::new(Duration::ZERO, Pace::per_second(NonZeroU32::MIN), places)
}

fn ask(line: &mut Line<u32>, at: u32, who: u32, urgency: Urgency) -> (Option<Place>, Duration) {
    let mut place = None;
    let wait = line.ask(SECOND * at, urgency, &mut place, true, || who);
    (place, wait.unwrap_err())
}

fn serve(line: &mut Line<u32>, at: u32) -> Option<u32> {
    match line.call(SECOND * at, true) {
        Called::Up(who, _, turn) => {
            line.sent(SECOND * at, Some(turn));
            Some(who)
        }
        Called::Later(_) | Called::Nobody => None,
    }
}

#[test]
fn first_come_first_served_and_callers_before() {
    let mut line = line(10);
    for who in 0..3 {
        let (_, wait) = ask(&mut line, 0, who, Urgency::Ahead);
        assert_eq!(wait, SECOND * (who + 1));
    }
    for who in 10..12 {
        let (_, wait) = ask(&mut line, 0, who, Urgency::Wanted);
        assert_eq!(wait, SECOND * (who - 9));
    }
    let (_, wait) = ask(&mut line, 0, 3, Urgency::Ahead);
    assert_eq!(wait, SECOND * 6);
    let order = [10, 11, 0, 1, 2, 3];
    for (who, at) in order.into_iter().zip(1..) {
        assert_eq!(serve(&mut line, at), Some(who));
        assert_eq!(serve(&mut line, at), None);
    }
}

#[test]
fn a_place_is_kept_and_changed_for_a_better_one() {
    let mut line = line(10);
    ask(&mut line, 0, 1, Urgency::Wanted);
    let (mut place, _) = ask(&mut line, 0, 2, Urgency::Ahead);
    let first = place;
    let again = |line: &mut Line<u32>, place: &mut Option<Place>, urgency| {
        let wait = line.ask(Duration::ZERO, urgency, place, true, || 2);
        wait.unwrap_err()
    };
    assert_eq!(again(&mut line, &mut place, Urgency::Ahead), SECOND * 2);
    assert_eq!(place, first);
    ask(&mut line, 0, 3, Urgency::Wanted);
    assert_eq!(again(&mut line, &mut place, Urgency::Wanted), SECOND * 3);
    assert_ne!(place, first);
    let better = place;
    assert_eq!(again(&mut line, &mut place, Urgency::Ahead), SECOND * 3);
    assert_eq!(place, better);
}

#[test]
fn without_room_only_what_is_wanted_begins() {
    let mut line = line(10);
    ask(&mut line, 0, 1, Urgency::Ahead);
    assert!(matches!(line.call(SECOND * 9, false), Called::Nobody));
    let mut place = None;
    let none = line.ask(SECOND * 9, Urgency::Ahead, &mut place, false, || 2);
    assert!(none.is_err());
    let turn = line.ask(SECOND * 9, Urgency::Wanted, &mut None, false, || 3);
    line.sent(SECOND * 9, Some(turn.unwrap()));
    assert_eq!(serve(&mut line, 10), Some(1));
}

#[test]
fn who_comes_to_a_full_line_is_told_how_long_it_is() {
    let mut line = line(3);
    for who in 0..3 {
        assert!(ask(&mut line, 0, who, Urgency::Wanted).0.is_some());
    }
    for who in 3..100 {
        let (place, wait) = ask(&mut line, 0, who, Urgency::Wanted);
        assert_eq!((place, wait), (None, SECOND * 4));
    }
    assert_eq!(serve(&mut line, 1), Some(0));
    let (place, wait) = ask(&mut line, 1, 50, Urgency::Wanted);
    assert!(place.is_some());
    assert_eq!(wait, SECOND * 3);
}

#[test]
fn nobody_overtakes_those_who_wait() {
    let mut line = line(10);
    ask(&mut line, 0, 1, Urgency::Wanted);
    // There is a turn by now, and nobody was called up yet.
    let (place, _) = ask(&mut line, 5, 2, Urgency::Wanted);
    assert!(place.is_some());
    assert_eq!(serve(&mut line, 5), Some(1));
}
