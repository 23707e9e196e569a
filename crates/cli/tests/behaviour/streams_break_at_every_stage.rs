//! `scenarios/streams`: what becomes of streams that break, by the stage at which they do, how they do, and whether somebody
//! else is left. Half of the requests that the first deployment gets in ten seconds meet each failure. Each file's table is
//! a snapshot; what holds in all of them is asserted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use record::{RequestRow, RowReader};
use serde_json::Value;
use vocab::{FailureKind, Integrity, Outcome};

use crate::support::Scratch;

/// What became of the requests of one window.
#[derive(Debug, Default)]
struct Became {
    good: u64,
    resumed: u64,
    failed: BTreeMap<FailureKind, u64>,
}

/// By fault and contender, in the order of the run.
fn played(file: &str) -> Vec<(String, String, Became)> {
    let scratch = Scratch::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/streams").join(file);
    let ran = scratch.run(&["run", &path.display().to_string(), "--out", "played"]);
    assert!(matches!(ran.code, 0 | 1), "{file}: {}", ran.err);
    let info = std::fs::read_to_string(scratch.path("played/run.json")).expect("written");
    let info: Value = serde_json::from_str(&info).expect("JSON");
    let list = |key: &str| info[key].as_array().cloned().unwrap_or_default();
    let mut table = Vec::new();
    for fault in list("faults") {
        let number = |key: &str| fault[key].as_u64().expect("nanoseconds");
        let window = number("from_ns")..number("to_ns");
        for contender in list("contenders").iter().filter(|one| one["mark"] == false) {
            let name = contender["name"].as_str().expect("a name");
            let rows = scratch.path("played").join(name).join("requests.csv");
            let rows = RowReader::<RequestRow>::open(&rows).expect("a table");
            let mut became = Became::default();
            for row in rows.map(|row| row.expect("a row")) {
                if !window.contains(&row.intended_ns) {
                    continue;
                }
                match (row.outcome, row.failure) {
                    (Outcome::Success, _) => {
                        became.good += 1;
                        became.resumed += u64::from(row.integrity == Some(Integrity::Resumed));
                    }
                    (_, Some(kind)) => *became.failed.entry(kind).or_default() += 1,
                    (outcome, None) => assert_eq!(outcome, Outcome::Success, "{row:?}"),
                }
            }
            let id = fault["id"].as_str().expect("an id");
            table.push((id.to_owned(), name.to_owned(), became));
        }
    }
    table
}

fn shown(table: &[(String, String, Became)]) -> String {
    let mut text = String::new();
    for (fault, contender, Became { good, resumed, failed }) in table {
        let failed: Vec<String> =
            failed.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let failed = if failed.is_empty() { "none".to_owned() } else { failed.join(", ") };
        let line = format!(
            "{fault:12} {contender:13} good {good:2}, resumed {resumed:2}, failed: {failed}"
        );
        writeln!(text, "{line}").expect("memory");
    }
    text
}

/// What no gateway of ours may do, whatever breaks.
fn holds(table: &[(String, String, Became)]) {
    for (fault, contender, became) in table {
        let lies = [FailureKind::Truncated, FailureKind::Corrupt];
        let ours = contender != "litellm";
        assert!(
            !ours || lies.iter().all(|kind| !became.failed.contains_key(kind)),
            "{contender} at {fault}: {became:?}"
        );
        let marked = contender.starts_with("resume");
        assert!(marked || became.resumed == 0, "{contender} at {fault}: {became:?}");
    }
}

/// Every request of a contender was answered whole.
fn saves_all(table: &[(String, String, Became)], contender: &str) {
    for (fault, _, became) in table.iter().filter(|(_, name, _)| name == contender) {
        assert!(became.failed.is_empty(), "{contender} at {fault}: {became:?}");
    }
}

#[test]
fn before_their_head() {
    let table = played("before-the-head.yaml");
    holds(&table);
    saves_all(&table, "ours");
    saves_all(&table, "resume");
    insta::assert_snapshot!(shown(&table));
}

#[test]
fn before_their_first_token() {
    let table = played("before-the-first-token.yaml");
    holds(&table);
    saves_all(&table, "ours");
    saves_all(&table, "resume");
    insta::assert_snapshot!(shown(&table));
}

#[test]
fn after_their_first_token() {
    let table = played("after-the-first-token.yaml");
    holds(&table);
    saves_all(&table, "resume");
    insta::assert_snapshot!(shown(&table));
}
