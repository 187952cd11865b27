//! Dates as HTTP and people write them. Two formats of a fixed form: not worth a calendar library.

use core::fmt;

use crate::UnixTime;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that senders may use
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>).
pub(crate) fn parse(date: &str) -> Option<UnixTime> {
    let mut words = date.split(' ');
    let mut word = || words.next();
    let _day_of_week = word()?.strip_suffix(',')?;
    let day = number(word()?, 2).filter(|day| (1..=31).contains(day))?;
    let name = word()?;
    let month = MONTHS
        .iter()
        .zip(1..)
        .find_map(|(month, n)| (*month == name).then_some(n))?;
    let year = number(word()?, 4).filter(|year| *year >= 1970)?;
    let mut clock = word()?.split(':');
    let mut part = |end| number(clock.next()?, 2).filter(|part| *part < end);
    // A leap second is the first second of the next minute.
    let (hour, minute, second) = (part(24)?, part(60)?, part(61)?);
    if clock.next().is_some() || word()? != "GMT" || word().is_some() {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(UnixTime::from_secs(seconds))
}

fn number(digits: &str, length: usize) -> Option<u64> {
    let right = digits.len() == length && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| right)
}

/// Days since 1970-01-01 in the Gregorian calendar. The year begins in March here, so that the
/// leap day is the last one.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month < 3);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

/// Writes `2026-01-01T00:00:00Z`.
pub(super) fn format(seconds: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = calendar(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    write!(
        f,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    )
}

/// The reverse of [`days`].
fn calendar(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month < 3), month, day)
}
