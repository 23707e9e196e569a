//! Durations as people write them: `250ms`, `10s`, `1m30s`, `1.5h`. Always with a unit: a bare
//! number in a scenario has cost somebody an afternoon.

use std::time::Duration;

/// What is wrong with a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// No number, or not one.
    NotADuration(String),
    /// A number without a unit.
    NoUnit(String),
    /// A unit that is none.
    UnknownUnit(String),
    /// A negative duration.
    Negative(String),
    /// More than ten years.
    TooLong(String),
}

impl std::error::Error for DurationError {}

impl std::fmt::Display for DurationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotADuration(text) => {
                write!(
                    f,
                    "`{text}` is no duration; write a number with a unit, such as 250ms, 10s or 1m30s"
                )
            }
            Self::NoUnit(text) => {
                write!(f, "`{text}` has no unit; write {text}s, {text}ms or {text}m")
            }
            Self::UnknownUnit(unit) => {
                write!(f, "unknown unit `{unit}`; use us, ms, s, m, h or d")
            }
            Self::Negative(text) => write!(f, "`{text}` is negative; durations start at 0s"),
            Self::TooLong(text) => write!(f, "`{text}` is longer than ten years"),
        }
    }
}

/// Ten years, in nanoseconds.
const NS_MAX: f64 = 10.0 * 365.0 * 86_400e9;

/// Reads a duration.
///
/// # Errors
/// [`DurationError`], worded for the person who wrote it.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let trimmed = text.trim();
    if trimmed.starts_with('-') {
        return Err(DurationError::Negative(trimmed.to_owned()));
    }
    let mut rest = trimmed;
    let mut ns = 0.0f64;
    // Each turn consumes at least one digit and one letter.
    loop {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: f64 =
            number.parse().map_err(|_| DurationError::NotADuration(trimmed.to_owned()))?;
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        ns += number * unit_ns(unit, trimmed)?;
        rest = tail.trim_start();
        if rest.is_empty() {
            break;
        }
    }
    if ns > NS_MAX {
        return Err(DurationError::TooLong(trimmed.to_owned()));
    }
    Ok(Duration::from_nanos((ns + 0.5) as u64))
}

fn unit_ns(unit: &str, text: &str) -> Result<f64, DurationError> {
    Ok(match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" | "sec" => 1e9,
        "m" | "min" => 60e9,
        "h" => 3600e9,
        "d" => 86_400e9,
        "" => return Err(DurationError::NoUnit(text.to_owned())),
        _ => return Err(DurationError::UnknownUnit(unit.to_owned())),
    })
}

/// Writes a duration briefly, in the largest unit that loses nothing worth reading: `250 ms`,
/// `10 s`, `1 m 30 s`.
pub fn show_duration(d: Duration) -> String {
    let ms = d.as_secs_f64() * 1000.0;
    let whole = d.as_secs();
    if ms < 1.0 {
        return format!("{} µs", d.as_micros());
    }
    if ms < 1000.0 {
        return format!("{} ms", trimmed(ms));
    }
    if whole < 120 || d.subsec_nanos() > 0 {
        return format!("{} s", trimmed(ms / 1000.0));
    }
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    let parts = [(hours, "h"), (minutes, "m"), (seconds, "s")];
    let shown = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}"));
    shown.collect::<Vec<_>>().join(" ")
}

fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DurationError, parse_duration, show_duration};

    #[test]
    fn reads_what_people_write() {
        for (text, ms) in [
            ("250ms", 250),
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("2 s", 2_000),
            ("0s", 0),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        assert!(matches!(parse_duration("10"), Err(DurationError::NoUnit(_))));
        assert!(matches!(parse_duration("-1s"), Err(DurationError::Negative(_))));
        assert!(matches!(parse_duration("1 fortnight"), Err(DurationError::UnknownUnit(_))));
        assert!(matches!(parse_duration("soon"), Err(DurationError::NotADuration(_))));
        assert!(matches!(parse_duration(""), Err(DurationError::NotADuration(_))));
        assert!(matches!(parse_duration("99999d"), Err(DurationError::TooLong(_))));
    }

    #[test]
    fn shows_what_people_read() {
        for (ms, text) in [
            (250, "250 ms"),
            (10_000, "10 s"),
            (1_500, "1.5 s"),
            (630_000, "10 m 30 s"),
            (3_600_000, "1 h"),
        ] {
            assert_eq!(show_duration(Duration::from_millis(ms)), text);
        }
    }
}
