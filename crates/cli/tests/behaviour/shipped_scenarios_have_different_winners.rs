//! The shipped scenarios ask different questions: each separates its contenders, and no strategy
//! leads them all. Played in full; whoever tunes a scenario learns here that it stopped telling.

use std::collections::BTreeSet;

use crate::support::Scratch;

/// The names of the shipped scenarios.
fn shipped(scratch: &Scratch) -> Vec<String> {
    let listed = scratch.run(&["list", "scenarios", "--json"]);
    let lines: Vec<serde_json::Value> = serde_json::from_str(&listed.out).expect("JSON");
    lines.iter().map(|line| line["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn three_leaders_at_least_and_everywhere_somebody_who_loses() {
    let scratch = Scratch::new();
    let mut leaders = BTreeSet::new();
    for name in shipped(&scratch) {
        let ran = scratch.run(&["run", &name, "--json", "--out", &name]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let names = |key: &str| report["verdict"][key].as_array().cloned().unwrap_or_default();
        let (ranking, kept) = (names("ranking"), names("kept"));
        let line = &report["verdict"]["line"];
        assert!(!kept.is_empty(), "nobody keeps the promise of {name}: {line}");
        assert!(kept.len() < ranking.len(), "everybody keeps the promise of {name}: {line}");
        leaders.insert(ranking[0].as_str().expect("a name").to_owned());
    }
    assert!(leaders.len() >= 3, "these lead: {leaders:?}");
}
