//! `scenarios/strategies`: where each strategy of our own wins and where it loses, all of them under the same personality. Who
//! keeps each promise is written here; whoever changes a strategy learns what that did.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Scratch;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/strategies")
}

/// Plays a scenario; those who keep its promise are these, and no others.
fn kept_by(name: &str, keep: &[&str]) {
    let scratch = Scratch::new();
    let path = folder().join(format!("{name}.yaml"));
    let ran = scratch.run(&["run", &path.display().to_string(), "--json", "--out", "played"]);
    assert!(matches!(ran.code, 0 | 1), "{name}: {}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let kept = report["verdict"]["kept"].as_array().cloned().unwrap_or_default();
    let kept: BTreeSet<&str> = kept.iter().filter_map(Value::as_str).collect();
    assert_eq!(kept, keep.iter().copied().collect(), "{name}: {}", report["verdict"]["line"]);
    let personalities = report["contenders"].as_array().expect("contenders").iter();
    assert!(personalities.clone().all(|one| one["personality"] == "brownout"), "{name}");
}

/// A test for each scenario, and the table of who keeps it.
macro_rules! promises {
    ($($test:ident: $name:literal is kept by $keep:expr;)+) => {
        $(
            #[test]
            fn $test() {
                kept_by($name, &$keep);
            }
        )+

        const PROMISES: &[(&str, &[&str])] = &[$(($name, &$keep)),+];
    };
}

promises! {
    when_providers_turn_slow: "providers-turn-slow" is kept by ["p2c-ewma", "adaptive"];
    when_the_cheap_one_is_slower: "the-cheap-one-is-slower" is kept by ["priority"];
    when_token_limits_are_tight: "token-limits-are-tight" is kept by ["least-tokens", "adaptive"];
    when_token_limits_are_too_small: "token-limits-are-too-small" is kept by ["least-busy"];
    when_incidents_are_short: "incidents-are-short" is kept by ["priority"];
    when_limits_are_said: "limits-are-said" is kept by ["reading"];
}

#[test]
fn every_strategy_of_our_own_wins_somewhere_and_loses_somewhere() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("the folder")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    let named: BTreeSet<String> = PROMISES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, named);
    for strategy in ["priority", "p2c-ewma", "least-tokens", "adaptive"] {
        let keeps = |(_, keep): &&(&str, &[&str])| keep.contains(&strategy);
        let wins = PROMISES.iter().filter(keeps).count();
        assert!(wins > 0 && wins < PROMISES.len(), "{strategy}");
    }
}
