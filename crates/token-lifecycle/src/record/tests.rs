use alloc::{format, string::ToString as _, vec};

use super::*;

fn full() -> Record {
    Record {
        revision: Revision(9),
        generation: Generation(4),
        signed_in: UnixTime::from_secs(1_767_222_000),
        access: vec![AccessToken {
            audience: Audience::new("mail.read mail.send")
                .with_resource("https://mail.example.com"),
            secret: Secret::from("secret-access\"\\\u{7f}\u{1}"),
            generation: Generation(4),
            issued_at: UnixTime::from_secs(1_767_222_000),
            expires_at: Some(UnixTime::from_secs(1_767_225_600)),
            refresh_at: Some(UnixTime::from_secs(1_767_224_000)),
            granted: Some(Scopes::from("mail.read")),
            forced: true,
        }],
        refresh: Some(Secret::from("secret-refresh")),
        grant_expires_at: Some(UnixTime::from_secs(1_777_222_000)),
        id_token: Some(Secret::from("secret-id")),
        client_id: "client".into(),
        pending: Some(Pending {
            owner: "node-1".into(),
            since: UnixTime::from_secs(1),
            locked: true,
        }),
        ended: Some(Ended {
            reason: EndReason::LostRotation,
            code: Some("invalid_grant".into()),
        }),
    }
}

#[test]
fn what_is_written_is_read() {
    let json = full().to_json();
    assert_eq!(Record::from_json(json.expose().as_bytes()), Ok(full()));
}

#[test]
fn the_buffer_never_grows() {
    let mut record = full();
    record.refresh = Some(Secret::from("\u{1}".repeat(5000)));
    record.access.push(full().access.remove(0));
    assert!(record.to_json().expose().len() <= record.size());
}

#[test]
fn a_record_cut_off_anywhere_is_unreadable() {
    let json = full().to_json();
    let json = json.expose().as_bytes();
    for end in 0..json.len() {
        assert_eq!(
            Record::from_json(&json[..end]),
            Err(RecordError::Unreadable),
            "{end}"
        );
    }
}

#[test]
fn what_is_not_known_is_not_dropped() {
    for (json, error) in [
        (
            r#"{"version":1,"revision":1,"generation":1,"signed_in":0,"colour":"red"}"#,
            RecordError::Unreadable,
        ),
        (
            r#"{"version":1,"revision":1,"generation":1,"signed_in":0,"access":[{"token":"t","scope":"","generation":1,"issued_at":0,"new":1}]}"#,
            RecordError::Unreadable,
        ),
        (
            r#"{"version":1,"revision":1,"revision":2,"generation":1,"signed_in":0}"#,
            RecordError::Unreadable,
        ),
        (
            r#"{"version":1,"revision":1,"generation":1,"signed_in":-1}"#,
            RecordError::Unreadable,
        ),
        (
            r#"{"version":1,"revision":1,"generation":1,"signed_in":0} x"#,
            RecordError::Unreadable,
        ),
        (
            r#"{"revision":1,"generation":1,"signed_in":0}"#,
            RecordError::Unreadable,
        ),
        (
            r#"{"version":7,"everything":"else"}"#,
            RecordError::Version { version: 7 },
        ),
        ("", RecordError::Unreadable),
        ("[]", RecordError::Unreadable),
    ] {
        assert_eq!(Record::from_json(json.as_bytes()), Err(error), "{json}");
    }
}

#[test]
fn no_secret_is_shown() {
    let record = full();
    for shown in [
        format!("{record:?}"),
        format!("{record:#?}"),
        format!("{:?}", record.access),
        RecordError::Unreadable.to_string(),
    ] {
        assert!(!shown.contains("secret-"), "{shown}");
    }
}
