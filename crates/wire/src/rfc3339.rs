//! RFC 3339 timestamps in UTC, as Anthropic's reset headers carry them. No clock.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The last second of the year 9999, beyond which RFC 3339 has no words.
const LAST_S: i64 = 253_402_300_799;

/// `2026-01-01T00:00:17Z` for the given seconds since 1970; at most the end of the year 9999.
pub fn format_rfc3339(unix_s: u64) -> String {
    let at = i64::try_from(unix_s).unwrap_or(LAST_S).min(LAST_S);
    let at = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    // Every instant up to the last has a name.
    at.format(&Rfc3339).unwrap_or_default()
}

/// Seconds since 1970 of an RFC 3339 timestamp, with `Z` or a numeric offset; a fraction is dropped.
/// `None` for anything else and for dates that are written as before 1970.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|at| at.year() >= 1970)?;
    u64::try_from(at.unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates_both_ways() {
        for (unix_s, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_617, "2026-01-01T00:00:17Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(format_rfc3339(unix_s), text);
            assert_eq!(parse_rfc3339(text), Some(unix_s));
        }
        assert_eq!(format_rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn every_day_of_four_centuries_returns() {
        for day in 0..146_097 {
            let unix_s = day * 86_400;
            assert_eq!(parse_rfc3339(&format_rfc3339(unix_s)), Some(unix_s));
        }
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        assert_eq!(parse_rfc3339("1970-01-01T01:00:05.75+01:00"), Some(5));
        assert_eq!(parse_rfc3339("1969-12-31T23:00:00-01:00"), None);
        assert_eq!(parse_rfc3339("1970-13-01T00:00:00Z"), None);
        assert_eq!(parse_rfc3339("soon"), None);
    }
}
