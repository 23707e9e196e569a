//! Parity: the same scenarios in virtual time and over loopback sockets. Equal runs do not prove a
//! faithful clock, so outcomes are compared across the two worlds.
//!
//! Arrivals, faults and token times are the same draws in both; what differs is the machine's own
//! latency, which can move a request across the edge of a fault window. The tolerance is that edge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plan::ClockKind;
use record::{AttemptRow, RequestRow, RowReader};
use vocab::FailureKind;

/// Requests that may fall on the other side of a window's edge, per run of about 40.
const EDGE: u64 = 4;

/// Endings by kind, non-warm-up.
fn endings(dir: &Path, contender: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in
        RowReader::<RequestRow>::open(&dir.join(contender).join("requests.csv")).expect("rows")
    {
        let row = row.expect("readable");
        let kind = match row.failure {
            // A socket was accepted by the kernel before it is refused: the client may learn it while
            // it dials or when it reads. In memory it is always while it dials.
            Some(FailureKind::Connect | FailureKind::Reset) => "turned away",
            Some(failure) => failure.word(),
            None => row.outcome.word(),
        };
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
    }
    counts
}

fn attempts(dir: &Path, contender: &str) -> u64 {
    RowReader::<AttemptRow>::open(&dir.join(contender).join("attempts.csv")).expect("rows").count()
        as u64
}

/// Plays four seconds with `fault` on `target` from 1 s to 3 s in both worlds, and compares them.
fn agree(name: &str, target: &str, fault: &str) {
    let faults = format!("[{{ at: 1s, for: 2s, target: {target}, inject: {fault} }}]");
    let scenario = crate::support::scenario(name, 4, &faults);
    let simulated = crate::support::play(&scenario, ClockKind::Virtual);
    let measured = crate::support::play(&scenario, ClockKind::Wall);
    for contender in ["direct", "shuffle", "priority"] {
        let (memory, sockets) =
            (endings(simulated.dir(), contender), endings(measured.dir(), contender));
        let offered = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
        assert_eq!(offered(&memory), offered(&sockets), "{contender}: same arrivals");
        let kinds: BTreeSet<&String> = memory.keys().chain(sockets.keys()).collect();
        for kind in kinds {
            let (a, b) = (memory.get(kind).unwrap_or(&0), sockets.get(kind).unwrap_or(&0));
            assert!(a.abs_diff(*b) <= EDGE, "{contender}: {kind}\n{memory:?}\n{sockets:?}");
        }
        let (a, b) = (attempts(simulated.dir(), contender), attempts(measured.dir(), contender));
        assert!(a.abs_diff(b) <= 3 * EDGE, "{contender}: attempts {a} and {b}");
    }
}

#[test]
fn when_nothing_fails() {
    agree("healthy", "first", "{ slow: { first_token: { factor: 1 } } }");
}

#[test]
fn when_the_first_deployment_throttles() {
    agree("throttled", "first", "{ throttle: { retry_after: 2s } }");
}

#[test]
fn when_the_first_deployment_is_dark() {
    agree("dark", "first", "refuse");
}

#[test]
fn when_streams_are_cut() {
    agree("cut", "first", "{ cut: { after_tokens: 3 } }");
}

#[test]
fn when_every_stream_is_truncated() {
    agree("truncated", "all", "{ truncate: { after_tokens: 3 } }");
}

#[test]
fn when_every_deployment_errs() {
    agree("erring", "all", "{ error: { status: 503 } }");
}
