//! Counts, rates, percentiles, tokens and money of one contender.

use record::{AttemptEnd, AttemptKind, AttemptRow, Stage};
use reports::report::Contender;
use reports::report::Measured::{self, Known, Never, NotApplicable, NotObserved, TooFew, Unpriced};
use vocab::{FailureKind, Integrity, Outcome};

use crate::support::{MS, RunDir, S, Tables, attempt_row, brownout, phase, request_row};

/// Ten measured requests: eight successes from west with first tokens after 100, 200 … 800 ms and 11
/// tokens each (10 ms apart), two failures.
fn ten() -> Tables {
    let mut tables = Tables::default();
    for n in 1..=8 {
        tables.success(n * S, n * 100, 11, "west");
    }
    tables.failure(9 * S, 50, FailureKind::RateLimited);
    tables.failure(10 * S, 150, FailureKind::Timeout);
    tables
}

fn fold(mut edit: impl FnMut(&mut RunDir)) -> Contender {
    let mut dir = RunDir::new(20);
    dir.contender("only", ten());
    edit(&mut dir);
    dir.analyse().report.contenders[0].clone()
}

fn close(a: Measured<f64>, b: f64) {
    let a = a.known().expect("a number");
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

#[test]
fn failures_count_as_infinite_in_headline_percentiles() {
    let c = fold(|_| {});
    assert_eq!((c.offered, c.succeeded, c.failed), (10, 8, 2));
    // Nearest rank of 10: p50 is the 5th, p90 the 9th, which is a failure.
    assert_eq!((c.ttft_ms.n, c.ttft_ms.p50, c.ttft_ms.p90), (10, Known(500.0), Never));
    assert_eq!(c.ttft_ok_ms.p90, Known(800.0));
    // 100 ms after the last first token, ten tokens later.
    assert_eq!((c.e2e_ms.p50, c.e2e_ok_ms.p99), (Known(600.0), Known(900.0)));
    assert_eq!((c.tpot_ms.p50, c.longest_gap_ms.p50), (Known(10.0), Known(10.0)));
    assert_eq!(
        (c.failure_ms.n, c.failure_ms.p50, c.failure_ms.p99),
        (2, Known(50.0), Known(150.0))
    );
    close(c.success_rate, 0.8);
    // Wilson: (0.8 + 1.9208/10 ± 1.96 √(0.016 + 0.0096036)) / 1.38415
    let [low, high] = c.success_rate_ci95.known().expect("requests");
    assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4, "{low} {high}");
}

#[test]
fn goodput_asks_for_every_bound_of_single_requests() {
    let c = fold(|dir| {
        dir.slo("ttft", "p(50)<650");
        dir.slo("e2e", "max < 10s");
    });
    assert_eq!(c.good, 6, "first tokens after 100 to 600 ms");
    close(c.goodput, 0.6);
    assert_eq!(c.slo[0].value, Known(500.0));
    assert_eq!((c.slo[0].pass(), c.slo[1].pass()), (Some(true), Some(false)));
}

#[test]
fn warmup_and_cancelled_requests_are_in_no_rate() {
    let c = fold(|dir| {
        dir.run.phases = vec![phase("warm", (0, 2), true), phase("load", (2, 20), false)];
        let tables = dir.tables.get_mut("only").expect("there");
        tables.requests[0].warmup = true;
        let row = request_row(10, 11 * S, Outcome::Cancelled);
        tables.requests.push(row);
    });
    // 9 offered outside warm-up plus the cancelled one; 7 of 9 judged succeeded.
    assert_eq!((c.offered, c.succeeded, c.cancelled, c.attempts), (10, 7, 1, Known(7)));
    close(c.success_rate, 7.0 / 9.0);
    close(c.retry_amplification, 7.0 / 9.0);
    assert_eq!(c.tokens.delivered, 77);
}

#[test]
fn attempts_waste_and_cost_follow_the_ledger() {
    let c = fold(|dir| {
        let tables = dir.tables.get_mut("only").expect("there");
        // The timed-out request had been billed by east: 100 in, 5 out.
        tables.attempts.push(AttemptRow {
            tokens_in: 100,
            tokens_out: 5,
            ..attempt_row(9, (10 * S, 10 * S + 150 * MS), "east", AttemptEnd::HungUp)
        });
        // A dial nobody can attribute, and a probe.
        let dial = attempt_row(0, (12 * S, 12 * S), "west", AttemptEnd::Refused);
        let dial = AttemptRow { request: None, stage: Stage::Connect, status: None, ..dial };
        tables.attempts.push(dial.clone());
        tables.attempts.push(AttemptRow { kind: AttemptKind::Probe, ..dial });
    });
    assert_eq!((c.attempts, c.attempts_unattributed, c.probes), (Known(10), Known(1), Known(1)));
    close(c.retry_amplification, 1.0);
    assert_eq!((c.tokens.billed_in, c.tokens.billed_out), (Known(900), Known(93)));
    assert_eq!((c.tokens.delivered, c.tokens.wasted), (88, Known(105)));
    // west: 800 × $1 + 88 × $10; east: 100 × $2 + 5 × $20, per million.
    close(c.cost_usd, (800.0 + 880.0 + 200.0 + 100.0) / 1e6);
    close(c.cost_per_1k_good_usd, 1980.0 / 1e6 / 8.0 * 1000.0);
    let deployments = c.deployments.known().expect("a ledger");
    assert_eq!((deployments[0].attempts, deployments[1].attempts), (9, 1));
    close(Known(deployments[1].share), 0.1);
}

#[test]
fn a_missing_price_makes_cost_unknown_and_its_promise_no_data() {
    let c = fold(|dir| {
        dir.run.deployments[0].usd_per_million_out = None;
        dir.slo("cost", "rate <= 4.50");
    });
    assert_eq!((c.cost_usd, c.cost_per_1k_good_usd), (Unpriced, Unpriced));
    assert_eq!((c.slo[0].value, c.slo[0].pass()), (Unpriced, None));
}

#[test]
fn a_price_is_missing_only_where_something_was_billed() {
    let c = fold(|dir| {
        dir.run.deployments[1].usd_per_million_in = None;
        dir.tables.get_mut("only").expect("there").failed_attempt(8, 9 * S, "east", "f1");
    });
    close(c.cost_usd, (800.0 + 880.0) / 1e6);
}

#[test]
fn rescued_is_over_those_that_met_a_fault_and_not_observed_without_attribution() {
    let with = |attributed: bool| {
        fold(|dir| {
            dir.fault("error", "west", (1, 11));
            let tables = dir.tables.get_mut("only").expect("there");
            for request in [0, 1, 8, 9] {
                tables.failed_attempt(request, (request + 1) * S, "west", "f1");
            }
            if !attributed {
                tables.attempts.last_mut().expect("there").request = None;
                tables.attempts.last_mut().expect("there").stage = Stage::Connect;
            }
        })
    };
    let c = with(true);
    assert_eq!((c.met_fault, c.rescued_requests, c.rescued), (Known(4), Known(2), Known(0.5)));
    let c = with(false);
    assert_eq!(c.rescued, NotObserved);
}

#[test]
fn a_run_without_streams_has_no_first_token_and_its_promise_no_data() {
    let c = fold(|dir| {
        dir.slo("ttft", "p99<3s");
        for row in &mut dir.tables.get_mut("only").expect("there").requests {
            row.stream = false;
        }
    });
    assert_eq!((c.ttft_ms.n, c.ttft_ms.p50, c.slo[0].pass()), (0, NotApplicable, None));
    assert_eq!((c.ttft_ok_ms.p50, c.e2e_ms.p99_ci95), (NotApplicable, TooFew));
    close(c.goodput, 0.8);
}

#[test]
fn failures_are_listed_by_kind_with_examples() {
    let c = fold(|_| {});
    let kinds: Vec<_> = c.failures_by_kind.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(kinds, [("rate_limited", 1), ("timeout", 1)]);
    assert_eq!(c.failure_examples["timeout"], [9]);
    assert_eq!(c.slowest_request, Some(7));
}

#[test]
fn where_nothing_good_was_bought_the_cost_of_good_answers_is_infinite_and_not_unknown() {
    let mut dir = RunDir::new(20);
    dir.slo("cost", "rate <= 4.50");
    let mut tables = Tables::default();
    tables.failure(S, 50, FailureKind::RateLimited);
    dir.contender("only", tables);
    let analysis = dir.analyse();
    let c = &analysis.report.contenders[0];
    assert_eq!((c.cost_usd, c.cost_per_1k_good_usd), (Known(0.0), Never));
    assert_eq!((c.slo[0].value, c.slo[0].pass()), (Never, Some(false)));
    assert_eq!(c.ttft_ok_ms.p50, Never, "streams were asked for, and none arrived");
}

#[test]
fn only_the_visit_that_served_a_success_was_not_wasted() {
    let wasted = |edit: fn(&mut AttemptRow)| {
        let c = fold(|dir| {
            let tables = dir.tables.get_mut("only").expect("there");
            edit(&mut tables.attempts[0]);
        });
        c.tokens.wasted
    };
    // 100 in and 11 out.
    assert_eq!(wasted(|_| {}), Known(0));
    assert_eq!(wasted(|row| row.visit = 2), Known(111));
    assert_eq!(wasted(|row| "east".clone_into(&mut row.deployment)), Known(111));
}

#[test]
fn what_nobody_can_attribute_counts_by_its_instant() {
    let counted = |at_ns: u64| {
        let c = fold(|dir| {
            dir.run.phases = vec![phase("warm", (0, 5), true), phase("load", (5, 20), false)];
            let dial = attempt_row(0, (at_ns, at_ns), "west", AttemptEnd::Refused);
            let dial = AttemptRow { request: None, stage: Stage::Connect, status: None, ..dial };
            let probe = AttemptRow { kind: AttemptKind::Probe, ..dial.clone() };
            dir.tables.get_mut("only").expect("there").attempts.extend([dial, probe]);
        });
        (c.attempts_unattributed, c.probes)
    };
    assert_eq!(counted(5 * S - 1), (Known(0), Known(0)));
    assert_eq!(counted(5 * S), (Known(1), Known(1)));
}

#[test]
fn the_interval_of_a_percentile_comes_from_order_statistics() {
    let mut dir = RunDir::new(2_000);
    let mut tables = Tables::default();
    for n in 1..=1_000 {
        tables.success(n * S, n, 2, "west");
    }
    dir.contender("only", tables);
    let p = dir.analyse().report.contenders[0].ttft_ms.clone();
    // X binomial of 1,000 and 0.99: P(X < 983) ≤ 0.025 < P(X < 984), P(X < 996) < 0.975 ≤ P(X < 997).
    assert_eq!((p.p99, p.p99_ci95), (Known(990.0), Known([Known(983.0), Known(997.0)])));
}

#[test]
fn the_savable_share_leaves_out_warm_up() {
    let mut dir = crate::support::brownout::run();
    // Of 80 requests of warm-up all, of 720 measured ones 72.
    for row in dir.oracle.iter_mut().take(80 + 72) {
        row.savable = false;
    }
    close(dir.analyse().report.marks.savable_rate, 0.9);
}

#[test]
fn two_tokens_are_enough_for_a_time_per_token_and_one_is_not() {
    let mut dir = RunDir::new(20);
    dir.slo("tpot", "p(50)<5");
    let mut tables = Tables::default();
    for (at, tokens) in [(1, 1), (2, 2), (3, 3), (4, 3)] {
        tables.success(at * S, 100, tokens, "west");
    }
    dir.contender("only", tables);
    let c = dir.analyse().report.contenders[0].clone();
    assert_eq!((c.tpot_ms.n, c.tpot_ms.p50), (3, Known(10.0)));
    // 10 ms per token is too long for two; of one token nothing can be too long.
    assert_eq!((c.succeeded, c.good), (4, 1));
}

#[test]
fn as_many_requests_as_a_percentile_needs_are_enough() {
    let of = |n: u64| {
        let mut dir = RunDir::new(500);
        dir.slo("ttft", "p(99)<3000");
        let mut tables = Tables::default();
        for at in 1..=n {
            tables.success(at * S, 100, 2, "west");
        }
        dir.contender("only", tables);
        let c = dir.analyse().report.contenders[0].clone();
        (c.ttft_ms.p99_ci95, c.slo[0].value == TooFew)
    };
    assert_eq!(of(367), (TooFew, true));
    assert_eq!(of(368), (Known([Known(100.0), Known(100.0)]), false));
}

#[test]
fn where_nothing_came_before_the_fault_nobody_was_healthy_or_not() {
    let c = fold(|dir| {
        dir.slo("success", "rate > 0.5");
        dir.fault("error", "west", (1, 5));
    });
    assert_eq!(c.healthy_before_fault, NotApplicable);
}

#[test]
fn clients_that_leave_as_planned_count_like_others() {
    let mut dir = brownout::run();
    let swift = |dir: &RunDir| {
        let contenders = dir.analyse().report.contenders;
        contenders.into_iter().find(|contender| contender.name == "swift").expect("there")
    };
    let stayed = swift(&dir);
    let tables = dir.tables.get_mut("swift").expect("there");
    let mut left = 0;
    for row in tables.requests.iter_mut().filter(|row| row.request % 2 == 1) {
        let served = row.served_by.as_deref();
        let attempts = tables.attempts.iter_mut().filter(|attempt| {
            attempt.request == Some(row.request) && Some(attempt.deployment.as_str()) == served
        });
        for attempt in attempts {
            row.integrity = Some(Integrity::Truncated);
            attempt.ended = AttemptEnd::HungUp;
            left += 1;
        }
    }
    assert!(left > 300, "{left}");
    assert_eq!(swift(&dir), stayed, "no number is another because its client did not stay");
}
