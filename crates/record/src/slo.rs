//! The promise in words: k6's threshold grammar, with units allowed. `p(99)<3000`, `p99 <= 3s`,
//! `rate > 99.5%`, `max <= 30s`, `med<=1s`.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric on which a promise can be made.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of offered requests that succeeded; aggregate `rate`.
    Success,
    /// Share that succeeded and met every per-request bound; aggregate `rate`.
    Goodput,
    /// Time to first token, ms.
    Ttft,
    /// End to end, ms.
    E2e,
    /// Time per output token, ms.
    Tpot,
    /// Longest gap inside a stream, ms.
    LongestGap,
    /// Time to recover per fault, s.
    Recover,
    /// Time to detect per fault, s.
    Detect,
    /// Attempts per offered request; aggregate `rate` or `avg`.
    Attempts,
    /// US dollars per 1,000 good answers; aggregate `rate` or `avg`.
    Cost,
}

/// Which number of the metric is bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aggregate {
    /// The share, or the mean per request.
    Rate,
    /// The largest.
    Max,
    /// The p-th percentile, 0 < p < 100.
    Percentile(f64),
}

/// How the number compares with the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// One promise, as written and as understood; in files it is a metric and an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "SloText", into = "SloText")]
#[schemars(with = "SloText")]
pub struct Slo {
    /// On what.
    pub metric: Metric,
    /// The expression as written.
    pub expr: String,
    /// On which number of it.
    pub aggregate: Aggregate,
    /// In which direction.
    pub comparison: Comparison,
    /// Bound, in the unit of the report's field: a fraction, ms, s, or US dollars.
    pub bound: f64,
}

/// A promise in a file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SloText {
    /// Metric name: `success`, `ttft`, …
    metric: Metric,
    /// The expression as written: `p(99)<3000`.
    expr: String,
}

impl TryFrom<SloText> for Slo {
    type Error = SloError;

    fn try_from(text: SloText) -> Result<Self, SloError> {
        Self::parse(text.metric, &text.expr)
    }
}

impl From<Slo> for SloText {
    fn from(slo: Slo) -> Self {
        Self { metric: slo.metric, expr: slo.expr }
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SloError {
    /// Not `aggregate comparison bound`.
    #[error("expected `aggregate < bound`, such as {example}")]
    Shape {
        /// A valid expression for this metric.
        example: &'static str,
    },
    /// The aggregate does not fit the metric.
    #[error("{metric} has no `{aggregate}`; try {example}")]
    Aggregate {
        /// The metric's name.
        metric: &'static str,
        /// What was written.
        aggregate: String,
        /// A valid expression for this metric.
        example: &'static str,
    },
    /// The bound is not a number with a fitting unit.
    #[error("`{bound}` is no {unit}; try {example}")]
    Bound {
        /// What was written.
        bound: String,
        /// What was expected.
        unit: &'static str,
        /// A valid expression for this metric.
        example: &'static str,
    },
}

impl Metric {
    /// Every metric, in the order of the report.
    pub const ALL: &'static [Self] = &[
        Self::Success,
        Self::Goodput,
        Self::Ttft,
        Self::E2e,
        Self::Tpot,
        Self::LongestGap,
        Self::Recover,
        Self::Detect,
        Self::Attempts,
        Self::Cost,
    ];

    /// Its name in scenarios and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Goodput => "goodput",
            Self::Ttft => "ttft",
            Self::E2e => "e2e",
            Self::Tpot => "tpot",
            Self::LongestGap => "longest_gap",
            Self::Recover => "recover",
            Self::Detect => "detect",
            Self::Attempts => "attempts",
            Self::Cost => "cost",
        }
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.name() == name)
    }

    /// Unit of the report's field.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Success | Self::Goodput => Unit::Fraction,
            Self::Ttft | Self::E2e | Self::Tpot | Self::LongestGap => Unit::Milliseconds,
            Self::Recover | Self::Detect => Unit::Seconds,
            Self::Attempts => Unit::Count,
            Self::Cost => Unit::Usd,
        }
    }

    /// A valid expression.
    pub const fn example(self) -> &'static str {
        match self.unit() {
            Unit::Fraction => "rate > 0.995",
            Unit::Milliseconds => "p(99)<3000 or p99 <= 3s",
            Unit::Seconds => "max <= 30s",
            Unit::Count => "rate <= 1.5",
            Unit::Usd => "rate <= 4.50",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a bound is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 0 to 1; `%` allowed.
    Fraction,
    /// Milliseconds; `ms`, `s`, `m` allowed.
    Milliseconds,
    /// Seconds; `ms`, `s`, `m` allowed.
    Seconds,
    /// A plain number.
    Count,
    /// US dollars; a leading `$` allowed.
    Usd,
}

impl Slo {
    /// Reads `expr` as a promise on `metric`.
    ///
    /// # Errors
    /// [`SloError`], each with a valid example.
    pub fn parse(metric: Metric, expr: &str) -> Result<Self, SloError> {
        let shape = SloError::Shape { example: metric.example() };
        let at = expr.find(['<', '>']).ok_or_else(|| shape.clone())?;
        let (left, right) = expr.split_at(at);
        let (comparison, bound) = if let Some(bound) = right.strip_prefix("<=") {
            (Comparison::LessOrEqual, bound)
        } else if let Some(bound) = right.strip_prefix(">=") {
            (Comparison::GreaterOrEqual, bound)
        } else if let Some(bound) = right.strip_prefix('<') {
            (Comparison::Less, bound)
        } else if let Some(bound) = right.strip_prefix('>') {
            (Comparison::Greater, bound)
        } else {
            return Err(shape);
        };
        Ok(Self {
            metric,
            expr: expr.to_owned(),
            aggregate: aggregate(metric, left.trim())?,
            comparison,
            bound: parse_bound(metric, bound.trim())?,
        })
    }

    /// Whether `value` keeps the promise; `None` (never, or +∞) keeps only a lower bound's opposite,
    /// that is: it never passes.
    pub fn is_met_by(&self, value: Option<f64>) -> bool {
        value.is_some_and(|value| match self.comparison {
            Comparison::Less => value < self.bound,
            Comparison::LessOrEqual => value <= self.bound,
            Comparison::Greater => value > self.bound,
            Comparison::GreaterOrEqual => value >= self.bound,
        })
    }
}

impl Slo {
    /// Whether a value that is known to be at least `lower` breaks this promise, whatever it is.
    pub fn is_broken_from(&self, lower: f64) -> bool {
        match self.comparison {
            Comparison::Less | Comparison::LessOrEqual => !self.is_met_by(Some(lower)),
            Comparison::Greater | Comparison::GreaterOrEqual => false,
        }
    }

    /// Fewest requests that say anything about the number that is bounded; one where it is no percentile.
    pub fn requests_needed(&self) -> u64 {
        match self.aggregate {
            Aggregate::Percentile(p) => requests_needed(p),
            Aggregate::Rate | Aggregate::Max => 1,
        }
    }
}

/// Fewest requests that say anything about the p-th percentile, 0 < p < 100: with fewer, even the largest value
/// (of a lower percentile the smallest) is on the wrong side of it in more than 2.5 % of samples. 72 for p95, 368
/// for p99, 3,688 for p99.9.
pub fn requests_needed(p: f64) -> u64 {
    let tail = (p / 100.0).max(1.0 - p / 100.0).clamp(0.5, 0.999_999);
    (libm::log(0.025) / libm::log(tail)).ceil() as u64
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metric, self.expr)
    }
}

fn aggregate(metric: Metric, word: &str) -> Result<Aggregate, SloError> {
    let wrong = || SloError::Aggregate {
        metric: metric.name(),
        aggregate: word.to_owned(),
        example: metric.example(),
    };
    let aggregate = match word {
        "rate" | "avg" => Aggregate::Rate,
        "max" => Aggregate::Max,
        "med" => Aggregate::Percentile(50.0),
        _ => {
            let digits = word.strip_prefix('p').ok_or_else(wrong)?;
            let digits =
                digits.strip_prefix('(').and_then(|d| d.strip_suffix(')')).unwrap_or(digits);
            let p: f64 = digits.trim().parse().map_err(|_| wrong())?;
            if !(p > 0.0 && p < 100.0) {
                return Err(wrong());
            }
            Aggregate::Percentile(p)
        }
    };
    let rates = matches!(metric.unit(), Unit::Fraction | Unit::Count | Unit::Usd);
    let fits = match aggregate {
        Aggregate::Rate => rates,
        Aggregate::Max => !rates,
        Aggregate::Percentile(_) => metric.unit() == Unit::Milliseconds,
    };
    if fits { Ok(aggregate) } else { Err(wrong()) }
}

fn parse_bound(metric: Metric, text: &str) -> Result<f64, SloError> {
    let (unit, value) = match metric.unit() {
        Unit::Fraction => ("share between 0 and 1 (or a percentage)", fraction(text)),
        Unit::Milliseconds => ("time (a bare number is milliseconds)", time_ms(text, 1.0)),
        Unit::Seconds => {
            ("time (a bare number is seconds)", time_ms(text, 1000.0).map(|ms| ms / 1000.0))
        }
        Unit::Count => ("number", text.parse().ok()),
        Unit::Usd => ("amount in US dollars", text.trim_start_matches('$').parse().ok()),
    };
    value.filter(|value: &f64| value.is_finite() && *value >= 0.0).ok_or_else(|| SloError::Bound {
        bound: text.to_owned(),
        unit,
        example: metric.example(),
    })
}

fn fraction(text: &str) -> Option<f64> {
    let value = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    (0.0..=1.0).contains(&value).then_some(value)
}

fn time_ms(text: &str, bare_ms: f64) -> Option<f64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.trim().parse().ok()?;
    let scale = match unit.trim() {
        "" => bare_ms,
        "us" | "µs" => 0.001,
        "ms" => 1.0,
        "s" => 1000.0,
        "m" | "min" => 60_000.0,
        _ => return None,
    };
    Some(number * scale)
}

/// Milliseconds of a duration, for bounds that come as durations.
pub fn milliseconds(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::{Aggregate, Comparison, Metric, Slo};

    #[test]
    fn k6_grammar_with_and_without_units() {
        let slo = |metric, expr| Slo::parse(metric, expr).expect(expr);
        let ttft = slo(Metric::Ttft, "p(99)<3000");
        assert_eq!((ttft.aggregate, ttft.bound), (Aggregate::Percentile(99.0), 3000.0));
        assert_eq!(slo(Metric::Ttft, "p99 <= 3s").bound, 3000.0);
        assert_eq!(slo(Metric::Success, "rate > 99.5%").bound, 0.995);
        assert_eq!(slo(Metric::Recover, "max <= 30s").bound, 30.0);
        assert_eq!(slo(Metric::Recover, "max<=30").bound, 30.0);
        assert_eq!(slo(Metric::Cost, "rate<=$4.5").comparison, Comparison::LessOrEqual);
    }

    #[test]
    fn in_files_a_promise_is_its_metric_and_its_words() {
        for metric in Metric::ALL {
            assert_eq!(serde_json::to_value(metric).expect("serialises"), metric.name());
        }
        let text = r#"{"metric":"longest_gap","expr":"p(99)<3000"}"#;
        let slo: Slo = serde_json::from_str(text).expect("reads");
        assert_eq!(slo, Slo::parse(Metric::LongestGap, "p(99)<3000").expect("valid"));
        assert_eq!(serde_json::to_string(&slo).expect("serialises"), text);
        let wrong = text.replace("p(99)", "p(0)");
        let error = serde_json::from_str::<Slo>(&wrong).expect_err("no percentile").to_string();
        assert!(error.contains("longest_gap has no `p(0)`"), "{error}");
    }

    #[test]
    fn mistakes_are_told_with_an_example() {
        for (metric, expr) in [
            (Metric::Success, "p(99)<3"),
            (Metric::Success, "rate > 995"),
            (Metric::Ttft, "rate<3"),
            (Metric::Ttft, "p(0)<3"),
            (Metric::Ttft, "p99<3 parsecs"),
            (Metric::Ttft, "p99=3"),
            (Metric::Ttft, ""),
        ] {
            let error = Slo::parse(metric, expr).expect_err(expr).to_string();
            assert!(error.contains(metric.example()), "{error}");
        }
    }

    #[test]
    fn a_percentile_needs_as_many_requests_as_its_tail_is_thin() {
        let needs = |expr| Slo::parse(Metric::Ttft, expr).expect(expr).requests_needed();
        assert_eq!(["p95<1s", "p99<1s", "p99.9<1s"].map(needs), [72, 368, 3_688]);
        assert_eq!(
            ["p5<1s", "med<1s", "max<1s"].map(needs),
            [72, 6, 1],
            "the lower tail needs as many"
        );
    }

    #[test]
    fn what_is_at_least_so_much_breaks_an_upper_bound_only() {
        let slo = |expr| Slo::parse(Metric::Cost, expr).expect(expr);
        assert!(slo("rate <= 4").is_broken_from(4.1) && !slo("rate <= 4").is_broken_from(4.0));
        assert!(!slo("rate >= 4").is_broken_from(1.0));
    }

    #[test]
    fn never_does_not_pass() {
        let slo = Slo::parse(Metric::Ttft, "p99<3s").expect("valid");
        assert!(!slo.is_met_by(None));
        assert!(slo.is_met_by(Some(2999.9)));
        assert!(!slo.is_met_by(Some(3000.0)));
    }
}
