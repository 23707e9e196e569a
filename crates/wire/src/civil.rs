//! RFC 3339 timestamps in UTC, as Anthropic's reset headers carry them; AWS's
//! signatures have the same without punctuation. Arithmetic only, no clock.

const SECONDS_PER_DAY: u64 = 86_400;

/// `2026-01-01T00:00:17Z` for the given seconds since 1970.
pub fn format_rfc3339(unix_s: u64) -> String {
    let (year, month, day) = date_of_day(unix_s / SECONDS_PER_DAY);
    let second = unix_s % SECONDS_PER_DAY;
    let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

/// Seconds since 1970 of an RFC 3339 timestamp, with `Z` or a numeric offset; a fraction is dropped.
/// `None` for anything else and for dates before 1970.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| text.get(from..to).and_then(whole);
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(at, byte)| bytes.get(at) != Some(&byte))
        || !matches!(bytes.get(10), Some(b'T' | b't' | b' '))
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hours, minutes, seconds) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let zone = text.get(19..)?;
    let zone = match zone.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => zone,
    };
    let local =
        day_of_date(year, month, day)? * SECONDS_PER_DAY + hours * 3_600 + minutes * 60 + seconds;
    local.checked_add_signed(-offset_s(zone)?)
}

fn offset_s(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (whole(hours)?, whole(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    i64::try_from(hours * 3_600 + minutes * 60).ok().map(|offset| sign * offset)
}

fn whole(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Howard Hinnant's `civil_from_days`, for days since 1970-01-01 that are not negative.
const fn date_of_day(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let era = day / 146_097;
    let day_of_era = day % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Howard Hinnant's `days_from_civil`; `None` before 1970.
const fn day_of_date(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
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
        ] {
            assert_eq!(format_rfc3339(unix_s), text);
            assert_eq!(parse_rfc3339(text), Some(unix_s));
        }
    }

    #[test]
    fn every_day_of_four_centuries_returns() {
        for day in 0..146_097 {
            let (year, month, date) = date_of_day(day);
            assert_eq!(day_of_date(year, month, date), Some(day));
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
