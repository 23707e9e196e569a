//! Requests that outlast their clients are under way when a world ends: that end is no failure of any deployment, and
//! is the same in every run.

use plan::ClockKind;
use record::{DecisionKind, DecisionRow, RowReader};

use crate::support::{Played, play_on, play_one, scenario};

/// Every deployment is silent to the end, and clients give up before LiteLLM does.
fn silence() -> Played {
    let hang = "[{ id: silence, at: 1s, for: 3s, target: all, inject: hang }]";
    let emulated = "{ name: shuffle, personality: litellm-1.106 }";
    let text = scenario("outlasts", 4, hang).replace("{ name: shuffle }", emulated);
    play_one(&text, ClockKind::Virtual, "shuffle")
}

/// One deployment that answers one request at a time: the others wait in its queue for a connection, to the end.
fn queue() -> Played {
    let config = r#"
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: sk-1, max_parallel_requests: 2 }
    model_info: { id: d1 }
"#;
    let scenario = r#"
# Who waits for whom?
scenario: queue
seed: 5
config: config.yaml
deployments:
  all: { ttft: { constant: 40ms }, itl: { constant: 20ms }, capacity: { slots: 1, queue: 4 } }
traffic:
  - for: 8s
    arrivals: { poisson: 4/s }
    workload: { stream: 30%, prompt_tokens: 20, answer_tokens: 600 }
contenders: [{ name: shuffle, personality: litellm-1.106 }]
client: { timeout: 3s }
slo: { success: "rate > 0.01" }
"#;
    play_on(config, scenario, ClockKind::Virtual)
}

fn table(run: &Played, name: &str) -> String {
    std::fs::read_to_string(run.dir().join("shuffle").join(name)).expect("a table")
}

#[test]
fn requests_that_nobody_waits_for_end_without_a_word() {
    let run = silence();
    let rows = RowReader::<DecisionRow>::open(&run.dir().join("shuffle/decisions.csv"));
    let rows: Vec<_> = rows.expect("rows").map(|row| row.expect("readable")).collect();
    let left = rows.iter().rposition(|row| row.kind == DecisionKind::ClientLeft);
    let left = left.expect("clients leave");
    assert!(rows.iter().filter(|row| row.kind == DecisionKind::ClientLeft).count() > 20);
    let failed = |row: &&DecisionRow| row.kind == DecisionKind::AttemptFailed;
    assert_eq!(rows[left..].iter().find(failed), None, "nothing failed after the last client left");
}

#[test]
fn they_end_in_the_same_order_in_every_run() {
    for play in [silence, queue] {
        let [first, second, third] = [play(), play(), play()];
        for name in ["attempts.csv", "decisions.csv"] {
            assert_eq!(table(&first, name), table(&second, name), "{name}");
            assert_eq!(table(&first, name), table(&third, name), "{name}");
        }
    }
}
