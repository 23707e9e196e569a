//! The promise against the numbers: each SLO's value, and whether it is kept. Missing data is never
//! a pass.

use record::slo::{Aggregate, Metric, Slo};
use vocab::Outcome;

use super::sample::{Sample, samples_needed, share};
use crate::report::{FaultResult, Measured, SloResult};
use crate::tables::requests::Request;

/// The four samples over which per-request promises speak, and the two shares.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    pub(crate) judged: u64,
    pub(crate) succeeded: u64,
    pub(crate) good: u64,
    pub(crate) ttft: Sample,
    pub(crate) e2e: Sample,
    pub(crate) tpot: Sample,
    pub(crate) longest_gap: Sample,
}

/// Numbers of the whole run on which promises can be made too.
#[derive(Debug)]
pub(crate) struct Totals<'a> {
    pub(crate) faults: &'a [FaultResult],
    pub(crate) retry_amplification: Measured<f64>,
    pub(crate) cost_per_1k_good_usd: Measured<f64>,
}

impl Samples {
    /// Takes the samples over `judged` requests; a failure counts as +∞ in each.
    pub(crate) fn of<'a>(judged: impl Iterator<Item = &'a Request>) -> Self {
        let judged: Vec<&Request> = judged.collect();
        let ok = |request: &&&Request| request.succeeded();
        let streamed = || judged.iter().copied().filter(|request| request.stream);
        let or_infinite =
            |request: &Request, value: Option<f64>| value.filter(|_| request.succeeded());
        Self {
            judged: judged.len() as u64,
            succeeded: judged.iter().filter(ok).count() as u64,
            good: judged.iter().filter(|request| request.good).count() as u64,
            ttft: Sample::new(streamed().map(|a| or_infinite(a, a.ttft_ms()))),
            e2e: Sample::new(judged.iter().map(|a| or_infinite(a, a.e2e_ms()))),
            tpot: Sample::new(
                streamed()
                    .filter(|a| a.outcome != Outcome::Success || a.tokens >= 2)
                    .map(|a| or_infinite(a, a.tpot_ms())),
            ),
            longest_gap: Sample::new(streamed().map(|a| or_infinite(a, a.longest_gap_ms()))),
        }
    }
}

/// The promises that bound single requests, and so decide what is good.
pub(crate) fn request_bounds(promises: &[Slo]) -> Vec<Slo> {
    promises.iter().filter(|slo| is_per_request(slo.metric)).cloned().collect()
}

/// 1 − the promised success rate; `None` without such a promise, or for a promise of 100 %.
pub(crate) fn error_budget(promises: &[Slo]) -> Option<f64> {
    let bound = promises.iter().find(|slo| slo.metric == Metric::Success)?.bound;
    (bound < 1.0).then_some(1.0 - bound)
}

/// Judges every promise.
pub(crate) fn judge(promises: &[Slo], samples: &Samples, totals: &Totals<'_>) -> Vec<SloResult> {
    let judge = |slo: &Slo| SloResult {
        slo: slo.clone(),
        value: value(slo, samples, totals),
        too_few: too_few(slo, samples),
    };
    promises.iter().map(judge).collect()
}

/// Whether the promises on requests (not those on faults, attempts and cost) are kept; `None`
/// without requests.
pub(crate) fn healthy(promises: &[Slo], samples: &Samples) -> Option<bool> {
    let steady: Vec<Slo> = promises.iter().filter(|slo| is_steady(slo.metric)).cloned().collect();
    let totals = Totals {
        faults: &[],
        retry_amplification: Measured::NotApplicable,
        cost_per_1k_good_usd: Measured::NotApplicable,
    };
    let results = judge(&steady, samples, &totals);
    (samples.judged > 0).then(|| results.iter().all(|result| result.pass() != Some(false)))
}

fn value(slo: &Slo, samples: &Samples, totals: &Totals<'_>) -> Measured<f64> {
    let rate = |part| Measured::known_or(share(part, samples.judged), Measured::NotApplicable);
    let worst =
        |time: fn(&FaultResult) -> Measured<f64>| Measured::largest(totals.faults.iter().map(time));
    match slo.metric {
        Metric::Success => rate(samples.succeeded),
        Metric::Goodput => rate(samples.good),
        Metric::Ttft => quantile(slo, &samples.ttft),
        Metric::E2e => quantile(slo, &samples.e2e),
        Metric::Tpot => quantile(slo, &samples.tpot),
        Metric::LongestGap => quantile(slo, &samples.longest_gap),
        Metric::Recover => worst(|fault| fault.time_to_recover_s),
        Metric::Detect => worst(|fault| fault.time_to_detect_s),
        Metric::Attempts => totals.retry_amplification,
        Metric::Cost => totals.cost_per_1k_good_usd,
    }
}

fn quantile(slo: &Slo, sample: &Sample) -> Measured<f64> {
    match slo.aggregate {
        Aggregate::Percentile(p) => sample.percentile(p),
        // `rate` does not parse for a time; the worst is the strictest reading.
        Aggregate::Max | Aggregate::Rate => sample.max(),
    }
}

fn too_few(slo: &Slo, samples: &Samples) -> bool {
    let Aggregate::Percentile(p) = slo.aggregate else { return false };
    let sample = match slo.metric {
        Metric::Ttft => &samples.ttft,
        Metric::E2e => &samples.e2e,
        Metric::Tpot => &samples.tpot,
        Metric::LongestGap => &samples.longest_gap,
        Metric::Success
        | Metric::Goodput
        | Metric::Recover
        | Metric::Detect
        | Metric::Attempts
        | Metric::Cost => return false,
    };
    sample.len() < samples_needed(p)
}

fn is_per_request(metric: Metric) -> bool {
    match metric {
        Metric::Ttft | Metric::E2e | Metric::Tpot | Metric::LongestGap => true,
        Metric::Success
        | Metric::Goodput
        | Metric::Recover
        | Metric::Detect
        | Metric::Attempts
        | Metric::Cost => false,
    }
}

/// Whether a promise can be kept or broken before any fault.
fn is_steady(metric: Metric) -> bool {
    is_per_request(metric) || matches!(metric, Metric::Success | Metric::Goodput)
}
