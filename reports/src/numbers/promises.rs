//! The promise against the numbers: each SLO's value, how well it is known, and whether one request more or less
//! would turn it round. Missing data is neither kept nor broken.

use record::slo::{Aggregate, Metric, Slo};
use vocab::Outcome;

use super::sample::{Sample, share, wilson95};
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
    /// The bill of those with a price, where others have none.
    pub(crate) cost_usd_at_least: Option<f64>,
}

impl<'a> Totals<'a> {
    /// Numbers of a whole run; `cost` is what 1,000 good answers cost, and what the whole bill is at least.
    pub(crate) fn of(
        faults: &'a [FaultResult],
        retry_amplification: Measured<f64>,
        cost: (Measured<f64>, Measured<f64>),
    ) -> Self {
        let (cost_per_1k_good_usd, at_least) = cost;
        let cost_usd_at_least = at_least.known();
        Self { faults, retry_amplification, cost_per_1k_good_usd, cost_usd_at_least }
    }
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

/// The promised success rate; `None` without such a promise.
pub(crate) fn promised_success(promises: &[Slo]) -> Option<f64> {
    promises.iter().find(|slo| slo.metric == Metric::Success).map(|slo| slo.bound)
}

/// 1 − the promised success rate; `None` without such a promise, or for a promise of 100 %.
pub(crate) fn error_budget(promises: &[Slo]) -> Option<f64> {
    promised_success(promises).filter(|bound| *bound < 1.0).map(|bound| 1.0 - bound)
}

/// Judges every promise.
pub(crate) fn judge(promises: &[Slo], samples: &Samples, totals: &Totals<'_>) -> Vec<SloResult> {
    promises.iter().map(|slo| result(slo, samples, totals)).collect()
}

/// Whether the promises on requests (not those on faults, attempts and cost) are kept; `None`
/// without requests.
pub(crate) fn healthy(promises: &[Slo], samples: &Samples) -> Option<bool> {
    let steady: Vec<Slo> = promises.iter().filter(|slo| is_steady(slo.metric)).cloned().collect();
    let totals = Totals {
        faults: &[],
        retry_amplification: Measured::NotApplicable,
        cost_per_1k_good_usd: Measured::NotApplicable,
        cost_usd_at_least: None,
    };
    let results = judge(&steady, samples, &totals);
    (samples.judged > 0).then(|| results.iter().all(|result| result.pass() != Some(false)))
}

fn result(slo: &Slo, samples: &Samples, totals: &Totals<'_>) -> SloResult {
    match slo.metric {
        Metric::Success => share_of(slo, samples.succeeded, samples.judged),
        Metric::Goodput => share_of(slo, samples.good, samples.judged),
        Metric::Ttft => quantile(slo, &samples.ttft),
        Metric::E2e => quantile(slo, &samples.e2e),
        Metric::Tpot => quantile(slo, &samples.tpot),
        Metric::LongestGap => quantile(slo, &samples.longest_gap),
        Metric::Recover => worst(slo, totals.faults, |fault| fault.time_to_recover_s),
        Metric::Detect => worst(slo, totals.faults, |fault| fault.time_to_detect_s),
        Metric::Attempts => bare(slo, totals.retry_amplification),
        Metric::Cost => cost(slo, samples, totals),
    }
}

/// A value without an interval, on which no single request has a say.
fn bare(slo: &Slo, value: Measured<f64>) -> SloResult {
    let slo = slo.clone();
    SloResult { slo, value, at_least: None, interval: None, hangs_on_one_request: false }
}

/// Whether any of `others` keeps the promise where `value` does not, or the other way round.
fn turns(slo: &Slo, value: Measured<f64>, others: &[Measured<f64>]) -> bool {
    let kept = slo.is_met_by(value.known());
    others.iter().any(|other| slo.is_met_by(other.known()) != kept)
}

fn share_of(slo: &Slo, part: u64, judged: u64) -> SloResult {
    let rate = |part| Measured::known_or(share(part, judged), Measured::NotApplicable);
    let but_one = [rate(part.saturating_sub(1)), rate((part + 1).min(judged))];
    SloResult {
        interval: wilson95(part, judged).map(|ends| ends.map(Measured::Known)),
        hangs_on_one_request: judged > 0 && turns(slo, rate(part), &but_one),
        ..bare(slo, rate(part))
    }
}

fn quantile(slo: &Slo, sample: &Sample) -> SloResult {
    if sample.len() == 0 {
        return bare(slo, Measured::NotApplicable);
    }
    match slo.aggregate {
        Aggregate::Percentile(_) if sample.len() < slo.requests_needed() => {
            bare(slo, Measured::TooFew)
        }
        Aggregate::Percentile(p) => SloResult {
            interval: sample.interval(p).known(),
            hangs_on_one_request: turns(slo, sample.percentile(p), &sample.percentile_but_one(p)),
            ..bare(slo, sample.percentile(p))
        },
        // `rate` does not parse for a time; the worst is the strictest reading.
        Aggregate::Max | Aggregate::Rate => SloResult {
            // Broken by the slowest alone. That one more could break it goes without saying.
            hangs_on_one_request: turns(slo, sample.max(), &[sample.largest_but_one()]),
            ..bare(slo, sample.max())
        },
    }
}

/// The longest of the faults' times. Where one cannot be told for want of requests, or was not observed, the whole
/// cannot either; but it is at least as long as the longest that can.
fn worst(slo: &Slo, faults: &[FaultResult], time: fn(&FaultResult) -> Measured<f64>) -> SloResult {
    let told = Measured::largest(faults.iter().map(time));
    let untold = faults.iter().map(time).find(|time| match time {
        Measured::TooFew | Measured::NotObserved | Measured::Withheld => true,
        Measured::Known(_) | Measured::Never | Measured::NotApplicable | Measured::Unpriced => {
            false
        }
    });
    match untold {
        Some(why) if told != Measured::Never => {
            SloResult { at_least: told.known(), ..bare(slo, why) }
        }
        Some(_) | None => bare(slo, told),
    }
}

fn cost(slo: &Slo, samples: &Samples, totals: &Totals<'_>) -> SloResult {
    let value = totals.cost_per_1k_good_usd;
    let per_good = share(1000, samples.good);
    let but_one = |good: u64| {
        // The same bill over one good answer less or more.
        value.map(|usd| usd * samples.good as f64 / good as f64)
    };
    let others = match samples.good {
        0 => Vec::new(),
        1 => vec![Measured::Never, but_one(2)],
        good => vec![but_one(good - 1), but_one(good + 1)],
    };
    SloResult {
        at_least: match value {
            Measured::Unpriced => {
                totals.cost_usd_at_least.zip(per_good).map(|(usd, per)| usd * per)
            }
            Measured::Known(_)
            | Measured::Never
            | Measured::NotApplicable
            | Measured::NotObserved
            | Measured::TooFew
            | Measured::Withheld => None,
        },
        hangs_on_one_request: !value.is_absent() && turns(slo, value, &others),
        ..bare(slo, value)
    }
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
