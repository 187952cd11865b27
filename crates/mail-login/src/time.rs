//! Times for people.

use mail_login_tokens::clock;
use x509_parser::time::ASN1Time;

/// `until 2026-05-01 12:30 UTC, in 59 min`, or what is to be said without a time.
pub(crate) fn until(seconds: Option<u64>) -> String {
    let Some(seconds) = seconds else {
        return "the server does not say until when it is good".into();
    };
    let now = clock::now().wall.as_secs();
    if seconds > now {
        format!("good until {}, in {}", date(seconds), span(seconds - now))
    } else {
        format!("expired at {}, {} ago", date(seconds), span(now - seconds))
    }
}

pub(crate) fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| ASN1Time::from_timestamp(seconds).ok());
    let Some(time) = time.map(|time| time.to_datetime()) else {
        return format!("second {seconds}");
    };
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02} UTC",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute()
    )
}

/// A span in the largest unit that says enough.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::{date, span};

    #[test]
    fn dates_and_spans() {
        assert_eq!(date(1_767_222_000), "2025-12-31 23:00 UTC");
        assert_eq!(span(119), "119 s");
        assert_eq!(span(3599), "59 min");
        assert_eq!(span(7200), "2 h");
        assert_eq!(span(90 * 86_400), "90 days");
    }
}
