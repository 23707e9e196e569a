//! What a long run costs: twice the requests and twice the windows take about twice as long, not four or eight times.

#![expect(clippy::disallowed_types, reason = "a test of how long something takes asks a clock")]

use std::path::Path;
use std::time::{Duration, Instant};

use record::{DecisionKind, DecisionRow};
use vocab::FailureKind;

use crate::support::{RunDir, S, Tables};

/// Requests per second.
const RATE: u64 = 10;

/// A contender that loses every second request in every window, and says why; `windows` of 20 s, one a minute.
fn run(windows: u64) -> RunDir {
    let mut dir = RunDir::new(60 * windows + 60);
    dir.slo("success", "rate > 0.9");
    dir.slo("recover", "max <= 30s");
    for window in 1..=windows {
        let target = if window % 2 == 0 { "west" } else { "east" };
        dir.fault("error", target, (60 * window, 60 * window + 20));
    }
    let mut tables = Tables::default();
    for n in 0..dir.run.scenario.duration_ns / S * RATE {
        let at_ns = n * S / RATE;
        let (window, second) = (at_ns / S / 60, at_ns / S % 60);
        let target = if window.is_multiple_of(2) { "west" } else { "east" };
        if window == 0 || second >= 20 || n.is_multiple_of(2) {
            tables.success(at_ns, 100, 2, if n.is_multiple_of(2) { "west" } else { "east" });
            continue;
        }
        let request = tables.failure(at_ns, 20, FailureKind::ServerError);
        tables.failed_attempt(request, at_ns, target, &format!("f{window}"));
        for (kind, rule) in [
            (DecisionKind::NoCooldown, "rule=low_share;failed=2;calls=9;above_percent=50"),
            (DecisionKind::NoRetry, "rule=retries_used;failed=1;retries=0"),
            (DecisionKind::NoFallback, "rule=none_named"),
        ] {
            tables.decisions.push(DecisionRow {
                at_ns,
                request: Some(request),
                gateway: "gateway[1]".to_owned(),
                kind,
                deployment: Some(target.to_owned()),
                detail: rule.to_owned(),
            });
        }
    }
    dir.contender("only", tables);
    dir
}

/// The shortest of three times: whatever else the machine does can only make one longer.
fn takes(windows: u64) -> Duration {
    let dir = tempfile::tempdir().expect("creates");
    run(windows).write(dir.path());
    let once = |dir: &Path| {
        let start = Instant::now();
        let analysis = reports::analyse(dir).expect("analyses");
        let files = reports::render(&analysis);
        assert_eq!(analysis.report.contenders[0].faults.len() as u64, windows);
        assert!(analysis.reasons[0].iter().all(Option::is_some), "every window says why");
        assert!(!files.is_empty());
        start.elapsed()
    };
    (0..3).map(|_| once(dir.path())).min().expect("three")
}

#[test]
fn time_grows_with_a_run_and_not_with_its_square() {
    let (short, long) = (takes(40), takes(160));
    let times = long.as_secs_f64() / short.as_secs_f64();
    // Four times the requests and the windows: 4, a little more for logarithms; by a square 16, by a cube 64.
    assert!(times < 8.0, "{long:?} instead of {short:?}: {times:.1} times as long");
}
