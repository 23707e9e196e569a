//! The shipped scenarios ask different questions: each separates its contenders, none of whom hides from
//! its faults, and no strategy leads them all. Each is played in full by a test of its own; whoever tunes a scenario learns here
//! that it stopped telling, or that another contender leads it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::Scratch;

/// Who leads where only those keep the promise that met no fault.
const NOBODY: &str = "nobody";

/// Plays a scenario and compares its leader with the table below.
fn leads(name: &str, leader: &str) {
    let scratch = Scratch::new();
    let ran = scratch.run(&["run", name, "--json", "--out", "played"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let names = |key: &str| report["verdict"][key].as_array().cloned().unwrap_or_default();
    let (ranking, kept) = (names("ranking"), names("kept"));
    let line = &report["verdict"]["line"];
    if leader == NOBODY {
        let (winner, basis) = (&report["verdict"]["winner"], &report["verdict"]["basis"]);
        assert!(winner.is_null() && basis == "only_untested", "somebody leads: {line}");
        return;
    }
    assert!(!kept.is_empty(), "nobody keeps the promise: {line}");
    assert!(kept.len() < ranking.len(), "everybody keeps the promise: {line}");
    assert_eq!(ranking[0], leader, "another contender leads: {line}");
    nobody_hides(&scratch.path("played"));
}

/// Every contender met at least two of the faults of deployments, or the one that there is.
fn nobody_hides(run: &Path) {
    let text = std::fs::read_to_string(run.join("run.json")).expect("written");
    let info: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let list = |key: &str| info[key].as_array().cloned().unwrap_or_default();
    let faults = list("faults").iter().filter(|fault| fault["kind"] != "gateway").count();
    for contender in list("contenders").iter().filter(|one| one["mark"] == false) {
        let name = contender["name"].as_str().expect("a name");
        let table = std::fs::read_to_string(run.join(name).join("attempts.csv")).expect("written");
        let columns: Vec<&str> = table.lines().next().unwrap_or_default().split(',').collect();
        let column = columns.iter().position(|column| *column == "fault").expect("a column");
        let cells = table.lines().skip(1).filter_map(|row| row.split(',').nth(column));
        let met: BTreeSet<&str> = cells.flat_map(|cell| cell.split('+')).collect();
        let met = met.iter().filter(|id| !id.is_empty()).count();
        assert!(met >= faults.min(2), "{name} met {met} of {faults} faults");
    }
}

/// A test for each scenario, and the table of who leads it.
macro_rules! leaders {
    ($($test:ident: $name:literal is led by $leader:expr;)+) => {
        $(
            #[test]
            fn $test() {
                leads($name, $leader);
            }
        )+

        const LEADERS: &[(&str, &str)] = &[$(($name, $leader)),+];
    };
}

leaders! {
    when_incidents_are_random: "incident-weather" is led by "priority";
    when_one_provider_dies: "one-provider-dies" is led by "least-busy";
    when_a_region_browns_out: "regional-brownout" is led by "priority";
    when_gateways_restart_one_by_one: "rolling-restart" is led by "round-robin";
    when_a_quota_is_shared: "shared-quota" is led by "least-busy";
    when_streams_are_cut: "failover-trial" is led by "resume";
    when_throttling_storms: "throttling-storm" is led by "simple-shuffle";
    when_gateways_keep_their_own_books: "two-replicas" is led by "alone";
}

#[test]
fn every_shipped_scenario_is_played() {
    let listed = Scratch::new().run(&["list", "scenarios", "--json"]);
    let lines: Vec<serde_json::Value> = serde_json::from_str(&listed.out).expect("JSON");
    // Those for gates compare two versions of a config, and nobody else.
    let names = lines.iter().filter_map(|line| line["name"].as_str());
    let shipped: BTreeSet<&str> = names.filter(|name| !name.starts_with("ci/")).collect();
    let played: BTreeSet<&str> = LEADERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(shipped, played);
}

#[test]
fn three_leaders_at_least() {
    let leaders = LEADERS.iter().map(|(_, leader)| *leader).filter(|leader| *leader != NOBODY);
    let leaders: BTreeSet<&str> = leaders.collect();
    assert!(leaders.len() >= 3, "these lead: {leaders:?}");
}
