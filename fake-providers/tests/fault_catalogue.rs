//! The catalogue as people read it, its parameters as they mistype them, and how verdicts add up.

use std::time::Duration;

use fake_providers::fault::{ALL, Moment, Verdict, find, weigh};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn every_fault_is_documented_and_parses_its_example() {
    let mut text = String::new();
    for entry in ALL {
        text += &format!("{}: {}\n  {}\n", entry.name, entry.summary, entry.example);
        assert!(find(entry.name).is_some_and(|found| found.name == entry.name));
        let schema = (entry.schema)();
        assert_eq!(schema.get("type"), Some(&json!("object")), "{}", entry.name);
        let params = if entry.name == "error" || entry.name == "slow" {
            json!({ "error": { "status": 503 }, "slow": { "factor": 2 } })[entry.name].clone()
        } else {
            Value::Null
        };
        let fault = (entry.parse)(&params).unwrap();
        let acts = fault.at(Moment::Accept, 1.0) != Verdict::Pass;
        assert_eq!(acts, entry.at_connect, "{}", entry.name);
    }
    insta::assert_snapshot!(text);
    assert!(find("nonsense").is_none());
}

#[test]
fn every_file_of_the_folder_is_a_row_of_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/fault");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "params" && name != "verdict")
        .collect();
    let mut rows: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
    files.sort_unstable();
    rows.sort_unstable();
    assert_eq!(files, rows);
}

#[test]
fn descriptions_say_what_happens() {
    let shown = [
        ("throttle", json!({ "retry_after": "10s" })),
        ("throttle", json!({ "retry_after_ms": "1500ms" })),
        ("throttle", Value::Null),
        ("error", json!(529)),
        ("error", json!({ "status": 503, "body": "html" })),
        ("slow", json!({ "factor": 3, "between_tokens": { "add": "50ms" } })),
        ("stall", json!({ "after_tokens": 12 })),
        ("stall", json!({ "for": "5s" })),
        ("cut", json!({ "after_tokens": 8 })),
        ("truncate", Value::Null),
        ("error_event", Value::Null),
        ("garble", json!({ "ends": true })),
        ("refuse", Value::Null),
        ("blackhole", Value::Null),
        ("reset", Value::Null),
    ]
    .map(|(name, params)| find(name).unwrap().describe(&params))
    .join("\n");
    insta::assert_snapshot!(shown, @r"
    throttle (429, retry-after 10 s)
    throttle (429, retry-after-ms 1500)
    throttle (429)
    error (529)
    error (503, HTML page)
    slow (× 3, between tokens + 50 ms)
    stall (after 12 tokens, for ever)
    stall (after 0 tokens, for 5 s)
    cut (connection reset after 8 tokens)
    truncate (clean end after 0 tokens)
    error_event (overloaded, after 0 tokens)
    garble (malformed chunk after 0 tokens, then the end)
    refuse (connections refused and reset)
    blackhole (packets vanish)
    reset (after the request was read)
    ");
    assert!(find("slow").unwrap().only_slows(&json!({ "factor": 2 })));
    assert!(find("stall").unwrap().only_slows(&json!({ "for": "5s" })));
    assert!(!find("stall").unwrap().only_slows(&Value::Null));
}

#[test]
fn mistakes_are_named() {
    let mut text = String::new();
    for (name, params) in [
        ("throttle", json!({ "retry_after": 10 })),
        ("throttle", json!({ "retry_afer": "10s" })),
        ("throttle", json!({ "retry_after": "-1s" })),
        ("throttle", json!("10s")),
        ("error", Value::Null),
        ("error", json!({ "body": "html" })),
        ("error", json!(200)),
        ("error", json!({ "status": 503, "body": "pdf" })),
        ("slow", Value::Null),
        ("slow", json!({ "factor": -2 })),
        ("slow", json!({ "first_token": {} })),
        ("stall", json!({ "after_tokens": -1 })),
        ("error_event", json!({ "status": 200 })),
        ("reset", json!({ "after": 3 })),
    ] {
        let error = (find(name).unwrap().parse)(&params).unwrap_err();
        text += &format!("{name} {params}\n  at `{}`: {}\n", error.path, error.message);
    }
    insta::assert_snapshot!(text);
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Pass),
        (0u64..5000).prop_map(|ms| Verdict::Delay(Duration::from_millis(ms))),
        (1u32..8).prop_map(|factor| Verdict::Scale(f64::from(factor))),
        Just(Verdict::Stall),
        Just(Verdict::Cut),
        Just(Verdict::Reset),
    ]
}

proptest! {
    /// Delays of several faults add, factors multiply, and only what ends an attempt stops the
    /// asking: no delay before it is lost.
    #[test]
    fn delays_add_up_to_the_first_end(verdicts in prop::collection::vec(verdict(), 0..12)) {
        let ends = |verdict: &Verdict| matches!(verdict, Verdict::Stall | Verdict::Cut | Verdict::Reset);
        let before: Vec<_> = verdicts.iter().take_while(|verdict| !ends(verdict)).collect();
        let weight = weigh(verdicts.clone());
        let delay: Duration = before.iter().map(|verdict| match verdict {
            Verdict::Delay(delay) => *delay,
            _ => Duration::ZERO,
        }).sum();
        let factor: f64 = before.iter().map(|verdict| match verdict {
            Verdict::Scale(factor) => *factor,
            _ => 1.0,
        }).product();
        prop_assert_eq!(weight.delay, delay);
        prop_assert_eq!(weight.factor, factor);
        prop_assert_eq!(weight.end, verdicts.iter().find(|verdict| ends(verdict)).cloned());
    }
}
