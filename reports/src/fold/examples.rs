//! Which requests show a number best: of each kind of failure some, of successes the slowest. They are
//! what `brownout explain` is suggested for.

use std::collections::BTreeMap;

use record::slo::Metric;
use vocab::{FailureKind, Outcome};

use super::book::{Asked, Book};

/// Example requests kept per failure kind.
const EXAMPLES_MAX: usize = 5;

/// Failed requests by kind: how many, and the first few ids.
pub(super) fn failures(book: &Book) -> (BTreeMap<String, u64>, BTreeMap<String, Vec<u64>>) {
    let (mut counts, mut examples) = (BTreeMap::new(), BTreeMap::new());
    for kind in FailureKind::ALL {
        let failed = book.judged().filter(|asked| asked.failure == Some(*kind));
        let mut ids: Vec<u64> = failed
            .filter(|asked| asked.outcome == Outcome::Failed)
            .map(|asked| asked.request)
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
pub(super) fn slowest(book: &Book, value: impl Fn(&Asked) -> Option<f64>) -> Option<u64> {
    let ok = book.judged().filter(|asked| asked.succeeded());
    let timed = ok.filter_map(|asked| Some((value(asked)?, asked.request)));
    timed.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, request)| request)
}

/// The slowest success by metric of a single request.
pub(super) fn slowest_by_metric(book: &Book) -> BTreeMap<String, u64> {
    type Value = fn(&Asked) -> Option<f64>;
    let streamed: [(Metric, Value); 3] = [
        (Metric::Ttft, Asked::ttft_ms),
        (Metric::Tpot, Asked::tpot_ms),
        (Metric::LongestGap, Asked::longest_gap_ms),
    ];
    let streamed = streamed.into_iter().filter_map(|(metric, value)| {
        let slowest = slowest(book, |asked| value(asked).filter(|_| asked.stream))?;
        Some((metric.name().to_owned(), slowest))
    });
    let e2e = slowest(book, Asked::e2e_ms);
    streamed.chain(e2e.map(|request| (Metric::E2e.name().to_owned(), request))).collect()
}
