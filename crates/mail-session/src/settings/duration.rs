//! Times as people write them.

use core::time::Duration;

/// Ten years: no setting needs more, and nothing overflows.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);

/// What to do about what is no time.
pub(super) const HINT: &str = "not a time: write a whole number and its unit, as in \"500ms\", \"60s\", \"5m\", \"1h\" or \"14d\"";

/// Reads a number and its unit.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().ok()?;
    let time = match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        "h" => Duration::from_secs(number.checked_mul(3600)?),
        "d" => Duration::from_secs(number.checked_mul(24 * 3600)?),
        _ => return None,
    };
    bounded(time)
}

/// The time, if it is a possible one.
pub(super) fn bounded(time: Duration) -> Option<Duration> {
    (time <= LONGEST).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [("60s", 60), ("5m", 300), ("1h", 3600), ("14d", 1_209_600)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        for text in [
            "",
            "60",
            "s",
            "-1s",
            "1.5h",
            "60 s",
            "1h30m",
            "60S",
            "18446744073709551615d",
            "3651d",
            "٦s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
