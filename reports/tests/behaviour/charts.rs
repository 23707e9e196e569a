//! What the charts draw, on the brownout of `support`: rates and shares over time, cooldowns, and curves.

use record::{DecisionKind, DecisionRow};
use reports::Analysis;
use vocab::FailureKind;

use crate::support::{RunDir, S, Tables, brownout};

/// Position of a contender among those that are ranked.
fn position(analysis: &Analysis, name: &str) -> usize {
    analysis.report.contenders.iter().position(|c| c.name == name).expect("there")
}

#[test]
fn a_timeline_counts_requests_by_their_instant_and_attempts_by_their_arrival() {
    let analysis = brownout::run().analyse();
    let swift = &analysis.charts[position(&analysis, "swift")].timeline;
    // 200 s in at most 126 bins of a length in which people count: 100 bins of 2 s, four requests a second.
    assert_eq!((swift.bin_s, swift.offered.len()), (2.0, 100));
    assert_eq!((swift.offered.as_slice(), swift.good.as_slice()), (&[8; 100][..], &[8; 100][..]));
    // West and east by turns; from 60 s on west in vain and then east; from 62 s east alone until 150 s.
    let at = |bin: usize| [swift.attempts[0][bin], swift.attempts[1][bin]];
    assert_eq!([29, 30, 31, 74, 75].map(at), [[4, 4], [8, 8], [0, 8], [0, 8], [4, 4]]);
    let stubborn = &analysis.charts[position(&analysis, "stubborn")].timeline;
    assert_eq!([29, 30, 59, 60].map(|bin| stubborn.good[bin]), [8, 0, 0, 8]);
}

#[test]
fn cooldowns_that_overlap_are_one_and_others_are_not() {
    let mut dir = brownout::run();
    let tables = dir.tables.get_mut("swift").expect("there");
    tables.cooldown(170_000_000_000, "west", 10_000);
    tables.cooldown(185_000_000_000, "west", 0);
    tables.cooldown(195_000_000_000, "west", 10_000);
    tables.cooldown(80_000_000_000, "east", 5_000);
    tables.cooldown(90_000_000_000, "elsewhere", 5_000);
    let analysis = dir.analyse();
    let cooldowns = &analysis.charts[position(&analysis, "swift")].timeline.cooldowns;
    let told: Vec<_> = cooldowns.iter().map(|c| (c.deployment, c.from_s, c.to_s)).collect();
    // 62 to 122 s and 110 to 150 s are one; the last is cut at the end of the run.
    let west = [(62.0, 150.0), (170.0, 180.0), (185.0, 185.0), (195.0, 200.0)];
    let west = west.map(|(from_s, to_s)| (0, from_s, to_s));
    assert_eq!(told, [&west[..], &[(1, 80.0, 85.0)]].concat());
}

#[test]
fn a_cooldown_ends_where_its_instance_forgets_it_and_lasts_as_long_as_it_was_prolonged() {
    let mut dir = brownout::run();
    let tables = dir.tables.get_mut("swift").expect("there");
    let told = |at_s: u64, n: u32, kind, deployment: Option<&str>, detail: &str| DecisionRow {
        at_ns: at_s * S,
        request: None,
        gateway: record::instance_name(n),
        kind,
        deployment: deployment.map(str::to_owned),
        detail: detail.to_owned(),
    };
    use DecisionKind::{Cooldown, CooldownProlonged, Kill, Reload};
    tables.decisions = vec![
        told(10, 1, Cooldown, Some("west"), "for_ms=60000;reason=rate_limited"),
        told(12, 2, Cooldown, Some("west"), "for_ms=4000;reason=rate_limited"),
        told(20, 1, Kill, None, "forgets=west"),
        told(30, 1, Cooldown, Some("east"), "for_ms=5000;reason=rate_limited"),
        told(32, 1, CooldownProlonged, Some("east"), "for_ms=9000;reason=rate_limited"),
        told(33, 2, Reload, None, ""),
        told(50, 2, Cooldown, Some("east"), "for_ms=60000;reason=rate_limited"),
        told(55, 1, Reload, None, ""),
        told(60, 2, Reload, None, "forgets=east"),
    ];
    let analysis = dir.analyse();
    let cooldowns = &analysis.charts[position(&analysis, "swift")].timeline.cooldowns;
    let told: Vec<_> = cooldowns.iter().map(|c| (c.deployment, c.from_s, c.to_s)).collect();
    assert_eq!(told, [(0, 10.0, 20.0), (1, 30.0, 41.0), (1, 50.0, 60.0)]);
}

#[test]
fn a_curve_ends_at_the_share_that_arrived() {
    let analysis = brownout::run().analyse();
    let curve = &analysis.charts[position(&analysis, "stubborn")].ttft;
    assert!((curve.never - 240.0 / 720.0).abs() < 1e-12, "{}", curve.never);
    // Every second of the 480 that arrived, and the last.
    assert_eq!(curve.points.len(), 241);
    let shares: Vec<f64> = curve.points.iter().map(|(_, share)| share * 720.0).collect();
    let expected = (0..240).map(|n| f64::from(2 * n + 1)).chain([480.0]);
    assert!(shares.iter().zip(expected).all(|(share, n)| (share - n).abs() < 1e-9), "{shares:?}");
    assert!(curve.points.is_sorted(), "{:?}", curve.points);
    // 400 ms would be requests 0 and 400: one is warm-up, the other failed.
    assert_eq!(curve.points[0].0, 401.0);
}

#[test]
fn a_curve_of_failures_alone_never_arrives() {
    let mut dir = RunDir::new(10);
    let mut tables = Tables::default();
    tables.failure(S, 50, FailureKind::Timeout);
    dir.contender("only", tables);
    dir.contender("nobody", Tables::default());
    let charts = dir.analyse().charts;
    let never: Vec<_> = charts.iter().map(|c| (c.ttft.points.len(), c.ttft.never)).collect();
    assert_eq!(never, [(0, 1.0), (0, 0.0)], "of nobody nothing is missing");
}

#[test]
fn a_run_of_weeks_has_as_many_bins_as_a_screen_can_show() {
    let bins = |seconds: u64| {
        let mut dir = RunDir::new(seconds);
        dir.contender("only", Tables::default());
        let timeline = dir.analyse().charts[0].timeline.clone();
        (timeline.bin_s, timeline.offered.len())
    };
    assert_eq!(bins(126), (1.0, 126));
    assert_eq!(bins(127), (2.0, 64));
    assert_eq!(bins(126 * 7_200), (7_200.0, 126));
}
