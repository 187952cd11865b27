use alloc::{string::String, vec::Vec};

use super::*;

const JSON: &[u8] =
    br#"{"version":1,"revision":7,"generation":3,"signed_in":0,"refresh":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;

fn place() -> Place {
    Place::new("alice", Duration::from_secs(60)).unwrap()
}

fn text(command: &Cmd) -> String {
    String::from_utf8(command.get_packed_command()).unwrap()
}

#[test]
fn keys_are_made_of_a_hash() {
    // sha256 of "alice"
    let hash = "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90";
    let load = text(&place().load());
    assert!(
        load.contains(&format!("mail-login:{{{hash}}}:record")),
        "{load}"
    );
    assert!(!load.contains("alice"));
}

#[test]
fn every_place_has_an_owner_of_its_own() {
    assert_ne!(place().owner, place().owner);
    let (one, other) = (place(), place());
    assert_eq!(one.lock, other.lock);
}

#[test]
fn revisions_are_sent_as_text() {
    let record = Record::from_json(JSON).unwrap();
    let save = text(&place().save(Some(Revision::from(u64::MAX)), Some(&record)));
    assert!(
        save.contains("\r\n18446744073709551615\r\n$1\r\n7\r\n"),
        "{save}"
    );
}

#[test]
fn no_fields_are_no_record() {
    let reply = Value::Array([Value::Nil, Value::Nil].into());
    assert_eq!(Place::loaded(reply).unwrap(), None);
}

#[test]
fn what_is_not_understood_is_an_error_and_never_none() {
    let bulk = |octets: &[u8]| Value::BulkString(octets.into());
    let newer = br#"{"version":99,"revision":7}"#;
    let cases = [
        Value::Nil,
        Value::Okay,
        Value::Array(Vec::new()),
        Value::Array([bulk(b"7"), Value::Nil].into()),
        Value::Array([Value::Nil, bulk(JSON)].into()),
        Value::Array([bulk(b"8"), bulk(JSON)].into()),
        Value::Array([bulk(b"7"), bulk(&JSON[..40])].into()),
        Value::Array([bulk(b"7"), bulk(newer)].into()),
    ];
    for reply in cases {
        let shown = format!("{reply:?}");
        let error = Place::loaded(reply).expect_err(&shown);
        assert!(!error.to_string().contains("tGzv"), "{error}");
    }
    assert!(Place::locked(Value::Nil).is_err());
    assert!(Place::done(Value::Int(2)).is_err());
}
