//! The story of one request, from all three tables.

use reports::explain::{ExplainError, explain};
use reports::terminal::Style;

use crate::support::brownout;

#[test]
fn a_rescued_request_is_told_from_all_three_books() {
    let mut dir = brownout::run();
    let tables = dir.tables.get_mut("swift").expect("there");
    tables.cooldown(60_300_000_000, "west", 60_000);
    tables.decisions.last_mut().expect("there").request = Some(241);
    let temp = tempfile::tempdir().expect("creates");
    dir.write(temp.path());
    let told = explain(temp.path(), Some("swift"), 241).expect("there");
    insta::assert_snapshot!(reports::terminal::story(&told, Style { width: 100, colour: false }));
    // A contender's directory stands for the contender; a run's for all of them.
    let same = explain(&temp.path().join("swift"), None, 241).expect("there");
    assert_eq!(same.stories[0].events, told.stories[0].events);
    assert_eq!(explain(temp.path(), None, 241).expect("there").stories.len(), 4);
}

#[test]
fn causes_are_told_before_their_effects_at_one_instant() {
    let mut dir = brownout::run();
    let tables = dir.tables.get_mut("swift").expect("there");
    let at_ns = tables.requests[241].intended_ns;
    let decision = |kind, deployment: Option<&str>, detail: &str| record::DecisionRow {
        at_ns,
        request: Some(241),
        gateway: "gateway[1]".to_owned(),
        kind,
        deployment: deployment.map(str::to_owned),
        detail: detail.to_owned(),
    };
    use record::DecisionKind::{AttemptFailed, Failover, Pick};
    tables.decisions = vec![
        decision(Pick, Some("west"), ""),
        decision(AttemptFailed, Some("west"), "status=503;reason=server_error"),
        decision(Failover, None, "to=chat-backup"),
        decision(Failover, Some("east"), "to=east"),
    ];
    for row in tables.attempts.iter_mut().filter(|row| row.request == Some(241)) {
        let west = row.deployment == "west";
        row.attempt = if west { 1 } else { 2 };
        row.ended_ns = if west { at_ns } else { row.ended_ns };
    }
    let temp = tempfile::tempdir().expect("creates");
    dir.write(temp.path());
    let told = explain(temp.path(), Some("swift"), 241).expect("there");
    insta::assert_snapshot!(reports::terminal::story(&told, Style { width: 110, colour: false }));
}

#[test]
fn what_was_not_done_is_told_at_its_step_with_the_rule() {
    let mut dir = brownout::run();
    let tables = dir.tables.get_mut("swift").expect("there");
    let at_ns = tables.requests[241].intended_ns;
    let decision = |request, kind, deployment: Option<&str>, detail: &str| record::DecisionRow {
        at_ns,
        request,
        gateway: "gateway[1]".to_owned(),
        kind,
        deployment: deployment.map(str::to_owned),
        detail: detail.to_owned(),
    };
    use record::DecisionKind::{
        AtLimit, AttemptFailed, CooldownProlonged, GaveUp, Kill, NoCooldown, NoFallback, NoRetry,
        PassedOver, Pick,
    };
    let own = |kind, deployment, detail| decision(Some(241), kind, deployment, detail);
    tables.decisions = vec![
        own(Pick, Some("west"), ""),
        own(AttemptFailed, Some("west"), "status=503;reason=unavailable"),
        own(NoCooldown, Some("west"), "rule=low_share;failed=2;calls=9;above_percent=50"),
        own(CooldownProlonged, Some("west"), "for_ms=9000;reason=rate_limited"),
        own(AtLimit, Some("west"), "limit=2"),
        own(PassedOver, Some("west"), "limit=requests;left=0;needs=1"),
        own(NoRetry, Some("west"), "rule=retries_used;failed=2;retries=1"),
        own(NoFallback, Some("west"), "rule=none_named"),
        own(GaveUp, None, "status=503;reason=unavailable"),
        decision(None, Kill, None, "forgets=west"),
        record::DecisionRow { at_ns: 1, ..decision(None, Kill, None, "") },
    ];
    let temp = tempfile::tempdir().expect("creates");
    dir.write(temp.path());
    let told = explain(temp.path(), Some("swift"), 241).expect("there");
    insta::assert_snapshot!(reports::terminal::story(&told, Style { width: 110, colour: false }));
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let temp = tempfile::tempdir().expect("creates");
    brownout::run().write(temp.path());
    let request = explain(temp.path(), None, 5_000).expect_err("800 requests");
    assert!(matches!(request, ExplainError::NoRequest { request: 5_000, last: 799 }));
    let contender = explain(temp.path(), Some("swoft"), 1).expect_err("no such").to_string();
    assert!(contender.contains("it has direct, stubborn, swift, dear"), "{contender}");
}
