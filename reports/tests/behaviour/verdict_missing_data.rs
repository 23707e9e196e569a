//! NO DATA is a third state: neither kept nor broken, nowhere a tick or a cross, and its reason is told.

use reports::report::{Measured, NoData, Standing};
use reports::terminal::{Style, screen};
use reports::{Requirement, requirement};
use vocab::FailureKind;

use crate::support::{RunDir, S, Tables};

/// `n` requests in 100 s, all good.
fn good(n: u64) -> Tables {
    let mut tables = Tables::default();
    for at in 0..n {
        tables.success(at * 100 * S / n, 100, 20, "west");
    }
    tables
}

fn promise(metric: &str, expr: &str, tables: Tables) -> RunDir {
    let mut dir = RunDir::new(100);
    dir.slo(metric, expr);
    dir.contender("only", tables);
    dir
}

#[test]
fn a_percentile_of_too_few_requests_is_neither_kept_nor_broken() {
    for (expr, needed) in [("p(95)<3s", 72), ("p(99)<3s", 368), ("p(99.9)<3s", 3_688)] {
        for (n, told) in [(needed - 1, None), (needed, Some(true))] {
            let report = promise("ttft", expr, good(n)).analyse().report;
            assert_eq!(report.contenders[0].slo[0].pass(), told, "{expr} of {n}");
        }
        let broken = promise("ttft", &expr.replace("3s", "50"), good(needed - 1)).analyse().report;
        assert_eq!(broken.contenders[0].slo[0].pass(), None, "nor is it broken");
    }
}

#[test]
fn a_percentile_of_twenty_requests_says_how_many_it_needs_wherever_it_is_shown() {
    let analysis = promise("ttft", "p(99.9)<3s", good(20)).analyse();
    let c = &analysis.report.contenders[0];
    assert_eq!((c.standing(), c.slo[0].no_data()), (Standing::NoData, Some(NoData::TooFew)));
    let v = &analysis.report.verdict;
    assert_eq!((v.winner.as_deref(), &*v.no_data), (Some("only"), &["only".to_owned()][..]));
    let line = "whether only (built-in) keeps the promise on seed 42 cannot be told: ";
    assert!(v.line.starts_with(line), "{}", v.line);
    assert!(v.line.ends_with("; only has no data on ttft (needs 3,688 requests)"), "{}", v.line);
    for width in [80, 160] {
        let shown = screen(&analysis, Style { width, colour: false });
        assert!(shown.contains("– no data") && shown.contains("– NO DATA"), "{shown}");
        assert!(!shown.contains('✓') && !shown.contains('✗'), "{shown}");
    }
    for file in reports::render(&analysis) {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        assert!(!text.contains('✓') && !text.contains('✗'), "{}", file.name);
    }
}

#[test]
fn a_requirement_without_data_is_undecided_and_says_why_and_what_to_do() {
    let report = promise("ttft", "p(99.9)<3s", good(20)).analyse().report;
    let Requirement::Undecided(text) = requirement(&report.contenders[0]) else {
        panic!("no data is neither met nor missed")
    };
    for part in
        ["ttft p(99.9)<3s has NO DATA", "needs 3,688 requests", "promise a lower percentile"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn who_breaks_one_bound_breaks_the_promise_whatever_has_no_data() {
    let mut dir = promise("ttft", "p(99.9)<3s", good(20));
    dir.slo("success", "rate > 0.5");
    let tables = dir.tables.get_mut("only").expect("there");
    for n in 0..30 {
        tables.failure(50 * S + n, 10, FailureKind::ServerError);
    }
    let report = dir.analyse().report;
    assert_eq!(report.contenders[0].standing(), Standing::Broken);
    let required = requirement(&report.contenders[0]);
    assert_eq!(
        required,
        Requirement::Missed(
            "only missed success rate > 0.5 (40 %: 27.6 to 53.8 %, too close to call)".to_owned()
        )
    );
}

#[test]
fn an_unpriced_model_is_not_broken_and_the_message_offers_the_config_first() {
    let mut dir = promise("cost", "rate <= 4", good(100));
    dir.run.deployments[0].usd_per_million_in = None;
    let report = dir.analyse().report;
    let c = &report.contenders[0];
    assert_eq!((c.slo[0].pass(), c.slo[0].no_data()), (None, Some(NoData::Unpriced)));
    let Requirement::Undecided(text) = requirement(c) else { panic!("undecided") };
    let (config, scenario) = (text.find("input_cost_per_token"), text.find("price:"));
    assert!(config.is_some() && config < scenario, "{text}");
    assert!(!report.verdict.line.contains("broke"), "{}", report.verdict.line);
}

#[test]
fn a_recovery_without_a_fault_has_no_data_and_is_no_first_red() {
    let analysis = promise("recover", "max <= 5s", good(100)).analyse();
    let c = &analysis.report.contenders[0];
    assert_eq!((c.slo[0].pass(), c.slo[0].no_data()), (None, Some(NoData::NotApplicable)));
    let shown = screen(&analysis, Style { width: 120, colour: false });
    assert!(!shown.contains("broke") && !shown.contains("explain"), "{shown}");
}

#[test]
fn one_fault_that_cannot_be_told_leaves_recovery_without_data_unless_another_breaks_it() {
    // Ten requests a second; the first fault begins at once, so that nothing is known of before.
    let of = |bad: std::ops::Range<u64>| {
        let mut dir = RunDir::new(100);
        dir.fault("error", "west", (0, 1));
        dir.fault("error", "west", (50, 80));
        dir.slo("recover", "max <= 5s");
        let mut tables = Tables::default();
        for n in 0..1_000 {
            let at = n * S / 10;
            if bad.contains(&(at / S)) {
                let request = tables.failure(at, 20, FailureKind::ServerError);
                tables.failed_attempt(request, at, "west", "f2");
            } else {
                tables.success(at, 100, 20, "west");
            }
        }
        dir.contender("only", tables);
        dir.analyse().report.contenders[0].clone()
    };
    let calm = of(0..0);
    assert_eq!(calm.faults[0].time_to_recover_s, Measured::TooFew);
    assert_eq!((calm.slo[0].pass(), calm.slo[0].no_data()), (None, Some(NoData::TooFew)));
    let hit = of(50..70);
    assert_eq!(hit.slo[0].pass(), Some(false), "{:?}", hit.slo[0]);
    assert!(hit.slo[0].at_least.is_some_and(|least| (15.0..25.0).contains(&least)));
}

#[test]
fn nobody_is_known_to_keep_it_where_somebody_has_no_data() {
    let mut dir = promise("ttft", "p(99.9)<3s", good(100));
    dir.slo("success", "rate > 0.9");
    let mut bad = good(80);
    for n in 80..100 {
        bad.failure(n * S, 10, FailureKind::ServerError);
    }
    for (n, row) in (0..).zip(&mut bad.requests) {
        row.intended_ns = n * S;
    }
    dir.contender("lossy", bad);
    let line = dir.analyse().report.verdict.line;
    assert!(line.starts_with("nobody is known to keep the promise; only (built-in) led"), "{line}");
    assert!(line.contains("only has no data on ttft"), "{line}");
    assert!(line.contains("lossy broke success (80 %"), "{line}");
}
