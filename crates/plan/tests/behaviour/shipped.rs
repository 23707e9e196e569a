//! Every shipped scenario loads on its own config, asks a question and names no deployment.

use plan::{Build, ClockKind, Plan, Request, Text, embedded};

#[expect(clippy::panic, reason = "a helper of tests")]
fn load(file: embedded::File) -> Plan {
    let scenario = Text::new(file.path, file.text);
    let find = |path: &str| {
        let file = embedded::config(path).ok_or_else(|| format!("no config `{path}`"))?;
        Ok(Text::new(file.path, file.text))
    };
    let request = Request {
        scenario: &scenario,
        config: None,
        find_config: &find,
        timeline: None,
        find_timeline: &|path| Err(format!("no timeline `{path}`")),
        clock: ClockKind::Virtual,
        seed: None,
        contenders: &[],
        compared: None,
        personality: None,
        model: None,
        sets: &[],
        shorten: None,
        build: Build::default(),
    };
    plan::load(&request).unwrap_or_else(|report| panic!("{}\n{report}", file.path))
}

#[test]
fn every_shipped_scenario_loads_and_asks_its_question() {
    for file in embedded::SCENARIOS {
        let plan = load(*file);
        let question = plan.info.scenario.question.expect("a question at its head");
        assert!(question.ends_with('?'), "{}: {question}", file.path);
        assert_eq!(format!("{}.yaml", plan.info.scenario.name), file.path);
        assert!(plan.contenders.len() >= 2, "{} compares nobody", file.path);
        assert!(!plan.info.slo.is_empty(), "{} promises nothing", file.path);
        for fault in &plan.info.faults {
            // What befalls a process is about no deployment.
            let found_later = fault.target.ends_with("favourite");
            assert!(fault.kind == "gateway" || found_later || !fault.deployments.is_empty());
        }
        for deployment in &plan.info.deployments {
            let (text, id) = (file.text, &deployment.id);
            assert!(!text.contains(id.as_str()), "{} names the deployment {id}", file.path);
        }
        assert!(embedded::scenario(&plan.info.scenario.name).is_some());
    }
    let instances = |file: &embedded::File| load(*file).contenders.iter().any(|c| c.instances == 2);
    assert!(embedded::SCENARIOS.iter().any(instances));
}

#[test]
fn scenarios_for_gates_are_short_and_ask_one_question() {
    assert!(embedded::CI.len() >= 10);
    for file in embedded::CI {
        let plan = load(*file);
        let question = plan.info.scenario.question.expect("a question at its head");
        assert!(question.ends_with('?'), "{}: {question}", file.path);
        assert_eq!(format!("ci/{}.yaml", plan.info.scenario.name), file.path);
        assert!(plan.info.scenario.duration_ns <= 120_000_000_000, "{} is long", file.path);
        assert!(!plan.info.slo.is_empty() && !plan.info.faults.is_empty(), "{}", file.path);
        assert!(embedded::scenario(&plan.info.scenario.name).is_some());
    }
}

#[test]
fn shipped_scenarios_say_what_they_assume_and_warn_of() {
    let mut out = String::new();
    for file in embedded::SCENARIOS {
        let plan = load(*file);
        out += &format!("== {}\n", plan.info.scenario.name);
        for line in plan.notes.iter().map(|n| format!("note {n}\n")) {
            out += &line;
        }
        for line in plan.warnings.iter().map(|n| format!("WARN {n}\n")) {
            out += &line;
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn presets_are_listed_with_their_figures() {
    let lines = plan::list_presets().expect("shipped presets are valid");
    let text: Vec<String> =
        lines.iter().map(|l| format!("{} {}: {}", l.kind, l.name, l.summary)).collect();
    insta::assert_snapshot!(text.join("\n"));
}
