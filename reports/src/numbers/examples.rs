//! Which requests show a number best: of each kind of failure some, of successes the slowest. They are
//! what `brownout explain` is suggested for.

use std::collections::BTreeMap;

use record::slo::Metric;
use vocab::{FailureKind, Outcome};

use crate::report::FaultResult;
use crate::tables::requests::{Request, Requests};

/// Example requests kept per failure kind.
const EXAMPLES_MAX: usize = 5;

/// Failed requests by kind: how many, and the first few ids.
pub(super) fn failures(requests: &Requests) -> (BTreeMap<String, u64>, BTreeMap<String, Vec<u64>>) {
    let (mut counts, mut examples) = (BTreeMap::new(), BTreeMap::new());
    for kind in FailureKind::ALL {
        let failed = requests.judged().filter(|request| request.failure == Some(*kind));
        let mut ids: Vec<u64> = failed
            .filter(|request| request.outcome == Outcome::Failed)
            .map(|request| request.id)
            .collect();
        if !ids.is_empty() {
            counts.insert(kind.word().to_owned(), ids.len() as u64);
            ids.truncate(EXAMPLES_MAX);
            examples.insert(kind.word().to_owned(), ids);
        }
    }
    (counts, examples)
}

/// The success that took longest by `value`.
pub(super) fn slowest(requests: &Requests, value: impl Fn(&Request) -> Option<f64>) -> Option<u64> {
    let ok = requests.judged().filter(|request| request.succeeded());
    let timed = ok.filter_map(|request| Some((value(request)?, request.id)));
    timed.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, request)| request)
}

/// The slowest success by metric of a single request.
pub(super) fn slowest_by_metric(requests: &Requests) -> BTreeMap<String, u64> {
    type Value = fn(&Request) -> Option<f64>;
    let streamed: [(Metric, Value); 3] = [
        (Metric::Ttft, Request::ttft_ms),
        (Metric::Tpot, Request::tpot_ms),
        (Metric::LongestGap, Request::longest_gap_ms),
    ];
    let streamed = streamed.into_iter().filter_map(|(metric, value)| {
        let slowest = slowest(requests, |request| value(request).filter(|_| request.stream))?;
        Some((metric.name().to_owned(), slowest))
    });
    let e2e = slowest(requests, Request::e2e_ms);
    streamed.chain(e2e.map(|request| (Metric::E2e.name().to_owned(), request))).collect()
}

/// A request that shows what each fault did: its first victim, else the first failed one that was intended while it
/// lasted. In the order of `faults`.
pub(super) fn of_faults(faults: &[FaultResult], requests: &Requests) -> Vec<Option<u64>> {
    let during = |fault: &FaultResult| {
        let ns = |s: f64| (s * 1e9).round() as u64;
        let mut during = requests.judged_between(ns(fault.from_s), ns(fault.to_s));
        during.find(|request| request.outcome == Outcome::Failed).map(|request| request.id)
    };
    let of = |fault: &FaultResult| fault.victim_examples.first().copied().or_else(|| during(fault));
    faults.iter().map(of).collect()
}
