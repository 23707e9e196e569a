//! When is a run INVALID, and when is it merely bad?

use record::{AttemptEnd, AttemptRow, PreflightRow};
use reports::report::{Validity, ValidityVerdict};

use crate::support::{RunDir, S, attempt_row, brownout};

fn validity(edit: impl FnOnce(&mut RunDir)) -> Validity {
    let mut dir = brownout::run();
    edit(&mut dir);
    let report = dir.analyse().report;
    if report.validity.verdict == ValidityVerdict::Invalid {
        assert_eq!((report.verdict.winner.as_ref(), report.verdict.ranking.len()), (None, 0));
    }
    report.validity
}

fn refused(validity: &Validity, why: &str) {
    assert_eq!(validity.verdict, ValidityVerdict::Invalid);
    assert!(validity.reasons.iter().any(|reason| reason.contains(why)), "{:?}", validity.reasons);
}

#[test]
fn a_bad_contender_does_not_make_a_bad_measurement() {
    let validity = validity(|_| {});
    assert_eq!((validity.verdict, validity.reasons.len()), (ValidityVerdict::Valid, 0));
    assert_eq!(validity.notes, ["all contenders healthy before the first fault"]);
}

#[test]
fn books_that_do_not_reconcile_are_invalid() {
    let stray = validity(|dir| {
        let row = attempt_row(9_999, (S, S), "west", AttemptEnd::Complete);
        dir.tables.get_mut("dear").expect("there").attempts.push(row);
    });
    refused(&stray, "1 attempt in the ledger belongs to no offered request");
    let unbilled = validity(|dir| {
        let attempts = &mut dir.tables.get_mut("dear").expect("there").attempts;
        attempts[300] = AttemptRow { tokens_out: 39, ..attempts[300].clone() };
    });
    refused(&unbilled, "request 300 for one (40 received, 39 billed)");
    let repeated = validity(|dir| {
        let requests = &mut dir.tables.get_mut("dear").expect("there").requests;
        requests[5].request = 6;
    });
    refused(&repeated, "more than once");
}

#[test]
fn unsent_requests_and_interrupted_runs_are_invalid() {
    let unsent = validity(|dir| {
        for tables in dir.tables.values_mut() {
            brownout::never_sent(tables);
        }
    });
    refused(&unsent, "1 of 721 requests was never sent");
    let interrupted =
        validity(|dir| dir.machine.incomplete = Some("interrupted after 12.0 s".to_owned()));
    refused(&interrupted, "interrupted after 12.0 s");
}

#[test]
fn contenders_must_be_offered_the_same() {
    let different = validity(|dir| {
        dir.tables.get_mut("dear").expect("there").requests[700].intended_ns += 1;
    });
    refused(&different, "not the same schedule");
}

#[test]
fn a_contender_that_was_unhealthy_before_the_fault_is_named() {
    let validity = validity(|dir| {
        let requests = &mut dir.tables.get_mut("dear").expect("there").requests;
        for row in requests.iter_mut().filter(|row| (30 * S..50 * S).contains(&row.intended_ns)) {
            row.outcome = vocab::Outcome::Failed;
            row.failure = Some(vocab::FailureKind::ServerError);
        }
    });
    assert_eq!(validity.verdict, ValidityVerdict::Valid);
    assert_eq!(validity.notes, ["unhealthy before the first fault: dear"]);
}

#[test]
fn health_before_the_fault_is_told_by_what_was_measured_before_it() {
    let validity = validity(|dir| {
        let requests = &mut dir.tables.get_mut("dear").expect("there").requests;
        let elsewhere = |at: u64| !(20 * S..150 * S).contains(&at);
        for row in requests.iter_mut().filter(|row| elsewhere(row.intended_ns)) {
            row.outcome = vocab::Outcome::Failed;
            row.failure = Some(vocab::FailureKind::ServerError);
        }
    });
    assert_eq!(validity.notes, ["all contenders healthy before the first fault"]);
}

#[test]
fn a_way_that_leads_to_no_deployment_is_nobodys_fault() {
    let lost = |contender: &str, ok: bool| PreflightRow {
        contender: contender.to_owned(),
        deployment: "openrouter/x".to_owned(),
        ok,
        detail: if ok { "" } else { "404 from our own fake at /api/v1/chat/completions" }
            .to_owned(),
        key: String::new(),
    };
    let lost_for_two = validity(|dir| {
        dir.preflight = vec![lost("direct", true), lost("swift", false), lost("dear", false)];
    });
    refused(
        &lost_for_two,
        "openrouter/x: 404 from our own fake at /api/v1/chat/completions, to one calm request of swift, dear \
         before the run: no contender's fault; give it an `api_base`",
    );
    assert_eq!(lost_for_two.reasons.len(), 1, "{:?}", lost_for_two.reasons);
    let key = "litellm_params.stop".to_owned();
    let blamed = |row: PreflightRow| PreflightRow { key: key.clone(), ..row };
    let by_a_key = validity(|dir| dir.preflight = vec![blamed(lost("swift", false))]);
    refused(
        &by_a_key,
        "openrouter/x: 404 from our own fake at /api/v1/chat/completions, to one calm request of swift before \
         the run: no contender's fault; mend its `litellm_params.stop`",
    );
    let found = validity(|dir| dir.preflight = vec![lost("swift", true)]);
    assert_eq!(found.verdict, ValidityVerdict::Valid);
}
