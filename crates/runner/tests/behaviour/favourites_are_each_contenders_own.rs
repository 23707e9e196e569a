//! `favourite` is whoever served most of a contender's requests before the window, in both worlds;
//! `targets.csv` says who, and agrees with the ledger.

use std::collections::BTreeMap;
use std::path::Path;

use plan::ClockKind;
use record::{AttemptEnd, AttemptKind, AttemptRow, RowReader, TargetRow};

use crate::support::{Played, play, scenario};

/// The order of the config.
const IDS: [&str; 3] = ["west", "direct-openai", "claude"];

fn attempts(dir: &Path) -> Vec<AttemptRow> {
    let rows = RowReader::<AttemptRow>::open(&dir.join("attempts.csv")).expect("a table");
    rows.map(|row| row.expect("readable")).collect()
}

fn targets(dir: &Path) -> Vec<TargetRow> {
    let rows = RowReader::<TargetRow>::open(&dir.join("targets.csv")).expect("a table");
    rows.map(|row| row.expect("readable")).collect()
}

/// Who served most in the minute before `at`, by the ledger; the first among equals.
fn served_most(dir: &Path, at: u64) -> &'static str {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let since = at.saturating_sub(60_000_000_000);
    for row in attempts(dir) {
        let answered = row.kind == AttemptKind::Request && row.ended == AttemptEnd::Complete;
        if answered && (since..at).contains(&row.ended_ns) {
            *counts.entry(row.deployment).or_default() += 1;
        }
    }
    let count = |id: &str| counts.get(id).copied().unwrap_or(0);
    let most = IDS.iter().map(|id| count(id)).max().unwrap_or(0);
    IDS.into_iter().find(|id| count(id) == most).expect("there are three")
}

fn plays(clock: ClockKind, seconds: u32, windows: &[(u64, u64)]) -> Played {
    let fault = |(from, length): &(u64, u64)| {
        format!(
            "{{ at: {from}ms, for: {length}ms, target: favourite, inject: {{ error: {{ status: 500 }} }} }}"
        )
    };
    let faults = windows.iter().map(fault).collect::<Vec<_>>().join(", ");
    play(&scenario("favourites", seconds, &format!("[{faults}]")), clock)
}

/// Whom a contender's faults hit, if the table agrees with its ledger.
fn hit(played: &Played, contender: &str) -> Vec<String> {
    let dir = played.dir().join(contender);
    let rows = targets(&dir);
    for row in &rows {
        if contender != "direct" {
            assert_eq!(row.deployments, served_most(&dir, row.at_ns), "{contender} {row:?}");
        }
        let met =
            attempts(&dir).into_iter().filter(|attempt| attempt.fault.as_ref() == Some(&row.fault));
        let met: Vec<String> = met.map(|attempt| attempt.deployment).collect();
        assert!(!met.is_empty(), "{contender} met no {}", row.fault);
        assert!(met.iter().all(|id| *id == row.deployments), "{contender}: {met:?}");
    }
    rows.into_iter().map(|row| row.deployments).collect()
}

#[test]
fn each_window_hits_whom_each_contender_prefers() {
    let played = plays(ClockKind::Virtual, 60, &[(8_000, 6_000), (45_000, 6_000)]);
    assert_eq!(hit(&played, "priority"), ["west", "west"], "it comes back after its cooldown");
    assert_eq!(hit(&played, "shuffle").len(), 2);
    let again = plays(ClockKind::Virtual, 60, &[(8_000, 6_000), (45_000, 6_000)]);
    for contender in ["shuffle", "priority"] {
        let bytes =
            |played: &Played| std::fs::read(played.dir().join(contender).join("targets.csv"));
        assert_eq!(bytes(&played).expect("written"), bytes(&again).expect("written"));
    }
}

#[test]
fn the_mark_without_a_gateway_has_the_first_deployment() {
    let played = plays(ClockKind::Virtual, 12, &[(4_000, 4_000)]);
    let met = attempts(&played.dir().join("direct")).into_iter().filter(|row| row.fault.is_some());
    assert!(met.count() > 50, "its own deployment is hit");
    assert!(!played.dir().join("direct").join("targets.csv").exists(), "and nothing was found");
}

#[test]
fn on_sockets_too() {
    let played = plays(ClockKind::Wall, 4, &[(2_000, 1_500)]);
    for contender in ["shuffle", "priority"] {
        assert_eq!(hit(&played, contender).len(), 1, "{contender}");
    }
}

#[test]
fn a_scenario_without_favourites_has_no_table_of_them() {
    let played = play(&scenario("fixed", 3, "[]"), ClockKind::Virtual);
    assert!(!played.dir().join("shuffle").join("targets.csv").exists());
}
