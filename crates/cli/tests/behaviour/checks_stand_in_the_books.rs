//! Checks of health in a run: attempts of kind `probe` in the ledger, rows `probe` without a request among the decisions,
//! nobody's request in any number; and fewer clients meet a dead deployment than where their requests are the probes.

use record::{AttemptKind, AttemptRow, DecisionKind, DecisionRow, RowReader, Stage};

use crate::support::Scratch;

const CONFIG: &str = r#"
model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4o, api_base: "http://west.example/v1", api_key: k }, model_info: { id: west } }
  - { model_name: gpt, litellm_params: { model: openai/gpt-4o, api_base: "http://east.example/v1", api_key: k }, model_info: { id: east } }
"#;

const SCENARIO: &str = r#"
# Who finds out that a deployment is back?
scenario: outage
config: two.yaml
deployments: { all: { ttft: { constant: 100ms }, itl: { constant: 5ms } } }
traffic:
  - for: 120s
    arrivals: { constant: 5/s }
    workload: { stream: 50%, prompt_tokens: 20, answer_tokens: 5 }
faults:
  - { at: 20s, for: 20s, target: west, inject: refuse }
  - { at: 50s, for: 20s, target: west, inject: { error: { status: 503 } } }
contenders:
  - { name: checked, personality: brownout, router_settings: { routing_strategy: priority }, brownout_settings: { health_checks: half_open } }
  - { name: probed, personality: brownout, router_settings: { routing_strategy: priority } }
slo: { success: "rate > 0.5" }
"#;

fn attempts(scratch: &Scratch, contender: &str) -> Vec<AttemptRow> {
    let path = scratch.path(&format!("run/{contender}/attempts.csv"));
    let rows = RowReader::<AttemptRow>::open(&path).expect("a table");
    rows.map(|row| row.expect("readable")).collect()
}

#[test]
fn a_check_is_a_probe_in_the_ledger_and_nobodys_request() {
    let scratch = Scratch::new();
    scratch.write("two.yaml", CONFIG);
    scratch.write("outage.yaml", SCENARIO);
    let ran = scratch.run(&["run", "outage.yaml", "--seed", "42", "--out", "run"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("books reconcile"), "{}", ran.out);

    let of_checks = attempts(&scratch, "checked");
    let probes: Vec<&AttemptRow> =
        of_checks.iter().filter(|row| row.kind == AttemptKind::Probe).collect();
    assert!(probes.iter().all(|row| row.deployment == "west" && row.request.is_none()));
    for stage in [Stage::Connect, Stage::Request] {
        assert!(probes.iter().any(|row| row.stage == stage), "{stage:?}: {probes:?}");
    }
    let met = |rows: &[AttemptRow]| {
        let met = |row: &&AttemptRow| row.kind == AttemptKind::Request && row.fault.is_some();
        rows.iter().filter(met).count()
    };
    let of_requests = attempts(&scratch, "probed");
    assert!(of_requests.iter().all(|row| row.kind == AttemptKind::Request));
    assert!(met(&of_checks) < met(&of_requests), "{} {}", met(&of_checks), met(&of_requests));

    let path = scratch.path("run/checked/decisions.csv");
    let decisions = RowReader::<DecisionRow>::open(&path).expect("a table");
    let decisions: Vec<DecisionRow> = decisions.map(|row| row.expect("readable")).collect();
    let probe = |row: &&DecisionRow| row.kind == DecisionKind::Probe;
    let told: Vec<&DecisionRow> = decisions.iter().filter(probe).collect();
    assert_eq!(told.len(), probes.len(), "each check is decided and seen");
    assert!(told.iter().all(|row| row.request.is_none()));
    for result in ["check=passed;", "check=failed;"] {
        assert!(told.iter().any(|row| row.detail.starts_with(result)), "{result} {told:?}");
    }

    let again = scratch.run(&["run", "outage.yaml", "--seed", "42", "--out", "again"]);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    for table in ["attempts.csv", "decisions.csv", "requests.csv"] {
        let of = |run: &str| std::fs::read(scratch.path(&format!("{run}/checked/{table}")));
        assert_eq!(of("run").expect("a table"), of("again").expect("a table"), "{table}");
    }
}
