//! Numbers as people read them: one way for each unit, used by every format. A failure prints as
//! `— (fail)`, nothing short of everything prints as 100 %, and nothing above zero as 0.

use record::slo::{Metric, Unit};

use crate::report::Measured;

/// What stands where a percentile falls among failures.
pub(crate) const NEVER: &str = "— (fail)";

/// What stands where a number does not apply.
pub(crate) const NOT_APPLICABLE: &str = "n/a";

/// What stands where the instrument's own error could have moved a number too far.
pub(crate) const WITHHELD: &str = "withheld";

/// What stands where nobody recorded what would tell a number.
pub(crate) const NOT_OBSERVED: &str = "not observed";

/// A fraction as a percentage with unit: `99.7 %`.
pub(crate) fn percent(fraction: f64) -> String {
    format!("{} %", percentage(fraction))
}

/// A fraction as a bare percentage: `99.7`; as many digits as it takes not to round a flaw away.
pub(crate) fn percentage(fraction: f64) -> String {
    let value = fraction * 100.0;
    if value > 0.0 && value < ROUNDS_TO_TENTH {
        return "< 0.1".to_owned();
    }
    let digits = (1..=4).find(|&digits| {
        let shown = format!("{value:.digits$}");
        fraction >= 1.0 || shown != format!("{:.digits$}", 100.0)
    });
    match digits {
        Some(digits) if value == value.round() && digits == 1 => format!("{value:.0}"),
        Some(digits) => format!("{value:.digits$}"),
        None => format!("{value:.4}"),
    }
}

/// Below this a number rounds to 0.0 with one digit, and prints as `< 0.1`.
const ROUNDS_TO_TENTH: f64 = 0.05;

/// Milliseconds: `840 ms`, `2.1 s`, `1 m 40 s`; `0 ms` is exactly zero.
pub(crate) fn millis(ms: f64) -> String {
    if ms == 0.0 {
        "0 ms".to_owned()
    } else if ms < ROUNDS_TO_TENTH {
        "< 0.1 ms".to_owned()
    } else if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else {
        seconds(ms / 1000.0)
    }
}

/// Seconds: `0 s`, `0.4 s`, `4.0 s`, `38 s`, `2 m 5 s`; `0 s` is exactly zero.
pub(crate) fn seconds(s: f64) -> String {
    if s == 0.0 {
        "0 s".to_owned()
    } else if s < ROUNDS_TO_TENTH {
        "< 0.1 s".to_owned()
    } else if s < 9.95 {
        format!("{s:.1} s")
    } else if s < 119.5 {
        format!("{s:.0} s")
    } else {
        let whole = s.round() as u64;
        match whole % 60 {
            0 => format!("{} m", whole / 60),
            rest => format!("{} m {rest} s", whole / 60),
        }
    }
}

/// A position on the run's clock: `240 s`, `12.5 s`.
pub(crate) fn clock(s: f64) -> String {
    if s == s.round() { format!("{s:.0} s") } else { format!("{s:.1} s") }
}

/// US dollars: `$4.10`, `$0.0031`, `$12,500.00`.
pub(crate) fn usd(amount: f64) -> String {
    if amount > 0.0 && amount < 0.000_05 {
        return "< $0.0001".to_owned();
    }
    let digits = if amount != 0.0 && amount.abs() < 0.1 { 4 } else { 2 };
    let sign = if amount < 0.0 { "−" } else { "" };
    format!("{sign}{}", dollars(amount.abs(), digits))
}

/// `$12,500.00`, with so many digits.
fn dollars(amount: f64, digits: usize) -> String {
    let text = format!("{amount:.digits$}");
    let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
    format!("${}.{cents}", thousands(whole))
}

/// A count with thousands separated: `4,800`.
pub(crate) fn count(n: u64) -> String {
    thousands(&n.to_string())
}

/// Digits with thousands separated.
fn thousands(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 dial`, `2 dials`; for nouns that take an s.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A factor: `1.07×`.
pub(crate) fn factor(x: f64) -> String {
    format!("{x:.2}×")
}

/// How many error budgets were burnt: `50.0×`; `0×` is exactly zero.
pub(crate) fn burn(x: f64) -> String {
    if x == 0.0 {
        "0×".to_owned()
    } else if x < ROUNDS_TO_TENTH {
        "< 0.1×".to_owned()
    } else {
        format!("{x:.1}×")
    }
}

/// Most digits that are added to a figure so that it does not round across its bound.
const FINER_MAX: usize = 9;

/// A number as it stands beside `bound`: as `unit` is shown everywhere, with as many digits more as it takes not to
/// round across the bound. Since rounding keeps order, two figures that read differently stand in their true order.
pub(crate) fn beside(value: f64, bound: f64, unit: Unit) -> String {
    let (show, finer) = (shown(unit), |x: f64, digits: usize| finer(x, (bound, unit), digits));
    if value == bound {
        let all = finer(value, FINER_MAX);
        let exact = (0..FINER_MAX).map(|digits| finer(value, digits));
        let exact = exact.into_iter().find(|text| figure(text) == figure(&all));
        return if figure(&show(value)) == figure(&all) {
            show(value)
        } else {
            exact.unwrap_or(all)
        };
    }
    if !reads_alike(&show(value), &show(bound)) {
        return show(value);
    }
    let told = (0..FINER_MAX).find(|&digits| finer(value, digits) != finer(bound, digits));
    finer(value, told.unwrap_or(FINER_MAX))
}

/// A number of a metric, or why there is none, as every format shows it; beside a bound, never rounded across it.
pub fn of_metric(metric: Metric, value: Measured<f64>, bound: Option<f64>) -> String {
    match (value, bound) {
        (Measured::Known(value), Some(bound)) => beside(value, bound, metric.unit()),
        (Measured::Known(value), None) => shown(metric.unit())(value),
        (Measured::Never, _) => match metric {
            Metric::Recover | Metric::Detect => "never".to_owned(),
            Metric::Success
            | Metric::Goodput
            | Metric::Ttft
            | Metric::E2e
            | Metric::Tpot
            | Metric::LongestGap
            | Metric::Attempts
            | Metric::Cost => NEVER.to_owned(),
        },
        (Measured::NotObserved, _) => NOT_OBSERVED.to_owned(),
        (Measured::Withheld, _) => WITHHELD.to_owned(),
        (Measured::NotApplicable | Measured::TooFew | Measured::Unpriced, _) => {
            NOT_APPLICABLE.to_owned()
        }
    }
}

/// How a unit is shown.
pub(crate) fn shown(unit: Unit) -> fn(f64) -> String {
    match unit {
        Unit::Fraction => percent,
        Unit::Milliseconds => millis,
        Unit::Seconds => seconds,
        Unit::Usd => usd,
        Unit::Count => |x| format!("{x:.2}"),
    }
}

/// The same with `digits` more than usual, in the bound's unit, and minutes as seconds.
fn finer(x: f64, (bound, unit): (f64, Unit), digits: usize) -> String {
    let (one, two) = (digits + 1, digits + 2);
    match unit {
        Unit::Fraction => format!("{:.one$} %", x * 100.0),
        Unit::Milliseconds if bound < 1_000.0 => format!("{x:.one$} ms"),
        Unit::Milliseconds => format!("{:.one$} s", x / 1_000.0),
        Unit::Seconds => format!("{x:.one$} s"),
        Unit::Usd => dollars(x, two),
        Unit::Count => format!("{x:.two$}"),
    }
}

/// The number at the front of a text, to compare two spellings of it.
fn figure(text: &str) -> Option<f64> {
    parts(text).0
}

/// The number at the front of a text, and what follows it.
fn parts(text: &str) -> (Option<f64>, &str) {
    let digits = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let text = text.trim_start_matches('$');
    let (number, rest) = text.split_at(text.find(|c| !digits(c)).unwrap_or(text.len()));
    (number.replace(',', "").parse().ok(), rest)
}

/// Whether two texts say the same number: `98.0 %` is `98 %`.
fn reads_alike(one: &str, other: &str) -> bool {
    one == other || (figure(one).is_some() && parts(one) == parts(other))
}

/// A percentile that may be infinite, printed by `show`.
pub(crate) fn or_never(value: Measured<f64>, show: impl Fn(f64) -> String) -> String {
    match value {
        Measured::Never => NEVER.to_owned(),
        Measured::Known(_)
        | Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => or_not(value, show),
    }
}

/// A number that may be never, or not apply.
pub(crate) fn or_not<T>(value: Measured<T>, show: impl Fn(T) -> String) -> String {
    match value {
        Measured::Known(value) => show(value),
        Measured::Never => "never".to_owned(),
        Measured::NotApplicable | Measured::NotObserved | Measured::TooFew | Measured::Unpriced => {
            NOT_APPLICABLE.to_owned()
        }
        Measured::Withheld => WITHHELD.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use record::slo::Unit;

    use super::{beside, burn, clock, count, counted, factor, millis, percent, seconds, usd};

    #[test]
    fn no_figure_is_rounded_across_its_bound() {
        let of = |value, bound| beside(value, bound, Unit::Fraction);
        assert_eq!(of(0.970, 0.995), "97 %", "far from it nothing changes");
        assert_eq!([of(0.994_97, 0.995), of(0.995_03, 0.995)], ["99.497 %", "99.503 %"]);
        assert_eq!(of(0.994_999_6, 0.995), "99.49996 %");
        assert_eq!([of(0.979_97, 0.98), of(0.980_03, 0.98)], ["97.997 %", "98.003 %"]);
        assert_eq!(beside(0.099_999, 0.1, Unit::Usd), "$0.099999");
        assert_eq!([of(0.995, 0.995), of(0.9954, 0.9954)], ["99.5 %", "99.54 %"]);
        assert_eq!(beside(3_000.4, 3_000.0, Unit::Milliseconds), "3.0004 s");
        assert_eq!(beside(449.6, 450.0, Unit::Milliseconds), "449.6 ms");
        assert_eq!(beside(999.99, 1_000.0, Unit::Milliseconds), "0.99999 s");
        assert_eq!(beside(450.0, 450.0, Unit::Milliseconds), "450 ms");
        assert_eq!(beside(30.02, 30.0, Unit::Seconds), "30.02 s");
        assert_eq!(beside(120.3, 120.0, Unit::Seconds), "120.3 s");
        assert_eq!([125.0, 43.0].map(|s| beside(s, 30.0, Unit::Seconds)), ["2 m 5 s", "43 s"]);
        assert_eq!(beside(4.501, 4.5, Unit::Usd), "$4.501");
        assert_eq!(beside(4_500.0, 4_500.0, Unit::Usd), "$4,500.00");
        assert_eq!(beside(4_500.001, 4_500.0, Unit::Usd), "$4,500.001");
        assert_eq!(beside(1.504, 1.5, Unit::Count), "1.504");
    }

    #[test]
    fn numbers_read_well_and_round_nothing_away() {
        assert_eq!(
            [1.0, 0.997, 0.99996, 0.0, 0.88].map(percent),
            ["100 %", "99.7 %", "99.996 %", "0 %", "88 %"]
        );
        assert_eq!(
            [3.2, 840.4, 2_100.0, 125_000.0].map(millis),
            ["3.2 ms", "840 ms", "2.1 s", "2 m 5 s"]
        );
        assert_eq!([0.0, 9.96, 119.6].map(seconds), ["0 s", "10 s", "2 m"]);
        assert_eq!([240.0, 12.5].map(clock), ["240 s", "12.5 s"]);
        assert_eq!([4.1, 0.0031, -2.0, 0.0].map(usd), ["$4.10", "$0.0031", "−$2.00", "$0.00"]);
        assert_eq!([999.999, 12_500.0].map(usd), ["$1,000.00", "$12,500.00"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(factor(1.066), "1.07×");
        assert_eq!([1, 1_000].map(|n| counted(n, "dial")), ["1 dial", "1,000 dials"]);
    }

    #[test]
    fn only_exactly_nothing_prints_as_nothing() {
        assert_eq!(
            [0.0, 1e-9, 0.0004, 0.0006].map(percent),
            ["0 %", "< 0.1 %", "< 0.1 %", "0.1 %"]
        );
        assert_eq!([0.0, 0.04, 0.05].map(seconds), ["0 s", "< 0.1 s", "0.1 s"]);
        assert_eq!([0.0, 0.01, 9.97].map(millis), ["0 ms", "< 0.1 ms", "10 ms"]);
        assert_eq!([0.0, 1e-6].map(usd), ["$0.00", "< $0.0001"]);
        assert_eq!([0.0, 0.01, 50.0].map(burn), ["0×", "< 0.1×", "50.0×"]);
    }
}
