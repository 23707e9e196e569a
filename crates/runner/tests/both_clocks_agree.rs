//! Parity: the same scenarios in virtual time and over loopback sockets. Equal runs do not prove a
//! faithful clock, so outcomes are compared across the two worlds.
//!
//! Arrivals, faults and token times are the same draws in both; what differs is the machine's own
//! latency, which can move a request across the edge of a fault window. The tolerance is that edge.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use plan::ClockKind;
use record::{AttemptRow, RequestRow, RowReader};

/// Requests that may fall on the other side of a window's edge, per run of about 60.
const EDGE: u64 = 4;

const FAULTS: &[(&str, &str)] = &[
    ("healthy", "[]"),
    (
        "throttled",
        "[{ at: 2s, for: 3s, target: first, inject: { throttle: { retry_after: 2s } } }]",
    ),
    ("dark", "[{ at: 2s, for: 3s, target: first, inject: refuse }]"),
    ("cut", "[{ at: 2s, for: 3s, target: first, inject: { cut: { after_tokens: 3 } } }]"),
    ("truncated", "[{ at: 2s, for: 3s, target: all, inject: { truncate: { after_tokens: 3 } } }]"),
    ("erring", "[{ at: 2s, for: 3s, target: all, inject: { error: { status: 503 } } }]"),
];

/// Endings by kind, non-warm-up.
fn endings(dir: &Path, contender: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in
        RowReader::<RequestRow>::open(&dir.join(contender).join("requests.csv")).expect("rows")
    {
        let row = row.expect("readable");
        let kind = row.failure.map_or(row.outcome.word(), vocab::FailureKind::word);
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
    }
    counts
}

fn attempts(dir: &Path, contender: &str) -> u64 {
    RowReader::<AttemptRow>::open(&dir.join(contender).join("attempts.csv")).expect("rows").count()
        as u64
}

#[test]
fn every_fault_ends_the_same_way_in_memory_and_over_sockets() {
    for (name, faults) in FAULTS {
        let scenario = support::scenario(name, faults);
        let simulated = support::play(&scenario, ClockKind::Virtual);
        let measured = support::play(&scenario, ClockKind::Wall);
        for contender in ["direct", "shuffle", "priority"] {
            let (virtual_, wall) =
                (endings(simulated.dir(), contender), endings(measured.dir(), contender));
            let offered = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
            assert_eq!(offered(&virtual_), offered(&wall), "{name}, {contender}: same arrivals");
            let kinds: std::collections::BTreeSet<&String> =
                virtual_.keys().chain(wall.keys()).collect();
            for kind in kinds {
                let (a, b) = (virtual_.get(kind).unwrap_or(&0), wall.get(kind).unwrap_or(&0));
                assert!(
                    a.abs_diff(*b) <= EDGE,
                    "{name}, {contender}: {kind} {a} in virtual time, {b} on the wall clock\n\
                     {virtual_:?}\n{wall:?}"
                );
            }
            let (a, b) =
                (attempts(simulated.dir(), contender), attempts(measured.dir(), contender));
            assert!(a.abs_diff(b) <= 3 * EDGE, "{name}, {contender}: attempts {a} and {b}");
        }
    }
}
