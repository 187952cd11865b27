use alloc::string::ToString;

use super::*;

#[test]
fn dates_of_http_are_read() {
    let example = parse_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
    assert_eq!(example.as_secs(), 784_111_777);
    assert_eq!(
        parse_date("Thu, 01 Jan 1970 00:00:00 GMT"),
        Some(UnixTime::default())
    );
    assert_eq!(
        parse_date("Thu, 29 Feb 2024 23:59:60 GMT")
            .unwrap()
            .to_string(),
        "2024-03-01T00:00:00Z"
    );
}

#[test]
fn what_is_no_date_is_none() {
    for bad in [
        "",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT x",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
    ] {
        assert_eq!(parse_date(bad), None, "{bad}");
    }
}

#[test]
fn time_ends_instead_of_wrapping() {
    let end = UnixTime::from_millis(u64::MAX);
    assert_eq!(end + Duration::MAX, end);
    assert_eq!(UnixTime::from_secs(u64::MAX), end);
    assert_eq!(UnixTime::default() - Duration::MAX, UnixTime::default());
    // Formats without a panic.
    assert!(end.to_string().ends_with('Z'));
    assert_eq!(
        UnixTime::from_secs(1_767_225_600).to_string(),
        "2026-01-01T00:00:00Z"
    );
}
