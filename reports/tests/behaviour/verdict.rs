//! The rule: keepers by cost, ties by goodput, nobody keeps by goodput, one seed never wins.

use record::run::{LeftOut, LeftOutInfo};
use reports::report::{Basis, Verdict};
use vocab::FailureKind;

use crate::support::{RunDir, S, Tables};

/// A contender of 1,000 requests of which `failed` fail, with answers of `tokens` tokens.
fn tables(failed: u64, tokens: u64) -> Tables {
    let mut tables = Tables::default();
    for n in 0..1000 {
        if n < failed {
            tables.failure(n * S / 100, 10, FailureKind::ServerError);
        } else {
            tables.success(n * S / 100, 100, tokens, "west");
        }
    }
    tables
}

fn verdict(slo: Option<&str>, contenders: &[(&str, u64, u64)]) -> Verdict {
    let mut dir = RunDir::new(10);
    if let Some(expr) = slo {
        dir.slo("success", expr);
    }
    for (name, failed, tokens) in contenders {
        dir.contender(name, tables(*failed, *tokens));
    }
    dir.analyse().report.verdict
}

#[test]
fn among_keepers_the_cheapest_leads() {
    let v = verdict(Some("rate > 0.95"), &[("a", 0, 100), ("b", 10, 50), ("c", 60, 10)]);
    assert_eq!((v.winner.as_deref(), v.basis), (Some("b"), Basis::Cost));
    assert_eq!((v.ranking, v.kept), (strings(&["b", "a", "c"]), strings(&["a", "b"])));
    assert!(
        v.line.starts_with("b (built-in) led on seed 42 by cost: 99 %, p99 TTFT 100 ms"),
        "{}",
        v.line
    );
    let end = "; no fault was played; c broke success (94 %: 92.4 to 95.3 %, too close to call)";
    assert!(v.line.ends_with(end), "{}", v.line);
    assert!(!v.line.contains("wins"));
}

#[test]
fn costs_within_two_per_cent_tie_and_goodput_decides() {
    // $ per 1,000 good: 100 in at $1 + 100 or 101 out at $10: $1.10 and $1.11, 0.9 % apart.
    let v = verdict(Some("rate > 0.9"), &[("cheap", 20, 100), ("good", 0, 101)]);
    assert_eq!((v.winner.as_deref(), v.basis), (Some("good"), Basis::Goodput));
    let v = verdict(Some("rate > 0.9"), &[("cheap", 20, 100), ("dearer", 0, 103)]);
    assert_eq!((v.winner.as_deref(), v.basis), (Some("cheap"), Basis::Cost), "2.7 % apart");
    let v = verdict(Some("rate > 0.9"), &[("one", 0, 100), ("two", 0, 100)]);
    assert_eq!((v.winner, v.basis), (None, Basis::Equal));
    assert!(v.line.starts_with("one (built-in) and two are equal on seed 42"), "{}", v.line);
}

#[test]
fn if_nobody_keeps_the_promise_goodput_ranks_and_the_line_says_so() {
    let v = verdict(Some("rate > 0.999"), &[("a", 50, 10), ("b", 40, 90)]);
    assert_eq!((v.winner.as_deref(), v.basis), (Some("b"), Basis::NobodyKept));
    assert!(v.kept.is_empty() && v.line.starts_with("nobody keeps the promise; b"), "{}", v.line);
    let v = verdict(Some("rate > 0.999"), &[("a", 40, 10), ("b", 40, 90)]);
    assert_eq!((v.winner, v.basis), (None, Basis::Equal), "0.0 points apart");
    let v = verdict(Some("rate > 0.999"), &[("a", 41, 10), ("b", 40, 90)]);
    assert_eq!(v.winner.as_deref(), Some("b"), "0.1 points apart is not equal");
}

#[test]
fn without_a_promise_nobody_keeps_it() {
    let v = verdict(None, &[("cheap", 500, 1), ("good", 0, 100)]);
    assert_eq!((v.winner.as_deref(), v.basis), (Some("good"), Basis::NobodyKept));
    assert!(v.line.starts_with("no promise given; good"), "{}", v.line);
}

#[test]
fn a_single_contender_is_told_whether_it_keeps_the_promise() {
    assert!(
        verdict(Some("rate > 0.9"), &[("config", 0, 9)]).line.contains("config (built-in) keeps")
    );
    let v = verdict(Some("rate > 0.9"), &[("config", 200, 9)]);
    assert!(v.line.contains("config (built-in) breaks the promise on seed 42"), "{}", v.line);
}

#[test]
fn three_that_tie_are_all_named() {
    let v =
        verdict(Some("rate > 0.9"), &[("a", 0, 100), ("b", 0, 100), ("c", 0, 100), ("d", 0, 200)]);
    assert_eq!((v.winner, v.basis), (None, Basis::Equal));
    let line = "a (built-in), b and c are equal on seed 42 in cost and goodput, all keep the promise: 100 %";
    assert!(v.line.starts_with(line), "{}", v.line);
}

#[test]
fn an_unknown_cost_leaves_the_decision_to_goodput() {
    let unpriced = |deployment: usize| {
        let mut dir = RunDir::new(10);
        dir.slo("success", "rate > 0.9");
        dir.contender("cheap", tables(20, 10));
        let mut good = tables(0, 100);
        for row in &mut good.requests {
            row.served_by = Some("east".to_owned());
        }
        for row in &mut good.attempts {
            "east".clone_into(&mut row.deployment);
        }
        dir.contender("good", good);
        dir.run.deployments[deployment].usd_per_million_in = None;
        dir.analyse().report.verdict
    };
    // Whichever of the two costs is not known, it is neither the least nor the greatest.
    for deployment in [0, 1] {
        let v = unpriced(deployment);
        assert_eq!((v.winner.as_deref(), v.basis), (Some("good"), Basis::Goodput));
        assert!(v.line.contains("by goodput, costs are not known"), "{}", v.line);
    }
}

#[test]
fn a_decision_by_goodput_shows_goodput_and_failures_in_words() {
    let v = verdict(Some("rate > 0.999"), &[("a", 50, 10), ("b", 40, 90)]);
    let line = "nobody keeps the promise; b (built-in) led on seed 42 by goodput, 96 % good: \
                success 96 %, p99 TTFT infinite (more than 1 % failed)";
    assert!(v.line.starts_with(line), "{}", v.line);
    assert!(!v.line.contains("(fail)"));
}

#[test]
fn who_met_no_fault_and_a_run_without_one_say_so() {
    let v = verdict(Some("rate > 0.9"), &[("a", 0, 10)]);
    assert!(v.line.ends_with("; no fault was played"), "{}", v.line);
    let mut dir = crate::support::brownout::run();
    dir.tables.remove("swift");
    dir.run.contenders.retain(|who| who.name != "swift");
    let v = dir.analyse().report.verdict;
    assert_eq!((v.winner, v.basis), (None, Basis::OnlyUntested));
    let line = "nobody leads on seed 42, only dear (built-in) kept the promise and it did not meet the fault: 100 %";
    assert!(v.line.starts_with(line), "{}", v.line);
    dir.run.warnings.push("a queue is left out of this: no fault".to_owned());
    assert!(!dir.analyse().report.verdict.line.contains("left out"), "words count nothing");
    let left_out = |id: &str, what| LeftOutInfo { id: id.to_owned(), what, needs_ns: 300 * S };
    dir.run.left_out.push(left_out("f2", LeftOut::Fault));
    let v = dir.analyse().report.verdict;
    assert!(v.line.contains("; 1 fault was left out"), "{}", v.line);
    dir.run.left_out.push(left_out("e1", LeftOut::Event));
    let v = dir.analyse().report.verdict;
    assert!(v.line.contains("; 1 fault and 1 event were left out"), "{}", v.line);
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
