//! Quantities in words, as notes, warnings and `run.json` spell them: the other way of
//! [`quantity`](super::quantity).

use std::time::Duration;

use fake_providers::config::{Latency, Limits, Rate, Spread};
use loadgen::arrival::Arrivals;
use loadgen::config::TokenSpread;
use vocab::show_duration;

/// A number with at most two decimals, without trailing zeros.
pub(crate) fn rounded(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `420 s`.
pub(crate) fn seconds(ns: u64) -> String {
    format!("{} s", rounded(ns as f64 / 1e9))
}

/// A duration of incidents, to three digits: `75.2 min`, `7.52 s`.
pub(crate) fn three_digits(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (number, unit) = match seconds {
        s if s >= 2.0 * 86_400.0 => (s / 86_400.0, "d"),
        s if s >= 2.0 * 3600.0 => (s / 3600.0, "h"),
        s if s >= 120.0 => (s / 60.0, "min"),
        s if s >= 1.0 => (s, "s"),
        s => (s * 1e3, "ms"),
    };
    format!("{} {unit}", rounded(number))
}

/// A limit in words: `6000/min`.
pub(crate) fn show_rate(rate: Rate) -> String {
    let per = match rate.per.as_secs() {
        1 if rate.per.subsec_nanos() == 0 => "s".to_owned(),
        60 if rate.per.subsec_nanos() == 0 => "min".to_owned(),
        _ => show_duration(rate.per),
    };
    format!("{}/{per}", rate.amount)
}

/// Limits in words, one each.
pub(crate) fn show_limits(limits: &Limits) -> Vec<String> {
    let rates = [
        (limits.requests, "requests"),
        (limits.tokens, "tokens"),
        (limits.output_tokens, "output tokens"),
    ];
    let rates =
        rates.into_iter().filter_map(|(rate, what)| Some(format!("{} {what}", show_rate(rate?))));
    let day = limits.requests_per_day.map(|number| format!("{number} requests a day"));
    rates.chain(day).collect()
}

/// Latency in words: `ttft p50 600 ms p99 1.92 s, gap p50 12.9 ms p99 35.2 ms`.
pub(crate) fn show_latency(latency: &Latency) -> String {
    let show = |spread: Spread| match spread {
        Spread::Constant(d) => show_duration(d),
        Spread::Lognormal { p50, p99 } => {
            format!("p50 {} p99 {}", show_duration(p50), show_duration(p99))
        }
    };
    format!("ttft {}, gap {}", show(latency.ttft), show(latency.itl))
}

/// Token counts in words: `p50 65 p99 300`.
pub(crate) fn show_tokens(spread: TokenSpread) -> String {
    match spread {
        TokenSpread::Constant(tokens) => format!("{tokens} tokens"),
        TokenSpread::Lognormal { p50, p99, max } => {
            format!("p50 {p50} p99 {p99} tokens (at most {max})")
        }
    }
}

/// An arrival process in words: `poisson 8/s`.
pub(crate) fn show_arrivals(arrivals: Arrivals) -> String {
    format!("{} {}/s", arrivals.process.name, rounded(arrivals.per_second))
}
