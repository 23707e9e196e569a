//! What a newcomer starts from: a scenario that `init` writes, the lists of what can be named, the
//! schema for the editor.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::Scratch;

fn listed(scratch: &Scratch, what: &str) -> Vec<Value> {
    let ran = scratch.run(&["list", what, "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{what}");
    serde_json::from_str(&ran.out).expect("JSON")
}

fn text(line: &Value, key: &str) -> String {
    line[key].as_str().expect("a text").to_owned()
}

#[test]
fn init_writes_a_scenario_that_is_valid_and_runs() {
    let scratch = Scratch::new();
    let written = scratch.run(&["init", "--config", "config.yaml"]);
    assert_eq!((written.code, written.err.as_str()), (0, ""));
    assert!(written.out.contains("west") && written.out.contains("direct"), "{}", written.out);
    scratch.write("mine.yaml", &written.out);
    let valid = scratch.run(&["validate", "mine.yaml"]);
    assert_eq!(valid.code, 0, "{}", valid.err);
    assert!(valid.out.starts_with("mine.yaml: ok"), "{}", valid.out);
    let ran = scratch.run(&["run", "mine.yaml", "--for", "130s", "--out", "run", "--verbose"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("VERDICT") && ran.out.contains("f1 throttle"), "{}", ran.out);
    // A fault is either played or left out, and said to be one of them only.
    let said = |id: &str| {
        let lines = ran.err.lines().map(|line| line.trim_start().trim_start_matches("warning: "));
        lines.filter(|line| line.starts_with(id)).count()
    };
    assert_eq!((said("f1"), said("f2"), said("f3")), (1, 1, 1), "{}", ran.err);
}

#[test]
fn init_without_a_config_says_which_file() {
    let ran = Scratch::new().run(&["init", "--config", "nowhere.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("nowhere.yaml"), "{}", ran.err);
}

#[test]
fn every_list_has_names_and_sentences_for_people_and_for_machines() {
    let scratch = Scratch::new();
    for (what, known) in [
        ("strategies", "latency-based-routing"),
        ("faults", "error_event"),
        ("presets", "chat"),
        ("scenarios", "regional-brownout"),
    ] {
        let lines = listed(&scratch, what);
        let names: BTreeSet<String> = lines.iter().map(|line| text(line, "name")).collect();
        assert_eq!(names.len(), lines.len(), "{what}: a name stands twice");
        assert!(names.contains(known), "{what}: {names:?}");
        let ran = scratch.run(&["list", what]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{what}");
        for line in &lines {
            let (name, summary) = (text(line, "name"), text(line, "summary"));
            assert!(summary.len() > 10, "{what}: {name} says nothing");
            let first = ran.out.lines().find(|row| row.split_whitespace().next() == Some(&name));
            let word = summary.split(' ').next().unwrap_or_default();
            assert!(first.is_some_and(|row| row.contains(word)), "{what} {name}:\n{}", ran.out);
        }
    }
}

/// What the lists print can be pasted into a scenario.
#[test]
fn every_listed_name_works_in_a_scenario() {
    let scratch = Scratch::new();
    let check = || {
        let ran = scratch.run(&["validate", "scenario.yaml"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    };
    for line in listed(&scratch, "faults") {
        scratch.write("scenario.yaml", crate::support::SCENARIO);
        scratch.change("inject: refuse", line["details"][0].as_str().expect("an example"));
        match line["group"].as_str() {
            Some("links") => scratch.change("target: first", "target: \"link:gateway->first\""),
            Some("instances") => scratch.change("target: first", "target: gateway"),
            Some(_) | None => {}
        }
        check();
    }
    for line in listed(&scratch, "strategies") {
        scratch.write("scenario.yaml", crate::support::SCENARIO);
        let strategy = format!("routing_strategy: {}", text(&line, "name"));
        scratch.change("routing_strategy: priority", &strategy);
        check();
    }
    for line in listed(&scratch, "presets") {
        scratch.write("scenario.yaml", crate::support::SCENARIO);
        let name = text(&line, "name");
        if text(&line, "summary").starts_with("latency") {
            scratch.change(
                "traffic:",
                &format!("deployments: {{ all: {{ preset: {name} }} }}\ntraffic:"),
            );
        } else {
            scratch.change("workload: chat }", &format!("workload: {name} }}"));
        }
        check();
    }
    for line in listed(&scratch, "scenarios") {
        let ran = scratch.run(&["validate", &text(&line, "name")]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

#[test]
fn the_schema_is_the_committed_one() {
    let scratch = Scratch::new();
    let printed = scratch.run(&["schema"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    let committed = include_str!("../../../plan/scenario.schema.json");
    assert_eq!(printed.out.trim_end(), committed.trim_end());
}

#[test]
fn a_report_keeps_the_schema_that_is_printed_for_it() {
    let scratch = Scratch::new();
    let schema = scratch.run(&["schema", "report"]);
    let schema: Value = serde_json::from_str(&schema.out).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let ran = scratch.run(&["run", "scenario.yaml", "--json"]);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&report).map(|one| one.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&serde_json::json!({ "schema": "another" })));
}
