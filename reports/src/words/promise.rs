//! Promises in words: the value of each beside its bound, and whether it is kept. An invalid measurement judges
//! nobody.

use record::slo::{Aggregate, Metric, Slo, Unit};

use super::figures::{NEVER, beside, count, percent};
use crate::report::{Contender, Measured, NoData, SloResult, Standing, ValidityVerdict};

/// What stands where nobody can tell.
const NO_DATA: &str = "NO DATA";

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

/// Whether the whole promise is kept, and the word for it: `kept`, `kept, untested`, `broken`, `no data`, …
pub(crate) fn promise_word(
    contender: &Contender,
    validity: ValidityVerdict,
) -> (Option<bool>, &'static str) {
    if !contender.was_played() {
        return (None, "not played");
    }
    match (contender.standing(), validity) {
        (Standing::NotPromised, _) => (None, "none given"),
        (_, ValidityVerdict::Invalid) => (None, "not judged"),
        (Standing::Kept, ValidityVerdict::Valid) => (Some(true), "kept"),
        (Standing::Untested, ValidityVerdict::Valid) => (None, "kept, untested"),
        (Standing::NoData, ValidityVerdict::Valid) => (None, "no data"),
        (Standing::Broken, ValidityVerdict::Valid) => (Some(false), "broken"),
    }
}

/// A promise's value; nothing for a contender that was not played.
pub(crate) fn promise_value(contender: &Contender, slo: &SloResult) -> String {
    if contender.was_played() { slo_value(slo) } else { String::new() }
}

/// What stands in small print under a promise's value: how well it is known, or why it is not.
pub(crate) fn promise_remark(
    contender: &Contender,
    slo: &SloResult,
    validity: ValidityVerdict,
) -> Option<String> {
    if !contender.was_played() || validity == ValidityVerdict::Invalid {
        return None;
    }
    no_data_because(slo).or_else(|| too_close(slo))
}

/// Whether some promise shows the success rate; otherwise it gets a column of its own.
pub(crate) fn promises_success(contender: &Contender) -> bool {
    contender.slo.iter().any(|slo| slo.metric() == Metric::Success)
}

/// An SLO's value in its unit, never rounded across its bound: `97 %`, `4.2 s`, `$5.10`, `— (fail)`,
/// `at least $5.10`, `NO DATA`.
pub(crate) fn slo_value(result: &SloResult) -> String {
    let unit = result.metric().unit();
    match (result.value, result.at_least) {
        (Measured::Known(value), _) => beside(value, result.slo.bound, unit),
        (Measured::Never, _) => match unit {
            Unit::Seconds => "never".to_owned(),
            Unit::Fraction | Unit::Milliseconds | Unit::Usd | Unit::Count => NEVER.to_owned(),
        },
        (
            Measured::NotApplicable
            | Measured::NotObserved
            | Measured::TooFew
            | Measured::Unpriced
            | Measured::Withheld,
            least,
        ) => match least.filter(|_| result.pass() == Some(false)) {
            Some(least) => format!("at least {}", beside(least, result.slo.bound, unit)),
            None => NO_DATA.to_owned(),
        },
    }
}

/// A number of the report beside the bound that is promised on it, if one is.
pub(crate) fn beside_its_bound<'a>(
    mut promises: impl Iterator<Item = &'a Slo>,
    (metric, aggregate): (Metric, Aggregate),
    value: f64,
) -> String {
    let promised = promises.find(|slo| slo.metric == metric && slo.aggregate == aggregate);
    beside(value, promised.map_or(f64::INFINITY, |slo| slo.bound), metric.unit())
}

/// The same of a contender's own number.
pub(crate) fn beside_own_bound(
    contender: &Contender,
    of: (Metric, Aggregate),
    value: f64,
) -> String {
    beside_its_bound(contender.slo.iter().map(|result| &result.slo), of, value)
}

/// `98.6 to 99.8 %`: the interval of a value.
fn interval(result: &SloResult) -> Option<String> {
    let [low, high] = result.interval?;
    let unit = result.metric().unit();
    let show = |end: Measured<f64>| match end.known() {
        Some(end) => beside(end, result.slo.bound, unit),
        None => "infinite".to_owned(),
    };
    let (low, high) = (show(low), show(high));
    let both_in = |end: &str| high.ends_with(end) && low.ends_with(end);
    let low = [" %", " ms", " s"]
        .iter()
        .find(|end| both_in(end))
        .map_or(&*low, |end| low.strip_suffix(end).unwrap_or(&low));
    Some(format!("{low} to {high}"))
}

/// `98.6 to 99.8 %, too close to call`, where the interval contains the bound.
pub(crate) fn too_close(result: &SloResult) -> Option<String> {
    let interval = interval(result).filter(|_| result.is_close())?;
    Some(format!("{interval}, too close to call"))
}

/// Why nobody can tell: `p(99.9) needs 3,688 requests`; nothing where there is data.
pub(crate) fn no_data_because(result: &SloResult) -> Option<String> {
    let slo = &result.slo;
    let least = result.at_least.map(|least| beside(least, slo.bound, slo.metric.unit()));
    let known = least.map_or_else(String::new, |least| format!("; at least {least}"));
    let why = match (result.no_data()?, slo.metric) {
        (NoData::TooFew, Metric::Recover | Metric::Detect) => {
            "too few requests met a fault to tell".to_owned()
        }
        (NoData::TooFew, _) => format!("needs {} requests", count(slo.requests_needed())),
        (NoData::NotObserved, _) => "not observed".to_owned(),
        (NoData::Unpriced, _) => "a deployment that billed has no price".to_owned(),
        (NoData::Withheld, _) => {
            "withheld: the error of the instrument could have moved it".to_owned()
        }
        (NoData::NotApplicable, Metric::Recover | Metric::Detect) => "no fault tells it".to_owned(),
        (NoData::NotApplicable, Metric::Ttft | Metric::Tpot | Metric::LongestGap) => {
            "nothing was streamed".to_owned()
        }
        (
            NoData::NotApplicable,
            Metric::Success | Metric::Goodput | Metric::E2e | Metric::Attempts | Metric::Cost,
        ) => "no request was judged".to_owned(),
    };
    Some(why + &known)
}

/// What to do about missing data, in one clause.
fn remedy(result: &SloResult) -> Option<String> {
    let slo = &result.slo;
    Some(match (result.no_data()?, slo.metric) {
        (NoData::TooFew, Metric::Recover | Metric::Detect) => {
            "raise the rate, or make the fault longer".to_owned()
        }
        (NoData::TooFew, _) => {
            "raise the rate or the length, or promise a lower percentile".to_owned()
        }
        (NoData::NotObserved, _) => {
            "require it of a contender of which a ledger is kept, or promise something else"
                .to_owned()
        }
        (NoData::Unpriced, _) => {
            "give `input_cost_per_token` and `output_cost_per_token` in the config's \
             `litellm_params`, or `price:` in the scenario's `deployments:`"
                .to_owned()
        }
        (NoData::Withheld, _) => {
            "play it in virtual time, at a lower rate or on a machine with nothing else to do"
                .to_owned()
        }
        (NoData::NotApplicable, Metric::Recover | Metric::Detect) => {
            "play a fault that it can meet, or leave the promise out".to_owned()
        }
        (NoData::NotApplicable, Metric::Ttft | Metric::Tpot | Metric::LongestGap) => {
            "let the workload stream, or leave the promise out".to_owned()
        }
        (
            NoData::NotApplicable,
            Metric::Success | Metric::Goodput | Metric::E2e | Metric::Attempts | Metric::Cost,
        ) => "offer requests outside warm-up".to_owned(),
    })
}

/// `simple-shuffle broke success (97 %)`, for the first promise that is broken.
pub(crate) fn broke(contender: &Contender) -> Option<String> {
    let result = contender.slo.iter().find(|result| result.pass() == Some(false))?;
    let (name, metric) = (&contender.name, result.metric());
    let value = match result.value {
        Measured::Never => never(&result.slo),
        Measured::Known(_)
        | Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => slo_value(result),
    };
    let close = too_close(result).map_or_else(String::new, |close| format!(": {close}"));
    Some(format!("{name} broke {metric} ({value}{close})"))
}

/// `a has no data on ttft (needs 3,688 requests)`, for the first promise without any.
pub(crate) fn lacks_data(contender: &Contender) -> Option<String> {
    let result = contender.slo.iter().find(|result| result.no_data().is_some())?;
    let why = no_data_because(result)?;
    Some(format!("{} has no data on {} ({why})", contender.name, result.metric()))
}

/// `a missed success rate > 0.995 (97 %)`: every promise that a required contender broke; nothing if none.
pub(crate) fn missed(contender: &Contender) -> Option<String> {
    let broken = contender.slo.iter().filter(|result| result.pass() == Some(false));
    let broken: Vec<String> = broken
        .map(|result| {
            let close = too_close(result).map_or_else(String::new, |close| format!(": {close}"));
            format!("{} ({}{close})", result.slo, slo_value(result))
        })
        .collect();
    (!broken.is_empty()).then(|| format!("{} missed {}", contender.name, broken.join(", ")))
}

/// Why a required contender's promise can be called neither kept nor broken, and what to do; nothing if it can.
pub(crate) fn undecided(contender: &Contender) -> Option<String> {
    let name = &contender.name;
    match contender.standing() {
        Standing::Kept | Standing::Broken => None,
        Standing::NotPromised => {
            Some(format!("{name} promises nothing: add `slo:` to the scenario"))
        }
        Standing::Untested => Some(format!(
            "{name} kept its promise untested: none of its requests met a fault; aim one at whom it uses, \
             with `target: favourite`"
        )),
        Standing::NoData => {
            let untold = contender.slo.iter().filter_map(|result| {
                let (why, remedy) = (no_data_because(result)?, remedy(result)?);
                Some(format!("{} has NO DATA ({why}): {remedy}", result.slo))
            });
            Some(format!("{name}: {}", untold.collect::<Vec<_>>().join("; ")))
        }
    }
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
