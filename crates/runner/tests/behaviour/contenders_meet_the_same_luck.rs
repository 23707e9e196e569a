//! Common random numbers: the same arrivals for everybody, and the same fault and token times for
//! whoever sends a request to the same deployment at the same visit, whatever the strategy.

use std::collections::BTreeMap;
use std::path::Path;

use plan::ClockKind;
use record::{AttemptKind, AttemptRow, RequestRow, RowReader, Stage};

type Met = BTreeMap<(u64, String, u32), (Option<String>, Option<u16>, u64)>;

/// What each (request, deployment, visit) met: fault, status, and tokens out of complete answers.
fn met(dir: &Path, contender: &str) -> Met {
    RowReader::<AttemptRow>::open(&dir.join(contender).join("attempts.csv"))
        .expect("rows")
        .map(|row| row.expect("readable"))
        .filter(|row| row.kind == AttemptKind::Request && row.stage == Stage::Request)
        .filter_map(|row| {
            let key = (row.request?, row.deployment, row.visit);
            Some((key, (row.fault, row.status, row.ended_ns - row.arrived_ns)))
        })
        .collect()
}

fn intended(dir: &Path, contender: &str) -> Vec<(u64, u64, bool)> {
    let mut rows: Vec<_> = RowReader::<RequestRow>::open(&dir.join(contender).join("requests.csv"))
        .expect("rows")
        .map(|row| row.expect("readable"))
        .map(|row| (row.request, row.intended_ns, row.stream))
        .collect();
    rows.sort_unstable();
    rows
}

/// A fault over the whole run with half of the attempts, so that arrival times inside a window do not
/// matter: what is compared is luck alone.
const HALF: &str = "[{ at: 0s, for: 60s, target: all, share: 50%, inject: { slow: { first_token: { factor: 3 } } } }]";

#[test]
fn two_strategies_see_the_same_arrivals_faults_and_times() {
    let run = crate::support::play(&crate::support::scenario("luck", 20, HALF), ClockKind::Virtual);
    assert_eq!(intended(run.dir(), "shuffle"), intended(run.dir(), "priority"));
    let (shuffle, priority) = (met(run.dir(), "shuffle"), met(run.dir(), "priority"));
    let shared: Vec<_> = shuffle.keys().filter(|key| priority.contains_key(*key)).collect();
    assert!(shared.len() > 30, "the two strategies agree on some requests: {}", shared.len());
    for key in &shared {
        let (a, b) = (&shuffle[*key], &priority[*key]);
        assert_eq!((&a.0, a.1), (&b.0, b.1), "{key:?} met another fault");
        // Timers tick at 1 ms and the arrival's place between two ticks differs by strategy.
        assert!(a.2.abs_diff(b.2) <= 2_000_000, "{key:?}: {} ns and {} ns", a.2, b.2);
    }
    let slowed = shared.iter().filter(|key| shuffle[**key].0.is_some()).count();
    assert!(slowed > 3 && slowed < shared.len() - 3, "half of them: {slowed} of {}", shared.len());
}

#[test]
fn another_seed_is_other_luck() {
    let scenario = crate::support::scenario("luck", 20, HALF);
    let run = crate::support::play(&scenario, ClockKind::Virtual);
    let other = crate::support::play_seeded(&scenario, ClockKind::Virtual, 99);
    assert_ne!(intended(run.dir(), "shuffle"), intended(other.dir(), "shuffle"));
}
