use alloc::{vec, vec::Vec};

use super::*;

fn text(command: &Cmd) -> String {
    String::from_utf8(command.get_packed_command()).unwrap()
}

fn bulk(octets: &[u8]) -> Value {
    Value::BulkString(octets.into())
}

#[test]
fn octets_of_a_name_are_apart_from_its_grant() {
    let (slot, grant) = (Slot::new("alice"), Slot::record("alice"));
    assert_ne!(slot.key(), grant.key());
    assert!(slot.key().starts_with("mail-login:{2bd806c9"));
    assert!(slot.key().ends_with("}:slot"));
}

#[test]
fn a_time_to_live_is_sent_only_where_there_is_one() {
    let save = |slot: &Slot| text(&slot.save(Some(6), Some((7, b"{}"))));
    let slot = Slot::new("alice");
    assert!(save(&slot).ends_with("$1\r\n6\r\n$1\r\n7\r\n$2\r\n{}\r\n"));
    assert!(text(&slot.load()).contains("HMGET\r\n"));
    let slot = slot.keep(Duration::from_secs(60));
    assert!(save(&slot).ends_with("$2\r\n{}\r\n$5\r\n60000\r\n"));
    assert!(text(&slot.load()).ends_with("$5\r\n60000\r\n"));
}

#[test]
fn every_time_to_live_is_one_that_redis_takes() {
    for (time, sent) in [
        (Duration::ZERO, "$1\r\n1\r\n"),
        (Duration::MAX, "$13\r\n3162240000000\r\n"),
    ] {
        let load = text(&Slot::new("alice").keep(time).load());
        assert!(load.ends_with(sent), "{load}");
    }
}

#[test]
fn a_revision_is_understood_only_as_we_write_it() {
    let reply = |revision: &[u8]| Value::Array(vec![bulk(revision), bulk(b"octets")]);
    let stored = Slot::loaded(reply(b"18446744073709551615")).unwrap();
    let octets = b"octets".to_vec().into();
    let revision = u64::MAX;
    assert_eq!(stored, Some(Stored { revision, octets }));
    let others: [&[u8]; 7] = [
        b"",
        b"+7",
        b"07",
        b" 7",
        b"-7",
        b"18446744073709551616",
        b"\xff",
    ];
    for revision in others {
        assert!(Slot::loaded(reply(revision)).is_err(), "{revision:?}");
    }
}

#[test]
fn what_is_not_understood_is_an_error_and_never_none() {
    let none = Value::Array(vec![Value::Nil, Value::Nil]);
    assert_eq!(Slot::loaded(none).unwrap(), None);
    let cases = [
        Value::Nil,
        Value::Okay,
        Value::Array(Vec::new()),
        Value::Array(vec![bulk(b"7"), Value::Nil]),
        Value::Array(vec![Value::Nil, bulk(b"octets")]),
    ];
    for reply in cases {
        assert!(Slot::loaded(reply.clone()).is_err(), "{reply:?}");
    }
    assert!(Slot::done(Value::Nil).is_err());
}

#[test]
fn a_refusal_repeats_the_code_alone() {
    let error = refused("LOADING");
    assert_eq!(
        error.to_string(),
        "the Redis server refuses (LOADING): wait"
    );
    let error = refused("tGzv3JOkF0XG5Qx2TlKWIA");
    assert_eq!(
        error.to_string(),
        "the Redis server refuses (an error): look at its log"
    );
}
