//! The terms of the reports, each in plain words: for a reader who points at one, and for the list at the end of
//! the page. `docs/numbers.md` defines them to the letter.

use record::slo::Metric;

/// A term and its meaning, in the order in which the page uses them.
pub(crate) const TERMS: &[(&str, &str)] = &[
    (
        "promise",
        "the bounds that the scenario sets (slo:); who keeps all of them keeps the promise",
    ),
    (
        "success",
        "an answer that came whole and in order, without an error inside; a cut or stalled stream is a failure, whatever its status said",
    ),
    ("good", "a success within every bound that the promise sets for a single request"),
    ("goodput", "share of the offered requests that were good"),
    (
        "rates and percentiles",
        "over all requests offered outside warm-up, less those cancelled; a failure counts as infinitely slow",
    ),
    (
        "ttft",
        "time to first token: from the instant at which the schedule meant the request to start",
    ),
    ("e2e", "time from the intended start to the end of the answer"),
    ("tpot", "time per token of the answer after the first"),
    ("longest_gap", "longest silence inside a stream"),
    (
        "p99",
        "so many of 100 requests, 99 for p99, were at most so slow; failures count as infinitely slow",
    ),
    (
        "direct",
        "without any gateway, straight at the first deployment: what was there to be improved",
    ),
    (
        "savable",
        "share of requests that a deployment alone answers, without limits and queues, or the first one without a gateway; \
         only another try at the same deployment can do better",
    ),
    ("lost", "share of the requests exposed to a fault that were not answered well"),
    (
        "not met",
        "no request of this contender met the fault, so it was not tested by it: that is no success",
    ),
    (
        "exposed",
        "requests that a fault could have hit and that were meant for its window, and those that met it, whenever meant",
    ),
    ("victims", "requests that met the fault and failed"),
    ("detect", "until the failing target was left alone"),
    ("first rescue", "until the first success of a request whose attempt at the target had failed"),
    (
        "recover",
        "until users were served as well as in the calm before, counted from the start of the fault; what chance explains is left out",
    ),
    ("failed back", "after the fault, until the target had its share of the traffic back"),
    ("first victims", "failed requests that met the fault before it was detected"),
    ("flaps", "times the target was used again while the fault lasted"),
    ("attempts", "calls that reached a provider, per request of a user"),
    ("wasted", "tokens that were paid for and bought no answer"),
    ("rescued", "of the requests that met a fault, the share that still succeeded"),
    ("cost", "US dollars per 1,000 good answers, all attempts included"),
    (
        "impact",
        "what failures cost you, by the scenario's impact:, in US dollars: each failed request, and each minute with at least \
         20 requests of which too few were answered well",
    ),
    (
        "error budget burn",
        "failure rate over the promised failure rate; 1 spends the budget exactly",
    ),
    ("n/a", "does not apply: nothing could have been seen, so nothing is held against anybody"),
    ("no data", "too little was seen to tell; it is no pass, and no failure"),
    ("not observed", "nobody kept the book that would tell"),
    ("— (fail)", "infinite: so many requests failed that the percentile falls among them"),
    ("wins", "with five seeds or more, and the same best one on all of them; with fewer it led"),
    ("seed", "the number that all luck of a run comes from; another seed is another trial"),
    (
        "simulated",
        "played in virtual time: it judges attempts, failover, waste and correctness, never CPU or requests per second",
    ),
];

/// The meaning of a term; nothing of a word that is none.
pub(crate) fn meaning(term: &str) -> &'static str {
    TERMS.iter().find(|(word, _)| *word == term).map_or("", |(_, meaning)| meaning)
}

/// A metric in plain words, for the head of a column.
pub(crate) const fn plain_metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Success => "answered",
        Metric::Goodput => "answered well",
        Metric::Ttft => "first token",
        Metric::E2e => "whole answer",
        Metric::Tpot => "per token",
        Metric::LongestGap => "longest pause",
        Metric::Recover => "recovered in",
        Metric::Detect => "noticed in",
        Metric::Attempts => "tries",
        Metric::Cost => "cost",
    }
}

#[cfg(test)]
mod tests {
    use super::{TERMS, meaning};

    #[test]
    fn every_metric_of_a_promise_is_explained() {
        for metric in record::slo::Metric::ALL {
            assert!(!meaning(metric.name()).is_empty(), "{metric}");
        }
        assert!(TERMS.iter().all(|(term, meaning)| !term.is_empty() && !meaning.is_empty()));
    }
}
