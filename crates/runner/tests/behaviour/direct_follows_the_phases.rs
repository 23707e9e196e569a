//! The mark `direct` calls the first deployment of the group that each phase calls.

use std::collections::BTreeSet;

use plan::{Build, ClockKind, Request, Text};
use record::{AttemptRow, RowReader};

use crate::support::run;

const CONFIG: &str = "
model_list:
  - { model_name: big, litellm_params: { model: gpt-4o, api_key: k }, model_info: { id: big-1 } }
  - { model_name: big, litellm_params: { model: gpt-4o, api_key: l }, model_info: { id: big-2 } }
  - { model_name: small, litellm_params: { model: anthropic/claude-haiku-4-5, api_key: m }, model_info: { id: small-1 } }
";

const SCENARIO: &str = r#"
# Whom does nobody's gateway call?
scenario: two-models
config: config.yaml
traffic:
  - { for: 4s, arrivals: { poisson: 10/s }, workload: short, model: big }
  - { for: 4s, arrivals: { poisson: 10/s }, workload: short, model: small }
"#;

/// Deployments that `direct` reached, in order, and its failures.
fn called(model: Option<&str>) -> (BTreeSet<String>, usize) {
    let text = |name: &str, text: &str| Text::new(name, text);
    let (scenario, config) = (text("scenario.yaml", SCENARIO), text("config.yaml", CONFIG));
    let request = Request {
        scenario: &scenario,
        config: Some(&config),
        find_config: &|_| Err("not needed".to_owned()),
        timeline: None,
        find_timeline: &|_| Err("not needed".to_owned()),
        clock: ClockKind::Virtual,
        seed: None,
        contenders: &[],
        compared: None,
        personality: None,
        model,
        sets: &[],
        shorten: None,
        build: Build::default(),
    };
    let played = run(&plan::load(&request).expect("a plan")).expect("a run");
    let table = played.dir().join("direct").join("attempts.csv");
    let rows = RowReader::<AttemptRow>::open(&table).expect("a table");
    let rows: Vec<AttemptRow> = rows.map(|row| row.expect("readable")).collect();
    let failed = rows.iter().filter(|row| row.status != Some(200)).count();
    (rows.into_iter().map(|row| row.deployment).collect(), failed)
}

#[test]
fn each_phase_has_its_own_first_deployment() {
    let (deployments, failed) = called(None);
    let deployments: Vec<&str> = deployments.iter().map(String::as_str).collect();
    assert_eq!((deployments, failed), (vec!["big-1", "small-1"], 0));
}

#[test]
fn all_phases_call_the_model_that_is_asked_for() {
    let (deployments, failed) = called(Some("small"));
    let deployments: Vec<&str> = deployments.iter().map(String::as_str).collect();
    assert_eq!((deployments, failed), (vec!["small-1"], 0));
}
