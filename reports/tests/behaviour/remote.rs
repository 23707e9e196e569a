//! Somebody else's gateway: there is the client's book and nothing else, and what nobody observed is
//! neither zero nor held against it.

use record::run::{ContenderKind, Personality, Strategy};
use reports::explain::explain;
use reports::report::Measured::{self, Known};
use reports::report::{Basis, ValidityVerdict};
use reports::terminal::{Style, screen};
use serde_json::json;

use crate::support::{RunDir, S, Tables, brownout};

/// What `brownout load` leaves behind: one contender `target` of kind `remote`, without a ledger,
/// decisions, oracle or mark.
fn remote(with: impl FnOnce(&mut Tables)) -> RunDir {
    let mut dir = brownout::run();
    let mut tables = dir.tables.remove("swift").expect("there");
    with(&mut tables);
    dir.tables.clear();
    dir.run.contenders.clear();
    dir.oracle.clear();
    dir.run.assumed.clear();
    tables.attempts.clear();
    tables.decisions.clear();
    dir.contender("target", tables);
    let target = &mut dir.run.contenders[0];
    target.kind = ContenderKind::Remote;
    target.personality = Personality::Unknown;
    target.strategy = Strategy::Unknown;
    target.cooldown_ns = 0;
    dir.on_the_wall();
    dir
}

#[test]
fn without_a_ledger_a_run_is_valid_and_what_it_would_tell_is_not_observed() {
    let report = remote(|_| {}).analyse().report;
    assert_eq!(report.validity.verdict, ValidityVerdict::Valid, "{:?}", report.validity);
    let c = &report.contenders[0];
    assert_eq!((c.offered, c.succeeded, c.success_rate), (720, 720, Known(1.0)));
    assert!(c.tokens.delivered > 0 && c.deployments == Measured::NotObserved);
    for count in [c.attempts, c.met_fault, c.rescued_requests, c.probes] {
        assert_eq!(count, Measured::NotObserved);
    }
    for number in [c.retry_amplification, c.rescued, c.cost_usd, c.cost_per_1k_good_usd] {
        assert_eq!(number, Measured::NotObserved);
    }
    for tokens in [c.tokens.billed_in, c.tokens.billed_out, c.tokens.wasted] {
        assert_eq!(tokens, Measured::NotObserved);
    }
    let fault = &c.faults[0];
    assert_eq!((fault.success_rate, fault.time_to_recover_s), (Known(1.0), Known(0.0)));
    for time in [fault.time_to_detect_s, fault.time_to_rescue_s, fault.failback_s] {
        assert_eq!(time, Measured::NotObserved);
    }
    assert_eq!((fault.met_requests, fault.flaps), (Measured::NotObserved, Measured::NotObserved));
    assert_eq!(
        (report.verdict.winner.as_deref(), report.verdict.basis),
        (Some("target"), Basis::OnlyKeeper)
    );
    // In the file all of that is null, and listed by name.
    let json = serde_json::to_value(&report).expect("serialises");
    let listed = |object: &serde_json::Value, field: &str| {
        let names = object["not_applicable"].as_array().expect("a list");
        assert!(names.iter().any(|name| name == field), "{field}");
    };
    let contender = &json["contenders"][0];
    for field in
        ["attempts", "retry_amplification", "rescued", "met_fault", "cost_usd", "deployments"]
    {
        listed(contender, field);
    }
    assert_eq!((&contender["attempts"], &contender["deployments"]), (&json!(null), &json!([])));
    assert_eq!(contender["tokens"]["not_applicable"], json!(["billed_in", "billed_out", "wasted"]));
    for field in ["met_requests", "time_to_detect_s", "time_to_rescue_s", "failback_s", "flaps"] {
        listed(&contender["faults"][0], field);
    }
    assert_eq!(json["marks"]["not_applicable"], json!(["direct_success_rate", "savable_rate"]));
    assert!(report.verdict.line.starts_with("target (remote) keeps the promise on seed 42"));
}

#[test]
fn it_prints_not_observed_and_never_a_zero() {
    let dir = remote(|_| {});
    for width in [80, 160] {
        let shown = screen(&dir.analyse(), Style { width, colour: false });
        assert!(shown.contains("not observed"), "{shown}");
        for wrong in ["$0.00", "0.00×", "books reconcile", "no price", "unknown"] {
            assert!(!shown.contains(wrong), "{wrong} in\n{shown}");
        }
    }
    insta::assert_snapshot!(screen(&dir.analyse(), Style { width: 100, colour: false }));
    let files = reports::render(&dir.analyse());
    let page = files.iter().find(|file| file.name == "report.html").expect("there");
    let page = std::str::from_utf8(&page.bytes).expect("UTF-8");
    assert!(page.contains("not observed") && !page.contains("$0.00"));
}

#[test]
fn promises_about_attempts_and_costs_have_no_data() {
    let mut dir = remote(|_| {});
    dir.slo("attempts", "rate < 2");
    dir.slo("cost", "rate < 5");
    let c = &dir.analyse().report.contenders[0];
    assert_eq!(c.slo.iter().map(|slo| slo.pass()).collect::<Vec<_>>()[3..], [None, None]);
}

#[test]
fn the_clients_own_book_must_still_be_right() {
    let repeated = remote(|tables| tables.requests[5].request = 6);
    let validity = repeated.analyse().report.validity;
    assert!(validity.reasons[0].contains("1 request id stands"), "{:?}", validity.reasons);
}

#[test]
fn a_request_is_explained_without_the_other_tables() {
    let temp = tempfile::tempdir().expect("creates");
    remote(|_| {}).write(temp.path());
    for table in ["attempts.csv", "decisions.csv"] {
        std::fs::remove_file(temp.path().join("target").join(table)).expect("was there");
    }
    let told = explain(temp.path(), None, 241).expect("there");
    assert_eq!(told.stories[0].events.len(), 6);
    assert_eq!(told.stories[0].intended_ns, 60 * S + S / 4);
    // Nor does the analysis need them.
    assert!(reports::analyse(temp.path()).is_ok());
}
