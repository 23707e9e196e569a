//! Numbers as people read them: one way for each unit, used by every format. A failure prints as
//! `— (fail)`, and nothing short of everything prints as 100 %.

/// What stands where a percentile falls among failures.
pub(crate) const NEVER: &str = "— (fail)";

/// What stands where a number does not apply or was not observed.
pub(crate) const NOT_APPLICABLE: &str = "n/a";

/// A fraction as a percentage with unit: `99.7 %`.
pub(crate) fn percent(fraction: f64) -> String {
    format!("{} %", percentage(fraction))
}

/// A fraction as a bare percentage: `99.7`; as many digits as it takes not to round a flaw away.
pub(crate) fn percentage(fraction: f64) -> String {
    let value = fraction * 100.0;
    let digits = (1..=4).find(|&digits| {
        let shown = format!("{value:.digits$}");
        let flawless = format!("{:.digits$}", 100.0);
        let nothing = format!("{:.digits$}", 0.0);
        (fraction >= 1.0 || shown != flawless) && (fraction <= 0.0 || shown != nothing)
    });
    match digits {
        Some(digits) if value == value.round() && digits == 1 => format!("{value:.0}"),
        Some(digits) => format!("{value:.digits$}"),
        None => format!("{value:.4}"),
    }
}

/// Milliseconds: `840 ms`, `2.1 s`, `1 m 40 s`.
pub(crate) fn millis(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else {
        seconds(ms / 1000.0)
    }
}

/// Seconds: `0 s`, `0.4 s`, `4.0 s`, `38 s`, `2 m 5 s`.
pub(crate) fn seconds(s: f64) -> String {
    if s == 0.0 {
        "0 s".to_owned()
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

/// US dollars: `$4.10`, `$0.0031`.
pub(crate) fn usd(amount: f64) -> String {
    let digits = if amount != 0.0 && amount.abs() < 0.1 { 4 } else { 2 };
    let sign = if amount < 0.0 { "−" } else { "" };
    format!("{sign}${:.digits$}", amount.abs())
}

/// A count with thousands separated: `4,800`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A factor: `1.07×`.
pub(crate) fn factor(x: f64) -> String {
    format!("{x:.2}×")
}

/// A number that may be never, printed by `show`.
pub(crate) fn or_never(value: Option<f64>, show: fn(f64) -> String) -> String {
    value.map_or_else(|| NEVER.to_owned(), show)
}

/// A number that may be never, or not apply (its field's name stands in `not_applicable`).
pub(crate) fn or_not(
    value: Option<f64>,
    show: fn(f64) -> String,
    (field, not_applicable): (&str, &[String]),
) -> String {
    match value {
        Some(value) => show(value),
        None if not_applicable.iter().any(|name| name == field) => NOT_APPLICABLE.to_owned(),
        None => "never".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{clock, count, factor, millis, percent, seconds, usd};

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
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(factor(1.066), "1.07×");
    }
}
