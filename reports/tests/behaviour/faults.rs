//! Detect, rescue, recover, fail back: on the brownout of `support`, whose numbers are known.

use record::slo::Metric;
use reports::report::Contender;
use reports::report::Measured::{Known, Never, NotApplicable, NotObserved, TooFew};

use crate::support::{S, attempt_row, brownout};

fn contender(name: &str, edit: impl FnOnce(&mut crate::support::RunDir)) -> Contender {
    let mut dir = brownout::run();
    edit(&mut dir);
    let report = dir.analyse().report;
    report.contenders.into_iter().find(|c| c.name == name).expect("there")
}

#[test]
fn a_swift_gateway_is_timed_from_the_faults_start() {
    let swift = contender("swift", |_| {});
    let fault = &swift.faults[0];
    // West was asked by every second request before (2 of 4 a second), by all of 60 to 62 s, and
    // then by none: the last attempt at it came at 61.75 s.
    assert_eq!(fault.time_to_detect_s, Known(1.75));
    // The eight requests of these two seconds were rescued; the quickest is request 248 (62.0 s is
    // east's): 240 + n answers after 400 + 37 (240 + n) mod 400 + 700 ms, and 39 tokens of 10 ms more.
    let quickest = (240u64..248).map(|n| (n - 240) * 250 + 400 + n * 37 % 400 + 700 + 390).min();
    let quickest = quickest.expect("eight") as f64 / 1000.0;
    assert!((fault.time_to_rescue_s.known().expect("rescued") - quickest).abs() < 1e-9);
    assert_eq!((fault.success_rate, fault.time_to_recover_s), (Known(1.0), Known(0.0)));
    assert_eq!((fault.first_victims, fault.flaps), (Known(0), Known(0)));
    // λ = 2/s, so w = 7.5 s and the window holds 30 attempts; west's share was ½ and may be ⅓ again:
    // 10 of 30 at west needs 20 requests at two shares, so it starts 2.5 s before 150 s.
    let failback = fault.failback_s.known().expect("failed back");
    assert!((27.0..=28.0).contains(&failback), "{failback}");
}

#[test]
fn a_stubborn_gateway_never_detects_and_recovers_with_the_provider() {
    let stubborn = contender("stubborn", |_| {});
    let fault = &stubborn.faults[0];
    assert_eq!((fault.success_rate, fault.time_to_detect_s), (Known(0.0), Never));
    assert_eq!(fault.first_victims, Known(240));
    // The first window with one failure of 20 begins with the last one (119.75 s); before it came that of 119.5 s.
    assert_eq!(fault.time_to_recover_s, Known(59.5));
    assert_eq!(fault.failback_s, Known(0.0));
    assert_eq!(fault.time_to_rescue_s, Never);
    // 0 % where 98 % was promised burns 1 / 0.02 = 50 budgets.
    assert!((fault.error_budget_burn.known().expect("promised") - 50.0).abs() < 1e-9);
}

#[test]
fn a_gateway_that_never_asks_the_target_has_nothing_to_detect() {
    let dear = contender("dear", |_| {});
    let fault = &dear.faults[0];
    assert_eq!((fault.time_to_detect_s, fault.time_to_rescue_s), (NotApplicable, NotApplicable));
    assert_eq!((fault.first_victims, fault.flaps), (NotApplicable, NotApplicable));
    assert_eq!(fault.failback_s, NotApplicable);
    assert_eq!(fault.time_to_recover_s, Known(0.0));
}

#[test]
fn partial_and_slowing_faults_cannot_be_detected() {
    let partial = contender("swift", |dir| dir.run.faults[0].share = 0.3);
    assert_eq!(partial.faults[0].time_to_detect_s, NotApplicable);
    let slowing = contender("swift", |dir| dir.run.faults[0].only_slows = true);
    assert_eq!(slowing.faults[0].flaps, NotApplicable);
}

#[test]
fn a_fault_that_is_still_felt_at_the_end_is_not_recovered() {
    let stubborn = contender("stubborn", |dir| {
        dir.run.scenario.duration_ns = 118 * S;
        for tables in dir.tables.values_mut() {
            tables.requests.retain(|row| row.intended_ns < 118 * S);
            tables.attempts.retain(|row| row.arrived_ns < 118 * S);
        }
    });
    let fault = &stubborn.faults[0];
    assert_eq!(fault.time_to_recover_s, Never);
    assert_eq!(fault.failback_s, TooFew, "no traffic after the fault");
    let recover =
        stubborn.slo.iter().find(|slo| slo.slo.metric == Metric::Recover).expect("promised");
    assert_eq!((recover.value, recover.pass()), (Never, Some(false)));
}

#[test]
fn instances_learn_one_by_one() {
    // The second instance asks west on for 30 s longer than the first.
    let swift = contender("swift", |dir| {
        dir.run.contenders[2].instances = 2;
        let tables = dir.tables.get_mut("swift").expect("there");
        let second: Vec<_> = tables
            .attempts
            .iter()
            .filter(|row| row.deployment == "west" && row.arrived_ns < 62 * S)
            .map(|row| record::AttemptRow { gateway: "gateway[2]".to_owned(), ..row.clone() })
            .collect();
        tables.attempts.extend(second);
        for n in 0..60 {
            let request = 248 + 2 * n;
            tables.failed_attempt(request, (62 * S) + n * S / 2, "west", "f1");
            tables.attempts.last_mut().expect("there").gateway = "gateway[2]".to_owned();
        }
    });
    let by = swift.faults[0].time_to_detect_by_instance_s.as_ref().known();
    let by = by.expect("two instances");
    assert_eq!((by.instances, by.first, by.last), (2, Known(1.75), Known(31.5)));
    assert_eq!(swift.faults[0].time_to_detect_s, Known(31.5));
}

#[test]
fn what_the_next_fault_cuts_is_not_held_against_recovery() {
    // A second fault at 150 s cuts three requests that were meant to start just before it.
    let swift = contender("swift", |dir| {
        dir.fault("refuse", "east", (150, 160));
        let tables = dir.tables.get_mut("swift").expect("there");
        for request in 597..600 {
            tables.requests[request as usize].outcome = vocab::Outcome::Failed;
            tables.requests[request as usize].failure = Some(vocab::FailureKind::Cut);
            tables.failed_attempt(request, 150 * S, "east", "f2");
        }
    });
    assert_eq!(swift.faults[0].time_to_recover_s, Known(0.0));
}

#[test]
fn a_failback_that_traffic_did_not_last_for_is_not_held_against_anybody() {
    let never = |cooldown_s: u64| {
        contender("swift", |dir| {
            dir.run.contenders[2].cooldown_ns = cooldown_s * S;
            // All that came back to west goes to east instead.
            let tables = dir.tables.get_mut("swift").expect("there");
            for row in tables.attempts.iter_mut().filter(|row| row.arrived_ns >= 120 * S) {
                "east".clone_into(&mut row.deployment);
            }
            for row in tables.requests.iter_mut().filter(|row| row.intended_ns >= 120 * S) {
                row.served_by = Some("east".to_owned());
            }
        })
    };
    // 80 s of traffic after the fault: a cooldown of 60 s and a window of 7.5 s were over, 75 s were not.
    let (short, long) = (never(60), never(75));
    assert_eq!((short.faults[0].failback_s, long.faults[0].failback_s), (Never, TooFew));
}

#[test]
fn before_is_what_lived_in_calm_time_in_the_last_minute_else_ever() {
    let quarter = S / 4;
    let before = |other: (u64, u64), failed: &[std::ops::Range<u64>]| {
        let swift = contender("swift", |dir| {
            dir.run.faults[0].from_ns = 100 * S;
            dir.fault("error", "east", other);
            let tables = dir.tables.get_mut("swift").expect("there");
            for row in &mut tables.requests {
                // Each lives for a tenth of a second, but for one that the other fault finds open.
                row.end_ns = Some(row.intended_ns + S / 10);
                if failed.iter().any(|range| range.contains(&row.intended_ns)) {
                    row.outcome = vocab::Outcome::Failed;
                    row.failure = Some(vocab::FailureKind::ServerError);
                }
            }
            tables.requests[4 * 59].end_ns = Some(60 * S);
        });
        swift.faults[0].good_rate_before
    };
    // What came over a minute before, what the other fault hit or found open, and what came after the start do not count.
    let others = [20 * S..30 * S, 59 * S..59 * S + quarter, 60 * S..70 * S, 100 * S..101 * S];
    assert_eq!(before((60, 70), &others), Known(1.0));
    // Of the 200 requests of the other 50 s less the one that was open, the first and the last.
    let edges = [40 * S..40 * S + quarter, 100 * S - quarter..100 * S];
    assert_eq!(before((60, 70), &edges), Known(197.0 / 199.0));
    // 20 of the last minute are enough. 16 are too few; with all since warm-up there are 80 more.
    let last = 100 * S - quarter..100 * S;
    assert_eq!(before((40, 95), &[20 * S..20 * S + quarter, last]), Known(19.0 / 20.0));
    assert_eq!(before((40, 96), &[0..S, 20 * S..20 * S + quarter]), Known(95.0 / 96.0));
}

#[test]
fn a_fault_too_short_for_fifteen_attempts_tells_nothing_about_detection() {
    // West was asked twice a second.
    let lasting = |tenths: u64| {
        contender("swift", |dir| dir.run.faults[0].to_ns = 60 * S + tenths * S / 10).faults[0]
            .clone()
    };
    assert_eq!(lasting(74).time_to_detect_s, TooFew);
    assert_eq!(lasting(75).time_to_detect_s, TooFew, "it ended 5.75 s later, and silence is 7.5 s");
    assert_eq!(lasting(92).time_to_detect_s, TooFew);
    assert_eq!(lasting(93).time_to_detect_s, Known(1.75));
}

#[test]
fn a_link_fault_is_detected_by_the_instance_that_it_is_about() {
    let detected = |instance: Option<u32>| {
        let swift = contender("swift", |dir| {
            dir.run.contenders[2].instances = 3;
            dir.run.faults[0].instance = instance;
            let tables = dir.tables.get_mut("swift").expect("there");
            let second: Vec<_> = tables
                .attempts
                .iter()
                .filter(|row| row.deployment == "west" && row.arrived_ns < 62 * S)
                .map(|row| record::AttemptRow { gateway: "gateway[2]".to_owned(), ..row.clone() })
                .collect();
            tables.attempts.extend(second);
            // The second instance stays at west until 70 s.
            for n in 0..16 {
                tables.failed_attempt(248 + 2 * n, (62 * S) + n * S / 2, "west", "f1");
                tables.attempts.last_mut().expect("there").gateway = "gateway[2]".to_owned();
            }
        });
        swift.faults[0].time_to_detect_s
    };
    assert_eq!(detected(Some(1)), Known(1.75));
    assert_eq!(detected(Some(2)), Known(9.5));
    assert_eq!(detected(None), Known(9.5), "the last to notice");
    assert_eq!(detected(Some(3)), NotApplicable, "an instance that never called");
    assert_eq!(detected(Some(4)), NotApplicable, "an instance that is not there");
}

#[test]
fn an_instance_that_hardly_asked_the_target_before_tells_nothing() {
    let fault = |instance: Option<u32>| {
        contender("swift", |dir| {
            dir.run.contenders[2].instances = 2;
            dir.run.faults[0].instance = instance;
            let tables = dir.tables.get_mut("swift").expect("there");
            // Three calls before the fault, and many while it lasts.
            for n in 0..3 {
                tables.failed_attempt(120 + 40 * n, (30 + 10 * n) * S, "west", "f1");
                tables.attempts.last_mut().expect("there").gateway = "gateway[2]".to_owned();
            }
            for n in 0..60 {
                tables.failed_attempt(248 + 2 * n, (62 * S) + n * S / 2, "west", "f1");
                tables.attempts.last_mut().expect("there").gateway = "gateway[2]".to_owned();
            }
        })
        .faults[0]
            .clone()
    };
    assert_eq!(fault(None).time_to_detect_by_instance_s, NotApplicable);
    assert_eq!(fault(Some(1)).time_to_detect_s, Known(1.75));
    assert_eq!(fault(Some(2)).time_to_detect_s, TooFew);
}

#[test]
fn a_rescue_is_a_success_after_a_failure_at_the_target() {
    let dear = contender("dear", |dir| {
        let tables = dir.tables.get_mut("dear").expect("there");
        // Failed elsewhere; met the fault at the target, and was answered all the same.
        tables.failed_attempt(284, 71 * S, "east", "f1");
        tables.attempts.push(record::AttemptRow {
            fault: Some("f1".to_owned()),
            ..attempt_row(288, (72 * S, 73 * S), "west", record::AttemptEnd::Complete)
        });
    });
    assert_eq!(dear.faults[0].time_to_rescue_s, NotApplicable);
}

#[test]
fn dials_that_a_request_is_known_for_tell_that_nobody_was_rescued() {
    let rescue = |known: u64| {
        let stubborn = contender("stubborn", |dir| {
            let attempts = &mut dir.tables.get_mut("stubborn").expect("there").attempts;
            for row in attempts.iter_mut().filter(|row| row.fault.is_some()) {
                row.stage = record::Stage::Connect;
                row.request = row.request.filter(|request| *request < known);
            }
        });
        stubborn.faults[0].time_to_rescue_s
    };
    assert_eq!((rescue(800), rescue(300)), (Never, NotObserved));
}

#[test]
fn attempts_that_left_the_window_do_not_count_for_failing_back() {
    let swift = contender("swift", |dir| {
        let tables = dir.tables.get_mut("swift").expect("there");
        // Five calls at west right after the fault: too few, and soon out of the window.
        for n in 0..5 {
            tables.failed_attempt(484 + n, (121 + n) * S, "west", "");
            tables.attempts.last_mut().expect("there").fault = None;
        }
    });
    let failback = swift.faults[0].failback_s.known().expect("failed back");
    assert!((27.0..=28.0).contains(&failback), "{failback}");
}
