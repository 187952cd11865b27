use alloc::{format, string::ToString};

use super::*;

fn parse(members: &str) -> Result<DeviceAuthorization, DeviceError> {
    DeviceAuthorization::parse(format!("{{{members}}}").as_bytes())
}

const BASE: &str = r#""device_code":"dc","user_code":"WDJB-MJHT""#;

#[test]
fn members_as_servers_write_them() {
    // Google's, with the name of the draft; numbers as text; no interval.
    let google = parse(&format!(
        r#"{BASE},"verification_url":"https://www.google.com/device","expires_in":"1800""#
    ))
    .unwrap();
    assert_eq!(
        google.verification_uri().as_str(),
        "https://www.google.com/device"
    );
    assert_eq!(google.expires_in(), Duration::from_secs(1800));
    assert_eq!(google.interval(), Duration::from_secs(5));
    assert_eq!(google.verification_uri_complete(), None);
    assert_eq!(google.device_code().expose(), "dc");
}

#[test]
fn times_have_bounds() {
    for (expires_in, interval, life, pause) in [
        ("0", "0", 0, 1),
        ("1e300", "99999999999", 24 * 3600, 3600),
        ("60.9", "\"7\"", 60, 7),
    ] {
        let device = parse(&format!(
            r#"{BASE},"verification_uri":"https://a.example","expires_in":{expires_in},"interval":{interval}"#
        ))
        .unwrap();
        assert_eq!(device.expires_in(), Duration::from_secs(life));
        assert_eq!(device.interval(), Duration::from_secs(pause));
    }
}

#[test]
fn what_is_missing_is_named() {
    for (members, name) in [
        (
            r#""user_code":"x","verification_uri":"https://a","expires_in":1"#,
            "device_code",
        ),
        (
            r#""device_code":"","user_code":"x","verification_uri":"https://a","expires_in":1"#,
            "device_code",
        ),
        (
            r#""device_code":"x","verification_uri":"https://a","expires_in":1"#,
            "user_code",
        ),
        (
            r#""device_code":"x","user_code":"x","expires_in":1"#,
            "verification_uri",
        ),
        (
            r#""device_code":"x","user_code":"x","verification_uri":"https://a""#,
            "expires_in",
        ),
        (
            r#""device_code":"x","user_code":"x","verification_uri":"https://a","expires_in":-1"#,
            "expires_in",
        ),
    ] {
        assert_eq!(parse(members), Err(DeviceError::Missing(name)), "{members}");
    }
}

#[test]
fn people_are_sent_to_encrypted_places_alone() {
    for url in [
        "http://a.example/",
        "javascript:x",
        "https://a.example@evil.example/",
        "http://127.0.0.1/",
    ] {
        let plain = parse(&format!(
            r#"{BASE},"verification_uri":"{url}","expires_in":1"#
        ));
        let complete = parse(&format!(
            r#"{BASE},"verification_uri":"https://a.example","verification_uri_complete":"{url}","expires_in":1"#
        ));
        for read in [plain, complete] {
            assert!(
                matches!(read, Err(DeviceError::VerificationUri(_))),
                "{url}"
            );
        }
    }
    let local = format!(r#"{{{BASE},"verification_uri":"http://127.0.0.1:1/","expires_in":1}}"#);
    assert!(DeviceAuthorization::dangerous_loopback(local.as_bytes()).is_ok());
}

#[test]
fn codes_are_harmless() {
    let long = "x".repeat(65);
    for code in ["a\\u001b[2J", "a\\nb", &long] {
        let read = parse(&format!(
            r#""device_code":"x","user_code":"{code}","verification_uri":"https://a","expires_in":1"#
        ));
        assert_eq!(read, Err(DeviceError::Code("user_code")), "{code}");
    }
    let read = parse(&format!(
        r#""device_code":"{}","user_code":"x","verification_uri":"https://a","expires_in":1"#,
        "x".repeat(4097)
    ));
    assert_eq!(read, Err(DeviceError::Code("device_code")));
    let device = parse(&format!(
        r#"{BASE},"verification_uri":"https://a.example","expires_in":1"#
    ))
    .unwrap();
    assert_eq!(device.user_code().to_string(), "WDJB-MJHT");
}
