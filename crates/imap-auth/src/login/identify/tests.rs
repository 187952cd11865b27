use sasl_core::{Limit, Reason};

use super::*;
use crate::{
    Options,
    tests::{Scenario, asked_with, token, violation},
};

fn options() -> Options {
    Options::new().identify(&[("name", "x")]).unwrap()
}

/// A login whose ID is out.
fn identifying() -> Scenario<Login> {
    let scenario = asked_with(token(), options());
    assert_eq!(scenario.writes, ["A1 ID (\"name\" \"x\")\r\n"]);
    scenario
}

/// RFC 2971 section 3.1: nothing depends on the answer.
#[test]
fn every_answer_will_do() {
    for answer in [
        "A1 OK done\r\n",
        "A1 NO no\r\n",
        "A1 BAD what?\r\n",
        "* ID NIL\r\nA1 OK done\r\n",
        "* ID (\"name\" {8}\r\nA1 NO \r\n)\r\n* NO x\r\nA1 OK done\r\n",
    ] {
        let scenario = identifying().hears(answer);
        assert!(scenario.last_write().starts_with("A2 AUTHENTICATE OAUTH"));
        assert_eq!(scenario.hears("A2 OK in\r\n").accepted().round_trips(), 2);
    }
}

#[test]
fn once_in_a_connection() {
    let scenario = identifying().hears("A1 OK done\r\n").hears("A2 NO no\r\n");
    let scenario = scenario.does(|login| login.retry(token()));
    assert_eq!(scenario.writes.len(), 3);
    assert!(scenario.last_write().starts_with("A3 AUTHENTICATE OAUTH"));
    // Not before the offer is known.
    let scenario = Scenario::new(Login::over_tls(token(), options())).hears("* OK ready\r\n");
    assert_eq!(scenario.writes, ["A1 CAPABILITY\r\n"]);
}

#[test]
fn what_is_no_answer() {
    for (text, what) in [
        ("+ \r\n", Violation::BadLine),
        ("A1 ID NIL\r\n", Violation::BadLine),
        ("A2 OK done\r\n", Violation::ForeignTag),
    ] {
        let end = identifying().hears(text).end();
        assert_eq!(violation(end), what, "{text}");
    }
    let end = asked_with(token(), options());
    let early = Scenario::new(end.machine).hears("* X\r\nA1 OK done\r\nA2 OK in\r\n");
    assert_eq!(violation(early.end()), Violation::AnswerBeforeCommand);
    let during = Stage::Identify;
    let end = identifying().hears("A1 OK done").hears_end().end();
    assert_eq!(end.unwrap_err(), Error::UnexpectedEnd { during });
    let limit = Limit::Literal;
    let end = identifying().hears("* ID {999999}\r\n").end();
    assert_eq!(end.unwrap_err(), Error::LimitExceeded { limit, during });
}

#[test]
fn a_farewell_ends_it() {
    let rejection = identifying().hears("* BYE [LIMIT] x\r\n").rejected();
    assert_eq!(rejection.reason(), Reason::Temporary);
    assert_eq!(rejection.code(), "LIMIT");
    assert!(rejection.is_closed());
}
