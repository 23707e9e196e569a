//! The bound of a promise in plain words, for readers who do not know the grammar: `more than 98.5 %`, `95 % under 3.0 s`,
//! `at most 90 s`.

use record::slo::{Aggregate, Comparison, Metric, Slo};

use super::figures::shown;

/// Of one promise.
pub(crate) fn bound(slo: &Slo) -> String {
    let than = match slo.comparison {
        Comparison::Less => "under",
        Comparison::LessOrEqual => "at most",
        Comparison::Greater => "more than",
        Comparison::GreaterOrEqual => "at least",
    };
    let value = shown(slo.metric.unit())(slo.bound);
    match (slo.aggregate, slo.metric) {
        (Aggregate::Percentile(p), _) => format!("{} % {than} {value}", trimmed(p)),
        // Each has one figure for a run: the worst of its faults.
        (Aggregate::Rate, _) | (Aggregate::Max, Metric::Recover | Metric::Detect) => {
            format!("{than} {value}")
        }
        (
            Aggregate::Max,
            Metric::Success
            | Metric::Goodput
            | Metric::Ttft
            | Metric::E2e
            | Metric::Tpot
            | Metric::LongestGap
            | Metric::Attempts
            | Metric::Cost,
        ) => format!("all {than} {value}"),
    }
}

/// `99`, `99.9`.
fn trimmed(p: f64) -> String {
    if p == p.round() { format!("{p:.0}") } else { p.to_string() }
}

#[cfg(test)]
mod tests {
    use record::slo::{Metric, Slo};

    use super::bound;

    #[test]
    fn every_shape_of_a_bound_is_told_in_plain_words() {
        let told = |metric, expr| bound(&Slo::parse(metric, expr).expect("parses"));
        assert_eq!(told(Metric::Success, "rate > 0.985"), "more than 98.5 %");
        assert_eq!(told(Metric::Ttft, "p(95)<3000"), "95 % under 3.0 s");
        assert_eq!(told(Metric::Ttft, "p(99.9) <= 3s"), "99.9 % at most 3.0 s");
        assert_eq!(told(Metric::E2e, "max < 10s"), "all under 10 s");
        assert_eq!(told(Metric::Recover, "max <= 90s"), "at most 90 s");
        assert_eq!(told(Metric::Attempts, "rate <= 1.5"), "at most 1.50");
        assert_eq!(told(Metric::Cost, "rate <= 4.50"), "at most $4.50");
    }
}
