//! How firm a verdict is: figures beside their bounds, intervals that contain them, single requests that decide, and
//! no gateway at all.

use record::run::ReachInfo;
use reports::report::{Basis, Measured, Verdict};
use reports::terminal::{Style, screen};
use vocab::FailureKind;

use crate::support::{RunDir, S, Tables};

/// `n` requests at 10 ms from another, of which the first `failed` fail.
fn tables(n: u64, failed: u64) -> Tables {
    let mut tables = Tables::default();
    for at in 0..n {
        if at < failed {
            tables.failure(at * S / 100, 10, FailureKind::ServerError);
        } else {
            tables.success(at * S / 100, 100, 20, "west");
        }
    }
    tables
}

fn run(expr: &str, contenders: &[(&str, u64, u64)]) -> RunDir {
    let mut dir = RunDir::new(contenders.iter().map(|(_, n, _)| n / 100 + 1).max().unwrap_or(1));
    dir.slo("success", expr);
    for (name, n, failed) in contenders {
        dir.contender(name, tables(*n, *failed));
    }
    dir
}

fn verdict(expr: &str, contenders: &[(&str, u64, u64)]) -> Verdict {
    run(expr, contenders).analyse().report.verdict
}

#[test]
fn a_value_just_under_its_bound_is_not_rounded_onto_it() {
    // 18 of 3,575 failed: 99.4965 %.
    let analysis = run("rate > 0.995", &[("only", 3_575, 18)]).analyse();
    let line = &analysis.report.verdict.line;
    assert!(line.contains(": 99.497 %") || line.contains("success 99.497 %"), "{line}");
    assert!(line.contains("only broke success (99.497 %: "), "{line}");
    for width in [80, 160] {
        let shown = screen(&analysis, Style { width, colour: false });
        assert!(shown.contains("✗ 99.497 % (too close)"), "{shown}");
        assert!(!shown.contains("✗ 99.5 %"), "{shown}");
    }
    let summary = reports::render(&analysis).into_iter().find(|file| file.name == "summary.md");
    let summary = String::from_utf8(summary.expect("rendered").bytes).expect("UTF-8");
    assert!(summary.contains("✗ 99.497 % (99.2 to 99.7 %, too close to call)"), "{summary}");
}

#[test]
fn a_promise_whose_interval_contains_the_bound_is_too_close_to_call_and_still_counts() {
    let report = run("rate > 0.995", &[("only", 1_000, 4)]).analyse().report;
    let slo = &report.contenders[0].slo[0];
    assert_eq!((slo.pass(), slo.is_close()), (Some(true), true));
    let [low, high] = slo.interval.expect("an interval").map(|end| end.known().expect("finite"));
    assert!((0.989..0.990).contains(&low) && (0.998..0.999).contains(&high), "{low} {high}");
    let line = &report.verdict.line;
    assert!(line.contains("; only success: 99.0 to 99.8 %, too close to call"), "{line}");
    let json = serde_json::to_value(slo).expect("serialises");
    assert_eq!((&json["close"], &json["pass"]), (&true.into(), &true.into()));
    assert!(json["interval"].as_array().is_some_and(|ends| ends.len() == 2), "{json}");
    let far = run("rate > 0.9", &[("only", 1_000, 4)]).analyse().report;
    assert!(!far.contenders[0].slo[0].is_close());
    assert!(!far.verdict.line.contains("too close"), "{}", far.verdict.line);
}

#[test]
fn every_promised_percentile_has_an_interval_from_order_statistics() {
    for (p, n) in [(50, 100), (90, 100), (95, 200), (99, 1_000)] {
        let mut dir = RunDir::new(100);
        dir.slo("ttft", &format!("p({p})<{}", p * 10));
        let mut tables = Tables::default();
        for at in 1..=n {
            tables.success(at * 50_000_000, at * 1_000 / n, 2, "west");
        }
        dir.contender("only", tables);
        let slo = dir.analyse().report.contenders[0].slo[0].clone();
        let [low, high] = slo.interval.expect("an interval");
        let (low, value, high) = (low.known(), slo.value.known(), high.known());
        assert!(low < value && value < high, "p{p}: {low:?} {value:?} {high:?}");
        assert!(slo.is_close(), "the true quantile is the bound");
    }
}

#[test]
fn an_interval_that_reaches_among_failures_has_no_upper_end() {
    let mut dir = run("rate > 0.5", &[("only", 1_000, 8)]);
    dir.slo("ttft", "p(99)<3s");
    let slo = dir.analyse().report.contenders[0].slo[1].clone();
    assert_eq!(slo.interval.map(|[_, high]| high), Some(Measured::Never));
    assert!(slo.is_close() && slo.pass() == Some(true));
    let json = serde_json::to_value(&slo).expect("serialises");
    assert!(json["interval"][0].is_number() && json["interval"][1].is_null(), "{json}");
}

#[test]
fn nine_against_ten_failures_of_293_are_within_the_noise_of_one_run() {
    let v = verdict("rate > 0.999", &[("nine", 293, 9), ("ten", 293, 10)]);
    assert_eq!((v.winner.as_deref(), v.basis), (Some("nine"), Basis::NobodyKept));
    assert!(v.hangs_on_one_request);
    let noise = "; within the noise of one run (one request more or less turns the order)";
    assert!(v.line.contains(noise), "{}", v.line);
    let v = verdict("rate > 0.999", &[("nine", 293, 9), ("fifteen", 293, 15)]);
    assert!(!v.hangs_on_one_request && !v.line.contains("noise"), "{}", v.line);
}

#[test]
fn a_promise_that_one_request_turns_is_within_the_noise_of_one_run() {
    // 1 of 293 failed: 99.66 %; with 2 it were 99.32 %.
    let v = verdict("rate > 0.995", &[("only", 293, 1)]);
    let noise = "; within the noise of one run (one request more or less turns the order and the promise of only)";
    assert!(!v.line.contains(noise), "there is no order of one: {}", v.line);
    let noise =
        "; within the noise of one run (one request more or less turns the promise of only)";
    assert!(v.line.contains(noise), "{}", v.line);
    let v = verdict("rate > 0.9", &[("only", 293, 1)]);
    assert!(!v.line.contains("noise"), "{}", v.line);
}

#[test]
fn a_keeper_who_would_have_broken_it_by_one_request_hangs_on_it() {
    let v = verdict("rate > 0.995", &[("first", 1_000, 4), ("second", 1_000, 200)]);
    assert_eq!((v.winner.as_deref(), v.basis), (Some("first"), Basis::OnlyKeeper));
    assert!(!v.hangs_on_one_request, "it would still lead by goodput");
    assert!(v.line.contains("turns the promise of first"), "{}", v.line);
    let v = verdict("rate > 0.995", &[("first", 1_000, 4), ("second", 1_000, 5)]);
    assert!(v.hangs_on_one_request, "with five failures they are equal: {}", v.line);
}

#[test]
fn what_decided_is_always_said() {
    let mut dir = run("rate > 0.9", &[("a", 1_000, 0), ("b", 1_000, 20)]);
    let line = dir.analyse().report.verdict.line;
    assert!(
        line.starts_with("a (built-in) led on seed 42 by cost")
            || line.starts_with("a (built-in) led on seed 42 by goodput, costs are equal"),
        "{line}"
    );
    dir.run.deployments[0].usd_per_million_in = None;
    let line = dir.analyse().report.verdict.line;
    assert!(
        line.starts_with("a (built-in) led on seed 42 by goodput, costs are not known"),
        "{line}"
    );
    let alone = verdict("rate > 0.97", &[("a", 1_000, 0), ("b", 1_000, 100)]).line;
    let only = "a (built-in) led on seed 42, the only one that kept the promise: ";
    assert!(alone.starts_with(only), "{alone}");
    let equal = verdict("rate > 0.97", &[("a", 1_000, 0), ("b", 1_000, 0)]).line;
    let both =
        "a (built-in) and b are equal on seed 42 in cost and goodput, both keep the promise: ";
    assert!(equal.starts_with(both), "{equal}");
}

#[test]
fn no_gateway_that_is_better_than_every_contender_is_said_in_the_verdict() {
    let with_direct = |failed: u64| {
        let mut dir = run("rate > 0.5", &[("a", 1_000, 20), ("b", 1_000, 30)]);
        dir.contender("direct", tables(1_000, failed));
        dir.analyse().report.verdict.line
    };
    let said = "; no gateway at all was better than every contender (direct 99.2 % good, the best of them 98 %)";
    assert!(with_direct(8).contains(said), "{}", with_direct(8));
    for failed in [20, 25] {
        assert!(!with_direct(failed).contains("no gateway at all"), "{}", with_direct(failed));
    }
}

#[test]
fn a_group_that_cannot_fail_over_is_said_in_the_verdict() {
    let reach = |model: &str, deployments: &[&str]| ReachInfo {
        model: model.to_owned(),
        deployments: deployments.iter().map(|id| (*id).to_owned()).collect(),
    };
    let mut dir = run("rate > 0.5", &[("a", 1_000, 20), ("b", 1_000, 30)]);
    for who in &mut dir.run.contenders {
        who.reach = vec![reach("m", &["west"]), reach("n", &["west", "east"])];
    }
    let line = dir.analyse().report.verdict.line;
    assert!(line.contains("; traffic calls `m`: 1 deployment, no fallback; "), "{line}");
    assert!(!line.contains("`n`"), "{line}");
    dir.run.contenders[0].reach = vec![reach("m", &["west", "east"])];
    let line = dir.analyse().report.verdict.line;
    assert!(line.contains("; traffic calls `m`: 1 deployment, no fallback in b; "), "{line}");
}

#[test]
fn a_bound_that_hangs_on_one_request_turns_no_promise_that_another_bound_breaks() {
    // 5 of 1,000 failed: 99.5 %, and one success more would have kept the first bound.
    let mut dir = run("rate > 0.995", &[("only", 1_000, 5)]);
    let noise = "one request more or less turns the promise of only";
    assert!(dir.analyse().report.verdict.line.contains(noise));
    dir.slo("e2e", "max < 5ms");
    let report = dir.analyse().report;
    assert!(report.contenders[0].slo[0].hangs_on_one_request);
    assert!(!report.verdict.line.contains(noise), "{}", report.verdict.line);
}

#[test]
fn the_line_tells_the_percentile_that_is_promised_and_whom_cost_or_goodput_decided_against() {
    let mut dir = run("rate > 0.9", &[("a", 1_000, 10), ("b", 1_000, 0)]);
    dir.slo("ttft", "p(95)<3000");
    let verdict = dir.analyse().report.verdict;
    assert_eq!(verdict.basis, Basis::Goodput);
    assert!(verdict.line.contains(", p95 TTFT 100 ms"), "{}", verdict.line);
    assert!(verdict.line.contains("; a kept it too, 99 % good"), "{}", verdict.line);
    for row in &mut dir.tables.get_mut("a").expect("there").attempts {
        row.tokens_out *= 2;
    }
    let report = dir.analyse().report;
    assert_eq!(report.verdict.basis, Basis::Cost, "{}", report.verdict.line);
    let dearer = report.contenders[0].cost_per_1k_good_usd.known().expect("priced");
    let told = format!(" per 1,000 good answers (a ${dearer:.2})");
    assert!(report.verdict.line.contains(&told), "{told}: {}", report.verdict.line);
}
