//! OpenAI's and Azure's rate-limit headers. Resets are durations as Go prints them; some who speak like OpenAI tell
//! plain seconds.

use std::time::Duration;

use crate::Window;

/// Both dimensions of the limit. Azure sends only what remains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests per minute.
    pub requests: Window<Duration>,
    /// Tokens per minute.
    pub tokens: Window<Duration>,
}

impl RateLimits {
    /// The headers that say this, in OpenAI's order.
    pub fn to_headers(&self) -> Vec<(&'static str, String)> {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let reset = |value: Option<Duration>| value.map(format_go_duration);
        [
            ("x-ratelimit-limit-requests", number(self.requests.limit)),
            ("x-ratelimit-limit-tokens", number(self.tokens.limit)),
            ("x-ratelimit-remaining-requests", number(self.requests.remaining)),
            ("x-ratelimit-remaining-tokens", number(self.tokens.remaining)),
            ("x-ratelimit-reset-requests", reset(self.requests.reset)),
            ("x-ratelimit-reset-tokens", reset(self.tokens.reset)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// Reads whatever is there; what is absent or unreadable stays `None`. `get` looks a header up
    /// by its lower-case name.
    pub fn read<'h>(get: impl Fn(&str) -> Option<&'h str>) -> Self {
        let number = |name| get(name).and_then(|value: &str| value.trim().parse().ok());
        let reset =
            |name| get(name).and_then(|text| parse_go_duration(text).or_else(|| seconds(text)));
        Self {
            requests: Window {
                limit: number("x-ratelimit-limit-requests"),
                remaining: number("x-ratelimit-remaining-requests"),
                reset: reset("x-ratelimit-reset-requests"),
            },
            tokens: Window {
                limit: number("x-ratelimit-limit-tokens"),
                remaining: number("x-ratelimit-remaining-tokens"),
                reset: reset("x-ratelimit-reset-tokens"),
            },
        }
    }
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.trim().parse().ok()?).ok()
}

/// A duration as Go's `time.Duration.String` prints it: `6m0s`, `1.5s`, `17ms`, `0s`.
pub fn format_go_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    if nanos < 1_000_000_000 {
        let (unit, nanos_per_unit, digits) = match nanos {
            0..1_000 => ("ns", 1, 0),
            1_000..1_000_000 => ("µs", 1_000, 3),
            _ => ("ms", 1_000_000, 6),
        };
        return format!(
            "{}{unit}",
            decimal(nanos / nanos_per_unit, nanos % nanos_per_unit, digits)
        );
    }
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let last = decimal(u128::from(seconds % 60), u128::from(duration.subsec_nanos()), 9);
    match (hours, minutes) {
        (0, 0) => format!("{last}s"),
        (0, _) => format!("{minutes}m{last}s"),
        _ => format!("{hours}h{minutes}m{last}s"),
    }
}

/// Reads what Go prints. `None` for anything else, negative durations included.
pub fn parse_go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total_ns: u128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit_ns: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        total_ns = total_ns.checked_add(scaled(number, unit_ns)?)?;
        rest = tail;
    }
    u64::try_from(total_ns).ok().map(Duration::from_nanos)
}

/// `whole.fraction` without trailing zeros; `fraction` counts units of 10 to the minus `digits`.
fn decimal(whole: u128, fraction: u128, digits: usize) -> String {
    if fraction == 0 {
        return whole.to_string();
    }
    let fraction = format!("{fraction:0digits$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

/// `number`, which may have a fraction, times `unit_ns`, rounded down.
fn scaled(number: &str, unit_ns: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u64>().ok() };
    let fraction = fraction.get(..fraction.len().min(15))?;
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = u128::from(digits(fraction)?) * unit_ns / scale;
    Some(u128::from(digits(whole)?) * unit_ns + part)
}
