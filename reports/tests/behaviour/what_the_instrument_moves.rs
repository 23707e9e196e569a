//! On the wall clock each number is withheld by the error of the instrument that could have moved it,
//! measured against the plan; what is withheld is NO DATA, and nobody is ranked by it.

use record::machine::{FakesHealth, GeneratorHealth, Lateness};
use reports::report::Measured::{Known, Withheld};
use reports::report::{Basis, Contender, Measured, RunReport, ValidityVerdict};

use crate::support::{MS, RunDir, brownout};

/// The brownout on the wall clock, with bounds on every time.
fn run(edit: impl FnOnce(&mut RunDir)) -> RunReport {
    let mut dir = brownout::run();
    dir.on_the_wall();
    dir.slo("tpot", "p(95)<100");
    dir.slo("longest_gap", "p(95)<900");
    dir.slo("e2e", "p(95)<9s");
    edit(&mut dir);
    dir.analyse().report
}

fn of_generator(edit: fn(&mut GeneratorHealth)) -> RunReport {
    run(|dir| {
        let generators = &mut dir.machine.generators;
        edit(generators.iter_mut().find(|of| of.contender == "swift").expect("it"));
    })
}

fn of_fakes(edit: fn(&mut Lateness)) -> RunReport {
    run(|dir| {
        let fakes: &mut Vec<FakesHealth> = &mut dir.machine.fakes;
        edit(&mut fakes.iter_mut().find(|of| of.contender == "swift").expect("it").lateness);
    })
}

fn contender<'r>(report: &'r RunReport, name: &str) -> &'r Contender {
    report.contenders.iter().find(|contender| contender.name == name).expect("there")
}

/// What is withheld of `swift`: `ttft`, `e2e`, `tpot`, `longest_gap`, in this order. Nothing may be of
/// anybody else, and success is never.
fn withheld(report: &RunReport) -> [bool; 4] {
    assert_eq!(report.validity.verdict, ValidityVerdict::Valid, "{:?}", report.validity.reasons);
    let times = |c: &Contender| [c.ttft_ms.p50, c.e2e_ms.p50, c.tpot_ms.p50, c.longest_gap_ms.p50];
    assert!(times(contender(report, "dear")).iter().all(|time| time.known().is_some()));
    let swift = contender(report, "swift");
    assert!(swift.success_rate.known().is_some() && swift.attempts.known().is_some());
    let times = times(swift).map(|time| time == Withheld);
    // What makes an answer good is bounded here by every time.
    let derived = [swift.goodput, swift.cost_per_1k_good_usd, swift.faults[0].time_to_recover_s];
    assert!(derived.iter().all(|value| (*value == Withheld) == times.contains(&true)));
    for slo in &swift.slo {
        assert_eq!(slo.value == Withheld, slo.pass().is_none(), "{}", slo.slo);
    }
    let note = report.validity.notes.iter().find(|note| note.contains("withheld"));
    assert_eq!(note.is_some(), times.contains(&true), "{:?}", report.validity.notes);
    times
}

#[test]
fn a_sound_instrument_withholds_nothing() {
    assert_eq!(withheld(&run(|_| {})), [false; 4]);
}

#[test]
fn lag_and_calibration_move_waiting_times_and_no_others() {
    // 450 ms are the least median that the fakes were given: 1 and 5 % of it.
    assert_eq!(withheld(&of_generator(|of| of.lag_p99_ms = 4.4)), [false; 4]);
    assert_eq!(withheld(&of_generator(|of| of.lag_p99_ms = 4.6)), [true, true, false, false]);
    let calibration = |ms: f64| {
        run(|dir| {
            let swift = dir.machine.generators.iter_mut().find(|of| of.contender == "swift");
            swift.expect("it").calibration_error_p99_ms = Some(ms);
        })
    };
    assert_eq!(withheld(&calibration(22.0)), [false; 4]);
    assert_eq!(withheld(&calibration(23.0)), [true, true, false, false]);
}

#[test]
fn a_slow_run_does_not_widen_its_own_tolerance() {
    // Measured first tokens come after 400 to 1,400 ms here; only the plan counts.
    let report = run(|dir| {
        for deployment in &mut dir.run.deployments {
            deployment.ttft_p50_ns = 40 * MS;
        }
        let swift = dir.machine.generators.iter_mut().find(|of| of.contender == "swift");
        swift.expect("it").lag_p99_ms = 2.1;
    });
    assert_eq!(withheld(&report), [true, true, false, false]);
}

#[test]
fn a_bound_that_is_narrower_than_the_plans_median_is_the_scale() {
    let report = run(|dir| {
        dir.slo("ttft", "p(50)<250");
        let swift = dir.machine.generators.iter_mut().find(|of| of.contender == "swift");
        swift.expect("it").lag_p99_ms = 3.0;
    });
    assert_eq!(withheld(&report), [true, false, false, false]);
}

#[test]
fn late_tokens_move_the_time_per_token_and_the_longest_gap() {
    // 20 ms are the median between two tokens, 900 ms the bound on gaps: 10 and 5 % of them.
    assert_eq!(withheld(&of_fakes(|of| of.token_gap_error_p99_ms = 1.9)), [false; 4]);
    let stretched = withheld(&of_fakes(|of| of.token_gap_error_p99_ms = 2.1));
    assert_eq!(stretched, [false, false, true, false]);
    assert_eq!(withheld(&of_fakes(|of| of.token_late_p99_ms = 44.0)), [false; 4]);
    assert_eq!(withheld(&of_fakes(|of| of.token_late_p99_ms = 46.0)), [false, false, false, true]);
    assert_eq!(
        withheld(&of_fakes(|of| of.first_token_late_p99_ms = 23.0)),
        [true, false, false, false]
    );
    assert_eq!(withheld(&of_fakes(|of| of.end_late_p99_ms = 23.0)), [false, true, false, false]);
}

#[test]
fn a_busy_processor_moves_all_times() {
    assert_eq!(withheld(&of_generator(|of| of.cpu_share = Some(0.95))), [true; 4]);
    let report = of_generator(|of| of.machine_share = Some(0.97));
    assert_eq!(withheld(&report), [true; 4]);
    assert_eq!(
        report.validity.notes.last().map(String::as_str),
        Some(
            "swift: goodput, ttft, e2e, tpot, longest_gap, recover, cost withheld, because 97 % of all cores were \
             busy: whoever was slow may have waited for one"
        )
    );
}

#[test]
fn a_check_without_data_withholds_what_it_guards() {
    assert_eq!(withheld(&of_generator(|of| of.cpu_share = None)), [true; 4]);
    assert_eq!(withheld(&of_generator(|of| of.machine_share = None)), [true; 4]);
    let uncalibrated = withheld(&of_generator(|of| of.calibration_error_p99_ms = None));
    assert_eq!(uncalibrated, [true, true, false, false]);
    assert_eq!(withheld(&of_fakes(|of| *of = Lateness::default())), [true; 4]);
    let silent = run(|dir| dir.machine.fakes.retain(|of| of.contender != "swift"));
    assert_eq!(withheld(&silent), [true; 4]);
    let unknown = run(|dir| dir.machine.generators.retain(|of| of.contender != "swift"));
    assert_eq!(withheld(&unknown), [true; 4]);
}

#[test]
fn what_bounds_no_answer_leaves_goodput_alone() {
    let mut dir = brownout::run();
    dir.on_the_wall();
    dir.run.slo.retain(|slo| slo.metric == record::slo::Metric::Success);
    for health in &mut dir.machine.generators {
        health.lag_p99_ms = 50.0;
    }
    let report = dir.analyse().report;
    let swift = contender(&report, "swift");
    assert_eq!((swift.ttft_ms.p50, swift.e2e_ms.p99), (Withheld, Withheld));
    assert_eq!(swift.goodput, Known(1.0));
    assert_eq!(report.verdict.winner.as_deref(), Some("swift"), "{}", report.verdict.line);
}

#[test]
fn requests_that_left_when_the_clients_time_had_run_down_spoil_everything() {
    let spoilt = |patience_ns: Option<u64>, lag_ms: f64| {
        run(|dir| {
            dir.run.scenario.patience_ns = patience_ns;
            dir.machine.generators[1].lag_p99_ms = lag_ms;
        })
        .validity
    };
    let patient = spoilt(None, 250.0);
    assert_eq!(patient.verdict, ValidityVerdict::Valid, "of minutes");
    let hasty = spoilt(Some(10_000 * MS), 250.0);
    assert_eq!(hasty.verdict, ValidityVerdict::Invalid);
    assert!(
        hasty.reasons[0]
            .contains("requests left late, p99 250 ms, where the clients' time is 10 s")
    );
}

#[test]
fn nobody_leads_by_what_is_withheld() {
    let report = run(|dir| {
        for health in &mut dir.machine.generators {
            health.machine_share = Some(0.99);
        }
    });
    assert_eq!((report.verdict.winner, report.verdict.basis), (None, Basis::Withheld));
    assert_eq!(
        report.verdict.line,
        "nobody leads on seed 42: the goodput of stubborn, swift, dear is withheld, the notes say why"
    );
    assert!(report.verdict.kept.is_empty() && report.verdict.ranking.is_empty());
    let unknown =
        |c: &Contender| [c.goodput, c.cost_per_1k_good_usd].iter().all(Measured::is_absent);
    assert!(report.contenders.iter().all(unknown));
}

#[test]
fn virtual_time_is_late_by_nothing() {
    let mut dir = brownout::run();
    dir.machine.generators.clear();
    let report = dir.analyse().report;
    assert!(report.contenders.iter().all(|contender| contender.ttft_ms.p50 != Withheld));
}
