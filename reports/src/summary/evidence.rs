//! Where a number comes from: the fault that a broken promise goes back to, and the request that shows it.

use record::slo::Metric;

use crate::Analysis;
use crate::report::{Contender, FaultResult, Measured, SloResult};

/// What stands behind a number; the fault as a position among the contender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// A fault.
    Fault(usize),
    /// A request whose story is told.
    Request(u64),
}

/// What a promise that was broken goes back to.
pub(crate) fn of_promise(
    analysis: &Analysis,
    (at, who): (usize, &Contender),
    slo: &SloResult,
) -> Option<Evidence> {
    let slowest = || {
        let request = *who.slowest_by_metric.get(slo.metric().name())?;
        analysis.examples.get(at)?.tells(request).then_some(Evidence::Request(request))
    };
    let by = |of: fn(&FaultResult) -> Measured<f64>| worst(who, of).map(Evidence::Fault);
    match (slo.metric(), slo.value) {
        (Metric::Recover, _) => by(|fault| fault.time_to_recover_s),
        (Metric::Detect, _) => by(|fault| fault.time_to_detect_s),
        // A bound on a time that has a value was broken by answers that came too late.
        (Metric::Ttft | Metric::E2e | Metric::Tpot | Metric::LongestGap, Measured::Known(_)) => {
            slowest().or_else(|| by(loss))
        }
        (
            Metric::Success
            | Metric::Goodput
            | Metric::Ttft
            | Metric::E2e
            | Metric::Tpot
            | Metric::LongestGap
            | Metric::Attempts
            | Metric::Cost,
            _,
        ) => by(loss).or_else(|| any_failure(analysis, (at, who))),
    }
}

/// A failure whose story is told, the commonest kind first.
pub(crate) fn any_failure(analysis: &Analysis, (at, who): (usize, &Contender)) -> Option<Evidence> {
    let mut kinds: Vec<(&String, &u64)> = who.failures_by_kind.iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(a.1));
    let told = analysis.examples.get(at)?;
    let firsts = kinds.into_iter().filter_map(|(kind, _)| who.failure_examples.get(kind)?.first());
    firsts.copied().find(|request| told.tells(*request)).map(Evidence::Request)
}

/// Share of requests lost to a fault; nothing to tell where none was.
fn loss(fault: &FaultResult) -> Measured<f64> {
    fault.success_rate.and_then(|rate| match rate < 1.0 {
        true => Measured::Known(1.0 - rate),
        false => Measured::NotApplicable,
    })
}

/// Where a number is largest; never is larger than any.
fn worst(who: &Contender, of: fn(&FaultResult) -> Measured<f64>) -> Option<usize> {
    let size = |fault: &FaultResult| match of(fault) {
        Measured::Known(value) => Some(value),
        Measured::Never => Some(f64::INFINITY),
        Measured::NotApplicable
        | Measured::NotObserved
        | Measured::TooFew
        | Measured::Unpriced
        | Measured::Withheld => None,
    };
    let sizes = who.faults.iter().enumerate().filter_map(|(at, fault)| Some((at, size(fault)?)));
    let largest = sizes.reduce(|a, b| if b.1 > a.1 { b } else { a });
    largest.map(|(at, _)| at)
}
