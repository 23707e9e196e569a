//! The one difference that best tells the variants that turned out otherwise from those that did not.
//!
//! Candidates are that one assumed first token is slower than another, and thresholds on each single factor. The
//! best has the largest Youden index (the share of the turned that it names less the share of the others that it
//! names; Youden 1950). It is told only if that is at least 0.6, and Fisher's exact test, with Bonferroni's correction
//! for every candidate that was looked at, leaves less than 1 in 20 that so clear a split is chance.

use record::RunInfo;
use reports::report::{RobustVariant, Split, SplitBy};

/// Smallest Youden index of a split that is told.
const CLEAR: f64 = 0.6;
/// How much clearer a threshold must be than a comparison of two latencies, which says more.
const CLEARER: f64 = 0.05;
/// Largest chance, over all candidates, that a split is luck.
const CHANCE: f64 = 0.05;

/// Looks for the split; `turned` says of each variant whether it turned out otherwise.
pub(crate) fn split(run: &RunInfo, variants: &[RobustVariant], turned: &[bool]) -> Option<Split> {
    let candidates = candidates(run, variants);
    let number = candidates.len();
    let all = Counts::of(turned, |_| true);
    let mut best: Option<(f64, Split, Counts)> = None;
    for by in candidates {
        let counts = Counts::of(turned, |at| holds(&by, run, &variants[at]));
        let youden = counts.turned as f64 / all.turned.max(1) as f64
            - counts.stayed as f64 / all.stayed.max(1) as f64;
        let threshold = !matches!(by, SplitBy::SlowerThan { .. });
        let rank = youden - if threshold { CLEARER } else { 0.0 };
        if best.as_ref().is_none_or(|(other, _, _)| rank > *other) {
            let split = Split {
                by,
                turned_with: counts.turned,
                turned: all.turned,
                stayed_with: counts.stayed,
                stayed: all.stayed,
            };
            best = Some((rank, split, counts));
        }
    }
    let (_, split, counts) = best?;
    let youden = counts.turned as f64 / all.turned.max(1) as f64
        - counts.stayed as f64 / all.stayed.max(1) as f64;
    let luck = fisher(counts, all) * number as f64;
    (youden >= CLEAR && luck < CHANCE).then_some(split)
}

/// How many variants of each sort a candidate names.
#[derive(Clone, Copy)]
struct Counts {
    turned: u32,
    stayed: u32,
}

impl Counts {
    fn of(turned: &[bool], named: impl Fn(usize) -> bool) -> Self {
        let mut counts = Self { turned: 0, stayed: 0 };
        for (_, turned) in turned.iter().enumerate().filter(|(at, _)| named(*at)) {
            if *turned { counts.turned += 1 } else { counts.stayed += 1 }
        }
        counts
    }
}

/// Every way of telling variants apart, in the order in which equals are preferred.
fn candidates(run: &RunInfo, variants: &[RobustVariant]) -> Vec<SplitBy> {
    let mut presets: Vec<&str> = Vec::new();
    for assumed in run.deployments.iter().filter_map(|one| one.assumed.as_ref()) {
        if !presets.contains(&&*assumed.preset) {
            presets.push(&assumed.preset);
        }
    }
    let mut candidates = Vec::new();
    for slower in &presets {
        for other in presets.iter().filter(|other| *other != slower) {
            let (slower, other) = ((*slower).to_owned(), (*other).to_owned());
            candidates.push(SplitBy::SlowerThan { slower, other });
        }
    }
    for preset in presets {
        for factor in thresholds(variants, |one| one.latency.get(preset).copied()) {
            let preset = preset.to_owned();
            candidates.push(SplitBy::LatencyAbove { preset: preset.clone(), factor });
            candidates.push(SplitBy::LatencyBelow { preset, factor });
        }
    }
    for fault in run.faults.iter().map(|fault| &fault.id) {
        for by_s in thresholds(variants, |one| one.starts_s.get(fault).copied()) {
            candidates.push(SplitBy::StartsLater { fault: fault.clone(), by_s });
            candidates.push(SplitBy::StartsEarlier { fault: fault.clone(), by_s });
        }
        for factor in thresholds(variants, |one| one.severity.get(fault).copied()) {
            candidates.push(SplitBy::Harder { fault: fault.clone(), factor });
            candidates.push(SplitBy::Milder { fault: fault.clone(), factor });
        }
    }
    candidates
}

/// Half-way between neighbouring values.
fn thresholds(
    variants: &[RobustVariant],
    value: impl Fn(&RobustVariant) -> Option<f64>,
) -> Vec<f64> {
    let mut values: Vec<f64> = variants.iter().filter_map(value).collect();
    values.sort_by(f64::total_cmp);
    values.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect()
}

/// Whether a variant is one of those that a candidate names.
fn holds(by: &SplitBy, run: &RunInfo, variant: &RobustVariant) -> bool {
    let is = |value: Option<&f64>, test: &dyn Fn(f64) -> bool| value.is_some_and(|at| test(*at));
    let median = |preset: &str| {
        let assumed = run.deployments.iter().filter_map(|one| one.assumed.as_ref());
        let mut assumed = assumed.filter(|one| one.preset == preset);
        let factor = variant.latency.get(preset).copied().unwrap_or(1.0);
        assumed.next().map_or(0.0, |one| one.ttft_p50_ns as f64 * factor)
    };
    match by {
        SplitBy::SlowerThan { slower, other } => median(slower) > median(other),
        SplitBy::LatencyAbove { preset, factor } => {
            is(variant.latency.get(preset), &|at| at > *factor)
        }
        SplitBy::LatencyBelow { preset, factor } => {
            is(variant.latency.get(preset), &|at| at < *factor)
        }
        SplitBy::StartsLater { fault, by_s } => is(variant.starts_s.get(fault), &|at| at > *by_s),
        SplitBy::StartsEarlier { fault, by_s } => is(variant.starts_s.get(fault), &|at| at < *by_s),
        SplitBy::Harder { fault, factor } => is(variant.severity.get(fault), &|at| at > *factor),
        SplitBy::Milder { fault, factor } => is(variant.severity.get(fault), &|at| at < *factor),
    }
}

/// Chance that so many or more of the named are turned ones, were they drawn at random (Fisher 1935, one-sided).
fn fisher(named: Counts, all: Counts) -> f64 {
    let choose = |n: u32, k: u32| {
        let (n, k) = (f64::from(n), f64::from(k));
        libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
    };
    let number = named.turned + named.stayed;
    let whole = choose(all.turned + all.stayed, number);
    let most = number.min(all.turned);
    (named.turned..=most)
        .filter(|turned| number - turned <= all.stayed)
        .map(|turned| {
            let rest = number - turned;
            libm::exp(choose(all.turned, turned) + choose(all.stayed, rest) - whole)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{Counts, fisher};

    #[test]
    fn fishers_tea_lady() {
        // Fisher 1935: four of four cups named right by chance in 1 of 70 cases, three or more in 17 of 70.
        let all = Counts { turned: 4, stayed: 4 };
        let of = |turned, stayed| fisher(Counts { turned, stayed }, all);
        assert!((of(4, 0) - 1.0 / 70.0).abs() < 1e-9 && (of(3, 1) - 17.0 / 70.0).abs() < 1e-9);
    }
}
