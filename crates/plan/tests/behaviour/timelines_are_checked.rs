//! A timeline from a file is refused for what a scenario is refused for, in the same words, at the place
//! in the file.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use plan::{Plan, Report, Text};
use serde_json::{Value, json};

use crate::support::{CALM, load, load_with};

/// The faults of a run of [`CALM`] with one window at two deployments.
fn recorded() -> Value {
    let scenario = format!(
        "{CALM}faults:\n  - {{ at: 60s, for: 60s, target: \"*st\", inject: {{ slow: {{ factor: 2 }} }} }}\n"
    );
    let plan = load(&scenario).expect("a plan");
    serde_json::to_value(&plan.info.faults).expect("serialises")
}

/// [`CALM`] with this timeline instead of faults.
fn replayed(timeline: &Value) -> Result<Plan, Report> {
    let text = serde_json::to_string_pretty(timeline).expect("serialises");
    let text = Text::new("edited.json", text);
    load_with(CALM, |request| request.timeline = Some(Box::leak(Box::new(text.clone()))))
}

/// What is said of the recorded timeline with `value` at `pointer`.
fn said(pointer: &str, value: Value) -> String {
    let mut timeline = recorded();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = timeline.pointer_mut(parent).expect("there");
    parent.as_object_mut().expect("an object").insert(key.to_owned(), value);
    let report = replayed(&timeline).map(|_| ()).expect_err(pointer);
    report.lines().join("\n")
}

#[test]
fn what_a_scenario_may_not_say_a_timeline_may_not_say_either() {
    const YEAR_NS: u64 = 365 * 86_400_000_000_000;
    for (pointer, value, problem) in [
        ("/0/id", json!(""), "cannot be a fault's id"),
        ("/0/id", json!("\u{1b}[2J"), "cannot be a fault's id"),
        ("/0/id", json!("=1+1"), "cannot be a fault's id"),
        ("/0/id", json!("x".repeat(81)), "cannot be a fault's id"),
        ("/0/share", json!(1.5), "a share is from 0 to 1"),
        ("/0/share", json!(-0.1), "a share is from 0 to 1"),
        ("/0/to_ns", json!(60_000_000_000u64), "hits nothing"),
        ("/0/to_ns", json!(1), "hits nothing"),
        ("/0/from_ns", json!(11 * YEAR_NS), "begin after ten years"),
        ("/0/to_ns", json!(11 * YEAR_NS), "no longer than ten years"),
        ("/0/ramp_ns", json!(31_000_000_000u64), "two ramps of 31 s do not fit"),
        ("/0/ramp_ns", json!(u64::MAX), "do not fit"),
        ("/0/conditions", json!({ "attempt": 0 }), "count from 1"),
        ("/0/conditions", json!({ "first": 0 }), "count from 1"),
        ("/0/conditions", json!({ "every": 0 }), "count from 1"),
        ("/0/conditions", json!({ "nth": 0 }), "count from 1"),
        (
            "/0/conditions",
            json!({ "prompt_tokens_min": 9, "prompt_tokens_max": 8 }),
            "no prompt has at least 9 and at most 8",
        ),
        ("/0/deployments", json!([]), "targets nothing"),
        ("/0/deployments", json!(["west", "west"]), "twice"),
        ("/0/deployments", json!(["nowhere"]), "no deployment `nowhere`"),
        ("/0/kind", json!("slwo"), "no fault called `slwo`"),
        ("/0/params", json!({ "factor": 1e9 }), "factor"),
        ("/0/params", json!({ "what": 1 }), "what"),
        ("/0/target", json!("t".repeat(401)), "target is longer than 400"),
    ] {
        let said = said(pointer, value);
        assert!(said.contains(problem), "{pointer}: `{problem}` is not in {said}");
        assert!(said.starts_with("edited.json:"), "{pointer}: without its place: {said}");
        assert!(!said.starts_with("edited.json:1:1"), "{pointer}: at the start: {said}");
    }
}

#[test]
fn the_words_are_those_of_a_scenario() {
    let yaml = |fields: &str| {
        let faults =
            format!("faults:\n  - {{ at: 60s, target: west, inject: refuse, {fields} }}\n");
        load(&format!("{CALM}{faults}")).map(|_| ()).expect_err(fields).lines().join("\n")
    };
    let message = |line: &str| {
        let text = line.split_once(": ").map_or(line, |(_, text)| text);
        text.trim_start_matches("f1: ").to_owned()
    };
    for (fields, pointer, value) in [
        ("for: 60s, ramp: 31s", "/0/ramp_ns", json!(31_000_000_000u64)),
        ("for: 0s", "/0/to_ns", json!(60_000_000_000u64)),
        ("for: 60s, when: { nth: 0 }", "/0/conditions", json!({ "nth": 0 })),
        ("for: 60s, id: \"a+b\"", "/0/id", json!("a+b")),
    ] {
        let (written, recorded) = (yaml(fields), said(pointer, value));
        assert!(message(&recorded).contains(&message(&written)), "{written}\n{recorded}");
    }
}

#[test]
fn ids_are_given_once_and_windows_are_bounded() {
    let mut twice = recorded();
    let first = twice[0].clone();
    twice.as_array_mut().expect("a list").push(first.clone());
    let said = replayed(&twice).map(|_| ()).expect_err("two alike").lines().join("\n");
    assert!(
        said.contains("edited.json:") && said.contains("two faults with the id `f1`"),
        "{said}"
    );
    // The id by which messages call the whole file is an id as any other.
    let mut named = twice.clone();
    named[0]["id"] = json!("timeline");
    named[1]["id"] = json!("timeline");
    let said = replayed(&named).map(|_| ()).expect_err("two alike").lines().join("\n");
    assert!(said.contains("two faults with the id `timeline`"), "{said}");
    let many: Vec<Value> = (0..1001)
        .map(|n| {
            let mut one = first.clone();
            one["id"] = json!(format!("w{n}"));
            one
        })
        .collect();
    let said = replayed(&json!(many)).map(|_| ()).expect_err("too many").lines().join("\n");
    assert!(said.contains("1001 windows are more than 1000"), "{said}");
    assert!(replayed(&json!(many[..1000])).is_ok());
}

#[test]
fn an_entry_brings_an_id_that_another_has_only_once() {
    let timeline = serde_json::to_string(&recorded()).expect("serialises");
    let found = move |path: &str| Ok(Text::new(path, timeline.clone()));
    let scenario = format!(
        "{CALM}faults:\n  - {{ at: 60s, for: 60s, target: east, inject: refuse }}\n  - {{ timeline: t.json }}\n"
    );
    let find: &dyn Fn(&str) -> Result<Text, String> = Box::leak(Box::new(found));
    let loaded = load_with(&scenario, |request| request.find_timeline = find);
    let said = loaded.map(|_| ()).expect_err("f1 is there").lines().join("\n");
    assert!(
        said.contains("scenario.yaml:8") && said.contains("two faults with the id `f1`"),
        "{said}"
    );
}

#[test]
fn what_a_timeline_says_of_its_compression_is_a_factor() {
    for factors in [json!({ "outages": 0.0, "gaps": 1.0 }), json!({ "outages": 1.0, "gaps": 1e9 })]
    {
        let timeline = json!({ "faults": recorded(), "compress": factors });
        let said = replayed(&timeline).map(|_| ()).expect_err("no factor").lines().join("\n");
        assert!(said.contains("a factor is between 1 and"), "{said}");
    }
}
