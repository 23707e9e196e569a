//! Promises in words: the value of each, and whether it is kept. An invalid measurement judges nobody.

use record::slo::{Aggregate, Metric, Slo, Unit};

use super::figures::{NEVER, millis, percent, seconds, usd};
use crate::report::{Contender, Measured, SloResult, ValidityVerdict};

/// `✓`, `✗` or `–` for a promise, with the word that means the same.
pub(crate) fn sign(pass: Option<bool>) -> (&'static str, &'static str) {
    match pass {
        Some(true) => ("✓", "kept"),
        Some(false) => ("✗", "broken"),
        None => ("–", "no data"),
    }
}

/// Whether a promise may be called kept or broken: nothing is where the measurement is invalid.
pub(crate) fn judged(pass: Option<bool>, validity: ValidityVerdict) -> Option<bool> {
    pass.filter(|_| validity == ValidityVerdict::Valid)
}

/// Whether the whole promise is kept, and the word for it: `kept`, `broken`, `not judged`, …
pub(crate) fn promise_word(
    contender: &Contender,
    validity: ValidityVerdict,
) -> (Option<bool>, &'static str) {
    let given = !contender.slo.is_empty();
    match (contender.was_played(), given, validity) {
        (false, _, _) => (None, "not played"),
        (true, false, _) => (None, "none given"),
        (true, true, ValidityVerdict::Invalid) => (None, "not judged"),
        (true, true, ValidityVerdict::Valid) => {
            let kept = Some(contender.keeps_promise());
            (kept, sign(kept).1)
        }
    }
}

/// A promise's value; nothing for a contender that was not played.
pub(crate) fn promise_value(contender: &Contender, slo: &SloResult) -> String {
    if contender.was_played() { slo_value(slo) } else { String::new() }
}

/// Whether some promise shows the success rate; otherwise it gets a column of its own.
pub(crate) fn promises_success(contender: &Contender) -> bool {
    contender.slo.iter().any(|slo| slo.metric() == Metric::Success)
}

/// An SLO's value in its unit: `97.0 %`, `4.2 s`, `$5.10`, `— (fail)`, `NO DATA`.
pub(crate) fn slo_value(result: &SloResult) -> String {
    let unit = result.metric().unit();
    match result.value {
        Measured::Known(value) => match unit {
            Unit::Fraction => percent(value),
            Unit::Milliseconds => millis(value),
            Unit::Seconds => seconds(value),
            Unit::Usd => usd(value),
            Unit::Count => format!("{value:.2}"),
        },
        Measured::Never => match unit {
            Unit::Seconds => "never".to_owned(),
            Unit::Fraction | Unit::Milliseconds | Unit::Usd | Unit::Count => NEVER.to_owned(),
        },
        Measured::NotApplicable | Measured::NotObserved | Measured::TooFew | Measured::Unpriced => {
            "NO DATA".to_owned()
        }
    }
}

/// `simple-shuffle broke success (97.0 %)`, for the first promise that is not kept.
pub(crate) fn broke(contender: &Contender) -> Option<String> {
    let result = contender.slo.iter().find(|result| result.pass() != Some(true))?;
    let (name, metric) = (&contender.name, result.metric());
    Some(match result.value {
        Measured::Known(_) => format!("{name} broke {metric} ({})", slo_value(result)),
        Measured::Never => format!("{name} broke {metric} ({})", never(&result.slo)),
        Measured::NotApplicable | Measured::NotObserved | Measured::TooFew | Measured::Unpriced => {
            format!("{name} has no data on {metric}")
        }
    })
}

/// Why a promise has no value: `infinite: more than 1 % failed`.
fn never(slo: &Slo) -> String {
    match slo.metric.unit() {
        Unit::Seconds => "never".to_owned(),
        Unit::Usd => "nothing good was bought".to_owned(),
        Unit::Fraction | Unit::Milliseconds | Unit::Count => match slo.aggregate {
            Aggregate::Percentile(p) => {
                format!("infinite, more than {} failed", percent((100.0 - p) / 100.0))
            }
            Aggregate::Max | Aggregate::Rate => "infinite, at least one failed".to_owned(),
        },
    }
}
