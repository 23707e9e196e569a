//! Faults that overlap neither hide nor lengthen one another's recovery, from a scenario to the exit code.

use crate::support::Scratch;

/// Everybody behind one model, and a provider whom nobody calls.
const CONFIG: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_base: "https://one.example.com/v1", api_key: k }
    model_info: { id: one }
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_base: "https://two.example.com/v1", api_key: k }
    model_info: { id: two }
  - model_name: idle
    litellm_params: { model: anthropic/claude-3-5-sonnet-20241022, api_key: k }
    model_info: { id: idle }
router_settings: { routing_strategy: simple-shuffle, num_retries: 0 }
"#;

/// Five requests a second for 320 s, with these faults and this promise.
fn scenario(faults: &[&str], promise: &str) -> String {
    let faults: Vec<String> = faults.iter().map(|fault| format!("  - {{ {fault} }}\n")).collect();
    format!(
        "scenario: overlap\nseed: 7\nconfig: config.yaml\ntraffic:\n\
         \x20 - {{ for: 20s, arrivals: {{ constant: 5/s }}, workload: chat, warmup: true }}\n\
         \x20 - {{ for: 5m, arrivals: {{ constant: 5/s }}, workload: chat }}\n\
         faults:\n{}contenders:\n  - {{ name: who }}\nslo:\n  recover: \"{promise}\"\n",
        faults.concat()
    )
}

/// Times to recover of all faults, none where there is nothing to tell, and the exit code of `--require who`.
fn played(faults: &[&str], promise: &str) -> (Vec<Option<f64>>, Option<i32>) {
    let scratch = Scratch::new();
    scratch.write("config.yaml", CONFIG);
    scratch.write("scenario.yaml", &scenario(faults, promise));
    let run = ["run", "scenario.yaml", "--out", "run", "--require", "who"];
    let output = scratch.command(&run).output().expect("runs");
    let text = std::fs::read_to_string(scratch.path("run/report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["validity"]["verdict"], "VALID", "{report:#}");
    let rows = report["contenders"][0]["faults"].as_array().expect("rows");
    let told = rows.iter().map(|row| {
        let absent = row["not_applicable"].as_array().expect("a list");
        let applies = !absent.iter().any(|field| field == "time_to_recover_s");
        applies.then(|| row["time_to_recover_s"].as_f64().unwrap_or(f64::INFINITY))
    });
    (told.collect(), output.status.code())
}

const ALL_FAIL: &str = "at: 120s, for: 40s, target: all, inject: { error: { status: 400 } }";

#[test]
fn a_longer_fault_on_somebody_unused_does_not_hide_how_long_another_was_felt() {
    let slow = "at: 60s, for: 120s, target: idle, inject: { slow: { factor: 1.01 } }";
    let (alone, code) = played(&[ALL_FAIL], "max <= 5s");
    assert!(alone[0].is_some_and(|s| (39.0..=44.0).contains(&s)), "{alone:?}");
    assert_eq!(code, Some(1), "alone it breaks the promise");
    let (both, code) = played(&[slow, ALL_FAIL], "max <= 5s");
    assert_eq!(both, [None, alone[0]], "nobody can reach the unused one");
    assert_eq!(code, Some(1));
}

#[test]
fn a_longer_fault_that_everybody_met_and_nobody_felt_does_not_own_what_another_did() {
    let slow = "at: 60s, for: 120s, target: all, inject: { slow: { factor: 1.01 } }";
    let (alone, _) = played(&[ALL_FAIL], "max <= 60s");
    let (both, code) = played(&[slow, ALL_FAIL], "max <= 60s");
    assert_eq!(both, [Some(0.0), alone[0]]);
    assert_eq!(code, Some(0));
}

#[test]
fn a_short_fault_within_another_does_not_leave_that_unrecovered() {
    let all = "at: 60s, for: 60s, target: all, inject: { error: { status: 400 } }";
    let slow = "at: 110s, for: 5s, target: idle, inject: { slow: { factor: 1.01 } }";
    let (alone, _) = played(&[all], "max <= 70s");
    let (both, code) = played(&[all, slow], "max <= 70s");
    assert_eq!(both, [alone[0], None]);
    assert_eq!(code, Some(0), "all is good again at its end");
    assert_eq!(played(&[all, slow], "max <= 50s").1, Some(1));
}
