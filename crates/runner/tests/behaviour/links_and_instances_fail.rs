//! What a link fault, an instance fault and an event leave behind in the tables, in virtual time.

use std::path::Path;

use plan::ClockKind;
use record::run::EventKind;
use record::{AttemptEnd, AttemptRow, DecisionKind, DecisionRow, RequestRow, RowReader, Stage};

use crate::support::{Played, play_one, scenario};

const MS: u64 = 1_000_000;

fn attempts(dir: &Path, contender: &str) -> Vec<AttemptRow> {
    let rows = RowReader::<AttemptRow>::open(&dir.join(contender).join("attempts.csv"));
    rows.expect("rows").map(|row| row.expect("readable")).collect()
}

fn decisions(dir: &Path, contender: &str) -> Vec<DecisionRow> {
    let rows = RowReader::<DecisionRow>::open(&dir.join(contender).join("decisions.csv"));
    rows.expect("rows").map(|row| row.expect("readable")).collect()
}

fn requests(dir: &Path, contender: &str) -> Vec<RequestRow> {
    let rows = RowReader::<RequestRow>::open(&dir.join(contender).join("requests.csv"));
    rows.expect("rows").map(|row| row.expect("readable")).collect()
}

/// Four seconds of `shuffle` with so many instances, under these faults and events.
fn played(instances: u32, faults: &str, events: &str) -> Played {
    let several = format!("{{ name: shuffle, instances: {instances}, balance: round-robin }}");
    let text = scenario("harm", 4, faults).replace("{ name: shuffle }", &several);
    play_one(&format!("{text}events: {events}\n"), ClockKind::Virtual, "shuffle")
}

#[test]
fn a_link_that_is_down_leaves_rows_of_dials() {
    let run = played(
        1,
        "[{ id: cut, at: 1s, for: 2s, target: 'link:gateway->first', inject: down }]",
        "[]",
    );
    let rows = attempts(run.dir(), "shuffle");
    let dials: Vec<_> = rows.iter().filter(|row| row.stage == Stage::Connect).collect();
    assert!(!dials.is_empty(), "somebody dialled");
    for row in dials {
        assert_eq!(row.deployment, "west");
        assert_eq!(row.fault.as_deref(), Some("cut"));
        assert_eq!(row.ended, AttemptEnd::Refused);
        assert_eq!(row.gateway, "gateway[1]");
        assert!(row.request.is_some() && row.attempt > 0 && row.visit > 0, "attributable: {row:?}");
        assert!((1000 * MS..3000 * MS).contains(&row.arrived_ns));
    }
    assert!(attempts(run.dir(), "direct").iter().all(|row| row.fault.is_none()), "not their link");
}

#[test]
fn a_link_of_one_instance_is_nobody_elses() {
    let slow = "[{ id: slow, at: 1s, for: 2s, target: 'link:gateway[2]->first', inject: { latency: { latency: 300ms } } }]";
    let run = played(2, slow, "[]");
    let rows = attempts(run.dir(), "shuffle");
    let west = rows.iter().filter(|row| row.deployment == "west");
    let west: Vec<_> =
        west.filter(|row| row.arrived_ns >= 1000 * MS && row.ended_ns < 3000 * MS).collect();
    assert!(west.iter().any(|row| row.gateway == "gateway[1]"));
    assert!(west.iter().any(|row| row.gateway == "gateway[2]"));
    for row in west {
        let met = row.fault.as_deref() == Some("slow");
        assert_eq!(met, row.gateway == "gateway[2]", "{row:?}");
    }
}

#[test]
fn a_killed_instance_says_nothing_until_it_is_back() {
    let run = played(2, "[{ at: 1s, for: 1s, target: 'gateway[2]', inject: kill }]", "[]");
    let heard = decisions(run.dir(), "shuffle");
    let of = |name: &str, from: u64, to: u64| {
        let within = |row: &&DecisionRow| (from * MS..to * MS).contains(&row.at_ns);
        let of = heard.iter().filter(within).filter(|row| row.gateway == name);
        // That it was killed is said for it.
        of.filter(|row| row.kind != DecisionKind::Kill).count()
    };
    assert!(of("gateway[2]", 0, 1000) > 0 && of("gateway[2]", 2000, 4000) > 0);
    assert_eq!(of("gateway[2]", 1000, 2000), 0);
    assert!(of("gateway[1]", 1000, 2000) > 0, "the other one carries on");
    let failed = requests(run.dir(), "shuffle").iter().filter(|row| row.failure.is_some()).count();
    assert!((1..15).contains(&failed), "only those under way: {failed}");
    let direct = requests(run.dir(), "direct");
    assert!(direct.iter().all(|row| row.failure.is_none()), "the mark has no gateway");
}

#[test]
fn a_paused_instance_loses_nothing() {
    let run = played(2, "[{ at: 1s, for: 500ms, target: 'gateway[2]', inject: pause }]", "[]");
    let rows = requests(run.dir(), "shuffle");
    assert!(rows.iter().all(|row| row.failure.is_none()), "late, but whole");
    let waited = |row: &&RequestRow| {
        let took = row.end_ns.expect("ended") - row.intended_ns;
        (1000 * MS..1200 * MS).contains(&row.intended_ns) && took > 300 * MS
    };
    assert!(rows.iter().filter(waited).count() > 1, "half of those that came waited");
}

#[test]
fn an_applied_change_reaches_every_instance_at_once() {
    let change = "[{ at: 2s, apply: { router_settings: { routing_strategy: priority } } }, { at: 1s, mark: deployed }]";
    let run = played(2, "[]", change);
    let heard = decisions(run.dir(), "shuffle");
    let reloads: Vec<_> = heard.iter().filter(|row| row.kind == DecisionKind::Reload).collect();
    assert_eq!(reloads.len(), 2);
    assert!(reloads.iter().all(|row| row.at_ns == 2000 * MS), "{reloads:?}");
    let rows = attempts(run.dir(), "shuffle");
    let others = |from: u64, to: u64| {
        let within = |row: &&AttemptRow| (from * MS..to * MS).contains(&row.arrived_ns);
        rows.iter().filter(within).filter(|row| row.deployment != "west").count()
    };
    assert!(others(0, 2000) > 5, "shuffled before");
    assert_eq!(others(2050, 4000), 0, "first things first after");
    assert!(requests(run.dir(), "shuffle").iter().all(|row| row.failure.is_none()));
    let info = std::fs::read_to_string(run.dir().join("run.json")).expect("run.json");
    let info: record::RunInfo = serde_json::from_str(&info).expect("readable");
    let kinds: Vec<_> = info.events.iter().map(|event| (event.kind, event.at_ns)).collect();
    assert_eq!(kinds, [(EventKind::Mark, 1000 * MS), (EventKind::Apply, 2000 * MS)]);
}

#[test]
fn a_rollout_goes_from_one_to_the_next() {
    let rollout = "[{ at: 1s, rollout: { router_settings: { routing_strategy: priority } }, every: 1s, by: restart, down: 100ms }]";
    let run = played(2, "[]", rollout);
    let rows = attempts(run.dir(), "shuffle");
    let others = |name: &str, from: u64, to: u64| {
        let within = |row: &&AttemptRow| (from * MS..to * MS).contains(&row.arrived_ns);
        let of = rows.iter().filter(within).filter(|row| row.gateway == name);
        of.filter(|row| row.deployment != "west").count()
    };
    assert!(others("gateway[1]", 0, 1000) > 0 && others("gateway[2]", 0, 2000) > 0);
    assert_eq!(others("gateway[1]", 1100, 4000), 0);
    assert_eq!(others("gateway[2]", 2100, 4000), 0);
}

#[test]
fn the_same_harm_twice_is_the_same_byte_for_byte() {
    let faults = "[{ at: 500ms, for: 1s, target: 'link:*->first', share: 50%, inject: { latency: { latency: 80ms, jitter: 40ms } } }, { at: 2s, for: 1s, target: 'gateway[2]', inject: kill }]";
    let events = "[{ at: 1s, rollout: {}, every: 300ms, by: restart }]";
    let (one, two) = (played(3, faults, events), played(3, faults, events));
    for table in ["attempts.csv", "requests.csv", "decisions.csv"] {
        let read = |run: &Played| {
            std::fs::read_to_string(run.dir().join("shuffle").join(table)).expect("a table")
        };
        assert!(read(&one) == read(&two), "{table} differs");
    }
}
